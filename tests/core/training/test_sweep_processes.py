"""The processes of a sweep: as many at once as there are jobs, none for what is done, none twice."""

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.training import own_process, sweep_processes
from latentlab.core.training.sweep_folder import SweepFolder
from latentlab.core.training.sweep_plan import SweepPlan
from tests.core.runs.fakes import fake_run

FAKE = Path(__file__).with_name("fake_trainer.py")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are found by locks that Windows has not")


@pytest.fixture
def plan(tmp_path):
    plan = SweepPlan.of(Recipe.load("digits-vae-2d"), ["beta=1,2,3,4"], name="mine")
    return SweepFolder(tmp_path, plan.name).keep(plan.computing_with(1))


@pytest.fixture
def started(monkeypatch, plan, tmp_path):
    """Have processes started that only play; give the arguments of each."""
    asked, popen = [], subprocess.Popen
    by_name = {each.file_name: each for each in plan.members}

    def play(command, **options):
        arguments = command[3:]
        asked.append(arguments)
        path = Path(arguments[1] if arguments[0] == "resume" else arguments[3])
        group = by_name[path.name].group
        return popen([sys.executable, "-S", str(FAKE), str(path), json.dumps(group)], **options)

    monkeypatch.setattr(own_process.subprocess, "Popen", play)
    return asked


def path_of(plan, folder, number):
    return folder / plan.members[number - 1].file_name


def todo(plan, folder, number, what):
    file = path_of(plan, folder, number).with_suffix(".todo")
    file.write_text(what)
    return file


def swept(plan, folder, jobs=2, stop=None):
    return sweep_processes.SweepProcesses(plan, folder, jobs, stop or threading.Event()).events()


def ends(events):
    return sorted((each.member.number, each.what) for each in events if each.what in ("finished", "failed", "stopped"))


def test_all_runs_are_trained_and_none_that_is_finished(plan, started, tmp_path):
    fake_run(path_of(plan, tmp_path, 3), group=plan.members[2].group)
    events = list(swept(plan, tmp_path))
    assert ends(events) == [(number, "finished") for number in range(1, 5)]
    assert [each.is_earlier for each in events if each.what == "finished" and each.member.number == 3] == [True]
    assert sorted(each[3] for each in started) == sorted(str(path_of(plan, tmp_path, n)) for n in (1, 2, 4))
    progress = {(each.member.number, each.epochs, each.of_epochs) for each in events if each.what == "progress"}
    assert {(number, 1, 3) for number in (1, 2, 4)} <= progress
    started.clear()
    assert ends(swept(plan, tmp_path)) == [(number, "finished") for number in range(1, 5)]
    assert started == []


def test_no_more_are_trained_at_once_than_there_are_jobs(plan, started, tmp_path):
    files = [todo(plan, tmp_path, number, "wait") for number in (1, 2, 3, 4)]
    events = swept(plan, tmp_path, jobs=2)
    going = 0
    for event in events:
        going += event.what == "begun"
        going -= event.what == "finished"
        assert going <= 2
        if going == 2:
            for file in files:
                file.unlink(missing_ok=True)
    assert going == 0


def test_what_fails_is_told_and_passed_over_and_tried_again(plan, started, tmp_path):
    files = [todo(plan, tmp_path, 1, "fail"), todo(plan, tmp_path, 2, "die")]
    events = list(swept(plan, tmp_path, jobs=1))
    assert ends(events) == [(1, "failed"), (2, "failed"), (3, "finished"), (4, "finished")]
    assert [each.problem for each in events if each.what == "failed"] == [
        "It cannot be trained.",
        "It was ended by SIGKILL.",
    ]
    for file in files:
        file.unlink()
    assert {what for _, what in ends(swept(plan, tmp_path))} == {"finished"}


def test_what_lies_among_temporary_files_is_taken_back_and_not_trained_again(plan, started, tmp_path):
    spare = workspace.spare_folder()
    spare.mkdir()
    groups = [each.group for each in plan.members]
    whole = fake_run(spare / "a.safetensors", run="a", group=groups[0])
    kept = whole.read_bytes()
    begun = fake_run(spare / "b.safetensors", run="b", epochs=1, group=groups[1], state="stopped", last_epoch=3)
    further = fake_run(spare / "c.safetensors", run="c", group=groups[2])
    fake_run(path_of(plan, tmp_path, 3), run="c", epochs=1, group=groups[2], state="training", last_epoch=3)
    others = [
        fake_run(spare / "another.safetensors", group=groups[3] | {"id": "another"}),
        fake_run(spare / "none.safetensors"),
    ]
    events = list(swept(plan, tmp_path))
    assert ends(events) == [(number, "finished") for number in range(1, 5)]
    assert [each.member.number for each in events if each.is_earlier] == [1, 3]
    assert sorted((each[0], each[1 if each[0] == "resume" else 3]) for each in started) == [
        ("resume", str(path_of(plan, tmp_path, 2))),
        ("train", str(path_of(plan, tmp_path, 4))),
    ]
    assert path_of(plan, tmp_path, 1).read_bytes() == kept
    assert not any(each.exists() for each in (whole, begun, further))
    assert all(each.exists() for each in others)


