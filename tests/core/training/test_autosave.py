"""A training is kept as it goes, at what costs little, and whatever the disk does; when it ends, it is never lost."""

import errno
import os
import threading
from contextlib import ExitStack

import pytest
import torch

from latentlab.core import log
from latentlab.core.events import Diverged, EpochEnded, Finished, Losses, Progress
from latentlab.core.files import is_file
from latentlab.core.runs import asked, run_index, workspace
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training import autosave as autosaves
from latentlab.core.training.autosave import Autosave
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, same_weights
from tests.faults import failing, full_disk

RECIPE = SMALL.with_changes({"epochs": 3})


class Clock:
    """Time that passes only when it is told to; what computes beside the trainer has a time of its own."""

    def __init__(self):
        self.now, self.beside = 1000.0, 0.0

    def perf_counter(self):
        return self.now

    def thread_time(self):
        return self.beside


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(autosaves, "time", clock)
    return clock


@pytest.fixture
def begun(tmp_path, tiny_images, temporary):
    """Begin trainings, and end them with the test; each comes with what was told."""
    with ExitStack() as stack:

        def begin(folder=None, recipe=RECIPE, **how):
            told = []
            trainer = Trainer(recipe, tiny_images, run_id="abcdef")
            autosave = Autosave(trainer, folder or tmp_path / "runs", told.append, **how)
            stack.callback(autosave.end)
            return trainer, autosave, told

        yield begin


def ended(is_best=True):
    return EpochEnded("abcdef", 1, Losses(1, 1, 0), Losses(1, 1, 0), is_best)


def progress():
    return Progress("abcdef", torch.zeros(0).numpy(), torch.zeros(0, 4).numpy(), 1.0, 1.0, 1.0)


def saves(autosave):
    """Give how often it has saved on the way, having waited until that is done."""
    autosave._wait()
    return len(autosave.written)


# When


@pytest.mark.parametrize(("how", "step"), [({}, 10), ({"seconds": 20}, 20)])
def test_it_saves_every_ten_seconds_or_as_often_as_wanted(begun, clock, how, step):
    _, autosave, told = begun(**how)
    counts = []
    for second in range(1, 45):
        clock.now += 1
        autosave.take(progress())
        counts.append((second, saves(autosave)))
    assert [second for (second, count), (_, before) in zip(counts[1:], counts, strict=False) if count > before] == list(
        range(step, 45, step)
    )
    assert told == []
    assert Run.open(autosave.kept).training.state == "training"


def test_it_saves_at_each_best_epoch_and_not_at_others(begun, clock):
    _, autosave, _ = begun()
    clock.now += 1
    autosave.take(ended())
    assert saves(autosave) == 1
    clock.now += 1
    autosave.take(ended(is_best=False))
    autosave.take(progress())
    assert saves(autosave) == 1
    clock.now += 1
    autosave.take(ended())
    assert saves(autosave) == 2


@pytest.mark.parametrize(("of_trainer", "beside"), [(0.5, 0.0), (0.0, 0.5), (0.2, 0.3)])
def test_where_it_costs_much_it_saves_less_often(begun, clock, monkeypatch, of_trainer, beside):
    """At most 2 % of the time: half a second each 25."""
    trainer, autosave, _ = begun()
    copy, keep = trainer.copy, workspace.keep

    def slow_copy():
        clock.now += of_trainer
        return copy()

    def slow_keep(*arguments):
        clock.beside += beside
        return keep(*arguments)

    monkeypatch.setattr(trainer, "copy", slow_copy)
    monkeypatch.setattr(workspace, "keep", slow_keep)
    begin, times = clock.now, []
    for _ in range(100):
        clock.now += 1
        before = saves(autosave)
        autosave.take(ended())
        if saves(autosave) > before:
            times.append(clock.now - begin)
    assert times[0] == pytest.approx(1, abs=0.5)
    assert len(times) == 4
    assert autosave.waited == pytest.approx(4 * of_trainer)
    assert autosave.waited + clock.beside - 0.5 <= 0.02 * (
        clock.now - begin
    )  # but for the first, whose cost nobody knew


