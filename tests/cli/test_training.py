"""Trainings that are kept as they go: finished after they broke off, listed, repeated, and never lost in the end."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from latentlab.__main__ import main
from latentlab.core.events import EpochEnded
from latentlab.core.runs.run import Run
from latentlab.core.runs.workspace import Presence
from latentlab.core.training.autosave import Autosave
from latentlab.core.training.trainer import Trainer
from tests.faults import full_disk, small_disk

ROOT = Path(__file__).parents[2]
TINY = ["--set", "encoder.layers=16", "decoder.layers=16", "batch_size=64"]


@pytest.fixture(scope="module")
def array(tmp_path_factory, tiny_images):
    """Give the name of an image set: the tiny images as a file."""
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    np.savez(path, images=tiny_images.train_images, labels=tiny_images.train_labels)
    return f"array:{path}"


@pytest.fixture
def runs(own_home):
    return own_home / "data" / "latentlab" / "runs"


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def train(out, array, *more, recipe="mlp-vae-2d"):
    dataset = ["--dataset", array, *TINY] if recipe == "mlp-vae-2d" else []
    return main(["train", str(recipe), "--out", str(out), *dataset, *more])


def said(capsys):
    return capsys.readouterr().err.splitlines()


def weights(run):
    return run.snapshot.state()


def same(first, second):
    """Whether two runs have the same weights, to the last bit, and the same history."""
    mine, theirs = weights(first), weights(second)
    return [replace(each, run_id="") for each in first.history] == [
        replace(each, run_id="") for each in second.history
    ] and all(torch.equal(mine[name], theirs[name]) for name in theirs)


def at_event(happens, monkeypatch, number=3):
    """Have something happen at an event of a training, before the event is told."""
    events = Trainer.events

    def patched(self):
        for count, event in enumerate(events(self)):
            if count == number:
                happens(self)
            yield event

    monkeypatch.setattr(Trainer, "events", patched)


def each_event(monkeypatch):
    """Save at each event, whatever it costs, and wait until that is done."""
    take = Autosave.take
    monkeypatch.setattr("latentlab.core.training.autosave.SECONDS", 0)
    monkeypatch.setattr("latentlab.core.training.autosave._SHARE", 1e9)
    monkeypatch.setattr(Autosave, "take", lambda self, event: (take(self, event), self._wait()))


@pytest.fixture
def whole(tmp_path, array, capsys):
    """Give a run of three epochs that was never stopped."""
    out = tmp_path / "whole.safetensors"
    assert train(out, array, "--epochs", "3") == 0
    capsys.readouterr()
    return Run.open(out)


@pytest.fixture
def broken(tmp_path, array, runs, capsys, monkeypatch):
    """Give the file of a training that broke off in its second epoch, as after a crash."""
    before = set(runs.glob("*.safetensors"))

    def crash(trainer):
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        each_event(patch)
        patch.setattr("latentlab.core.training.trainer._MESSAGE_SECONDS", 0)
        at_event(crash, patch, number=9)
        assert train(tmp_path / "lost.safetensors", array, "--epochs", "3") == 9
    capsys.readouterr()
    (path,) = set(runs.glob("*.safetensors")) - before
    assert not (tmp_path / "lost.safetensors").exists()
    run = Run.open(path)
    assert (run.training.state, run.epochs, run.training.steps_done) == ("training", 1, 2)
    return path


# Finished after it broke off


def test_a_training_that_broke_off_is_finished_as_it_would_have_gone_on(whole, broken, runs, tmp_path, capsys):
    out = tmp_path / "out.safetensors"
    assert main(["resume", str(broken), "--out", str(out)]) == 0
    assert said(capsys)[-1] == f"Trained 3 epochs, saved as {out}."
    for path in (out, broken):  # the workspace has it, too
        assert same(Run.open(path), whole)
        assert Run.open(path).training.state == "finished"
    assert [path for path in runs.iterdir() if path.name.startswith(".")] == []
    assert main(["resume", str(broken)]) == 2
    (told,) = said(capsys)
    assert "came to its end, after 3 epochs" in told
    assert "--resume" in told


def test_a_training_that_was_stopped_is_finished_where_it_is(whole, array, tmp_path, capsys, monkeypatch):
    out = tmp_path / "out.safetensors"
    with monkeypatch.context() as patch:
        at_event(lambda trainer: trainer.control.stop.set(), patch, number=4)
        assert train(out, array, "--epochs", "3") == 130
    told = said(capsys)[-1]
    assert told.startswith("Interrupted after ")
    assert f"latentlab resume {out} goes on from there" in told
    assert main(["resume", str(out)]) == 0
    assert same(Run.open(out), whole)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_it_is_told_of_in_json_as_training_is(broken, capsys):
    assert main(["resume", str(broken), "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["event"] for each in events] == ["started", "epoch", "epoch", "finished"]
    assert events[0]["first_epoch"] == 1
    assert events[-1]["epochs"] == 3


def test_what_cannot_be_finished_is_a_sentence_and_status_2(whole, broken, array, tmp_path, capsys):
    old, changed, other = (tmp_path / f"{name}.safetensors" for name in ("old", "changed", "other"))
    run = Run.open(broken)
    replace(run, training=None).save(old)
    replace(run, fingerprint="another").save(changed)
    replace(run, training=run.training.model_copy(update={"device": "cuda"})).save(other)
    presence = Presence(broken)
    for path, words in (
        (old, "earlier version"),
        (changed, "not those that the run learned from"),
        (other, "'cuda'"),
        (broken, "is being trained already"),
        (tmp_path / "none.safetensors", "There is no file"),
    ):
        assert main(["resume", str(path)]) == 2
        told = said(capsys)
        assert words in told[-1]
        assert len([line for line in told if line.startswith("latentlab: ")]) == 1
    assert Run.open(broken).training.state == "training"
    presence.end()
    assert main(["resume", str(broken), "--out", str(tmp_path / "run.pt")]) == 2
    assert ".safetensors" in said(capsys)[-1]


@pytest.mark.parametrize(
    "change",
    [
        {"steps_done": 10**9},
        {"first_epoch": 5},
        {"last_epoch": 0},
        {"generator": torch.zeros(5, dtype=torch.uint8)},
        {"order": torch.full((5056,), 255, dtype=torch.uint8)},
        {"optimiser.0.step": None},
        {"optimiser.1.exp_avg": None},
        {"optimiser.0.square_avg": torch.zeros(16, 784)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_state_that_is_damaged_is_told_and_trains_nothing(broken, change, tmp_path, capsys):
    run, path = Run.open(broken), tmp_path / "damaged.safetensors"
    numbers = {key: value for key, value in change.items() if isinstance(value, int)}
    tensors = {key: value for key, value in (run.training.tensors | change).items() if isinstance(value, torch.Tensor)}
    replace(run, training=run.training.model_copy(update=numbers | {"tensors": tensors})).save(path)
    before = path.read_bytes()
    assert main(["resume", str(path)]) == 2
    (told,) = said(capsys)[-1:]
    assert told.startswith("latentlab: ")
    assert told.endswith(".")
    assert path.read_bytes() == before


# Repeated


def test_a_run_is_repeated_from_its_file_with_its_changes_where_they_were_made(array, tmp_path, capsys, monkeypatch):
    first, again = tmp_path / "first.safetensors", tmp_path / "again.safetensors"
    with monkeypatch.context() as patch:
        at_event(lambda trainer: trainer.control.change("beta", 0.5), patch, number=4)
        assert train(first, array, "--epochs", "3") == 0
    assert train(again, array, recipe=first) == 0
    run, repeated = Run.open(first), Run.open(again)
    assert run.changes
    assert [replace(each, run_id="") for each in repeated.changes] == [replace(each, run_id="") for each in run.changes]
    assert same(repeated, run)
    assert repeated.snapshot.run_id != run.snapshot.run_id
    assert train(again, array, "--seed", "5", recipe=first) == 0
    assert not same(Run.open(again), run)


def test_it_is_repeated_with_as_many_threads(whole, tmp_path, array, monkeypatch):
    path, out = tmp_path / "threads.safetensors", tmp_path / "again.safetensors"
    replace(whole, training=whole.training.model_copy(update={"threads": 2})).save(path)
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    assert train(out, array, recipe=path) == 0
    assert asked == [2]
    assert Run.open(out).recipe.training.threads is None


def test_a_run_that_went_on_from_another_cannot_be_repeated(array, tmp_path, capsys):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    assert train(first, array, "--epochs", "1") == 0
    assert train(second, array, "--epochs", "1", "--resume", str(first)) == 0
    capsys.readouterr()
    assert train(tmp_path / "third.safetensors", array, recipe=second) == 2
    (told,) = said(capsys)
    assert "went on from an earlier run after 1 epoch" in told


# Listed


def test_runs_are_listed_for_people_and_programs(whole, broken, runs, array, capsys):
    assert main(["runs", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(each["state"] for each in told) == ["finished", "interrupted"]
    finished, off = sorted(told, key=lambda each: each["state"])
    assert off["path"] == str(broken)
    assert (finished["epochs"], finished["of_epochs"], off["of_epochs"]) == (3, 3, 3)
    assert finished["test"]["loss"] == pytest.approx(whole.history[-1].test.loss)
    assert {each["dataset"] for each in told} == {array}
    assert main(["runs"]) == 0
    told = capsys.readouterr()
    assert broken.stem in told.out
    assert "interrupted" in told.out
    assert str(runs) in told.err


def test_a_run_that_the_workspace_did_not_take_is_listed_with_where_it_is(whole, array, tmp_path, runs, capsys):
    runs.rename(tmp_path / "taken")
    runs.touch()
    assert train(tmp_path / "out.safetensors", array, "--epochs", "1") == 0
    runs.unlink()
    (tmp_path / "taken").rename(runs)
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    spare, kept = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (spare["epochs"], kept["epochs"]) == (1, 3)
    assert Path(kept["path"]).parent == runs
    assert same(Run.open(Path(spare["path"])), Run.open(tmp_path / "out.safetensors"))
    assert main(["runs"]) == 0
    told = capsys.readouterr()
    assert all(Path(each["path"]).stem in told.out for each in (spare, kept))
    assert f"{spare['path']} is among temporary files" in told.err


def test_no_runs_is_a_sentence(own_home, tmp_path, capsys):
    assert main(["runs"]) == 0
    assert "There are no runs in" in said(capsys)[-1]
    assert main(["runs", "--json"]) == 0
    assert capsys.readouterr() == ("", "")
    (tmp_path / "file").touch()
    assert main(["runs", "--workspace", str(tmp_path / "file")]) == 2
    assert "--workspace" in said(capsys)[-1]


@pytest.mark.parametrize("how", ["option", "variable", "both"])
def test_the_workspace_is_where_one_says(how, array, tmp_path, runs, capsys, monkeypatch):
    folder, out = tmp_path / "work", tmp_path / "out.safetensors"
    if how != "option":
        monkeypatch.setenv("LATENTLAB_WORKSPACE", str(tmp_path / "other" if how == "both" else folder))
    option = [] if how == "variable" else ["--workspace", str(folder)]
    assert train(out, array, "--epochs", "1", *option) == 0
    (kept,) = folder.iterdir()
    assert same(Run.open(kept), Run.open(out))
    assert not runs.exists()
    assert not (tmp_path / "other").exists()
    capsys.readouterr()
    assert main(["runs", "--json", *option]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(kept)


def test_the_next_training_sweeps_what_a_killed_one_left(array, tmp_path, runs):
    runs.mkdir(parents=True)
    left = [runs / f".latentlab-{1:016x}.part", runs / ".gone.safetensors.lock"]
    for path in left:
        path.touch()
    assert train(tmp_path / "out.safetensors", array, "--epochs", "1") == 0
    assert not any(path.exists() for path in left)


# A workspace that takes nothing


def full(folder, stack):
    folder.mkdir(parents=True)
    stack.enter_context(small_disk(folder, "4k"))


def a_file(folder, stack):
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.touch()


def below_a_file(folder, stack):
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.touch()


@pytest.mark.parametrize("kind", [full, a_file, below_a_file])
def test_a_workspace_that_takes_nothing_is_told_once_and_training_goes_on(
    kind, array, tmp_path, temporary, capsys, monkeypatch
):
    each_event(monkeypatch)
    out, folder = tmp_path / "out.safetensors", tmp_path / "in" / "work"
    with ExitStack() as stack:
        kind(folder, stack)
        assert train(out, array, "--epochs", "3", "--workspace", str(folder)) == 0
    told = said(capsys)
    (problem,) = (line for line in told if line.startswith("latentlab: "))
    (kept,) = (path for path in temporary.rglob("*") if path.is_file())
    assert problem.endswith(f"; it is kept as {kept}.")
    assert told[-1] == f"Trained 3 epochs, saved as {out}."
    assert same(Run.open(kept), Run.open(out))


def test_a_workspace_that_goes_away_is_made_again(array, tmp_path, runs, capsys, monkeypatch):
    each_event(monkeypatch)

    def lose(trainer):
        shutil.rmtree(runs, ignore_errors=True)

    at_event(lose, monkeypatch, number=4)
    assert train(tmp_path / "out.safetensors", array, "--epochs", "3") == 0
    assert not any(line.startswith("latentlab: ") for line in said(capsys))
    (kept,) = runs.glob("*.safetensors")
    assert Run.open(kept).training.state == "finished"


def test_a_finished_training_that_is_not_where_it_was_has_status_1(broken, tmp_path, temporary, capsys, monkeypatch):
    def taken(trainer):
        broken.unlink(missing_ok=True)
        broken.mkdir()

    at_event(taken, monkeypatch, number=2)
    assert main(["resume", str(broken)]) == 1
    told = said(capsys)
    (kept,) = (path for path in temporary.rglob("*") if path.is_file())
    assert told[-1] == f"Trained 3 epochs, saved as {kept}."
    assert sum(line.startswith("latentlab: ") for line in told) == 1


# The end


def out_of(kind, tmp_path, stack):
    """Give where a run should go, what happens to that before it does, and what is said of it."""
    folder = tmp_path / "out"
    folder.mkdir()
    if kind == "long name":
        return folder / ("n" * 238 + ".safetensors"), lambda trainer: folder.chmod(0o700), None
    if kind == "full":
        stack.enter_context(small_disk(folder, "64k"))
        return folder / "run.safetensors", lambda trainer: (folder / "other").write_bytes(bytes(60_000)), "no space"
    if kind == "removed":
        return folder / "run.safetensors", lambda trainer: folder.rmdir(), "no such file"
    return folder / "run.safetensors", lambda trainer: (folder / "run.safetensors").mkdir(), "it is a folder"


@pytest.mark.parametrize("kind", ["long name", "full", "removed", "taken"])
def test_where_out_takes_no_run_in_the_end_it_is_in_the_workspace(kind, array, tmp_path, runs, capsys, monkeypatch):
    with ExitStack() as stack:
        out, happens, words = out_of(kind, tmp_path, stack)
        at_event(happens, monkeypatch)
        assert train(out, array, "--epochs", "2") == (1 if words else 0)
        told = said(capsys)
        (kept,) = runs.glob("*.safetensors")
        if words is None:  # a name of 250 bytes is none that is too long
            assert told[-1] == f"Trained 2 epochs, saved as {out}."
            assert same(Run.open(out), Run.open(kept))
            return
        (problem,) = (line for line in told if line.startswith("latentlab: "))
        assert problem.startswith(f"latentlab: The run could not be saved as {out}: ")
        assert words in problem
        assert problem.endswith(f"; it is kept as {kept}.")
        assert told[-1] == f"Trained 2 epochs, saved as {kept}."
    assert Run.open(kept).training.state == "finished"


@pytest.mark.parametrize("has_earlier", [False, True])
def test_where_no_place_takes_the_run_and_nobody_can_be_asked_it_is_said(
    has_earlier, array, tmp_path, temporary, runs, capsys, monkeypatch
):
    out = tmp_path / "out.safetensors"
    finish, save = Autosave.finish, Run.save

    def full(work):
        def on_a_full_disk(*arguments):
            with full_disk():
                return work(*arguments)

        return on_a_full_disk

    def full_at_the_end(self, run):
        self._wait()
        monkeypatch.setattr(Run, "save", full(save))
        return finish(self, run)

    with monkeypatch.context() as patch:
        if has_earlier:
            each_event(patch)
        else:
            patch.setattr(Autosave, "take", lambda self, event: None)
        patch.setattr(Autosave, "finish", full_at_the_end)
        assert train(out, array, "--epochs", "3") == 1
    monkeypatch.setattr(Run, "save", save)
    told = said(capsys)
    assert told[-1].startswith("latentlab: No place takes the run, so it is lost: make room on the disk. ")
    assert not out.exists()
    if has_earlier:
        (kept,) = runs.glob("*.safetensors")
        assert told[-1].endswith(f"latentlab resume {kept} goes on from there.")
        assert main(["resume", str(kept)]) == 0
    else:
        assert told[-1].endswith("Nothing of the training was saved yet.")
        assert not list(runs.iterdir())


ASKED = """
import sys, tempfile
from pathlib import Path
from latentlab.__main__ import main
from latentlab.core.runs.run import Run
from latentlab.core.training.autosave import Autosave
from tests.faults import full_disk
tempfile.tempdir = sys.argv[1]
finish, save, room = Autosave.finish, Run.save, Path(sys.argv[2])
Autosave.take = lambda self, event: None  # on a thread of its own, where the disk would be full for both

