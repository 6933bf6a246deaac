"""What the decoder makes of what lies between selected images, straight and along a sphere, and of A - B + C."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers, to_floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_point
from latentlab.core.measures.neighbours import nearest_rows
from latentlab.core.models.decode_grid import decode_grid

InterpolationKind = Literal["linear", "spherical", "arithmetic"]


@dataclass(frozen=True, slots=True)
class InterpolationsQuestion:
    """Interpolations between selected images of the map: from A to B, straight and on a sphere; from C to A - B + C.

    Attributes
    ----------
    rows : tuple of int
        Of A, B, C and so on, among the map's images.
    steps : int
        Decoded of each interpolation, its ends included.
    kind : str
        Which of them is wanted finely too, for an animation.
    label : int or None
        Decoded under it, by a CVAE; None takes that of A.
    """

    rows: tuple[int, ...]
    steps: int
    kind: InterpolationKind
    label: int | None

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        return (3 * self.steps + FRAMES) * model.operations.decode

    def answer(self, model: MapUpdate) -> Interpolations:
        """Answer it of a model as it is now: see `interpolations`."""
        return interpolations(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class Interpolation:
    """An interpolation, decoded.

    Attributes
    ----------
    ends : float32 (2, C, H, W)
        The images of the data that it leads from and to: A and B; or C and the one nearest to A - B + C.
    steps : float32 (S, C, H, W)
    """

    kind: InterpolationKind
    ends: Floats
    steps: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Interpolations:
    """What lies between selected images.

    Attributes
    ----------
    images : float32 (K, C, H, W)
        The selected ones, rebuilt from their means where the data set is not on this machine.
    interpolations : tuple of Interpolation
        None for a single image, two for two, three for three and more.
    frames : float32 (F, C, H, W)
        Of the interpolation that was asked for; none where there are too few images for it.
    nearest : int or None
        Row of the image whose mean is nearest to A - B + C.
    """

    run_id: str
    images: Floats
    interpolations: tuple[Interpolation, ...]
    frames: Floats
    nearest: int | None


FRAMES = 60  # of an animation: two seconds
_SMALLEST_SINE = 1e-6  # of the angle between two codes that span a plane


def interpolations(question: InterpolationsQuestion, model: MapUpdate) -> Interpolations:
    """Interpolate from A to B, and for three images from C to A - B + C, between the encoder's means, and decode.

    Raises
    ------
    LatentlabError
        When the model's code is no point, the map shows other images by now, or the pictures would not fit into
        memory.
    """
    need_point(model.snapshot)
    rows = np.asarray(question.rows, np.int64)
    if len(rows) and rows.max() >= len(model.means):
        raise LatentlabError("The map shows other images by now: select some of these.")
    means, images = model.means[rows], _images(model, rows)
    label = question.label
    if label is None:
        label = int(model.labels[rows[0]]) if len(rows) else -1
    kinds: tuple[InterpolationKind, ...] = ("linear", "spherical", "arithmetic")
    kinds = kinds[: len(rows)] if len(rows) > 1 else ()
    ends = dict.fromkeys(kinds, images[:2])
    nearest = None
    if "arithmetic" in kinds:
        found = nearest_rows(model.means, arithmetic(*means[:3]), 1)
        if not len(found):
            raise LatentlabError("The codes of these images are not finite: the model has diverged.")
        nearest = int(found[0])
        ends["arithmetic"] = np.concatenate([images[2:3], _images(model, np.array([nearest]))])
    frames = np.empty((0, *model.snapshot.image_shape), np.float32)
    if question.kind in kinds:
        frames = _decoded(model, question.kind, means, FRAMES, label)
    return Interpolations(
        run_id=model.run_id,
        images=images,
        interpolations=tuple(
            Interpolation(kind, ends[kind], _decoded(model, kind, means, question.steps, label)) for kind in kinds
        ),
        frames=frames,
        nearest=nearest,
    )


def _decoded(model: MapUpdate, kind: InterpolationKind, means: Floats, steps: int, label: int) -> Floats:
    if kind == "linear":
        codes = linear(means[0], means[1], steps)
    elif kind == "spherical":
        codes = spherical(means[0], means[1], steps)
    else:
        codes = linear(means[2], arithmetic(*means[:3]), steps)
    return decode_grid(model.snapshot, codes, np.full(steps, label, np.int64))


def _images(model: MapUpdate, rows: Integers) -> Floats:
    """Give images of the map, float32 (N, C, H, W); rebuilt from their means where they are not loaded."""
    if model.images is not None:
        return to_floats(model.images[rows])
    return decode_grid(model.snapshot, model.means[rows], model.labels[rows])


def linear(a: npt.ArrayLike, b: npt.ArrayLike, steps: int) -> Floats:
    """Give codes at equal steps on the straight line from one code to another.

    Parameters
    ----------
    a, b : float (L,)
    steps : int
        At least 2.

    Returns
    -------
    float32 (steps, L)
        The first and the last are `a` and `b`.

    Raises
    ------
    LatentlabError
        For fewer than 2 steps.
    """
    first, last, share = _ends(a, b, steps)
    return _exact((1 - share) * first + share * last, first, last)


def spherical(a: npt.ArrayLike, b: npt.ArrayLike, steps: int) -> Floats:
    """Give codes at equal angles on the arc from one code to another, around the origin.

    Directions follow Shoemake (1985), section 3.3; lengths go evenly from one to the other. White (2016), section
    2.1: under a Gaussian prior in many dimensions nearly all codes lie near a sphere, and a straight line leaves it.
    A mixture prior has no such sphere, and the arc is no better than a line there.
    His formula weighs the codes themselves, which is the same for two of one length, but throws others far out where
    they lie on nearly opposite sides.

    Parameters
    ----------
    a, b : float (L,)
        Where one is zero or both lie on a line through the origin there is no arc: then it is straight.
    steps : int
        At least 2.

    Returns
    -------
    float32 (steps, L)
        The first and the last are `a` and `b`.

    Raises
    ------
    LatentlabError
        For fewer than 2 steps.
    """
    first, last, share = _ends(a, b, steps)
    lengths = np.linalg.norm(first), np.linalg.norm(last)
    if min(lengths) == 0:
        return linear(a, b, steps)
    from_, to = first / lengths[0], last / lengths[1]
    # Kahan's formula: the arc cosine loses half its digits where the codes are nearly parallel.
    angle = 2 * np.arctan2(np.linalg.norm(to - from_), np.linalg.norm(to + from_))
    if not np.sin(angle) > _SMALLEST_SINE:
        return linear(a, b, steps)
    directions = (np.sin((1 - share) * angle) * from_ + np.sin(share * angle) * to) / np.sin(angle)
    return _exact(((1 - share) * lengths[0] + share * lengths[1]) * directions, first, last)


def arithmetic(a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike) -> Floats:
    """Give A - B + C: what tells A from B, done to C; float32 (L,) for three codes (L,).

    Larsen et al. (2016), section 3.3, edit images so; Mikolov et al. (2013) words.
    """
    first, second, third = (np.asarray(code, np.float64) for code in (a, b, c))
    return (first - second + third).astype(np.float32)


def _ends(
    a: npt.ArrayLike, b: npt.ArrayLike, steps: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give both codes, and the share of the distance at each step (steps, 1)."""
    if steps < 2:
        raise LatentlabError("An interpolation needs at least 2 steps: its two ends.")
    return np.asarray(a, np.float64), np.asarray(b, np.float64), np.linspace(0, 1, steps)[:, None]


def _exact(codes: npt.NDArray[np.float64], first: npt.NDArray[np.float64], last: npt.NDArray[np.float64]) -> Floats:
    """Put the ends where rounding may have moved them from."""
    codes[0], codes[-1] = first, last
    return codes.astype(np.float32)