def test_one_save_that_was_held_up_puts_off_none(begun, clock, monkeypatch):
    trainer, autosave, _ = begun()
    copy, seconds = trainer.copy, iter([0.0, 1.0, 0.0, 0.0])

    def held_up():
        clock.now += next(seconds)
        return copy()

    monkeypatch.setattr(trainer, "copy", held_up)
    for count in range(1, 5):
        clock.now += 10
        autosave.take(progress())
        assert saves(autosave) == count


def test_who_follows_it_has_the_first_save_at_once_and_then_many(begun, clock):
    _, autosave, _ = begun()
    begin, times = clock.now, []
    for number in range(130):
        if number < 40:
            asked.follow(autosave.path)
            os.utime(autosave.path.with_name(f".{autosave.path.name}.follow"), ns=(number, number))
        before = saves(autosave)
        autosave.take(progress())
        if saves(autosave) > before:
            times.append(clock.now - begin)
        clock.now += 0.25
    assert times == [*(1.25 * number for number in range(16)), 28.75]


def test_where_it_costs_much_who_follows_it_has_to_wait(begun, clock, monkeypatch):
    trainer, autosave, _ = begun()
    copy = trainer.copy

    def slow():
        clock.now += 0.1
        return copy()

    monkeypatch.setattr(trainer, "copy", slow)
    for number in range(100):
        asked.follow(autosave.path)
        os.utime(autosave.path.with_name(f".{autosave.path.name}.follow"), ns=(number, number))
        autosave.take(progress())
        saves(autosave)
        clock.now += 0.5
    assert len(autosave.written) == 10  # each five seconds: two of a hundred
    assert autosave.waited <= 0.02 * (clock.now - 1000) + 0.1


def test_one_that_is_asked_to_stop_does(begun, clock):
    trainer, autosave, _ = begun(recipe=RECIPE.with_changes({"epochs": 100_000}))
    asked.ask_to_stop(autosave.path)
    for event in trainer.events():
        clock.now += 1
        autosave.take(event)
    assert isinstance(event, Finished)
    assert event.stopped
    assert autosave.finish(trainer.result()) == autosave.path
    assert [run.state for run in workspace.runs(autosave.path.parent)] == ["stopped"]


def test_a_folder_in_the_place_of_the_word_to_stop_is_told_and_stops_nothing(begun, tmp_path):
    path = tmp_path / "runs" / "run.safetensors"
    path.with_name(f".{path.name}.stop").mkdir(parents=True)
    trainer, autosave, told = begun(path=path)
    autosave.take(progress())
    assert not trainer.control.stop.is_set()
    assert [".stop cannot be removed" in each for each in told] == [True]


def test_what_is_measured_of_the_images_once_is_no_reason_to_save_less_often(begun, clock, monkeypatch):
    trainer, autosave, _ = begun()

    measured, preparation = [], trainer.preparation

    def measure(self):
        if not measured:
            measured.append(self)
            clock.beside += 5
        return preparation

    monkeypatch.setattr(Trainer, "preparation", property(measure))
    clock.now += 10
    autosave.take(progress())
    assert saves(autosave) == 1
    clock.now += 10
    autosave.take(progress())
    assert saves(autosave) == 2


def test_what_needs_no_saving_is_not_saved(begun, clock):
    _, autosave, _ = begun()
    clock.now += 100
    autosave.take(Finished("abcdef", 1, None, None, 1.0, 1.0, True))
    assert saves(autosave) == 0
    autosave.take(Diverged("abcdef", 1.0, ""))
    assert saves(autosave) == 1


