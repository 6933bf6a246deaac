"""Earlier epochs on the disk: kept by bytes, closer together early, given as they were, and never another's."""

import os
import shutil
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from latentlab.core.events import EpochEnded, Losses
from latentlab.core.runs import epochs_on_disk, trash
from latentlab.core.runs.epoch_file import content_of
from latentlab.core.runs.epochs_on_disk import (
    FOLDER,
    LEAST_SIZE,
    epoch_of,
    kept,
    name_of,
    run_at,
    sizes_in,
    thin_all,
    to_let_go,
    write,
)
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, same_weights, weights
from tests.faults import FAULTS


def named(epoch):
    losses = Losses(1.0, 1.0, 0.0)
    return name_of(EpochEnded("x", epoch, losses, losses, True))


@pytest.fixture(scope="module")
def trained(tiny_images):
    """Give a run of five epochs, and its weights after each."""
    trainer, before = Trainer(SMALL.with_changes({"epochs": 5}), tiny_images, run_id="abc-123"), []
    for event in trainer.events():
        if isinstance(event, EpochEnded):
            before.append(weights(trainer))
    return trainer.result(), before


@pytest.fixture
def path(trained, tmp_path):
    """Give a run's file beside which the epochs 1, 2 and 4 are kept."""
    run, before = trained
    run.save(tmp_path / "run.safetensors")
    for number in (0, 1, 3):
        write(tmp_path / FOLDER / "abc-123", "abc-123", run.history[number], before[number])
    return tmp_path / "run.safetensors"


def test_a_run_comes_back_as_it_was_after_an_epoch(path, trained):
    run, before = trained
    assert kept(path) == [1, 2, 4]
    for epoch in kept(path):
        then = run_at(path, epoch)
        assert same_weights(dict(then.snapshot.state()), before[epoch - 1])
        assert (then.epochs, then.history, then.training) == (epoch, run.history[:epoch], None)
        assert then.snapshot.run_id == run.snapshot.run_id
    assert not same_weights(dict(run_at(path, 1).snapshot.state()), dict(Run.open(path).snapshot.state()))
    assert same_weights(dict(run_at(path, 4, run).snapshot.state()), before[3])
    then.save(path.with_name("then.safetensors"))
    assert Run.open(path.with_name("then.safetensors")).epochs == 4


def test_what_is_not_kept_is_told_with_what_is(path, tmp_path):
    with pytest.raises(RunError, match=r"Epoch 3 of .* is not kept: kept are 1-2, 4\."):
        run_at(path, 3)
    (tmp_path / "elsewhere").mkdir()
    copied = shutil.copy(path, tmp_path / "elsewhere" / "run.safetensors")
    assert kept(copied) == []
    with pytest.raises(RunError, match=r"Epoch 1 of .* is not kept: none of it are\."):
        run_at(copied, 1)
    with pytest.raises(RunError, match="There is no file"):
        kept(tmp_path / "none.safetensors")


def test_a_run_that_is_renamed_copied_or_deleted_has_its_epochs_and_none_are_left_of_what_is_gone(path, tmp_path):
    renamed = path.rename(tmp_path / "other name.safetensors")
    assert kept(renamed) == [1, 2, 4]
    place = trash.delete(renamed)
    assert kept(place) == [1, 2, 4]
    assert run_at(place, 2).epochs == 2
    back = trash.restore(place)
    assert kept(back) == [1, 2, 4]
    copied = shutil.copy(back, tmp_path / "copy.safetensors")
    trash.delete(back)
    trash.empty(tmp_path)
    assert kept(copied) == [1, 2, 4]
    trash.delete(copied)
    trash.empty(tmp_path)
    assert not (tmp_path / FOLDER).exists()


def test_epochs_of_a_training_that_went_another_way_are_not_taken_for_its_own(path, trained, tmp_path):
    run, before = trained
    other = replace(run.history[2], test=Losses(1.0, 2.0, 3.0))
    write(tmp_path / FOLDER / "abc-123", "abc-123", other, before[0])
    assert kept(path) == [1, 2, 4]
    replace(run, history=(*run.history[:2], other), epochs=3).save(path)
    assert kept(path) == [1, 2, 3]
    assert same_weights(dict(run_at(path, 3).snapshot.state()), before[0])


