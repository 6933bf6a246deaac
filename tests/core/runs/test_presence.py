"""What is being trained in the folder of all runs, and what is swept there."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from latentlab.core import locks
from latentlab.core.runs import workspace
from latentlab.core.runs.run import Run, RunError
from latentlab.core.runs.workspace import Presence, is_training, runs
from latentlab.core.writing import temporary_name
from tests.core.machines import another_machine, long_ago
from tests.core.runs.small import interrupted, names, saved
from tests.faults import failing

ROOT = Path(__file__).parents[3]


def test_a_training_that_goes_on_is_seen_by_others_and_its_end_too(states, tmp_path):
    path = saved(states["training"], tmp_path / "run.safetensors")
    presence = Presence(path)
    assert is_training(path)
    assert [each.state for each in runs(tmp_path)] == ["training"]
    assert interrupted(tmp_path) == []
    with pytest.raises(RunError, match="is being trained already, by another program: wait until it has ended"):
        Presence(path)
    assert is_training(path)  # as before: who was refused took nothing away
    workspace.sweep(tmp_path)
    assert is_training(path)
    presence.end()
    presence.end()
    assert names(tmp_path) == ["run.safetensors"]
    assert [each.state for each in runs(tmp_path)] == ["interrupted"]
    Presence(path).end()


@pytest.mark.skipif(os.name == "nt", reason="a file that is only read cannot be locked there")
def test_where_nobody_may_write_it_is_seen_all_the_same(states, tmp_path):
    path = saved(states["training"], tmp_path / "run.safetensors")
    with failing(os, "open", errno.EROFS, lambda path, how, *_: how & os.O_RDWR and str(path).endswith(".lock")):
        assert not is_training(path)
    presence = Presence(path)
    with failing(os, "open", errno.EROFS, lambda path, how, *_: how & os.O_RDWR and str(path).endswith(".lock")):
        assert is_training(path)
    presence.end()


def test_the_training_of_a_program_that_was_killed_is_over(states, tmp_path):
    path = saved(states["training"], tmp_path / "run.safetensors")
    code = """
import sys
from pathlib import Path
from latentlab.core.runs.workspace import Presence
presence = Presence(Path(sys.argv[1]))
print("there", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, path], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert is_training(path)
        process.kill()
    assert not is_training(path)
    if os.name != "nt":
        assert names(tmp_path) == [".run.safetensors.lock", "run.safetensors"]
    workspace.sweep(tmp_path)
    assert names(tmp_path) == ["run.safetensors"]


def test_who_only_looks_never_hinders_and_only_one_trains(tmp_path):
    """Many look and sweep while two begin and end, again and again."""
    path, over, inside, failures = tmp_path / "run.safetensors", threading.Event(), [], []

    def look():
        while not over.is_set():
            is_training(path)
            workspace.sweep(tmp_path)

    def train(name):
        try:
            for _ in range(100):
                try:
                    presence = Presence(path)
                except RunError:
                    continue
                inside.append(name)
                if inside != [name]:
                    failures.append("two at once")
                inside.remove(name)
                presence.end()
        except Exception as error:
            failures.append(error)

    looking = [threading.Thread(target=look) for _ in range(2)]
    training = [threading.Thread(target=train, args=(name,)) for name in "ab"]
    for thread in looking + training:
        thread.start()
    for thread in training:
        thread.join()
    over.set()
    for thread in looking:
        thread.join()
    assert failures == []
    assert not is_training(path)


def test_one_alone_is_never_refused_by_who_only_looks(tmp_path):
    path, over = tmp_path / "run.safetensors", threading.Event()

    def look():
        while not over.is_set():
            is_training(path)

    looking = [threading.Thread(target=look) for _ in range(3)]
    for thread in looking:
        thread.start()
    try:
        for _ in range(100):
            Presence(path).end()
    finally:
        over.set()
        for thread in looking:
            thread.join()


@pytest.mark.parametrize("name", ["n" * 250 + ".safetensors", "none/run.safetensors", "nul\0.safetensors"])
def test_where_no_mark_can_be_made_nothing_is_said_and_nothing_raised(tmp_path, name):
    presence = Presence(tmp_path / name)
    assert not is_training(tmp_path / name)
    presence.end()
    assert names(tmp_path) == []


def test_a_file_system_without_locks_will_do(tmp_path):
    path = tmp_path / "run.safetensors"
    with failing(locks, "_take_lock", errno.ENOLCK):
        first, second = Presence(path), Presence(path)
        assert not is_training(path)
        second.end()
        first.end()
    assert names(tmp_path) == []


# What is swept


def test_swept_is_what_dead_programs_left_and_nothing_else(run, tmp_path):
    run.save(tmp_path / "run.safetensors")
    others = [".hidden", ".note.lock", "run.safetensors.lock", ".other.safetensors", "notes.txt", ".latentlab-1.part"]
    for name in others:
        (tmp_path / name).write_text("a person's own")
    (tmp_path / ".folder.safetensors.lock").mkdir()
    living = Presence(tmp_path / "other.safetensors")
    (tmp_path / ".run.safetensors.lock").write_text(locks.machine())
    (tmp_path / ".gone.safetensors.lock").write_text(locks.machine())
    (tmp_path / temporary_name()).touch()
    workspace.sweep(tmp_path)
    kept = {*others, "run.safetensors", ".folder.safetensors.lock", ".other.safetensors.lock"}
    assert set(names(tmp_path)) == kept
    living.end()
    assert Run.open(tmp_path / "run.safetensors").epochs == 2


def test_the_mark_of_a_training_on_another_machine_is_left_as_long_as_it_or_its_run_changes(states, tmp_path):
    path, mark = saved(states["training"], tmp_path / "run.safetensors"), tmp_path / ".run.safetensors.lock"
    with another_machine():
        theirs = Presence(path)
    workspace.sweep(tmp_path)
    long_ago(mark, days=10)
    workspace.sweep(tmp_path)
    assert mark.exists()  # the training goes on, and saves its run
    with another_machine():
        theirs.end()
    assert names(tmp_path) == ["run.safetensors"]
    with another_machine():
        Presence(path)  # and that machine has gone
    long_ago(mark, path)
    workspace.sweep(tmp_path)
    assert names(tmp_path) == ["run.safetensors"]


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
def test_in_what_lies_in_the_place_of_a_mark_nothing_is_written(tmp_path):
    place, mine = tmp_path / ".run.safetensors.lock", tmp_path / "mine"
    for content in ("", "a letter", "a long letter"):
        mine.write_text(content)
        place.symlink_to(mine)
        Presence(tmp_path / "run.safetensors").end()
        assert mine.read_text() == content
        place.unlink(missing_ok=True)
    place.write_text("a long letter")
    presence = Presence(tmp_path / "run.safetensors")
    assert place.read_text() == "a long letter"
    presence.end()
    os.mkfifo(place)
    workspace.sweep(tmp_path)  # which waits for nobody to write to it


@pytest.mark.parametrize("name", ["none", "n" * 300, "nul\0", "file"])
def test_to_sweep_raises_nothing(tmp_path, name):
    (tmp_path / "file").touch()
    workspace.sweep(tmp_path / name)
