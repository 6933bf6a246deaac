"""How far a model's codes move when noise is added to its images, as a view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats, row_order
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_images, need_point


@dataclass(frozen=True, slots=True)
class SensitivityQuestion:
    """How far codes move when noise is added to the images."""

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        return len(_DEVIATIONS) * _MOST_IMAGES * model.operations.encode

    def answer(self, model: MapUpdate) -> Sensitivity:
        """Answer it of a model as it is now: see `sensitivity`."""
        return sensitivity(model)


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """How far codes move, for noise of several strengths.

    Attributes
    ----------
    name : str
        Of the recipe.
    contraction : float
        The recipe's weight of the encoder's Jacobian.
    epochs : float
        That the model has learned for.
    deviations : float32 (K,)
        Of the noise on each pixel, in [0, 1], ascending from 0.
    movements : float32 (K,)
        Mean distances that codes move, as shares of the root mean square distance of codes from their mean.
    images : int
        How many these are means over.
    """

    run_id: str
    name: str
    contraction: float
    epochs: float
    deviations: Floats
    movements: Floats
    images: int


_DEVIATIONS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
_MOST_IMAGES = 500  # encoded anew for every deviation


def sensitivity(model: MapUpdate) -> Sensitivity:
    """Measure the movement of codes for Gaussian noise of several strengths on the images.

    After Rifai et al. (2011), section 5; see `movements`.

    Raises
    ------
    LatentlabError
        When the model's code is no point, all images have the same one, or they are not loaded.
    """
    from latentlab.core.measures.latent import movements  # not above: panels read this file, and load no torch

    snapshot = model.snapshot
    need_point(snapshot)
    available = need_images(model)
    rows = row_order(len(available))[:_MOST_IMAGES]
    images, labels = available[rows], model.labels[rows]
    moved = movements(snapshot, images, labels, _DEVIATIONS, 0)
    if not np.isfinite(moved).all():
        raise LatentlabError(
            "The codes of these images are all the same, or not finite: there is no spread to measure a movement by."
        )
    return Sensitivity(
        run_id=model.run_id,
        name=snapshot.recipe.name,
        contraction=snapshot.recipe.loss.contraction,
        epochs=model.epochs_done,
        deviations=np.array(_DEVIATIONS, np.float32),
        movements=moved,
        images=len(rows),
    )
