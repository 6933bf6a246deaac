"""Trainings are never lost: where the workspace takes nothing, where the run finds no place, what breaks on the way."""

import shutil
from contextlib import ExitStack, suppress

import pytest

from latentlab.__main__ import main
from latentlab.core.events import EpochEnded
from latentlab.core.runs import epochs_on_disk
from latentlab.core.runs.run import Run
from latentlab.core.training.autosave import Autosave
from latentlab.core.training.trainer import Trainer
from tests.cli.trainings import at_event, each_event, said, same, train
from tests.faults import full_disk, small_disk

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
        assert [path.name for path in runs.iterdir()] in ([], [epochs_on_disk.FOLDER])


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
    assert not [path for path in runs.iterdir() if path not in (kept, runs / epochs_on_disk.FOLDER)]


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
