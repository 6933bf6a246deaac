"""Walks through latent space, decoded at equal steps: along a line, or the geodesic beside it, and with an arrow.

A geodesic is bent for its walk as a whole: of a film with a row for each label the images of a column are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Position, to_floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_point
from latentlab.core.measures.geodesics import MEASURED, geodesic
from latentlab.core.measures.neighbours import nearest_rows
from latentlab.core.measures.polylines import at_equal_steps, chords
from latentlab.core.measures.tangents import radius_of
from latentlab.core.models.decode_grid import decode_grid, need_room
from latentlab.core.models.labels import around
from latentlab.core.views.interpolations import arithmetic


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
        A CVAE decodes it under every label, whatever `label` is; of very many under those around it.
    is_geodesic : bool
        It leads from way-point to way-point along a geodesic, see `geodesics`; an arrow stays straight, as what leads
        from A to B is a difference of codes.
    """

    plan: WalkPlan
    steps: int
    through: tuple[float, ...] | None
    label: int
    is_each_label: bool
    is_geodesic: bool = False

    def answer(self, model: MapUpdate) -> Walk:
        """Answer it of a model as it is now: see `walk`."""
        return walk(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """C + (B - A) in images.

    Attributes
    ----------
    images : float32 (5, C, H, W)
        B, A, C, what is decoded there, and the image of the data nearest to it; decoded where it is not loaded.
    nearest : int
        Row of the last.
    """

    images: Floats
    nearest: int


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The geodesics of a walk, beside the line that it would have been.

    Attributes
    ----------
    places : float32 (N, 2)
        Where they lead on the map.
    length, straight : float
        Of the decoded images along them, and along the line: pixels.
    """

    places: Floats
    length: float
    straight: float


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """A walk, decoded.

    Attributes
    ----------
    codes : float32 (S, L)
        Neighbours are equally far from each other along the walk, by their codes, or along a geodesic by their images;
        a walk of no length has one.
    places : float32 (S, 2)
        Where they lie on the map.
    images : float32 (R, S, C, H, W)
        A row, or for each label one.
    labels : tuple of int
        Of each row.
    row_names : tuple of str
        Of each row, where there is one for each label.
    sum : Sum or None
        Of an arrow that has been placed.
    way : Way or None
        Where it leads along a geodesic.
    """

    run_id: str
    plan: WalkPlan
    codes: Floats
    places: Floats
    images: Floats
    labels: tuple[int, ...]
    row_names: tuple[str, ...]
    sum: Sum | None
    way: Way | None = None


def walk(question: WalkQuestion, model: MapUpdate) -> Walk:
    """Decode a walk between codes of the model as it is now.

    Raises
    ------
    LatentlabError
        When the model's code is no point, the walk has no stop or one that the map does not show, a code is no number
        or farther away than numbers go, or the pictures would not fit into memory.
    """
    snapshot, plan = model.snapshot, question.plan
    need_point(snapshot)
    if not plan.stops:
        raise LatentlabError("A walk needs at least one place: click on the map.")
    through = None if question.through is None else np.asarray(question.through, np.float32)
    stops = np.stack([code_of(stop, through, model) for stop in plan.stops])
    path = stops
    if plan.kind == "arrow" and len(stops) > 2:
        path = np.stack([stops[2], arithmetic(stops[1], stops[0], stops[2])])
    labels: tuple[int, ...] = (question.label,)
    if question.is_each_label and snapshot.uses_labels:
        labels = around(question.label, len(snapshot.class_names))
    need_room(snapshot, question.steps * len(labels))
    codes = along(path, question.steps) if np.isfinite(path).all() else path
    if not np.isfinite(codes).all():
        raise LatentlabError("The walk leads where no numbers go: draw another one, nearer to the points of the map.")
    way = None
    if question.is_geodesic and plan.kind != "arrow" and len(codes) > 1:
        codes, way = _geodesic(plan, path, codes, labels, model)
    every = np.repeat(codes[None], len(labels), 0)
    images = decode_grid(snapshot, every, np.repeat(labels, len(codes)).reshape(len(labels), -1))
    found = None
    if plan.kind == "arrow" and len(stops) > 2:
        found = _sum(plan, stops, path[1], question.label, model)
    return Walk(
        run_id=model.run_id,
        plan=plan,
        codes=codes,
        places=model.projection.to_plane(codes),
        images=images,
        labels=labels,
        row_names=tuple(snapshot.class_names[label] for label in labels) if len(labels) > 1 else (),
        sum=found,
        way=way,
    )


def _geodesic(
    plan: WalkPlan, path: Floats, codes: Floats, labels: tuple[int, ...], model: MapUpdate
) -> tuple[Floats, Way | None]:
    """Give as many codes along geodesics from way-point to way-point, equally far from each other, and where they lead.

    A model that diverges, or whose images are all alike, has none.
    """
    snapshot = model.snapshot
    need_room(snapshot, MEASURED * len(labels), "film for a geodesic")

    def decode(codes: Floats) -> Floats:
        under = np.repeat(labels, len(codes)).reshape(len(labels), -1)
        return decode_grid(snapshot, np.repeat(codes[None], len(labels), 0), under).swapaxes(0, 1)

    lines = [path] if plan.kind == "drawn" else [path[[place, place + 1]] for place in range(len(path) - 1)]
    radius = radius_of(model.means)
    legs = [geodesic(decode, line, model.projection.directions, radius) for line in lines if (line != line[0]).any()]
    length, straight = sum(leg.length for leg in legs), sum(leg.straight for leg in legs)
    if not 0 < length < np.inf:
        return codes, None
    every = np.concatenate([leg.codes for leg in legs])
    # Nothing from the end of one to the beginning of the next.
    steps = np.concatenate(
        [np.r_[0.0, np.full(len(leg.codes) - 1, leg.length / max(len(leg.codes) - 1, 1))] for leg in legs]
    )
    found = at_equal_steps(every, steps[1:], len(codes)).astype(np.float32)
    return found, Way(model.projection.to_plane(every), length, straight)


def code_of(stop: Stop, through: Floats | None, model: MapUpdate) -> Floats:
    """Give the code of a stop, float32 (L,); a place lies on the plane through a code, or that of the map's origin.

    Raises
    ------
    LatentlabError
        When it is of an image that the map does not show, or of another latent space.
    """
    if isinstance(stop, CodeStop):
        code = np.asarray(stop.code, np.float32)
    elif not isinstance(stop, int):
        code = model.projection.moved(model.projection.origin if through is None else through, stop)
    elif 0 <= stop < len(model.means):
        code = model.means[stop]
    else:
        raise LatentlabError("The map shows other images by now: walk between some of these.")
    if len(code) != model.snapshot.latent:
        raise LatentlabError("The walk was drawn in another latent space: draw another one.")
    return code


def _sum(plan: WalkPlan, stops: Floats, end: Floats, label: int, model: MapUpdate) -> Sum:
    nearest = int(nearest_rows(model.means, end, 1)[0])
    codes = np.stack([stops[1], stops[0], stops[2], end, model.means[nearest]])
    under = np.full(len(codes), label, np.int64)
    rows = (plan.stops[1], plan.stops[0], plan.stops[2], None, nearest)
    for column, row in enumerate(rows):
        if isinstance(row, int):
            under[column] = model.labels[row]
    images = decode_grid(model.snapshot, codes, under)
    if model.images is not None:
        for column, row in enumerate(rows):
            if isinstance(row, int):
                images[column] = to_floats(model.images[row])
    return Sum(images, nearest)


def along(codes: npt.ArrayLike, steps: int) -> Floats:
    """Give codes at equal steps along the straight lines from each code to the next.

    Parameters
    ----------
    codes : float (N, L)
        At least one.
    steps : int
        At least 2, both ends included.

    Returns
    -------
    float32 (steps, L)
        The first and the last are the ends. A line of no length gives float32 (1, L).
    """
    stops = np.asarray(codes, np.float64)
    return at_equal_steps(stops, chords(stops), steps).astype(np.float32)


def bent(places: tuple[Position, ...], index: int, place: Position) -> tuple[Position, ...]:
    """Move an end of a drawn line to another place: what lies on the way goes along, the less the farther it is.

    Parameters
    ----------
    places : tuple of Position
        At least one.
    index : int
        0 for the first end, any other for the last.
    """
    line = np.asarray(places, np.float64)
    end = 0 if index == 0 else len(line) - 1
    reached = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    share = reached / reached[-1] if reached[-1] > 0 else np.ones(len(line))
    weight = 1 - share if end == 0 else share
    line = line + weight[:, None] * (np.asarray(place) - line[end])
    line[end] = place
    return tuple((x, y) for x, y in line.tolist())
