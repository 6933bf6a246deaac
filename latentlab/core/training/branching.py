"""Training on from any epoch of a run that is kept, with other settings: a branch.

It has the weights of that epoch, the history up to it and the images that were set apart by then; its optimiser and
what it draws are new, seeded by its own recipe and that epoch. So it is the same whether it begins at an epoch of which
only weights are kept or at the last one, and can be repeated from its file.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import epochs_on_disk
from latentlab.core.runs.chain import Link
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training.kept_weights import put_back


def epochs_to_begin_at(run: Run, path: Path | None, folder: Path) -> list[int]:
    """Give the epochs of a run that a branch can begin at, in order: see `start_at`."""
    return sorted({*_on_disk(run, path, folder), *own_epochs(run)})


def start_at(run: Run, path: Path | None, epoch: int, folder: Path) -> Run:
    """Give what a branch begins with, of a run and what is kept of its earlier epochs.

    Parameters
    ----------
    run : Run
    path : Path or None
        Its file, if there is one.
    epoch : int
    folder : Path
        The workspace, which keeps the epochs of a run that was saved elsewhere, too.

    Raises
    ------
    LatentlabError
        When the epoch is not kept, or damaged.
    """
    on_disk, own = _on_disk(run, path, folder), own_epochs(run)
    # A run that was left on the way has the steps after its last epoch, too: what is kept of that has none.
    if epoch in on_disk and (epoch not in own or _steps_after(run)):
        return branched(run, epoch, on_disk[epoch]().snapshot)
    if epoch in own:
        return at_epoch(run, epoch)
    raise epochs_on_disk.not_kept(epoch, "the run", sorted({*on_disk, *own}))


def present_epoch(run: Run) -> int:
    """Give the epoch whose model a run's file shows: its last, or its best where it has a patience."""
    best = _best_epoch(run)
    return run.epochs if best is None else best


def own_epochs(run: Run) -> list[int]:
    """Give the epochs whose weights are in a run's own file: its last, and its best where it has a patience."""
    best = _best_epoch(run)
    return sorted({run.epochs, *([] if best is None else [best])})


def at_epoch(run: Run, epoch: int) -> Run:
    """Give a run as it was after an epoch whose weights are in its own file.

    Returns
    -------
    Run
        To begin a branch with, see `branched`. That of its last epoch has the steps after it, where it has taken any.

    Raises
    ------
    RunError
        When its file has others alone.
    """
    if epoch not in own_epochs(run):
        raise epochs_on_disk.not_kept(epoch, "the run", own_epochs(run))
    if epoch == _best_epoch(run):
        return branched(run, epoch, run.snapshot)
    return branched(run, epoch, _last(run), steps=_steps_after(run))


def branched(run: Run, epoch: int, snapshot: Snapshot, *, steps: int = 0) -> Run:
    """Give what a branch begins with.

    Parameters
    ----------
    run : Run
        That it comes from, from this epoch or later.
    epoch : int
        Whole epochs so far.
    snapshot : Snapshot
        The run's model after them.
    steps : int
        That it has taken since.

    Returns
    -------
    Run
        Without what an optimiser has kept and was drawn: a `Trainer` that starts with it has its own. It is in memory
        alone, as no training could be finished from it.
    """
    state = run.training
    if state is not None:
        update = {"state": "training", "steps_done": steps, "best_epoch": None, "tensors": {}}
        state = state.model_copy(update=update)
    return replace(
        run,
        snapshot=snapshot,
        history=tuple(ended for ended in run.history if ended.epoch <= epoch),
        # What was changed just after an epoch is not part of it.
        changes=run.changes if steps else tuple(each for each in run.changes if each.epochs_done < epoch),
        epochs=epoch,
        training=state,
    )


def as_left(run: Run, link: Link) -> Run:
    """Give what a repeated training has come to as the next one took it over: all of it, or as a branch does."""
    return branched(run, run.epochs, run.snapshot, steps=link.steps_done) if link.is_branched else run


def check_settings(run: Run, recipe: Recipe) -> None:
    """See that a branch with a recipe changes nothing that a run's weights have settled.

    Raises
    ------
    RunError
        When it is another model, or takes images of another size; where none is chosen only the images tell theirs.
    """
    keys = [key for key in run.recipe.differences(recipe) if key.startswith("model.")]
    if keys:
        verb = "is" if len(keys) == 1 else "are"
        raise RunError(
            f"A branch has the model of the run that it comes from, so {', '.join(keys)} {verb} as in the run: change "
            "other settings, or train from the beginning."
        )
    (_, *own), size = run.snapshot.image_shape, recipe.data.size
    if size is not None and [*size] != own and not run.snapshot.takes_any_size:
        raise RunError(
            "A branch has the model of the run that it comes from, and data.size changes what that takes, images of "
            f"{own[0]}×{own[1]} pixels: change other settings, or train from the beginning."
        )


def _on_disk(run: Run, path: Path | None, folder: Path) -> dict[int, Callable[[], Run]]:
    """Give, by the epochs that are kept on the disk, what reads each."""
    found: dict[int, Callable[[], Run]] = {}
    if (place := epochs_on_disk.folder_of(folder, run.snapshot.run_id)) is not None:
        there = epochs_on_disk.sizes_in(place)
        for ended in run.history:
            if ended.epoch <= run.epochs and (name := epochs_on_disk.name_of(ended)) in there:
                found[ended.epoch] = partial(epochs_on_disk.as_of, run, ended.epoch, place / name)
    if path is not None:
        for epoch in epochs_on_disk.kept(path):
            found[epoch] = partial(epochs_on_disk.run_at, path, epoch, run)
    return found


def _steps_after(run: Run) -> int:
    """Give how many steps a run has taken after its last whole epoch."""
    return 0 if run.training is None else run.training.steps_done


def _best_epoch(run: Run) -> int | None:
    """Give the epoch whose weights a run has in the place of its last ones, if it has such."""
    return run.training.best_epoch if run.training is not None and run.training.parameters("last") else None


def _last(run: Run) -> Snapshot:
    """Give the model as the last step left it."""
    last = run.training.parameters("last") if run.training is not None else []
    if not last:
        return run.snapshot
    model = copy.deepcopy(run.snapshot.model)
    put_back(model, last)
    return Snapshot(run.snapshot.run_id, run.recipe, model, run.snapshot.class_names)
