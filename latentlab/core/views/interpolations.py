"""Passages: what the decoder makes of the ways between chosen images, and of A - B + C."""

from __future__ import annotations

import numpy as np

from latentlab.core.arrays import Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.map.requirements import need_point
from latentlab.core.measures.neighbours import nearest_rows
from latentlab.core.models.decode_grid import decode_grid
from latentlab.core.views.interpolations import Passage, Passages, PassagesQuestion, Way, arithmetic, linear, spherical

FRAMES = 60  # of an animation: two seconds


def passages(question: PassagesQuestion, model: MapUpdate) -> Passages:
    """Decode the ways from A to B, and for three images that from C to A - B + C, between the encoder's means.

    Raises
    ------
    LatentlabError
        When the model's code is no point, the map shows other images by now, or the pictures would not fit into
        memory.
    """
    need_point(model.snapshot)
    rows = np.asarray(question.rows, np.int64)
    if len(rows) and rows.max() >= len(model.means):
        raise LatentlabError("The map shows other images by now: choose some of these.")
    means, images = model.means[rows], _images(model, rows)
    label = question.label
    if label is None:
        label = int(model.labels[rows[0]]) if len(rows) else -1
    ways: tuple[Way, ...] = ("linear", "spherical", "arithmetic")
    ways = ways[: len(rows)] if len(rows) > 1 else ()
    ends = dict.fromkeys(ways, images[:2])
    nearest = None
    if "arithmetic" in ways:
        found = nearest_rows(model.means, arithmetic(*means[:3]), 1)
        if not len(found):
            raise LatentlabError("The codes of these images are not finite: the model has diverged.")
        nearest = int(found[0])
        ends["arithmetic"] = np.concatenate([images[2:3], _images(model, np.array([nearest]))])
    frames = np.empty((0, *model.snapshot.image_shape), np.float32)
    if question.way in ways:
        frames = _decoded(model, question.way, means, FRAMES, label)
    return Passages(
        run=model.run,
        images=images,
        passages=tuple(Passage(way, ends[way], _decoded(model, way, means, question.steps, label)) for way in ways),
        frames=frames,
        nearest=nearest,
    )


def _decoded(model: MapUpdate, way: Way, means: Floats, steps: int, label: int) -> Floats:
    if way == "linear":
        codes = linear(means[0], means[1], steps)
    elif way == "spherical":
        codes = spherical(means[0], means[1], steps)
    else:
        codes = linear(means[2], arithmetic(*means[:3]), steps)
    images: Floats = decode_grid(model.snapshot, codes[None], np.full((1, steps), label, np.int64))[0]
    return images


def _images(model: MapUpdate, rows: Integers) -> Floats:
    """Give images of the map, float32 (N, H, W); rebuilt from their means where they are not at hand."""
    if model.images is not None:
        return (model.images[rows] / 255).astype(np.float32)
    images: Floats = decode_grid(model.snapshot, model.means[rows][None], model.labels[rows][None])[0]
    return images
