"""The posteriors q(z|x) = N(μ, σ²I) of a map's images: how wide they are, what they tell, where they lie on its plane.

A map has the means μ; the deviations σ may be at hand or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.map_update import MapUpdate


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

    run_id: str
    rows: Integers
    covariances: Floats
    pointed: int | None


def deviations_of(model: MapUpdate, rows: Integers | None = None) -> Floats:
    """Give σ of the posteriors of a map's images, float32 (N, L), or of those in some rows, int64 (K,).

    They are the map's own where it has them. Else the images are encoded; without images, what their means decode to:
    its posterior is nearly theirs. An autoencoder's are 0. It takes seconds for many images: not for the GUI thread.
    """
    rows = np.arange(len(model.means)) if rows is None else rows
    snapshot = model.snapshot
    if not snapshot.is_variational:
        return np.zeros((len(rows), snapshot.latent), np.float32)
    if model.deviations is not None:
        return model.deviations[rows]
    found = np.empty((len(rows), snapshot.latent), np.float32)
    for start in range(0, len(rows), snapshot.chunk):
        part = rows[start : start + snapshot.chunk]
        images = snapshot.decode(model.means[part], model.labels[part]) if model.images is None else model.images[part]
        found[start : start + len(part)] = snapshot.posterior(images, model.labels[part])[1]
    return found


def kl_of(model: MapUpdate, rows: Integers) -> Floats:
    """Give the KL divergence of the posteriors of some images, int64 (K,), from the prior, float32 (K,), nats."""
    import torch  # not above: panels read this file, and load no torch

    means, deviations = torch.from_numpy(model.means[rows]), torch.from_numpy(deviations_of(model, rows))
    kl: Floats = model.snapshot.prior.kl(means.double(), 2 * deviations.double().log()).float().numpy()
    return kl


def entropies(deviations: Floats) -> Floats:
    """Give the entropy of diagonal Gaussians with deviations (N, L), float32 (N,), nats.

    The sum of log σ + (1 + log 2π) / 2 over dimensions (Cover and Thomas, 2006, theorem 8.4.1).
    """
    with np.errstate(divide="ignore"):
        found: Floats = (np.log(deviations) + 0.5 * (1 + np.log(2 * np.pi))).sum(1, dtype=np.float32)
    return found


def posteriors(model: MapUpdate, rows: Integers, pointed: int | None) -> Posteriors:
    """Give the covariances of the posteriors of images in some rows, int64 (K,), on the plane of the map.

    None for an autoencoder, whose codes are points. Rows that the map does not have are left out.
    """
    if not model.snapshot.is_variational:
        rows = rows[:0]
    rows = rows[(rows >= 0) & (rows < len(model.means))]
    return Posteriors(
        model.run_id, rows, model.projection.covariance(deviations_of(model, rows)).astype(np.float32), pointed
    )