def test_what_is_trained_and_has_still_no_room_fails_and_is_not_trained_again(plan, started, tmp_path, monkeypatch):
    spare = workspace.spare_folder()
    spare.mkdir()
    whole = fake_run(spare / "a.safetensors", group=plan.members[0].group)

    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    events = list(swept(plan, tmp_path))
    assert ends(events)[0] == (1, "failed")
    (problem,) = (each.problem for each in events if each.what == "failed")
    assert problem.startswith(f"The run {whole} could not be saved as {path_of(plan, tmp_path, 1)}: no space")
    assert problem.endswith(": make room there.")
    assert whole.exists()
    assert not path_of(plan, tmp_path, 1).exists()
    assert len(started) == 3


def test_what_broke_off_is_resumed(plan, started, tmp_path):
    member = plan.members[1]
    fake_run(path_of(plan, tmp_path, 2), epochs=1, group=member.group, state="training", last_epoch=3)
    events = list(swept(plan, tmp_path))
    assert {what for _, what in ends(events)} == {"finished"}
    assert [each[0] for each in started].count("resume") == 1
    assert [each.member.number for each in events if each.what == "resumed"] == [2]


def test_another_run_in_the_place_of_one_is_not_touched(plan, started, tmp_path):
    before = fake_run(path_of(plan, tmp_path, 1)).read_bytes()
    path_of(plan, tmp_path, 2).write_bytes(b"no run")
    events = list(swept(plan, tmp_path))
    assert ends(events)[:2] == [(1, "failed"), (2, "failed")]
    problems = {each.member.number: each.problem for each in events if each.what == "failed"}
    assert "no run of this sweep" in problems[1]
    assert path_of(plan, tmp_path, 1).read_bytes() == before
    assert path_of(plan, tmp_path, 2).read_bytes() == b"no run"


def test_a_pipe_where_a_run_would_leave_its_words_fails_that_run_alone(plan, started, tmp_path):
    os.mkfifo(SweepFolder(tmp_path, "mine").words(1))
    events = list(swept(plan, tmp_path))
    assert ends(events) == [(1, "failed"), (2, "finished"), (3, "finished"), (4, "finished")]
    assert "1.words is no ordinary file" in next(each.problem for each in events if each.what == "failed")


@pytest.mark.parametrize("by_file", [False, True])
def test_stopped_all_are_saved_and_the_next_go_on(plan, started, tmp_path, by_file):
    files = [todo(plan, tmp_path, number, "wait") for number in (1, 2)]
    stop, told = threading.Event(), []
    for event in swept(plan, tmp_path, stop=stop):
        told.append(event)
        if [each.what for each in told].count("progress") and len({e.member.number for e in told if e.epochs}) == 2:
            SweepFolder(tmp_path, "mine").ask_to_stop() if by_file else stop.set()
    assert ends(told) == [(1, "stopped"), (2, "stopped")]
    assert [workspace.known_of(path_of(plan, tmp_path, n)).state for n in (1, 2)] == ["stopped"] * 2
    for file in files:
        file.unlink()
    with SweepFolder(tmp_path, "mine").held():  # forgets that it was to stop
        assert {what for _, what in ends(swept(plan, tmp_path))} == {"finished"}


def test_processes_of_a_sweep_that_is_gone_are_found_and_waited_for(plan, started, tmp_path):
    file = todo(plan, tmp_path, 1, "wait")
    processes = sweep_processes.SweepProcesses(plan, tmp_path, 1, threading.Event())
    first = processes.events()
    begun = next(first)
    (left,) = processes._going
    processes._going.clear()  # as if its program were gone, and nobody had asked it to end
    first.close()
    assert begun.member.number == 1
    assert own_process.lives(SweepFolder(tmp_path, "mine").words(1))
    events = []
    for event in swept(plan, tmp_path, jobs=1):
        events.append(event)
        if event.what == "awaited":
            file.unlink()
    assert left.process.wait() == 0
    assert {what for _, what in ends(events)} == {"finished"}
    assert [each.what for each in events].count("awaited") == 1
    assert len(started) == 4  # the first by the sweep that is gone


def test_cores_are_shared():
    plan = SweepPlan.of(Recipe.load("digits-vae-2d"), ["beta=1,2,3,4"])
    assert sweep_processes.shared(plan, 2) == (2, 1)
    assert sweep_processes.shared(plan, 16) == (4, 4)
    assert sweep_processes.shared(plan, 16, 2) == (2, 8)
    assert sweep_processes.shared(plan, 2, 9) == (4, 1)
    assert sweep_processes.shared(SweepPlan.of(plan.recipe, ["threads=4,8"]), 16) == (2, 8)
