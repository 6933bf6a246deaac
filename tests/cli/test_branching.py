"""Branches by the command line: begun, listed with what they came from, repeated, refused."""

import json
import shutil
from dataclasses import replace

import pytest

from latentlab.__main__ import main
from latentlab.core.runs.run import Run
from tests.cli.trainings import at_event, said, same, train


@pytest.fixture
def run(whole, runs):
    """Give the file of a run of three epochs in the workspace."""
    (path,) = runs.glob("*.safetensors")
    return path


def branch(path, *more):
    return main(["train", str(path), "--from-epoch", *more])


def test_a_branch_is_trained_with_other_settings_and_listed_below_its_run(run, whole, runs, tmp_path, capsys):
    out = tmp_path / "branch.safetensors"
    assert branch(run, "3", "--set", "beta=4", "--epochs", "1", "--seed", "7", "--out", str(out)) == 0
    found = Run.open(out)
    assert [replace(each, run_id="") for each in found.history[:3]] == [
        replace(each.under(4.0), run_id="") for each in whole.history
    ]
    assert (found.epochs, found.recipe.loss.beta, found.recipe.training.epochs) == (4, 4, 1)
    assert found.recipe.data == whole.recipe.data
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (first,) = [each for each in told if each["parent"] is None]
    (second,) = [each for each in told if each["parent"] is not None]
    assert first["path"] == str(run)
    assert first["run"] == whole.snapshot.run_id
    assert first["differs"] == {}
    assert second["parent"] == {"run": first["run"], "epoch": 3, "path": str(run)}
    assert second["differs"] == {
        "loss.beta": ["1", "4"],
        "training.epochs": ["3", "1"],
        "training.seed": [str(whole.recipe.training.seed), "7"],
    }
    run.unlink()
    assert main(["runs", "--json"]) == 0
    (alone,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert alone["parent"] == {"run": first["run"], "epoch": 3, "path": None}


def test_a_branch_is_repeated_from_its_file_alone(run, tmp_path, capsys, monkeypatch):
    out, again = tmp_path / "branch.safetensors", tmp_path / "again.safetensors"
    with monkeypatch.context() as patch:
        at_event(lambda trainer: trainer.control.change("beta", 0.5), patch, number=2)
        assert branch(run, "3", "--set", "optimiser=rmsprop", "--epochs", "2", "--out", str(out)) == 0
    run.unlink()
    assert main(["train", str(out), "--out", str(again)]) == 0
    first, second = Run.open(out), Run.open(again)
    assert first.changes
    assert same(second, first)
    assert [link.is_branched for link in second.trainings()] == [True, False]
    assert second.chain[-1].run_id not in ("", first.chain[-1].run_id)


def test_a_training_that_broke_off_is_branched_where_it_was_left(broken, runs, tmp_path, capsys):
    shutil.rmtree(runs / ".epochs", ignore_errors=True)
    assert branch(broken, "1", "--epochs", "1", "--out", str(tmp_path / "branch.safetensors")) == 0
    assert "left in the middle of an epoch: the branch begins there, 2 steps after epoch 1." in " ".join(said(capsys))
    (link,) = Run.open(tmp_path / "branch.safetensors").chain
    assert (link.epochs, link.steps_done) == (1, 2)


def test_an_earlier_epoch_is_kept_on_the_disk_and_branched_wherever_the_run_was_saved(run, whole, tmp_path, capsys):
    """And the branch is repeated, by the run that it came from, to the last bit."""
    first, second, again = (tmp_path / f"{name}.safetensors" for name in ("first", "second", "again"))
    for path, out in ((run, first), (tmp_path / "whole.safetensors", second)):
        assert branch(path, "1", "--set", "beta=4", "--epochs", "2", "--out", str(out)) == 0
    found = Run.open(first)
    assert same(Run.open(second), found)
    assert [ended.epoch for ended in found.history] == [1, 2, 3]
    assert found.chain[-1].epochs == 1
    assert not same(found, whole)
    run.unlink()
    assert main(["train", str(first), "--out", str(again)]) == 0
    assert same(Run.open(again), found)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["RUN", "--from-epoch", "4"], "Epoch 4 of the run is not kept: kept are 1-3."),
        (["RUN", "--from-epoch", "3", "--set", "latent=3"], "so model.latent is as in the run: change other settings"),
        (["RUN", "--from-epoch", "3", "--resume", "RUN"], "leave one out"),
        (["mlp-vae-2d", "--from-epoch", "3"], "--from-epoch is of a run: name its .safetensors file, not 'mlp-vae-2d'"),
        (["RUN", "--from-epoch", "-1"], "--from-epoch"),
        (["RUN", "--from-epoch", "3", "--set", "data.size=20"], "and data.size changes what that takes"),
        (["RUN", "--from-epoch", "٣"], "a whole number from 0 on is needed, not '٣'"),
        (["RUN", "--from-epoch", "x"], "a whole number from 0 on is needed"),
        (["RUN", "--from-epoch", "9" * 5000], "--from-epoch"),
        (["none.safetensors", "--from-epoch", "1"], "There is no file none.safetensors"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_status_2(run, runs, capsys, arguments, sentence):
    assert main(["train", *(str(run) if each == "RUN" else each for each in arguments)]) == 2
    (told,) = said(capsys)
    assert sentence in told
    assert list(runs.glob("*.safetensors")) == [run]


def test_images_that_have_changed_are_told(run, array, tmp_path, capsys):
    assert train(tmp_path / "other.safetensors", array, "--epochs", "1") == 0
    changed = Run.open(run)
    replace(changed, fingerprint="other").save(run)
    capsys.readouterr()
    assert branch(run, "3", "--epochs", "1") == 0
    assert "Training goes on with them as they are now." in " ".join(said(capsys))
