"""The map of a run as it was after an earlier epoch, and such a map turned to lie as the present one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import Projection, fit
from latentlab.core.measures.procrustes import rotation

if TYPE_CHECKING:
    from latentlab.core.map.map_images import MapImages
    from latentlab.core.runs.run import Run

_MOST_TURNED = 1000  # codes, or twice as many, that a rotation is found by: in a tenth of a millisecond


def map_at(
    run: Run, path: Path, epoch: int, shown: MapImages, present: MapUpdate, is_given_up: Callable[[], bool]
) -> MapUpdate | None:
    """Read an epoch that is kept beside a run's file, and encode the map's images with the model of then.

    Parameters
    ----------
    run : Run
        What is in the file.
    path : Path
    epoch : int
    shown : MapImages
    present : MapUpdate
        Of the run as it is: principal components take the signs that agree with it.
    is_given_up : callable
        Asked several times a second; ends it.

    Returns
    -------
    MapUpdate or None
        None where it was given up.

    Raises
    ------
    RunError
        When the epoch is not kept any more, or damaged.
    """
    from latentlab.core.runs.epochs_on_disk import run_at

    then, parts = run_at(path, epoch, run).snapshot, []
    for begin in range(0, max(1, len(shown.labels)), then.chunk):
        if is_given_up():
            return None
        some = slice(begin, begin + then.chunk)
        parts.append(then.posterior(shown.images[some], shown.labels[some]))
    means, deviations = (np.concatenate(each) for each in zip(*parts, strict=True))
    # What all maps of these images share is that of the present one.
    return replace(
        present,
        epochs_done=float(epoch),
        snapshot=then,
        means=means,
        deviations=deviations,
        projection=fit(means, present.projection),
        missing=0,
        pending=0,
    )


def turned(update: MapUpdate, present: MapUpdate) -> MapUpdate:
    """Give a map along axes that are turned, and perhaps mirrored, so that its codes lie as the present ones do.

    The orthogonal Procrustes problem of the codes about the origins of their planes (see `procrustes.rotation`).
    Nothing is scaled, nor moved. The codes themselves stay what they are, and the plane through them is another one: a
    place on it is decoded as any place is.

    Parameters
    ----------
    update, present : MapUpdate

    Returns
    -------
    MapUpdate
        The same one where the two do not show the same images, or codes of other dimensions.
    """
    if update is present or update.ids != present.ids or update.means.shape != present.means.shape:
        return update
    mine, others = update.projection, present.projection
    some = slice(None, None, max(1, len(update.means) // _MOST_TURNED))
    codes = (update.means[some] - mine.origin).astype(np.float64)
    targets = (present.means[some] - others.origin).astype(np.float64)
    known = np.isfinite(codes).all(1) & np.isfinite(targets).all(1)
    directions = others.directions @ rotation(codes[known], targets[known]).T
    axes = tuple(f"{name.partition(' (')[0]} of the last epoch, turned" if name else "" for name in others.axes)
    return replace(update, projection=Projection(mine.origin, directions.astype(np.float32), (axes[0], axes[1])))


def size_of(update: MapUpdate) -> int:
    """Tell how many bytes a map takes of its own, beside the images that all maps share: its codes and its weights."""
    arrays = [update.means, *([] if update.deviations is None else [update.deviations])]
    weights = sum(tensor.nbytes for tensor in update.snapshot.state().values())
    return sum(array.nbytes for array in arrays) + weights
