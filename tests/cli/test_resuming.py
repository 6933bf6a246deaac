"""Trainings that broke off or were stopped are finished, and runs repeated, to the last bit."""

import json
from dataclasses import replace

import pytest
import torch

from latentlab.__main__ import main
from latentlab.core.runs import epochs_on_disk
from latentlab.core.runs.run import Run
from latentlab.core.runs.workspace import Presence
from tests.cli.trainings import at_event, said, same, train

# Finished after it broke off


def test_a_training_that_broke_off_is_finished_as_it_would_have_gone_on(whole, broken, runs, tmp_path, capsys):
    out = tmp_path / "out.safetensors"
    assert main(["resume", str(broken), "--out", str(out)]) == 0
    assert said(capsys)[-1] == f"Trained 3 epochs, saved as {out}."
    for path in (out, broken):  # the workspace has it, too
        assert same(Run.open(path), whole)
        assert Run.open(path).training.state == "finished"
    assert [path.name for path in runs.iterdir() if path.name.startswith(".")] == [epochs_on_disk.FOLDER]
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
        {"best.1": torch.zeros(16)},  # and none of the others
        {"modes.1": torch.zeros(16)},
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


@pytest.fixture
def further(array, tmp_path):
    """Give the file of a run that went on from another, with another beta."""
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    assert train(first, array, "--epochs", "1") == 0
    assert train(second, array, "--epochs", "1", "--set", "beta=3", "--resume", str(first)) == 0
    first.unlink()
    return second


def test_a_run_that_went_on_from_another_is_repeated_whole(further, array, tmp_path, capsys):
    again = tmp_path / "again.safetensors"
    assert train(again, array, "--json", recipe=further) == 0
    out = capsys.readouterr().out
    assert json.loads(out.splitlines()[-1])["event"] == "finished"
    run, repeated = Run.open(further), Run.open(again)
    assert same(repeated, run)
    assert [link.recipe for link in repeated.trainings()] == [link.recipe for link in run.trainings()]
    assert [link.epochs for link in run.trainings()] == [1, 2]
    assert [link.recipe.loss.beta for link in run.trainings()] == [1, 3]


def test_of_a_run_of_several_trainings_nothing_is_changed(further, array, tmp_path, capsys):
    capsys.readouterr()
    for more in (("--seed", "5"), ("--resume", str(further))):
        assert train(tmp_path / "again.safetensors", array, *more, recipe=further) == 2
        (told,) = said(capsys)
        assert "was made by 2 trainings" in told


def test_a_repetition_that_is_interrupted_is_kept(further, array, tmp_path, capsys, monkeypatch):
    capsys.readouterr()
    at_event(lambda trainer: trainer.control.stop.set(), monkeypatch, number=0)
    assert train(tmp_path / "again.safetensors", array, recipe=further) == 130
    told = said(capsys)[-1]
    assert told.startswith("Interrupted while training 1 of 2 was repeated; what there is of it is kept as ")
    kept = Run.open(told.removesuffix(".").rpartition(" ")[2])
    assert kept.training.state == "stopped"


def test_a_run_whose_beginning_nobody_knows_cannot_be_repeated(further, array, tmp_path, capsys):
    path = tmp_path / "earlier.safetensors"
    replace(Run.open(further), chain=()).save(path)
    capsys.readouterr()
    assert train(tmp_path / "third.safetensors", array, recipe=path) == 2
    (told,) = said(capsys)
    assert "went on from an earlier run after 1 epoch" in told
