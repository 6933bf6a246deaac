"""What a walk through latent space is, and the film of it: frozen, plain numbers and numpy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latentlab.core.arrays import Floats, Position


@dataclass(frozen=True, slots=True)
class CodeStop:
    """A code of L numbers, wherever on or off the plane of the map it lies."""

    code: tuple[float, ...]


Stop = Position | int | CodeStop
"""A place on the plane of the map; the code of an image, by its row; or a code itself."""
WalkKind = Literal["line", "drawn", "arrow"]


@dataclass(frozen=True, slots=True)
class WalkPlan:
    """Where a walk leads.

    Attributes
    ----------
    kind : str
        ``"line"``: through all stops, each of which is a way-point. ``"drawn"``: the same, of a line drawn by hand,
        of which only the ends are way-points. ``"arrow"``: from A to B; with a third stop C, from C to C + (B - A).
    stops : tuple of Stop
        In their order; for an arrow A, B and C.
    """

    kind: WalkKind
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class WalkQuestion:
    """A walk, to be decoded at equal steps.

    Attributes
    ----------
    steps : int
        Frames, those of both ends included.
    through : tuple of float or None
        Places lie on the plane through this code; None for the one through the origin of the map.
    label : int
        Decoded under it, by a CVAE.
    is_each_label : bool
        A CVAE decodes it under every label, whatever `label` is.
    """

    plan: WalkPlan
    steps: int
    through: tuple[float, ...] | None
    label: int
    is_each_label: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """C + (B - A) in images.

    Attributes
    ----------
    images : float32 (5, H, W)
        B, A, C, what is decoded there, and the image of the data nearest to it; decoded where it is not at hand.
    nearest : int
        Row of the last.
    """

    images: Floats
    nearest: int


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A walk, decoded.

    Attributes
    ----------
    codes : float32 (S, L)
        Neighbours are equally far from each other along the walk; a walk of no length has one.
    places : float32 (S, 2)
        Where they lie on the map.
    images : float32 (R, S, H, W)
        A row, or for each label one.
    labels : tuple of int
        Of each row.
    row_names : tuple of str
        Of each row, where there is one for each label.
    sum : Sum or None
        Of an arrow that has been placed.
    """

    run: str
    plan: WalkPlan
    codes: Floats
    places: Floats
    images: Floats
    labels: tuple[int, ...]
    row_names: tuple[str, ...]
    sum: Sum | None
