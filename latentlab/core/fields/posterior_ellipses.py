"""The posteriors of some images on the plane of the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats, Integers
from latentlab.core.fields.aggregate_posterior import projected
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.posteriors import deviations_of


@dataclass(frozen=True, slots=True, eq=False)
class Posteriors:
    """The posteriors of some images on the plane.

    Attributes
    ----------
    rows : int64 (K,)
        Of the images on the map.
    covariances : float32 (K, 2, 2)
    pointed : int or None
        Which of the rows is the point that is looked at.
    """

    run: str
    rows: Integers
    covariances: Floats
    pointed: int | None


def posteriors(model: MapUpdate, rows: Integers, pointed: int | None) -> Posteriors:
    """Give the covariances of the posteriors of images in some rows, int64 (K,), on the plane of the map.

    None for an autoencoder, whose codes are points. Rows that the map does not have are left out.
    """
    if not model.snapshot.is_variational:
        rows = rows[:0]
    rows = rows[(rows >= 0) & (rows < len(model.means))]
    deviations = deviations_of(model, rows) if len(rows) else np.empty((0, model.means.shape[1]), np.float32)
    return Posteriors(model.run, rows, projected(model.projection, deviations).astype(np.float32), pointed)
