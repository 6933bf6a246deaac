"""The plane of a model's codes beside the one that PCA finds, as a view."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_images, need_point
from latentlab.core.map.results import MapPoints

if TYPE_CHECKING:
    from latentlab.core.measures.pca import Principal


@dataclass(frozen=True, slots=True)
class BesidePcaQuestion:
    """The plane of a model's codes beside the one that PCA finds.

    Attributes
    ----------
    is_quick : bool
        Of a few images alone, which is answered in a moment.
    """

    is_quick: bool = False

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        pixels = math.prod(model.snapshot.image_shape)
        each = model.operations.encode + model.operations.decode + 2 * pixels**2
        return min(len(model.means), _QUICK_IMAGES if self.is_quick else len(model.means)) * each

    def answer(self, model: MapUpdate) -> BesidePca:
        """Answer it of a model as it is now: see `beside_pca`."""
        return beside_pca(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class BesidePca:
    """A model's L dimensions beside the first L principal components of the images.

    Attributes
    ----------
    angles : float32 (K,)
        Principal angles between what both span, degrees, ascending.
    points, principal_points : MapPoints
        Where the images lie along the first two components: as far as the model's codes tell it, and in truth.
    error, principal_error : float
        Squared error of both reconstructions, summed over pixels, averaged over images.
    explained, principal_explained : float
        Shares of the images' variance that they keep.
    is_quick : bool
        Whether a few of the images had to do, and all of them can be asked about.
    """

    run_id: str
    angles: Floats
    points: MapPoints
    principal_points: MapPoints
    error: float
    principal_error: float
    explained: float
    principal_explained: float
    is_quick: bool


_QUICK_IMAGES = 1000
_kept: tuple[weakref.ref[npt.NDArray[np.uint8]], Principal] | None = None


def beside_pca(question: BesidePcaQuestion, model: MapUpdate) -> BesidePca:
    """Compare a model with PCA of the map's images, of as many components as it has dimensions.

    The components of the images that were asked about last are kept: while a model trains, it alone changes.

    Raises
    ------
    LatentlabError
        When the model's code is no point, cannot be compared or is not finite, or the images are not loaded.
    """
    import torch  # not above: panels read this file, and load no torch

    from latentlab.core.measures.pca import compare

    snapshot = model.snapshot
    need_point(snapshot)
    images = need_images(model)
    if not model.missing and not np.isfinite(model.means).all():
        raise LatentlabError("The model's codes are not finite: it has diverged, and has no plane to compare.")
    is_quick = question.is_quick and len(images) > _QUICK_IMAGES
    if is_quick:
        found = compare(snapshot, torch.from_numpy(images[:_QUICK_IMAGES]))
    else:
        found = compare(snapshot, torch.from_numpy(images), find=lambda: _principal(images, snapshot.latent))
    rows = np.arange(len(found.positions))
    axes = ("PC 1", "PC 2" if snapshot.latent > 1 else "")

    def points(positions: Floats) -> MapPoints:
        return MapPoints.of(model, positions, axes, rows)

    return BesidePca(
        run_id=model.run_id,
        angles=found.angles,
        points=points(found.positions),
        principal_points=points(found.principal_positions),
        error=found.error,
        principal_error=found.principal_error,
        explained=found.explained,
        principal_explained=found.principal_explained,
        is_quick=is_quick,
    )


def _principal(images: npt.NDArray[np.uint8], count: int) -> Principal:
    """Give the components of a map's images, of the same ones as last time without another look at them."""
    import torch

    from latentlab.core.measures.pca import principal

    global _kept
    if _kept is None or _kept[0]() is not images or _kept[1].components.shape[1] < count:
        _kept = weakref.ref(images), principal(torch.from_numpy(images), count)
    return _kept[1]
