"""No step of a training waits for the device: nothing is read from there until a message is due."""

import pytest
import torch

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer
from tests.core.training.reads import Reads
from tests.core.training.small import CONV, SMALL


def test_reading_is_noted():
    with Reads() as reads:
        torch.ones(1).item()
        bool(torch.ones(1) == 1)
        torch.arange(3)[torch.tensor([True, False, True])]
    assert reads.seen >= {"_local_scalar_dense"}


FOR_CONV = {"model": CONV, "loss": {"reconstruction": "squared-error"}}
RECIPES = {
    "vae": {},
    "labels": {"model.kind": "cvae"},
    "convolutions": {"data.repeat": 2},
    "augmented": {"augmentation.rotation": 10, "augmentation.mirror": 0.5, "training.refine": 0.5},
    "damaged": {"corruption.gaussian": 0.1, "corruption.occlusion": 0.1, "corruption.salt_and_pepper": 0.1},
    "a page": {"corruption.light": 0.1, "corruption.stains": 0.1, "corruption.creases": 0.1},
    "warming up": {"loss.warm_up": 1, "loss.free_bits": 0.1, "training.schedule": "one-cycle"},
    "many samples": {"loss.samples": 3},
    "ones and zeros": {"data.binarised": "dynamic"},
    "vamp": {"model.prior": "vamp", "model.components": 5},
    "penalties": {"model.kind": "autoencoder", "loss.sparsity": 0.1, "loss.contraction": 0.1},
    "coarse": {"training.precision": "bfloat16", "training.optimiser": "rmsprop"},
}


@pytest.mark.parametrize("name", RECIPES)
def test_no_step_reads_from_the_device(tiny_images, monkeypatch, name):
    recipe = Recipe.from_dict(SMALL.model_dump() | (FOR_CONV if name == "convolutions" else {}))
    recipe = recipe.with_changes({"training.epochs": 1} | RECIPES[name])
    step, reads = Trainer._step, Reads()

    def watched(self, *batch):
        with reads:
            step(self, *batch)

    monkeypatch.setattr(Trainer, "_step", watched)
    list(Trainer(recipe, tiny_images).events())
    assert reads.calls > 50
    assert reads.seen == set()
