"""The epochs of a training are kept on the disk as it goes, at what costs little, and whatever the disk does."""

import threading

import pytest

from latentlab.core.events import EpochEnded, Losses
from latentlab.core.runs import epochs_on_disk
from latentlab.core.runs.epochs_on_disk import FOLDER, LEAST_SIZE, kept, run_at, sizes_in
from latentlab.core.training import kept_epochs
from latentlab.core.training.kept_epochs import KeptEpochs
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, same_weights, weights


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch):
    """Pass none over, however quick a small training is."""
    monkeypatch.setattr(kept_epochs, "_AT_ONCE", 60.0)
    monkeypatch.setattr(kept_epochs, "_QUEUE", 1000)


def train(images, folder, epochs=6, trainer=None, told=None, stop_after=None, **how):
    """Train a run that is saved in a folder; give its file, and the weights after each epoch."""
    trainer = trainer or Trainer(SMALL.with_changes({"epochs": epochs}), images, run_id="abc")
    path, before = folder / "run.safetensors", {}
    keeping = KeptEpochs(trainer, path, pytest.fail if told is None else told.append, **how)
    for event in trainer.events():
        keeping.take(event)
        if isinstance(event, EpochEnded):
            before[event.epoch] = weights(trainer)
            if event.epoch == stop_after:
                trainer.control.stop.set()
    keeping.end()
    trainer.result().save(path)
    return path, before


def test_each_epoch_is_kept_as_it_was(tiny_images, tmp_path):
    path, before = train(tiny_images, tmp_path)
    assert kept(path) == [1, 2, 3, 4, 5, 6]
    assert all(same_weights(dict(run_at(path, epoch).snapshot.state()), before[epoch]) for epoch in before)


def test_of_a_single_epoch_nothing_is_written(tiny_images, tmp_path):
    path, _ = train(tiny_images, tmp_path, epochs=1)
    assert [each.name for each in tmp_path.iterdir()] == ["run.safetensors"]
    assert kept(path) == []


def test_they_keep_to_their_bytes(tiny_images, tmp_path):
    path, _ = train(tiny_images, tmp_path, epochs=12)
    size = max(sizes_in(tmp_path / FOLDER / "abc").values())
    path, _ = train(tiny_images, tmp_path, epochs=12, most=5 * size + size // 2)
    assert len(kept(path)) == 5
    assert (kept(path)[0], kept(path)[-1]) == (1, 12)
    assert sum(sizes_in(tmp_path / FOLDER / "abc").values()) <= 5 * size + size // 2


def test_from_ten_million_epochs_on_they_keep_to_their_bytes(tiny_images, tmp_path):
    trainer, losses = Trainer(SMALL, tiny_images, run_id="abc"), Losses(1.0, 1.0, 0.0)
    most = 3 * sum(each.nbytes for each in weights(trainer).values()) + 3 * 3000
    keeping = KeptEpochs(trainer, tmp_path / "run.safetensors", pytest.fail, most=most)
    for epoch in range(9_999_996, 10_000_003):
        keeping.take(EpochEnded("abc", epoch, losses, losses, True))
    keeping.end()
    sizes = sizes_in(tmp_path / FOLDER / "abc")
    left = [epochs_on_disk.epoch_of(name) for name in sizes]
    assert (left[0], left[-1], len(left)) == (9_999_996, 10_000_002, 3)
    assert sum(sizes.values()) <= most


def test_a_model_of_which_two_have_no_room_is_told(tiny_images, tmp_path):
    told = []
    path, _ = train(tiny_images, tmp_path, told=told, most=LEAST_SIZE)
    assert told == ["Its earlier epochs are not kept: two of them take more than 0 MB."]
    assert kept(path) == []


def test_where_time_is_short_some_are_passed_over_but_never_the_last(tiny_images, tmp_path, monkeypatch):
    monkeypatch.setattr(kept_epochs, "_AT_ONCE", 0.0)
    monkeypatch.setattr(kept_epochs, "_SHARE", 1e-9)
    path, before = train(tiny_images, tmp_path)
    assert kept(path)[-1] == 6
    assert len(kept(path)) < 6
    assert same_weights(dict(run_at(path, 6).snapshot.state()), before[6])


def test_a_training_that_goes_on_adds_to_them(tiny_images, tmp_path):
    path, before = train(tiny_images, tmp_path, stop_after=3)
    assert kept(path) == [1, 2, 3]
    from latentlab.core.runs.run import Run

    resumed = Trainer.resumed(Run.open(path), tiny_images)
    path, after = train(tiny_images, tmp_path, trainer=resumed)
    assert kept(path) == [1, 2, 3, 4, 5, 6]
    assert same_weights(dict(run_at(path, 2).snapshot.state()), before[2])
    assert same_weights(dict(run_at(path, 5).snapshot.state()), after[5])


def test_a_disk_that_takes_nothing_is_told_once_and_training_goes_on(tiny_images, tmp_path, monkeypatch):
    told = []
    (tmp_path / FOLDER).write_text("no folder")
    path, _ = train(tiny_images, tmp_path, told=told)
    assert len(told) == 1
    train(tiny_images, tmp_path, told=told, is_told=lambda: True)
    assert len(told) == 1
    assert told[0].startswith("Earlier epochs could not be kept (The folder ")
    assert kept(path) == []


def test_they_leave_room_on_the_disk_for_runs(tiny_images, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(epochs_on_disk, "LEAST_FREE", 10**18)
    path, _ = train(tiny_images, tmp_path, told=told)
    assert len(told) == 1
    assert "of the disk is free" in told[0]
    assert kept(path) == []


def test_the_trainer_never_waits_for_the_disk(tiny_images, tmp_path, monkeypatch):
    goes_on, write = threading.Event(), epochs_on_disk.write

    def hang(*arguments):
        assert goes_on.wait(60)
        return write(*arguments)

    monkeypatch.setattr(epochs_on_disk, "write", hang)
    monkeypatch.setattr(kept_epochs, "_QUEUE", 3)
    trainer = Trainer(SMALL.with_changes({"epochs": 8}), tiny_images, run_id="abc")
    keeping = KeptEpochs(trainer, tmp_path / "run.safetensors", pytest.fail)
    for event in trainer.events():
        keeping.take(event)
    goes_on.set()
    keeping.end()
    trainer.result().save(tmp_path / "run.safetensors")
    assert kept(tmp_path / "run.safetensors") == [1, 2, 3]


def test_all_runs_of_a_folder_are_bounded_and_what_is_let_go_is_told(tiny_images, tmp_path):
    other, told = tmp_path / FOLDER / "other", []
    other.mkdir(parents=True)
    for epoch in range(1, 11):
        (other / f"{epoch:07}-00000000.epoch").write_bytes(bytes(LEAST_SIZE))
    train(tiny_images, tmp_path, told=told, most=4 * LEAST_SIZE, most_of_all=8 * LEAST_SIZE)
    assert len(told) == 1
    assert told[0].startswith("Fewer earlier epochs are kept of a run that was not looked at since")
    assert len(sizes_in(other)) == 4
