"""A sweep by Slurm: its script is safe, only what is missing is submitted, and what becomes of the tasks is told."""

import os
import shlex
import signal
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.training import slurm_options, sweep_slurm
from latentlab.core.training.slurm_options import Wanted, quoted, read_options
from latentlab.core.training.sweep_folder import SweepFolder, kept_sweeps
from latentlab.core.training.sweep_plan import SweepError, SweepPlan
from tests.core.runs.fakes import fake_run
from tests.core.training import fake_slurm

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Slurm's scripts are those of a Unix shell")
ODD = """it's "a" $HOME `id` %a; # & b"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / ODD
    folder.mkdir()
    return folder


@pytest.fixture
def plan(folder):
    plan = SweepPlan.of(Recipe.load("digits-vae-2d"), ["beta=1,2,3,4"], name="mine")
    return SweepFolder(folder, plan.name).keep(plan.computing_with(1))


@pytest.fixture
def slurm(plan, folder, tmp_path, monkeypatch):
    with fake_slurm.installed(tmp_path, monkeypatch, fake_slurm.played(plan, folder)) as state:
        yield state


def array_of(plan, folder, *options, jobs=None):
    return sweep_slurm.SlurmArray(plan, folder, Wanted(options, jobs), folder / "data sets")


def path_of(plan, folder, number):
    return folder / plan.members[number - 1].file_name


def todo(plan, folder, number, what):
    file = path_of(plan, folder, number).with_suffix(".todo")
    file.write_text(what)
    return file


def followed(array, standing=None, stop=None):
    """Submit what is missing, follow, and give how the runs ended."""
    standing = standing or array.look()
    array.submit(standing.to_submit)
    standing.waiting.update(standing.to_submit)
    events = list(array.follow(standing, stop or threading.Event()))
    return {each.member.number: each for each in events if each.what in ("finished", "failed", "stopped")}


def test_what_is_not_finished_is_submitted_and_half_of_it_fails_and_is_tried_again(plan, folder, slurm):
    fake_run(path_of(plan, folder, 3), group=plan.members[2].group)
    files = [todo(plan, folder, 1, "fail"), todo(plan, folder, 2, "die")]
    ends = followed(array_of(plan, folder, "--partition=gpu", "-t", "2:00:00", jobs=2))
    assert {number: each.what for number, each in ends.items()} == {1: "failed", 2: "failed", 4: "finished"}
    assert ends[1].problem == "It cannot be trained."
    assert ends[2].problem == "Its task ended, and has not said why."
    standing = array_of(plan, folder).look()
    assert (sorted(standing.finished), standing.failed[1]) == ([3, 4], "It cannot be trained.")
    assert (standing.to_submit, standing.jobs) == ([1, 2], ())
    for file in files:
        file.unlink()
    assert {each.what for each in followed(array_of(plan, folder), standing).values()} == {"finished"}
    assert len(workspace.runs(folder)) == 4
    first, second = fake_slurm.submitted(slurm)
    assert (first["--array"], first["--partition"], first["-t"]) == ("1-2,4%2", "gpu", "2:00:00")
    assert second["--array"] == "1-2"
    assert second["--job-name"] == first["--job-name"]


def test_no_more_run_at_once_than_is_wanted_and_what_runs_or_waits_is_not_submitted(plan, folder, slurm):
    files = [todo(plan, folder, number, "wait") for number in (1, 2, 3, 4)]
    array = array_of(plan, folder, jobs=2)
    array.submit([1, 2, 3, 4])
    while len((standing := array.look()).running) < 2 or len(standing.unseen) < 2:
        assert len(standing.running) + len(standing.waiting) == 4
    assert (standing.running, standing.waiting, standing.jobs) == ({1, 2}, {3, 4}, ("100",))
    assert standing.to_submit == []
    assert standing.unseen == {1, 2}  # that are played have no locks
    told = []
    for event in array.follow(standing, threading.Event()):
        told.append(event)
        for file in files:
            file.unlink(missing_ok=True)
    assert sorted(each.member.number for each in told if each.what == "finished") == [1, 2, 3, 4]
    assert {(each.epochs, each.of_epochs) for each in told if each.what == "progress"} >= {(1, 3)}
    assert len(fake_slurm.submitted(slurm)) == 1


def test_a_task_that_is_killed_is_told_and_goes_on_with_the_next_job(plan, folder, slurm):
    files = [todo(plan, folder, number, "wait") for number in (1, 2)]
    array, how = array_of(plan, folder), {1: signal.SIGTERM, 2: signal.SIGKILL}
    fake_run(path_of(plan, folder, 2), epochs=1, group=plan.members[1].group, state="training", last_epoch=3)
    array.submit([1, 2])
    standing, ends = array.look(), {}
    for event in array.follow(standing, threading.Event()):
        number = event.member.number
        if event.what == "progress" and event.epochs and number in how:
            os.kill(fake_slurm.pid_of(slurm, number), how.pop(number))
        elif event.what != "progress":
            ends[number] = event.what
    assert ends == {1: "stopped", 2: "failed"}
    standing = array.look()
    assert standing.missing == {1, 3, 4}
    assert standing.failed.keys() == {2}
    for file in files:
        file.unlink()
    assert {each.what for each in followed(array).values()} == {"finished"}


def test_who_follows_may_leave_and_the_jobs_go_on(plan, folder, slurm):
    files = [todo(plan, folder, number, "wait") for number in (1, 2, 3, 4)]
    stop = threading.Event()
    stop.set()
    assert followed(array_of(plan, folder), stop=stop) == {}
    standing = array_of(plan, folder).look()
    assert standing.running | standing.waiting == {1, 2, 3, 4}
    for file in files:
        file.unlink()
    ends = list(array_of(plan, folder).follow(standing, threading.Event()))
    assert [each.what for each in ends].count("finished") == 4


def test_a_file_in_the_place_of_a_run_is_not_submitted_nor_what_another_trains(plan, folder, slurm):
    path_of(plan, folder, 1).write_bytes(b"no run")
    presence = workspace.Presence(path_of(plan, folder, 2))
    standing = array_of(plan, folder).look()
    presence.end()
    assert standing.refused.keys() == {1}
    assert standing.running == {2}
    assert standing.to_submit == [3, 4]


def test_the_sweep_is_asked_to_stop_and_what_was_not_begun_is_no_failure(plan, folder, slurm):
    SweepFolder(folder, "mine").words(1).write_text("The sweep is asked to stop.\n")
    SweepFolder(folder, "mine").ask_to_stop()
    assert array_of(plan, folder).look().failed == {}


def test_where_there_is_no_slurm_the_array_is_written_all_the_same(plan, folder, tmp_path, monkeypatch):
    fake_slurm.have_none(tmp_path, monkeypatch)
    array = array_of(plan, folder, "--comment=it's $HOME")
    assert array.look().to_submit == [1, 2, 3, 4]
    assert array.submit([1, 2, 4]) is None
    script = SweepFolder(folder, "mine").script
    assert subprocess.run(["bash", "-n", str(script)], check=True, capture_output=True).stderr == b""
    options = fake_slurm.options_of(script)
    assert options["--comment"] == "it's $HOME"
    assert options["--output"] == f"{folder}/.latentlab-sweeps/mine/%a.words".replace("$HOME `id` %a", "$HOME `id` %%a")
    assert (options["--array"], options["--cpus-per-task"]) == ("1-2,4", "1")
    command = next(line for line in script.read_text().splitlines() if line.startswith("exec "))
    words = shlex.split(command)
    assert words[:6] == ["exec", sys.executable, "-m", "latentlab", "sweep", "--resume"]
    assert words[words.index("--workspace") + 1] == str(folder)
    assert words[words.index("--data-dir") + 1] == str(folder / "data sets")
    assert words[-2:] == ["--task", "$SLURM_ARRAY_TASK_ID"]


def test_what_slurm_refuses_or_does_not_say_is_a_sentence(plan, folder, slurm, tmp_path):
    array = array_of(plan, folder, "--partition=none")
    with pytest.raises(SweepError, match=r"does not take the job array .*: sbatch: error: Batch job submission"):
        array.submit([1])
    (slurm / "busy").touch()
    with pytest.raises(SweepError, match=r"^Slurm does not say which runs it trains \(slurm_load_jobs error: Unable"):
        array.look()
    (tmp_path / "bin" / "sbatch").write_text("#!/bin/bash\necho hello\n")
    with pytest.raises(SweepError, match="told no number of the job"):
        array_of(plan, folder).submit([1])


def failed_once(plan, folder):
    """Give an array of which one run has failed, and another was about to be submitted anew when all was killed."""
    file, kept = todo(plan, folder, 1, "fail"), SweepFolder(folder, "mine")
    followed(array_of(plan, folder))
    file.unlink()
    path_of(plan, folder, 2).unlink()
    kept.words(2).unlink()
    kept.earlier_words(2).write_text("latentlab: The memory is too small.\n")
    return {1: "It cannot be trained.", 2: "The memory is too small."}


def no_answer(command):
    return "", "it does not answer"


def interrupted(command):
    raise KeyboardInterrupt


@pytest.mark.parametrize("answer", [None, no_answer, interrupted])
def test_why_runs_have_failed_is_known_until_slurm_has_taken_them_again(plan, folder, slurm, monkeypatch, answer):
    why = failed_once(plan, folder)
    assert array_of(plan, folder).look().failed == why
    with monkeypatch.context() as patch:
        patch.setattr(sweep_slurm, "_answer", answer or sweep_slurm._answer)
        with pytest.raises((SweepError, KeyboardInterrupt)):
            array_of(plan, folder, "--partition=none").submit([1, 2])
    assert array_of(plan, folder).look().failed == why
    (slurm / "hold").touch()
    array = array_of(plan, folder)
    array.submit([1, 2])
    assert array.look().waiting == {1, 2}
    assert not list(SweepFolder(folder, "mine").script.parent.glob("[12].words*"))  # nothing is said of them yet


def test_what_a_task_says_before_sbatch_breaks_off_is_not_covered_by_what_was_said_before(plan, folder, monkeypatch):
    words = SweepFolder(folder, "mine").words(1)
    words.write_text("latentlab: The memory is too small.\n")

    def late(command):
        words.write_text("begun\n")
        return no_answer(command)

    monkeypatch.setattr(sweep_slurm, "_answer", late)
    monkeypatch.setattr(sweep_slurm.shutil, "which", lambda name: name)
    with pytest.raises(SweepError, match="it does not answer"):
        array_of(plan, folder).submit([1])
    assert words.read_text() == "begun\n"


def test_a_path_that_slurm_takes_for_a_pattern_is_refused(tmp_path):
    folder = tmp_path / "back\\slash"
    folder.mkdir()
    plan = SweepPlan.of(Recipe.load("digits-vae-2d"), ["beta=1,2"], name="mine")
    SweepFolder(folder, "mine").keep(plan)
    with pytest.raises(SweepError, match="Slurm takes no such path"):
        array_of(plan, folder).submit([1])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("--comment='it", "a quote is open"),
        ("gpu", "not 'gpu'"),
        ("--partition=gpu script.sh", "not 'script.sh'"),
        ("-p gpu script.sh", "not 'script.sh'"),
        ("--array=1-2", "its own --array"),
        ("-a1-2", "its own -a"),
        ("--output x", "its own --output"),
        ("-c many", "whole number of cores"),
        ("--cpus-per-task=0", "whole number of cores"),
        ("--cpus-per-task", "whole number of cores"),
        ("--time=1\n#SBATCH --array=7", "one line"),
    ],
)
def test_what_is_no_option_for_slurm_is_a_sentence(text, word):
    with pytest.raises(SweepError, match=word):
        read_options(text)


def test_what_is_wanted_of_slurm_is_kept_and_tells_whose_the_sweep_is(plan, folder):
    place = SweepFolder(folder, "mine")
    assert slurm_options.kept(place) is None
    assert not kept_sweeps(folder)[0].is_of_slurm
    wanted = Wanted(read_options("-p gpu --comment='a b' -c 4 -Mfar"), 3)
    slurm_options.keep(place, wanted)
    assert slurm_options.kept(place) == wanted
    assert (wanted.cores, wanted.value_of("--clusters", "-M")) == (4, "far")
    assert kept_sweeps(folder)[0].is_of_slurm
    for damaged in ("", "[]", '{"options": ["x"], "jobs": 1}', '{"options": [], "jobs": "a"}', '{"options": 3}'):
        place.slurm.write_text(damaged)
        with pytest.raises(SweepError, match="is damaged: remove it"):
            slurm_options.kept(place)


def as_slurm_reads(line):
    """Split a line of a script into options as Slurm does: a backslash takes what follows it, also within quotes."""
    words, word, quote, is_escaped, is_word = [], "", "", False, False
    for letter in line:
        if is_escaped:
            word, is_escaped = word + letter, False
        elif letter == "\\":
            is_escaped = is_word = True
        elif quote:
            word, quote = (word, "") if letter == quote else (word + letter, quote)
        elif letter in "\"'":
            quote, is_word = letter, True
        elif letter == "#":
            break
        elif letter.isspace():
            words, word, is_word = [*words, word] if is_word else words, "", False
        else:
            word, is_word = word + letter, True
    return [*words, word] if is_word else words


@given(st.lists(st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]))))
def test_an_option_is_read_as_it_was_meant(options):
    line = " ".join(map(quoted, options))
    assert as_slurm_reads(line) == shlex.split(line) == options