def damage(content):
    return [content[:-8], content[: len(content) // 2], b"", b"\xff" * len(content)]


@pytest.mark.parametrize("number", range(4))
def test_a_damaged_epoch_is_told(path, tmp_path, number):
    file = sorted((tmp_path / FOLDER / "abc-123").iterdir())[1]
    file.write_bytes(damage(file.read_bytes())[number])
    with pytest.raises(RunError, match=r"is damaged: choose another epoch\.$"):
        run_at(path, 2)
    assert run_at(path, 1).epochs == 1


@given(st.data())
@settings(max_examples=100)
def test_no_bit_that_fell_over_is_taken_for_weights(trained, tmp_path_factory, data):
    run, before = trained
    file = tmp_path_factory.mktemp("epoch") / "file"
    content = bytearray(content_of(before[1], "abc-123", 2))
    head = 8 + int.from_bytes(content[:8], "little")
    bit = data.draw(st.integers(0, 8 * head - 1) | st.integers(8 * head, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)
    with pytest.raises(RunError, match=r"is damaged: choose another epoch\.$"):
        epochs_on_disk.as_of(run, 2, file)


def test_a_file_without_a_checksum_opens(trained, tmp_path):
    run, before = trained
    save_file(before[1], tmp_path / "file", {"format": "latentlab-epoch/1", "run": "abc-123", "epoch": "2"})
    assert same_weights(dict(epochs_on_disk.as_of(run, 2, tmp_path / "file").snapshot.state()), before[1])


def test_an_epoch_of_another_run_or_model_or_of_no_numbers_is_told(path, trained, tmp_path):
    run, before = trained
    place = tmp_path / FOLDER / "abc-123"
    nan = {name: tensor * float("nan") for name, tensor in before[0].items()}
    narrow = {name: tensor[:1] for name, tensor in before[0].items()}
    for run_id, stored in (("other", before[0]), ("abc-123", nan), ("abc-123", narrow), ("abc-123", {})):
        write(place, run_id, run.history[0], stored)
        with pytest.raises(RunError, match=r"is damaged: choose another epoch\.$"):
            run_at(path, 1)


def fifo(place):
    os.mkfifo(place)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(fifo, marks=pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such pipes")),
        lambda place: place.symlink_to("/dev/zero"),
        lambda place: place.symlink_to(place.with_name("elsewhere").resolve()),
        lambda place: (place / "deep").mkdir(parents=True),
    ],
    ids=["pipe", "device", "link", "folder"],
)
def test_what_is_no_ordinary_file_is_neither_counted_nor_read(path, trained, tmp_path, make):
    run, before = trained
    place = tmp_path / FOLDER / "abc-123"
    name = name_of(run.history[1])
    (place / name).rename(place / "elsewhere")
    content = (place / "elsewhere").read_bytes()
    make(place / name)
    assert [epoch_of(each) for each in sizes_in(place)] == kept(path) == [1, 4]
    with pytest.raises(RunError, match="is not kept: kept are 1, 4"):
        run_at(path, 2)
    with pytest.raises(RunError, match="cannot be read, as it is no ordinary file: choose another epoch"):
        epochs_on_disk.as_of(run, 2, place / name)
    with pytest.raises(RunError):
        write(place, "abc-123", run.history[1], before[1])
    thin_all(tmp_path, 0)
    assert sorted(each.name for each in place.iterdir()) == sorted([name, "elsewhere"])
    assert (place / "elsewhere").read_bytes() == content


def test_through_a_link_nothing_is_removed_or_written(path, trained, tmp_path):
    run, before = trained
    place, elsewhere = tmp_path / FOLDER / "abc-123", tmp_path / "elsewhere"
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    (elsewhere / ".latentlab-0123456789abcdef.part").touch()
    there = sorted(each.name for each in elsewhere.iterdir())
    assert kept(path) == [1, 2, 4]
    assert run_at(path, 2).epochs == 2
    assert thin_all(tmp_path, 0) == ""
    with pytest.raises(RunError, match="is a link, where nothing is written"):
        write(place, "abc-123", run.history[4], before[4])
    trash.delete(path)
    trash.empty(tmp_path)
    assert sorted(each.name for each in elsewhere.iterdir()) == there


@pytest.mark.parametrize("run_id", ["../../abc", "", "a/b", "a" * 100])
def test_an_id_that_is_no_name_has_no_folder(trained, tmp_path, run_id):
    run, _ = trained
    assert epochs_on_disk.folder_of(tmp_path, run_id) is None
    assert kept(saved_as(run, run_id, tmp_path / "run.safetensors")) == []


def saved_as(run, run_id, path):
    from latentlab.core.models.snapshot import Snapshot

    mine = run.snapshot
    replace(run, snapshot=Snapshot(run_id, mine.recipe, mine.model, mine.class_names)).save(path)
    return path


@pytest.mark.parametrize("fault", FAULTS)
def test_an_epoch_is_written_whole_or_not_at_all(path, trained, tmp_path, fault):
    run, before = trained
    place = tmp_path / FOLDER / "abc-123"
    with pytest.raises(RunError), FAULTS[fault](place):
        write(place, "abc-123", run.history[4], before[4])
    assert kept(path) == [1, 2, 4]
    assert run_at(path, 4).epochs == 4


# What is let go


@given(
    count=st.integers(1, 300),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    most=st.integers(100, 2000),
    every=st.none() | st.integers(2, 40),
)
@settings(max_examples=100)
def test_epochs_that_come_one_by_one_stay_within_the_bytes_with_the_first_and_the_last(count, sizes, most, every):
    held = {}
    for epoch in range(1, count + 1):
        held[named(epoch)] = sizes[epoch % len(sizes)]
        for name in to_let_go(held, most, every):
            del held[name]
        assert sum(held.values()) <= most
        epochs = [epoch_of(name) for name in held]
        assert epochs[0] == 1
        assert epochs[-1] == epoch


@given(st.integers(10, 600), st.integers(8, 60))
@settings(max_examples=50)
def test_they_are_closer_together_early(count, most):
    held = {}
    for epoch in range(1, count + 1):
        held[named(epoch)] = 1
        for name in to_let_go(held, most):
            del held[name]
    epochs = [epoch_of(name) for name in held]
    assert len(epochs) == min(count, most)
    for end in (count, count // 2, count // 4):  # of what came first as many as of the same number after them, or more
        assert sum(epoch <= end // 2 for epoch in epochs) >= sum(end // 2 < epoch <= end for epoch in epochs) - 1
    # Evenly spaced on a logarithmic scale: where some are passed over, no ratio is many times as large as another.
    ratios = [later / earlier for earlier, later in pairwise(epochs) if later - earlier > 1]
    if ratios:
        assert max(ratios) <= 4 * min(ratios)


def test_multiples_of_checkpoint_every_stay_as_long_as_there_is_room():
    held = {named(epoch): 1 for epoch in range(1, 101)}
    left = [epoch_of(name) for name in held if name not in to_let_go(held, 20, every=10)]
    assert set(range(10, 101, 10)) < set(left)
    assert len(left) == 20
    left = [epoch_of(name) for name in held if name not in to_let_go(held, 5, every=10)]
    assert (left[0], left[-1], len(left)) == (1, 100, 5)
    assert all(epoch % 10 == 0 for epoch in left[1:])


@pytest.mark.parametrize(("most", "left"), [(20, [1, 3]), (19, [3]), (9, [])])
def test_where_not_even_two_have_room_there_are_fewer(most, left):
    held = {named(epoch): 10 for epoch in range(1, 4)}
    assert [epoch_of(name) for name in held if name not in to_let_go(held, most)] == left


def filled(folder, run_id, epochs, moment):
    place = folder / FOLDER / run_id
    place.mkdir(parents=True)
    for epoch in epochs:
        (place / named(epoch)).write_bytes(bytes(LEAST_SIZE))
    os.utime(place, (moment, moment))
    return place


def epochs_in(place):
    return [epoch_of(name) for name in sizes_in(place)]


def test_all_runs_keep_to_a_bound_and_that_which_was_longest_not_looked_at_gives_first(tmp_path):
    old, young, new = (
        filled(tmp_path, name, range(1, 9), moment) for name, moment in [("a", 1e9), ("b", 2e9), ("c", 9)]
    )
    (tmp_path / "run.safetensors").write_bytes(b"a run")
    assert thin_all(tmp_path, 24 * LEAST_SIZE, spared=new) == ""
    said = thin_all(tmp_path, 21 * LEAST_SIZE, spared=new)
    assert said.startswith("Fewer earlier epochs are kept of a run that was not looked at since 2001-09-0")
    assert said.endswith("the runs themselves are as they were.")
    assert (len(epochs_in(old)), epochs_in(young), epochs_in(new)) == (5, [*range(1, 9)], [*range(1, 9)])
    thin_all(tmp_path, 20 * LEAST_SIZE, room=8 * LEAST_SIZE, spared=new)
    assert (epochs_in(old), epochs_in(young), epochs_in(new)) == ([1, 8], [1, 8], [*range(1, 9)])
    said = thin_all(tmp_path, 11 * LEAST_SIZE, spared=new)
    assert "of a run that" in said
    assert (epochs_in(old), epochs_in(young), epochs_in(new)) == ([8], [1, 8], [*range(1, 9)])
    thin_all(tmp_path, 0, spared=new)
    assert not old.exists()
    assert epochs_in(new) == [*range(1, 9)]
    assert (tmp_path / "run.safetensors").read_bytes() == b"a run"


def test_from_ten_million_epochs_on_they_keep_to_the_bounds_in_their_order(tmp_path):
    epochs = [1, 9_999_998, 9_999_999, 10_000_000, 10_000_001]
    place = filled(tmp_path, "a", epochs, 1e9)
    assert [epoch_of(name) for name in sizes_in(place)] == epochs
    thin_all(tmp_path, 2 * LEAST_SIZE)
    assert epochs_in(place) == [1, 10_000_001]
    thin_all(tmp_path, 0)
    assert not place.exists()


def test_to_look_back_at_a_run_keeps_its_epochs_longer(path, tmp_path):
    other, mine = filled(tmp_path, "b", range(1, 9), 1e9), tmp_path / FOLDER / "abc-123"
    os.utime(mine, (9, 9))
    run_at(path, 2)
    thin_all(tmp_path, 3 * max(sizes_in(mine).values()) + 4 * LEAST_SIZE)
    assert kept(path) == [1, 2, 4]
    assert len(epochs_in(other)) == 4


def test_no_weights_are_written_to(path, trained):
    run = Run.open(path)
    before = {name: tensor.clone() for name, tensor in run.snapshot.state().items()}
    run_at(path, 1, run)
    assert all(torch.equal(tensor, before[name]) for name, tensor in run.snapshot.state().items())
