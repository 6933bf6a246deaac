"""How far decoded images are from the one that is picked: curves of equal distance on the plane of the map.

With f the decoded mean image, the distance of a place z from the picked one is that of their images, straight through
the space of pixels::

    |f(z) - f(z0)|

in pixels: one pixel that turns from black to white is 1. Unlike the length of a geodesic it needs no path, and is never
longer than one (Arvanitidis, Hansen and Hauberg, 2018, "Latent space oddity: on the curvature of deep generative
models", draw both).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Doubles, Extent, Floats, Position
from latentlab.core.fields.contours import contour, nice_levels
from latentlab.core.fields.grid import middles, places, plane_code
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_point
from latentlab.core.progress import reached

COARSE, FINE = 24**2, 96**2
_CHUNK = 256  # images at once
_MOST_VALUES = 12_000_000  # of all the images that are kept: 48 MB
_LEVELS = 7
_SAME = 1e-4  # planes that differ by less are one


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPlane:
    """A part of the plane, decoded: kept while another place of it is picked.

    Attributes
    ----------
    base : float32 (L,)
        The code at (0, 0) of the plane.
    label : int or None
        That it was decoded under, of a CVAE.
    cells : int
        So many were asked for.
    xs, ys : float64 (C,), float64 (R,)
    images : float32 (R·C, P)
    """

    model: MapUpdate
    extent: Extent
    base: Floats
    label: int | None
    cells: int
    xs: Doubles
    ys: Doubles
    images: Floats

    def is_of(self, question: DistanceQuestion, model: MapUpdate) -> bool:
        """Whether it is of the part of the plane, the label and the model of a question, however fine."""
        if self.model is not model or (self.extent, self.label) != (question.extent, question.label):
            return False
        base = plane_code(model.projection, np.array(question.code, np.float32))
        return len(base) == len(self.base) and bool(np.allclose(base, self.base, atol=_SAME))


@dataclass(frozen=True, slots=True, eq=False)
class DecodedDistances:
    """Distances of decoded images from the picked one.

    Attributes
    ----------
    values : float32 (R, C)
        Pixels, on a grid from edge to edge; not-a-number where a model gives none.
    extent : tuple of float
    place : tuple of float
        Of the code that is picked.
    levels : tuple of float
        Pixels.
    curves : tuple of float32 (S, 2, 2)
        Of each level: pieces, from position to position.
    plane : DecodedPlane
    """

    run_id: str
    values: Floats
    extent: Extent
    place: Position
    levels: tuple[float, ...]
    curves: tuple[Floats, ...]
    plane: DecodedPlane


@dataclass(frozen=True, slots=True)
class DistanceQuestion:
    """From where, on which part of the plane.

    Attributes
    ----------
    code : tuple of float
        What is picked; the plane goes through it.
    extent : tuple of float
        Left, right, bottom and top of the part.
    label : int or None
        To decode under, for a CVAE.
    cells : int
        About so many places are decoded.
    known : DecodedPlane or None
        A plane decoded before, for whatever question.
    """

    code: tuple[float, ...]
    extent: Extent
    label: int | None
    cells: int
    known: DecodedPlane | None = None

    def answer(self, model: MapUpdate) -> DecodedDistances:
        """Answer it.

        Raises
        ------
        LatentlabError
            When the model's code is no point.
        """
        need_point(model.snapshot, "there is no place on its map to measure distances from.")
        plane = self.known
        if plane is None or not plane.is_of(self, model) or plane.cells < self.cells:
            plane = _decoded(self, model)
        code = np.array(self.code, np.float32)
        picked = model.snapshot.decode(code[None], model.snapshot.under(self.label, 1)).reshape(-1)
        with np.errstate(all="ignore"):  # a model that diverges, or a view that nobody looks at
            values = _lengths(plane.images, picked).reshape(len(plane.ys), len(plane.xs))
        levels = nice_levels(float(np.nanmax(values, initial=0.0)), _LEVELS)
        curves = tuple(contour(values, plane.xs, plane.ys, level) for level in levels)
        place = model.projection.position(code)
        return DecodedDistances(model.run_id, values, self.extent, place, levels, curves, plane)


def _lengths(images: Floats, picked: Floats) -> Floats:
    """Give the distance of each image (N, P) from one, float32 (N,), in parts that stay in the processor's cache."""
    found = np.empty(len(images), np.float32)
    for start in range(0, len(images), _CHUNK):
        apart = images[start : start + _CHUNK] - picked
        found[start : start + _CHUNK] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    return found


def _decoded(question: DistanceQuestion, model: MapUpdate) -> DecodedPlane:
    snapshot = model.snapshot
    count = math.prod(snapshot.image_shape)
    xs, ys = middles(question.extent, max(4, min(question.cells, _MOST_VALUES // count)))
    left, right, bottom, top = question.extent  # up to the edges: between middles curves would end before them
    xs, ys = np.linspace(left, right, max(len(xs), 2)), np.linspace(top, bottom, max(len(ys), 2))
    base = plane_code(model.projection, np.array(question.code, np.float32))
    with np.errstate(all="ignore"):
        codes = (base + places(xs, ys) @ model.projection.directions).astype(np.float32)
    images = np.empty((len(codes), count), np.float32)
    for start in range(0, len(codes), _CHUNK):
        part = codes[start : start + _CHUNK]
        images[start : start + _CHUNK] = snapshot.decode(part, snapshot.under(question.label, len(part))).reshape(
            len(part), -1
        )
        reached((start + len(part)) / len(codes))
    return DecodedPlane(model, question.extent, base, question.label, question.cells, xs, ys, images)
