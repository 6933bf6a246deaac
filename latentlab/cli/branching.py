"""Branching from the command line: which epoch of a run a training begins at."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.cli import terminal
from latentlab.core.errors import LatentlabError
from latentlab.core.runs.run_header import SUFFIX

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.runs.run import Run
    from latentlab.core.training.trainer import Trainer


def branch(arguments: Namespace) -> Run | None:
    """Give what a branch begins with; None where none is wanted.

    Raises
    ------
    LatentlabError
        When it is asked of what is no run, or of an epoch that is not kept.
    """
    epoch = arguments.from_epoch
    if epoch is None:
        return None
    if arguments.resume:
        raise LatentlabError("--from-epoch is of the run that is trained, and --resume names another: leave one out.")
    if not str(arguments.recipe).endswith(SUFFIX):
        raise LatentlabError(f"--from-epoch is of a run: name its {SUFFIX} file, not '{arguments.recipe}'.")
    from latentlab.core.runs import workspace
    from latentlab.core.runs.run import Run
    from latentlab.core.training.branching import start_at

    path = Path(arguments.recipe)
    found = start_at(Run.open(path), path, epoch, arguments.workspace or workspace.default_folder())
    if found.training is not None and (steps := found.training.steps_done):
        where = f"{steps} {'step' if steps == 1 else 'steps'} after epoch {epoch}"
        terminal.say(f"{path} was left in the middle of an epoch: the branch begins there, {where}.")
    return found


def check(branch: Run | None, recipe: Recipe) -> None:
    """See, before images are read, that a branch has the model of the run that it comes from."""
    if branch is not None:
        from latentlab.core.training.branching import check_settings

        check_settings(branch, recipe)


def title(trainer: Trainer, images: ImageSet) -> str:
    """Say what is trained, on which images, and at which epoch a branch begins."""
    from latentlab.core.runs.chain import branched_after

    epoch = branched_after(trainer.chain)
    begins = "" if epoch is None else f", from epoch {epoch}"
    return f"{trainer.recipe.name}{begins} on {images.title}"
