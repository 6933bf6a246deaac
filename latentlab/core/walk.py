"""Walks through latent space, decoded at equal steps: along a line, and with an arrow from one place to another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.decoded_grid import decode_grid, need_room
from latentlab.core.errors import LatentlabError
from latentlab.core.events import Floats
from latentlab.core.exploring import nearest_rows
from latentlab.core.interpolation import arithmetic
from latentlab.core.live_map import MapUpdate
from latentlab.core.results import Position
from latentlab.core.view_needs import need_point
from latentlab.core.walk_results import Stop, Sum, Walk, WalkPlan, WalkQuestion


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
    stops = _codes(plan.stops, question.through, model)
    way = stops
    if plan.kind == "arrow" and len(stops) > 2:
        way = np.stack([stops[2], arithmetic(stops[1], stops[0], stops[2])])
    labels: tuple[int, ...] = (question.label,)
    if question.is_each_label and snapshot.uses_labels:
        labels = tuple(range(len(snapshot.class_names)))
    need_room(snapshot, question.steps * len(labels))
    codes = along(way, question.steps)
    if not np.isfinite(codes).all():
        raise LatentlabError("The walk leads where no numbers go: draw another one, nearer to the points of the map.")
    every = np.repeat(codes[None], len(labels), 0)
    images = decode_grid(snapshot, every, np.repeat(labels, len(codes)).reshape(len(labels), -1))
    found = None
    if plan.kind == "arrow" and len(stops) > 2:
        found = _sum(plan, stops, way[1], question.label, model)
    return Walk(
        run=model.run,
        plan=plan,
        codes=codes,
        places=model.projection.to_plane(codes),
        images=images,
        labels=labels,
        row_names=tuple(snapshot.class_names) if len(labels) > 1 else (),
        sum=found,
    )


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


def _codes(stops: tuple[Stop, ...], through: tuple[float, ...] | None, model: MapUpdate) -> Floats:
    """Give the code of each stop, float32 (N, L)."""
    origin = model.projection.origin if through is None else np.asarray(through, np.float32)
    codes = []
    for stop in stops:
        if not isinstance(stop, int):
            codes.append(model.projection.moved(origin, stop))
        elif 0 <= stop < len(model.means):
            codes.append(model.means[stop])
        else:
            raise LatentlabError("The map shows other images by now: walk between some of these.")
    found = np.stack(codes)
    if not np.isfinite(found).all():
        raise LatentlabError("The walk leads where no numbers go: draw another one, nearer to the points of the map.")
    return found


def _sum(plan: WalkPlan, stops: Floats, end: Floats, label: int, model: MapUpdate) -> Sum:
    nearest = int(nearest_rows(model.means, end, 1)[0])
    codes = np.stack([stops[1], stops[0], stops[2], end, model.means[nearest]])
    under = np.full((1, len(codes)), label, np.int64)
    rows = (plan.stops[1], plan.stops[0], plan.stops[2], None, nearest)
    for column, row in enumerate(rows):
        if isinstance(row, int):
            under[0, column] = model.labels[row]
    images = decode_grid(model.snapshot, codes[None], under)[0]
    if model.images is not None:
        for column, row in enumerate(rows):
            if isinstance(row, int):
                images[column] = model.images[row] / 255
    return Sum(images, nearest)
