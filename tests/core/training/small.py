"""Small models to train, and what tests ask of a training."""

import json

import numpy as np
import torch
from safetensors import safe_open

from latentlab.core.events import Progress
from latentlab.core.measures.metrics import snapshot_losses
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer

SMALL = Recipe.from_dict(
    {
        "name": "small",
        "data": {"dataset": "tiny"},
        "model": {"encoder": {"layers": [16]}, "decoder": {"layers": [16]}},
        "training": {"batch_size": 60, "epochs": 2, "learning_rate": 3e-3, "device": "cpu"},
    }
)
CONV = {
    "encoder": {"kind": "conv", "layers": [4, 8], "activation": "leaky-relu"},
    "decoder": {"kind": "conv", "layers": [8, 4], "activation": "leaky-relu"},
    "output": "tanh",
}

# Times differ, and nothing else: what the file says of its training is compared without them.
TIMES = ("started", "saved", "step_seconds", "test_seconds", "epoch_seconds")


def weights(trainer):
    return {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}


def same_weights(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def step_losses(events):
    return np.concatenate([event.losses for event in events if isinstance(event, Progress)])


def of_kind(kind, events):
    return [event for event in events if isinstance(event, kind)]


def learned(recipe, images):
    """Train and give the test losses of the first model and of the last."""
    trainer = Trainer(recipe, images)
    before = snapshot_losses(trainer.snapshot(), images.test_images, images.test_labels)
    list(trainer.events())
    return before, trainer.history[-1].test


def file_of(run, path):
    """Give all that a run's file holds, but for times."""
    run.save(path)
    with safe_open(path, "pt") as file:
        metadata = {key: json.loads(value) for key, value in file.metadata().items() if key != "format"}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    metadata["training"] = {key: value for key, value in metadata["training"].items() if key not in TIMES}
    for ended in metadata["history"]:
        del ended["seconds"]
    return metadata, tensors


def same_files(first, second):
    (mine, tensors), (theirs, others) = first, second
    assert mine == theirs
    assert tensors.keys() == others.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, others[name]), name
