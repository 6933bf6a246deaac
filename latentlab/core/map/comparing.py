"""A second model beside the first: which images their maps share, and what it makes of the first one's cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from latentlab.core.arrays import Floats, Position, to_floats
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.results import ImageLosses
from latentlab.core.measures.neighbours import nearest_rows

if TYPE_CHECKING:
    from latentlab.core.map.map_images import MapImages
    from latentlab.core.runs.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What a second model makes of the cursor.

    Attributes
    ----------
    position : tuple of float
        On the second model's own map.
    image : float32 (C, H, W)
        Its reconstruction of the image, or what it decodes at the place.
    losses : ImageLosses or None
        Of the image; None where the cursor is a place, or the image is not loaded.
    label : str
        Name of the class under which a CVAE decodes the place; else empty.
    psnr : float or None
        Of the reconstruction, decibels; None where `losses` is.
    """

    run_id: str
    position: Position
    image: Floats
    losses: ImageLosses | None
    label: str = ""
    psnr: float | None = None


def images_for_second(run: Run, first: MapUpdate) -> MapImages | None:
    """Give the images of the first map, for a run of the same data set to be mapped with; None where they do not fit.

    None too where they are not loaded: the map is then of the codes that the run keeps.
    """
    import torch  # not above: panels read this file, and load no torch

    from latentlab.core.map.map_images import MapImages

    mine, theirs = run.snapshot, first.snapshot
    if first.images is None or run.recipe.data.dataset != theirs.recipe.data.dataset:
        return None
    if mine.image_shape != theirs.image_shape or (mine.uses_labels and mine.class_names != theirs.class_names):
        return None
    return MapImages(torch.from_numpy(first.images), first.labels, ids=first.ids)


def nearest_image(model: MapUpdate, position: Position) -> int | None:
    """Give the row whose mean lies nearest to a place of the map; None for a map without images."""
    points = model.projection.to_plane(model.means)
    rows = nearest_rows(points, np.asarray(position, np.float32), 1)
    return int(rows[0]) if len(rows) else None


def at_image(model: MapUpdate, row: int) -> Beside:
    """Say where a model puts an image of its map, and what it rebuilds of it."""
    image = None if model.images is None else to_floats(model.images[row])
    from latentlab.core.map.explore import data_point  # not above: panels read this file, and load no torch

    point = data_point(model.snapshot, model.projection, row, model.means[row], int(model.labels[row]), image)
    return Beside(model.run_id, point.position, point.reconstruction, point.losses, psnr=point.psnr)


def at_place(model: MapUpdate, position: Position, label: int) -> Beside:
    """Decode a place of the plane of a model's map; under a label, for a CVAE."""
    code = model.projection.moved(model.projection.origin, position)
    under = model.snapshot.under(label, 1)
    image = model.snapshot.decode(code[None], under)[0]
    name = model.snapshot.class_names[under[0]] if model.snapshot.uses_labels else ""
    return Beside(model.run_id, position, image, None, name)
