"""A finished run that is handed on: as its training would have ended, without what only that needs."""

from dataclasses import replace

import pytest
import torch

from latentlab.__main__ import main
from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.prior_tensors import stored_prior
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training.finalising import finalised
from latentlab.core.training.trainer import Trainer

SMALL = {"model.encoder.layers": [16], "model.decoder.layers": [16], "training.device": "cpu", "training.epochs": 2}


def trained(images, **changes):
    trainer = Trainer(
        Recipe().with_changes(SMALL | {key.replace("__", "."): of for key, of in changes.items()}), images
    )
    list(trainer.events())
    return trainer.result()


def test_the_prior_is_the_one_that_training_would_have_fitted(tiny_images, tmp_path):
    before, expected = trained(tiny_images), trained(tiny_images, training__fit_prior=3)
    made = finalised(before, tiny_images, 3)
    assert made.recipe == expected.recipe
    for name, tensor in expected.snapshot.state().items():
        assert torch.equal(made.snapshot.state()[name], tensor)
    mine, theirs = (stored_prior(run.snapshot.fitted_prior) for run in (made, expected))
    assert mine
    assert all(torch.equal(mine[name], tensor) for name, tensor in theirs.items())
    assert before.snapshot.fitted_prior is None
    assert finalised(made, tiny_images).snapshot.fitted_prior is not None  # its recipe asks for it

    for name, run in (("before", before), ("made", made)):
        run.save(tmp_path / f"{name}.safetensors")
    assert 2 * (tmp_path / "made.safetensors").stat().st_size < (tmp_path / "before.safetensors").stat().st_size
    opened = Run.open(tmp_path / "made.safetensors")
    assert opened.training == made.training
    assert opened.trainings()[-1].threads == before.training.threads


def test_a_cvae_is_calibrated(tiny_images):
    run = trained(tiny_images, model__kind="cvae")
    expected = run.snapshot.calibration
    run.snapshot.calibration = None
    assert finalised(run, tiny_images).snapshot.calibration == expected


def test_one_goes_on_from_its_weights_and_resumes_nothing(tiny_images):
    made = finalised(trained(tiny_images), tiny_images)
    trainer = Trainer(made.recipe, tiny_images, start=made)
    list(trainer.events())
    assert trainer.result().epochs == 4
    with pytest.raises(RunError, match="is finished, and without"):
        Trainer.resumed(made, tiny_images)


def test_the_best_weights_keep_the_last_ones_beside_them(tiny_images):
    run = trained(tiny_images, training__patience=1, training__epochs=6, training__learning_rate=0.3)
    made = finalised(run, tiny_images)
    assert bool(made.training.tensors) == bool(run.training.parameters("last"))


def test_what_is_not_finished_or_no_vae_is_refused(tiny_images):
    run = trained(tiny_images)
    stopped = replace(run, training=run.training.model_copy(update={"state": "stopped"}))
    with pytest.raises(RunError, match="not finished"):
        finalised(stopped, tiny_images)
    with pytest.raises(LatentlabError, match="autoencoder"):
        finalised(trained(tiny_images, model__kind="autoencoder"), tiny_images, 3)


def test_the_command_saves_it(tmp_path, capsys, monkeypatch):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    assert main(["train", "digits-vae-2d", "--epochs", "1", "--limit", "60", "--out", str(first)]) == 0
    capsys.readouterr()
    assert main(["finalise", str(first), "--prior", "2", "--out", str(second)]) == 0
    assert "a prior of 2 Gaussians" in capsys.readouterr().err
    assert Run.open(second).recipe.training.fit_prior == 2
    assert main(["finalise", str(first), "--prior", "0", "--out", str(second)]) == 2
    monkeypatch.setattr("latentlab.core.runs.run.Run.open", None)
    assert main(["finalise", str(first), "--out", str(tmp_path / "run.pt")]) == 2  # before anything is read or fitted
    assert "change --out" in capsys.readouterr().err
