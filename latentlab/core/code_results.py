"""What the views of a model's codes ask, and the answers: spread, units, plane and stillness.

As in `view_results`: frozen, plain numbers and numpy arrays, with the id of the run they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.results import MapPoints


@dataclass(frozen=True, slots=True)
class DeviationsQuestion:
    """Means and standard deviations of the images' posteriors."""


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """Means beside standard deviations of the same images, in two dimensions.

    Attributes
    ----------
    rows : int64 (N,)
        Which of the map's images these are.
    total : int
        How many the map shows.
    means, deviations : MapPoints
        Their axes name the dimensions.
    """

    run: str
    rows: Integers
    total: int
    means: MapPoints
    deviations: MapPoints


@dataclass(frozen=True, slots=True)
class UnitsQuestion:
    """Which dimensions a VAE uses; or which units of an autoencoder's code are on, and what those of a class draw."""

    label: int


@dataclass(frozen=True, slots=True, eq=False)
class UsedDimensions:
    """What each dimension of a VAE tells.

    Attributes
    ----------
    dimensions : int64 (L,)
        The one that tells most first.
    kl : float32 (L,)
        Their shares of the KL divergence, nats per image.
    active : bool (L,)
        Which of them the model uses.
    images : int
        How many these are means over.
    """

    run: str
    dimensions: Integers
    kl: Floats
    active: npt.NDArray[np.bool_]
    images: int


@dataclass(frozen=True, slots=True, eq=False)
class FiringUnits:
    """Which images switch on which units of an autoencoder's code; shares in [0, 1].

    Attributes
    ----------
    by_unit : float32 (L,)
        Of images that switch each unit on, descending.
    share : float
        Of units that an image switches on, in the mean.
    edges, counts : float32 (B + 1,), float32 (B,)
        Histogram over images: bounds of the share of units, and the share of images between two.
    by_class : float32 (C, U)
        Of each class's images that switch on each unit that is ever on; units of one class lie together.
    label : int
        The class that was asked about.
    chosen : int64 (K,)
        Units that fire more for it than for others, the most telling first.
    chosen_shares : float32 (K,)
        Of that class's images that switch these on.
    drawn : float32 (K, H, W)
        What these add to an image: grey is nothing, white ink.
    """

    run: str
    by_unit: Floats
    share: float
    edges: Floats
    counts: Floats
    by_class: Floats
    label: int
    chosen: Integers
    chosen_shares: Floats
    drawn: Floats


@dataclass(frozen=True, slots=True)
class BesidePcaQuestion:
    """The plane of a model's codes beside the one that PCA finds."""


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
    """

    run: str
    angles: Floats
    points: MapPoints
    principal_points: MapPoints
    error: float
    principal_error: float
    explained: float
    principal_explained: float


@dataclass(frozen=True, slots=True)
class NudgesQuestion:
    """How far codes move when noise is added to the images."""


@dataclass(frozen=True, slots=True, eq=False)
class Nudges:
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

    run: str
    name: str
    contraction: float
    epochs: float
    deviations: Floats
    movements: Floats
    images: int