def test_the_trainer_never_waits_for_the_disk(begun, clock, monkeypatch):
    """A disk that hangs hinders nothing, and nobody queues for it; in the end it is waited for."""
    trainer, autosave, _ = begun()
    others = threading.active_count()
    hangs, goes_on, keep = threading.Event(), threading.Event(), workspace.keep

    def hang(*arguments):
        hangs.set()
        assert goes_on.wait(60)
        return keep(*arguments)

    monkeypatch.setattr(workspace, "keep", hang)
    clock.now += 10
    autosave.take(progress())
    assert hangs.wait(60)
    assert threading.active_count() == others + 1
    for _ in range(10):
        clock.now += 100
        autosave.take(ended())
        autosave.take_now()
    assert threading.active_count() == others + 1
    goes_on.set()
    assert saves(autosave) == 1
    assert autosave.finish(trainer.result()) == autosave.path


def test_what_is_saved_is_the_moment_of_the_copy(begun, clock, monkeypatch, tiny_images, tmp_path):
    """Though training has gone on: resumed, it gives the same as what was never stopped."""
    monkeypatch.setattr("latentlab.core.training.trainer._MESSAGE_SECONDS", 0)
    trainer, autosave, _ = begun()
    over, make = threading.Event(), trainer.copy

    def late_copy():
        made = make()
        return lambda most: (over.wait(60), made(most))[1]

    monkeypatch.setattr(trainer, "copy", late_copy)
    for event in trainer.events():
        clock.now += 4
        autosave.take(event)
    over.set()
    assert saves(autosave) == 1
    run = Run.open(autosave.kept)
    assert run.training.state == "training"
    assert (run.epochs, run.training.steps_done) == (0, 2)
    resumed = Trainer.resumed(run, tiny_images)
    list(resumed.events())
    assert same_weights(resumed.model.state_dict(), trainer.model.state_dict())
    assert resumed.history == trainer.history


# Where


def test_a_run_has_one_file_that_is_marked_while_it_trains(begun, clock, tmp_path):
    trainer, autosave, _ = begun()
    assert workspace.is_training(autosave.path)
    clock.now += 10
    autosave.take(progress())
    saves(autosave)
    assert [run.state for run in workspace.runs(tmp_path / "runs")] == ["training"]
    list(trainer.events())
    assert autosave.finish(trainer.result()) == autosave.path
    autosave.end()
    found = {path.name for path in (tmp_path / "runs").iterdir()}
    assert found == {autosave.path.name, run_index.NAME}
    assert [run.state for run in workspace.runs(tmp_path / "runs")] == ["finished"]
    assert autosave.path.name.startswith("small-")


def test_two_never_train_one_run(begun, tmp_path):
    path = tmp_path / "run.safetensors"
    _, first, _ = begun(path=path)
    with pytest.raises(RunError, match="is being trained already"):
        begun(path=path)
    first.end()
    begun(path=path)


PLACES = {"a file": lambda path: path.touch(), "below a file": lambda path: path.parent.touch()}


@pytest.mark.parametrize("place", PLACES)
def test_where_there_can_be_no_workspace_it_is_told_once_and_tried_elsewhere(begun, clock, tmp_path, temporary, place):
    folder = tmp_path / "none" / "runs" if place == "below a file" else tmp_path / "runs"
    PLACES[place](folder)
    trainer, autosave, told = begun(folder)
    for _ in range(3):
        clock.now += 10
        autosave.take(progress())
        saves(autosave)
    (told,) = told
    assert told.startswith("The run could not be kept in ")
    assert told.endswith(f"; it is kept as {autosave.kept}.")
    assert autosave.kept.is_relative_to(temporary)
    assert autosave.problem == ""
    assert autosave.finish(trainer.result()) == autosave.kept
    assert Run.open(autosave.kept)


def save(autosave, clock):
    clock.now += 10
    autosave.take(progress())
    saves(autosave)


def unwritable(folder):
    return failing(os, "open", errno.EACCES, lambda path, *_: str(path).startswith(f"{folder}{os.sep}.latentlab-"))


