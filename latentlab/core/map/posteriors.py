"""The posteriors of a map's images, where the map itself does not carry them."""

from __future__ import annotations

import numpy as np

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.map_update import MapUpdate


def deviations_of(model: MapUpdate, rows: Integers | None = None) -> Floats:
    """Give σ of the posteriors of a map's images, float32 (N, L), or of those in some rows, int64 (K,).

    They are the map's own where it has them. Else the images are encoded; without images, what their means decode to:
    its posterior is nearly theirs. An autoencoder's are 0. It takes seconds for many images: not for the GUI thread.
    """
    rows = np.arange(len(model.means)) if rows is None else rows
    if not model.snapshot.is_variational:
        return np.zeros((len(rows), model.snapshot.latent), np.float32)
    if model.deviations is not None:
        return model.deviations[rows]
    labels = model.labels[rows]
    if model.images is not None:
        seen = model.images[rows]
        _, logvars = model.snapshot.encode(seen, labels)
    else:
        parts = np.array_split(rows, max(1, -(-len(rows) // 1000)))
        logvars = np.concatenate(
            [
                model.snapshot.encode(model.snapshot.decode(model.means[part], model.labels[part]), model.labels[part])[
                    1
                ]
                for part in parts
            ]
        )
    deviations: Floats = np.exp(0.5 * logvars).astype(np.float32)
    return deviations