def guarded(work):
    def guard(self, *arguments):
        if room.exists():
            return work(self, *arguments)
        with full_disk():
            return work(self, *arguments)
    return guard

Autosave.finish, Run.save = guarded(finish), guarded(save)
sys.exit(main(sys.argv[3:]))
"""


class Terminal:
    """A terminal, and a program that runs at it."""

    def __init__(self, code, *arguments):
        pty = pytest.importorskip("pty", reason="Windows has no terminals of that kind.")
        import fcntl
        import termios

        self._end, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=os.environ | {"TERM": "dumb", "COLUMNS": "400"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inner)
        self.told = ""

    def until(self, words, count=1):
        while self.told.count(words) < count:
            ready, _, _ = select.select([self._end], [], [], 60)
            assert ready, self.told
            self.told += os.read(self._end, 4096).decode()

    def type(self, keys):
        os.write(self._end, keys)

    def close(self):
        if self._end >= 0:
            os.close(self._end)
            self._end = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.process.kill()
        self.process.wait()


def test_at_a_terminal_one_is_asked_until_a_place_takes_the_run(array, tmp_path):
    out, room, temporary = tmp_path / "out.safetensors", tmp_path / "room", tmp_path / "temporary"
    temporary.mkdir()
    arguments = ["train", "mlp-vae-2d", "--out", out, "--dataset", array, *TINY, "--epochs", "1"]
    question = "latentlab: No place takes the run: make room on the disk, then press Enter."
    with Terminal(ASKED, temporary, room, *arguments) as terminal:
        terminal.until(question)
        assert not list(temporary.rglob("*.safetensors"))
        terminal.type(b"\n")
        terminal.until(question, 2)
        room.touch()
        terminal.type(b"\n")
        terminal.until("Trained 1 epoch, saved as")
        assert terminal.process.wait(60) == 0
    assert Run.open(out).epochs == 1
    assert terminal.told.count("could not be saved") == 1


ENTER = """
import signal, sys, threading
from latentlab.cli import terminal
stop = threading.Event()
with terminal.interrupt_sets(stop):
    answer = terminal.wait_for_enter("Make room.")
    signal.raise_signal(signal.SIGINT)
    assert stop.is_set()
