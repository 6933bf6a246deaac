"""What is asked about latent dimensions one by one, and the answers: how much each tells, and a row of images of each.

As in `view_results`: frozen, plain numbers and numpy arrays, with the id of the run they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers


@dataclass(frozen=True, slots=True)
class DimensionsQuestion:
    """How much each latent dimension tells of the images."""


@dataclass(frozen=True, slots=True, eq=False)
class DimensionUse:
    """How much each latent dimension tells, in the order of the dimensions.

    Attributes
    ----------
    amounts : float32 (L,)
        Of a VAE its share of the KL divergence, nats per image; of an autoencoder its variance over the images.
    used : bool (L,)
        Whether the model uses it.
    order : int64 (L,)
        The dimensions, the one that tells most first.
    is_kl : bool
        Whether the amounts are nats.
    images : int
        How many these are means over.
    """

    run: str
    amounts: Floats
    used: npt.NDArray[np.bool_]
    order: Integers
    is_kl: bool
    images: int


@dataclass(frozen=True, slots=True)
class TraversalsQuestion:
    """A row of images for each latent dimension, which alone changes along it.

    Attributes
    ----------
    through : int, tuple of float, or None
        The code that the rows lead through: that of an image of the map, by its row; one of L numbers; or the mean of
        all codes.
    radius : float
        Values go from -radius to radius; for an autoencoder in deviations of the dimension from its mean.
    steps : int
        Images in a row: odd, so that the middle is among them.
    rows : int
        At most so many, of the dimensions that tell most.
    with_unused : bool
        Show dimensions that the model does not use too.
    label : int
        Decoded under it, by a CVAE.
    """

    through: int | tuple[float, ...] | None
    radius: float
    steps: int
    rows: int
    with_unused: bool
    label: int


@dataclass(frozen=True, slots=True, eq=False)
class Traversals:
    """The decoded rows.

    Attributes
    ----------
    code : float32 (L,)
        That they lead through.
    use : DimensionUse
    dimensions : int64 (R,)
        Of each row.
    values : float32 (R, S)
        Of the row's dimension, ascending.
    images : float32 (R, S, H, W)
    left : int
        How many more rows there would be.
    """

    run: str
    question: TraversalsQuestion
    code: Floats
    use: DimensionUse
    dimensions: Integers
    values: Floats
    images: Floats
    left: int
