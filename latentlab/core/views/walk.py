"""Walks through latent space, decoded at equal steps: along a line, and with an arrow from one place to another."""

from __future__ import annotations

import numpy as np

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.map.requirements import need_point
from latentlab.core.measures.neighbours import nearest_rows
from latentlab.core.models.decode_grid import decode_grid, need_room
from latentlab.core.views.interpolations import arithmetic
from latentlab.core.views.walk import CodeStop, Stop, Sum, Walk, WalkPlan, WalkQuestion
from latentlab.core.views.walk_lines import along


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
    way = stops
    if plan.kind == "arrow" and len(stops) > 2:
        way = np.stack([stops[2], arithmetic(stops[1], stops[0], stops[2])])
    labels: tuple[int, ...] = (question.label,)
    if question.is_each_label and snapshot.uses_labels:
        labels = tuple(range(len(snapshot.class_names)))
    need_room(snapshot, question.steps * len(labels))
    codes = along(way, question.steps) if np.isfinite(way).all() else way
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