sys.exit(3 if answer else 4)
"""


@pytest.mark.parametrize(("answer", "status"), [("enter", 3), ("Ctrl-C", 4), ("end", 4), ("gone", 4), ("plea", 4)])
def test_nobody_is_held_at_a_question(answer, status):
    with Terminal(ENTER) as terminal:
        terminal.until("Make room.")
        match answer:
            case "gone":
                terminal.close()
            case "plea":
                terminal.process.terminate()
            case _:
                terminal.type({"enter": b"y\n", "Ctrl-C": b"\x03", "end": b"\x04"}[answer])
        # Whoever sits at a terminal that is gone may be told so by a signal before, or after.
        assert terminal.process.wait(60) in ({status, -signal.SIGHUP} if answer == "gone" else {status})


# What breaks on the way


def test_what_nobody_foresaw_leaves_what_was_saved_last_and_says_where(array, tmp_path, runs, capsys, monkeypatch):
    each_event(monkeypatch)

    def fail(trainer):
        raise ZeroDivisionError("nobody foresaw it")

    at_event(fail, monkeypatch, number=5)
    with suppress(ZeroDivisionError):  # unless the top of the command line makes a sentence of it
        train(tmp_path / "out.safetensors", array, "--epochs", "3")
    (kept,) = runs.glob("*.safetensors")
    assert any(line.endswith(f"latentlab resume {kept} goes on from there.") for line in said(capsys))


def test_memory_that_is_not_enough_is_a_sentence_that_says_where_the_training_is(
    array, tmp_path, runs, capsys, monkeypatch
):
    each_event(monkeypatch)

    def fail(trainer):
        raise MemoryError

    at_event(fail, monkeypatch, number=5)
    assert train(tmp_path / "out.safetensors", array, "--epochs", "3") == 2
    (kept,) = runs.glob("*.safetensors")
    told = said(capsys)[-1]
    assert told.startswith("latentlab: There is not enough memory to go on.")
    assert told.endswith(f"latentlab resume {kept} goes on from there.")
    assert not [path for path in runs.iterdir() if path != kept]


def test_best_epochs_are_saved_as_they_come(array, tmp_path, runs, monkeypatch):
    """Long before ten seconds are over."""
    seen = []
    events = Trainer.events

    def watched(self):
        for event in events(self):
            yield event
            if isinstance(event, EpochEnded) and not seen:
                seen.append(event)

    monkeypatch.setattr("latentlab.core.training.autosave._SHARE", 1e9)
    monkeypatch.setattr(Trainer, "events", watched)
    finish, found = Autosave.finish, []

    def look(self, run):
        self._wait()
        found.append(Run.open(self.path).epochs)
        return finish(self, run)

    monkeypatch.setattr(Autosave, "finish", look)
    assert train(tmp_path / "out.safetensors", array, "--epochs", "2") == 0
    assert found[0] >= 1
    assert seen
