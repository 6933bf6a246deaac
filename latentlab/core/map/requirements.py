"""What views need of a model, and the sentences for where it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate

if TYPE_CHECKING:
    from latentlab.core.models.snapshot import Snapshot


_TABLED = 2  # dimensions, as many as `posterior_table` takes, which loads torch
_A_POINT = "open a model with a code of numbers, such as that of the recipe mlp-vae-2d."


def need_point(snapshot: Snapshot, instead: str = _A_POINT) -> None:
    """Refuse a model whose code is no point but a stack of planes; `instead` ends the sentence.

    Raises
    ------
    LatentlabError
    """
    if snapshot.takes_any_size:
        raise LatentlabError(f"The code of this model is a stack of planes, not a point: {instead}")


def need_posterior(snapshot: Snapshot) -> None:
    """Refuse an autoencoder.

    Raises
    ------
    LatentlabError
    """
    if not snapshot.is_variational:
        raise LatentlabError(
            "An autoencoder encodes an image as a point, with no posterior around it and no prior: open a VAE, such as "
            "that of the recipe mlp-vae-2d."
        )


def has_table(snapshot: Snapshot) -> bool:
    """Whether the posteriors of a model are known by a table of its codes: of a VAE of one or two dimensions."""
    return snapshot.is_variational and not snapshot.takes_any_size and snapshot.latent <= _TABLED


def need_table(snapshot: Snapshot) -> None:
    """Refuse a model whose posteriors are not known by a table of its codes.

    Raises
    ------
    LatentlabError
    """
    need_point(snapshot)
    need_posterior(snapshot)
    if not has_table(snapshot):
        raise LatentlabError(
            f"Gaps to the true posterior are found for 1 or 2 latent dimensions, and this model has {snapshot.latent}: "
            "open one such as that of the recipe mlp-vae-2d."
        )


def need_images(model: MapUpdate) -> npt.NDArray[np.uint8]:
    """Give the map's images, uint8 (N, C, H, W).

    Raises
    ------
    LatentlabError
        When they are not loaded.
    """
    if model.images is None:
        raise LatentlabError(
            "The images of this run are not loaded: they are still being read, or their data set is not on this "
            "machine."
        )
    return model.images


def need_codes(model: MapUpdate) -> Integers:
    """Give the rows of the map whose means are finite, int64 (K,): of very many images some have none yet.

    Raises
    ------
    LatentlabError
        When there are none.
    """
    rows: Integers = np.flatnonzero(np.isfinite(model.means).all(1))
    if not len(rows):
        raise LatentlabError("The map has no codes to measure: the model's numbers are no longer finite.")
    return rows
