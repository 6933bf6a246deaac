"""Runs of a small model, as they lie in a folder."""

import dataclasses

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import run_index, workspace

SMALL = Recipe.from_dict(
    {
        "name": "small",
        "data": {"dataset": "tiny"},
        "model": {"encoder": {"layers": [8]}, "decoder": {"layers": [8]}},
        "training": {"batch_size": 60, "epochs": 2, "device": "cpu"},
    }
)


def saved(run, path, **training):
    """Save a run as if its state were another."""
    run = dataclasses.replace(run, training=run.training.model_copy(update=training))
    run.save(path)
    return path


def names(folder):
    """Give what lies in a folder, but its index: that comes and goes."""
    return sorted(path.name for path in folder.iterdir() if path.name != run_index.NAME)


def interrupted(folder):
    """Give the runs whose training broke off, as the start offers them."""
    return [run for run in workspace.readable_runs(folder) if run.state == "interrupted"]
