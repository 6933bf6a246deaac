"""The model that a training begins with."""

from __future__ import annotations

import numpy as np
import torch

from latentlab.core.arrays import first_rows
from latentlab.core.data.image_set import ImageSet
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.building import build
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run

_AVERAGED = 2000  # images, at least, whose mean a decoder begins at


def first_model(recipe: Recipe, data: ImageSet, start: Run | None) -> Autoencoder:
    """Give the model that a training begins with: drawn with the recipe's seed, or a copy of a run's."""
    with torch.random.fork_rng(devices=[]):  # the global generator stays as others left it
        torch.manual_seed(recipe.training.seed)
        model = build(recipe, data.image_shape, len(data.class_names) if data.has_labels else 0)
    if start:
        start.check_fits(recipe, data)
        # What guides by labels is not of the model: where only one of the two has it, it begins anew, or is left out.
        mine, begun = start.snapshot.state(), model.state_dict()
        model.load_state_dict({name: mine.get(name, tensor) for name, tensor in begun.items()})
    else:
        some = data.train_images[:: max(1, len(data.train_images) // _AVERAGED)]
        model.begin_at(some.mean(0, dtype=torch.float32) / 255)
        chosen = np.resize(first_rows(len(data.train_images), recipe.model.components), recipe.model.components)
        model.begin_prior(data.train_images[torch.from_numpy(chosen)].float() / 255)
    return model
