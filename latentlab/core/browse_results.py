"""What the lists of images ask of a map, and the answers: frozen, plain numbers and numpy arrays.

A question is asked again of every new map, so it holds all that the user chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers

Kind = Literal["chosen", "near_codes", "near_pixels", "worst", "ambiguous"]
Order = Literal["chosen", "loss", "distance", "ambiguity"]
Measure = Literal["loss", "code_distance", "pixel_distance", "votes", "label_entropy", "posterior_entropy"]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The images that lists are of.

    Attributes
    ----------
    images : uint8 (N, H, W) or None
        None where they are not at hand: then their reconstructions are shown.
    labels : int64 (N,)
        -1 where there is none.
    image_shape : tuple of int
        (H, W).
    """

    run: str
    images: npt.NDArray[np.uint8] | None
    labels: Integers
    class_names: tuple[str, ...]
    image_shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a person wants listed.

    Attributes
    ----------
    kind : str
        The chosen images, those nearest to the pick in latent space or in pixels, the worst reconstructed, or the most
        ambiguous.
    count : int
        At most so many, 0 for all; the chosen ones are always listed whole.
    order : str
        As they were chosen, by loss, by distance to the pick, or by what makes them ambiguous.
    """

    kind: Kind
    count: int
    order: Order
    is_descending: bool


@dataclass(frozen=True, slots=True, eq=False)
class ListQuestion:
    """A list, and what it is about.

    Attributes
    ----------
    chosen : int64 (K,)
        Rows of the map's images, in the order in which they were chosen.
    point : int or None
        The image that is picked.
    code : float32 (L,) or None
        What is picked, an image or not.
    label : int
        Under which a picked place is decoded, by a CVAE.
    """

    listing: Listing
    chosen: Integers
    point: int | None
    code: Floats | None
    label: int


@dataclass(frozen=True, slots=True, eq=False)
class ImageList:
    """A list of the map's images.

    Attributes
    ----------
    rows : int64 (K,)
        In the order of the list.
    values : float32 (K,)
        What stands below each; NaN where it is not known.
    measure : str
        What the values are: ``"loss"`` with z at the mean, nats; distances to the pick: Euclidean between means, or
        between images with pixels in [0, 1]; of the most ambiguous the entropy, nats, of the classes of the 15 nearest
        (``"votes"``), of p(label | image) or of the posterior.
    number : int
        Of the map's update: reconstructions of another are old.
    """

    run: str
    number: int
    listing: Listing
    rows: Integers
    values: Floats
    measure: Measure


@dataclass(frozen=True, slots=True, eq=False)
class Hovered:
    """An image of the map whose point the mouse rests on.

    Attributes
    ----------
    image : uint8 (H, W) or None
        None where it is not at hand.
    reconstruction : float32 (H, W) or None
        In [0, 1]; None until it is known.
    """

    row: int
    label: int
    class_names: tuple[str, ...]
    image: npt.NDArray[np.uint8] | None
    reconstruction: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """Reconstructions of some of the map's images: rows int64 (K,), images float32 (K, H, W) in [0, 1]."""

    run: str
    number: int
    rows: Integers
    images: Floats
