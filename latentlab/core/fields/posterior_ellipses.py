"""The posteriors of some images on the plane of the map."""

from __future__ import annotations

import numpy as np

from latentlab.core.arrays import Integers
from latentlab.core.fields.aggregate_posterior import projected
from latentlab.core.fields.posterior_ellipses import Posteriors
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.map.posteriors import deviations_of


def posteriors(model: MapUpdate, rows: Integers, pointed: int | None) -> Posteriors:
    """Give the covariances of the posteriors of images in some rows, int64 (K,), on the plane of the map.

    None for an autoencoder, whose codes are points. Rows that the map does not have are left out.
    """
    if not model.snapshot.is_variational:
        rows = rows[:0]
    rows = rows[(rows >= 0) & (rows < len(model.means))]
    deviations = deviations_of(model, rows) if len(rows) else np.empty((0, model.means.shape[1]), np.float32)
    return Posteriors(model.run, rows, projected(model.projection, deviations).astype(np.float32), pointed)