def test_when_the_workspace_takes_it_again_it_is_there_and_nowhere_else(begun, clock, tmp_path, temporary):
    _, autosave, told = begun()

    save(autosave, clock)
    assert autosave.kept == autosave.path
    with unwritable(tmp_path / "runs"):
        save(autosave, clock)
        save(autosave, clock)
    elsewhere = autosave.kept
    assert elsewhere.is_relative_to(temporary)
    assert told == [
        f"The run could not be saved as {autosave.path}: permission denied; it is kept as {elsewhere}.",
    ]
    assert autosave.path.exists()  # what was saved before
    save(autosave, clock)
    assert autosave.kept == autosave.path
    assert not elsewhere.exists()
    assert len(told) == 1


def test_while_no_place_takes_it_training_goes_on_and_what_was_saved_before_is_there(begun, clock, tmp_path, temporary):
    trainer, autosave, told = begun()

    with unwritable(tmp_path / "runs"):
        save(autosave, clock)
    elsewhere = autosave.kept
    with full_disk():
        save(autosave, clock)
        save(autosave, clock)
        assert autosave.finish(trainer.result()) is None
    assert len(told) == 2
    assert told[1].endswith("; it is kept in memory alone, and saving is tried again.")
    assert "file too large" in autosave.problem
    assert autosave.kept == elsewhere  # is not thrown away before there is another
    assert Run.open(elsewhere)
    assert autosave.finish(trainer.result()) == autosave.path
    assert autosave.problem == ""
    assert not elsewhere.exists()


def broken(autosave, trainer, monkeypatch, where, error):
    def fail(*_, **__):
        raise error

    owner, name = {
        "copy": (trainer, "copy"),
        "thread": (threading.Thread, "start"),
        "file": (Run, "save"),
        "images": (type(trainer), "preparation"),
    }[where]
    monkeypatch.setattr(owner, name, property(fail) if where == "images" else fail)


@pytest.mark.parametrize("where", ["copy", "thread", "file", "images"])
@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("not enough memory: you tried to allocate 9 bytes.")])
def test_whatever_breaks_in_saving_ends_no_training_and_is_told_once(begun, clock, where, error):
    trainer, autosave, told = begun()
    with pytest.MonkeyPatch.context() as patch:
        broken(autosave, trainer, patch, where, error)
        for _ in range(3):
            clock.now += 10
            autosave.take(progress())
            autosave._wait()
    (said,) = told
    assert type(error).__name__ in said
    assert said.endswith("saving is tried again.")
    assert "\n" not in said
    assert autosave.problem
    assert "saving a training" in log.log_file().read_text(encoding="utf-8")
    clock.now += 10
    autosave.take(progress())
    assert saves(autosave) == 1
    assert (autosave.problem, autosave.kept) == ("", autosave.path)


def test_a_failed_save_in_the_end_gives_the_run_back(begun, monkeypatch):
    trainer, autosave, told = begun()
    with pytest.MonkeyPatch.context() as patch:
        broken(autosave, trainer, patch, "file", MemoryError())
        assert autosave.finish(trainer.result()) is None
    assert len(told) == 1
    assert autosave.finish(trainer.result()) == autosave.path


def test_temporary_files_of_its_own_are_all_it_ever_removes(begun, clock, tmp_path, temporary):
    """A run that was resumed from wherever it lay stays there while its workspace is elsewhere."""
    others = {tmp_path / "runs" / "other.safetensors", temporary / "other.safetensors"}
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_text("a person's own")
    trainer, autosave, _ = begun()
    with unwritable(tmp_path / "runs"):
        clock.now += 10
        autosave.take(progress())
        saves(autosave)
    autosave.finish(trainer.result())
    autosave.end()
    assert {path.read_text() for path in others} == {"a person's own"}
    assert sum(path.is_file() for folder in (tmp_path, temporary) for path in folder.rglob("*")) == 3


def test_saving_changes_nothing_in_training(begun, tiny_images, clock):
    trainer, autosave, _ = begun()
    for event in trainer.events():
        clock.now += 100
        autosave.take(event)
    assert saves(autosave) >= 1
    bare = Trainer(RECIPE, tiny_images)
    list(bare.events())
    assert same_weights(trainer.model.state_dict(), bare.model.state_dict())
    assert is_file(autosave.path)
