"""Trainings of every kind that several processes share, and what they came to as JSON."""

import hashlib
import json
from pathlib import Path

import torch

from latentlab.core.data import registry
from latentlab.core.events import EpochEnded, Progress
from latentlab.core.ranks.ranks import ALONE
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training import trainer as trainers
from latentlab.core.training.trainer import Trainer

_SMALL = Recipe.from_dict(
    {
        "name": "small",
        "data": {"dataset": "digits", "limit": 121},  # of two batches, and one that has fewer images than ranks
        "model": {"encoder": {"layers": [16]}, "decoder": {"layers": [16]}},
        "training": {"batch_size": 60, "epochs": 2, "learning_rate": 3e-3, "device": "cpu", "threads": 1},
    }
)
_CONV = {
    "encoder": {"kind": "conv", "layers": [4, 8], "activation": "leaky-relu"},
    "decoder": {"kind": "conv", "layers": [8, 4], "activation": "leaky-relu"},
}
_POOL = {
    "kind": "autoencoder",
    "code": "planes",
    "latent": 4,
    "encoder": {"kind": "pool", "layers": [4, 4]},
    "decoder": {"kind": "pool", "layers": [4, 4]},
}
_DAMAGE = ("gaussian", "occlusion", "salt_and_pepper", "light", "stains", "creases")
KINDS = {
    "free bits, warming up": ({}, {"free_bits": 0.5, "warm_up": 1.5, "beta": 2}),
    "convolutions of labels": (_CONV | {"kind": "cvae"}, {"optimiser": "adamw", "schedule": "one-cycle"}),
    "planes": (_POOL, {"reconstruction": "squared-error"}),
    "turned and damaged": (
        {},
        {"rotation": 10, "scale": 0.1, "mirror": 0.5} | {f"corruption.{kind}": 0.2 for kind in _DAMAGE},
    ),
    "importance-weighted, then refined": ({}, {"samples": 3, "refine": 0.5}),
    "ones and zeros": ({}, {"binarised": "dynamic", "prior": "vamp", "components": 4}),
    "contraction": ({"kind": "autoencoder"}, {"contraction": 0.1, "sparsity": 0.1, "optimiser": "rmsprop"}),
    "by micro-batches": (
        _CONV | {"kind": "cvae"},
        {"micro_batch": 15, "samples": 2, "rotation": 10, "corruption.gaussian": 0.2},
    ),
    "places by micro-batches": (
        {},
        {"code": "places", "modes": 1, "labels": 2, "micro_batch": 15, "rotation": 10, "target": "changed"},
    ),
    "patience": ({}, {"patience": 1, "validation": 0.2, "learning_rate": 0.1, "epochs": 3}),
}


STOPPED = "turned and damaged"  # of all of them, what is stopped
EXACT = ("by micro-batches", "places by micro-batches")  # and what comes to the same to the last bit, stopped or not


def recipe_of(kind):
    model, changes = KINDS[kind]
    return Recipe.from_dict(_SMALL.model_dump() | {"model": _SMALL.model_dump()["model"] | model}).with_changes(changes)


def trained(kind, ranks=ALONE, until=None, run=None):
    """Train, perhaps to be stopped after some steps, or to go on: the losses, and the run."""
    images = registry.load("digits", Path())
    trainer = Trainer.resumed(run, images, ranks=ranks) if run else Trainer(recipe_of(kind), images, ranks=ranks)
    steps = 0
    for event in trainer.events():
        steps += len(event.losses) if isinstance(event, Progress) else 0
        if isinstance(event, EpochEnded) and event.epoch == trainer.recipe.training.epochs:
            break  # before labels are calibrated, which takes ten times as long
        if until is not None and steps >= until and ranks.rank == ranks.count - 1:  # any of them may be told to stop
            trainer.control.stop.set()
    losses = [
        [*(getattr(each, name) for name in ("loss", "reconstruction", "kl", "penalty")), ended.objective]
        for ended in trainer.history
        for each in (ended.train, ended.test, *filter(None, [ended.validation]))
    ]
    total = torch.cat([parameter.detach().flatten() for parameter in trainer.model.parameters()])
    found = {"losses": losses, "weights": total.double().norm().item(), "images": trainer.state().images}
    return found | {"bits": hashlib.sha256(total.numpy().tobytes()).hexdigest()}, trainer.result()


def main(folder):
    """Train all kinds as one of the ranks, and stop two on their way."""
    from latentlab.core.ranks.group import Group

    trainers._MESSAGE_SECONDS = 0.0  # a message at each step
    ranks = Group(lambda sentence: None)
    found = {kind: trained(kind, ranks)[0] for kind in KINDS}
    stopped = {kind: trained(kind, ranks, until=4)[1] for kind in (STOPPED, *EXACT)}
    if ranks.rank == 0:
        for kind, run in stopped.items():
            run.save(folder / f"stopped {kind}.safetensors")
        (folder / "found.json").write_text(json.dumps(found))
    ranks.end()
    return 0
