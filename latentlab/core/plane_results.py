"""What is drawn on the plane of the map beside its points: fields behind them, and their posteriors.

Frozen, plain numbers and numpy arrays. Places are (x, y) on the plane, in units of the latent space; an extent is the
left, right, bottom and top of a part of it. Fields lie on R x C cells that divide such a part, the uppermost row first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latentlab.core.arrays import Floats, Integers, Position

Extent = tuple[float, float, float, float]
FieldKind = Literal["gaps", "density", "ratio", "regions"]

GAP = 0.5
"""From here on a place of the map counts as a gap: what is decoded there is encoded half a map's radius away."""


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """How far codes of the map's plane move when they are decoded and encoded again.

    Attributes
    ----------
    values : float32 (R, C)
        In units of the map's radius, at the middles of the cells; not-a-number where a model gives none.
    extent : tuple of float
    share : float
        Of the box that holds the means, from the first to the 99th percentile on either axis: where the value is
        above `GAP`.
    """

    run: str
    values: Floats
    extent: Extent
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """How the codes of the map's images lie on the plane: their aggregate posterior, or a density of the codes alone.

    Attributes
    ----------
    values : float32 (R, C)
        Per unit of area of the latent space; per unit of length where it has one dimension.
    extent : tuple of float
    top : float
        What counts as most: nearly the largest value, so that a single spike does not rule.
    images, total : int
        How many of the map's images went into it, and how many there are.
    is_of_codes : bool
        It is of an autoencoder, which has no posterior: a kernel density of its codes.
    """

    run: str
    values: Floats
    extent: Extent
    top: float
    images: int
    total: int
    is_of_codes: bool


@dataclass(frozen=True, slots=True, eq=False)
class DensityRatio:
    """The aggregate posterior beside the prior: below 0 a hole of the latent space, above it a pile-up.

    Attributes
    ----------
    values : float32 (R, C)
        log q(z)/p(z), nats.
    trust : float32 (R, C)
        0 where so few images are to be expected that it would tell of these and not of the model, 1 where enough are.
    extent : tuple of float
    images, total : int
        As for `Density`.
    """

    run: str
    values: Floats
    trust: Floats
    extent: Extent
    images: int
    total: int


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Which class the nearest neighbours of a place have.

    Attributes
    ----------
    labels : int64 (R, C)
        The class of most of them.
    certainty : float32 (R, C)
        How clear that majority is: 0 where the classes could not be nearer to each other, 1 where all are of one.
    nearness : float32 (R, C)
        1 among the points, 0 where there are none near.
    extent : tuple of float
    classes : int
        How many there are.
    neighbours : int
    """

    run: str
    labels: Integers
    certainty: Floats
    nearness: Floats
    extent: Extent
    classes: int
    neighbours: int


Field = Gaps | Density | DensityRatio | Regions


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior on the plane of the map: a Gaussian of deviation 1, whatever the plane.

    Attributes
    ----------
    centre : tuple of float
    is_line : bool
        The latent space has one dimension: the prior tells nothing of y.
    """

    centre: Position
    is_line: bool


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
