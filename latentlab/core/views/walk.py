"""Walks through latent space, decoded at equal steps: along a line, and with an arrow from one place to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Position, to_floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_point
from latentlab.core.measures.neighbours import nearest_rows
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
    """

    plan: WalkPlan
    steps: int
    through: tuple[float, ...] | None
    label: int
    is_each_label: bool

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
class Walk:
    """A walk, decoded.

    Attributes
    ----------
    codes : float32 (S, L)
        Neighbours are equally far from each other along the walk; a walk of no length has one.
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
    """

    run_id: str
    plan: WalkPlan
    codes: Floats
    places: Floats
    images: Floats
    labels: tuple[int, ...]
    row_names: tuple[str, ...]
    sum: Sum | None


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
    )


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
    lengths = np.linalg.norm(np.diff(stops, axis=0), axis=1)
    if not lengths.any():
        return stops[:1].astype(np.float32)
    stops, lengths = stops[np.r_[True, lengths > 0]], lengths[lengths > 0]
    reached = np.r_[0, np.cumsum(lengths)]
    wanted = np.linspace(0, reached[-1], steps)
    piece = np.clip(np.searchsorted(reached, wanted, "right") - 1, 0, len(lengths) - 1)
    share = ((wanted - reached[piece]) / lengths[piece])[:, None]
    found: Floats = ((1 - share) * stops[piece] + share * stops[piece + 1]).astype(np.float32)
    found[0], found[-1] = stops[0], stops[-1]
    return found


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
