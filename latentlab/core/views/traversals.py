"""What changes in the image when one latent dimension changes alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_codes
from latentlab.core.models.decode_grid import decode_grid, need_room
from latentlab.core.views.dimension_use import DimensionUse, dimension_use, use_operations


@dataclass(frozen=True, slots=True)
class TraversalsQuestion:
    """A row of images for each latent dimension, which alone changes along it.

    Attributes
    ----------
    through : int, tuple of float, or None
        The code that the rows lead through: that of an image of the map, by its row; one of L numbers; or the mean of
        all codes.
    radius : float
        Values go from -radius to radius; for an autoencoder in deviations of the dimension from its mean.
    steps : int
        Images in a row: odd, so that the middle is among them.
    rows : int
        At most so many, of the dimensions that tell most.
    with_unused : bool
        Show dimensions that the model does not use too.
    label : int
        Decoded under it, by a CVAE.
    """

    through: int | tuple[float, ...] | None
    radius: float
    steps: int
    rows: int
    with_unused: bool
    label: int

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        return use_operations(model) + self.rows * self.steps * model.operations.decode

    def answer(self, model: MapUpdate) -> Traversals:
        """Answer it of a model as it is now: see `traversals`."""
        return traversals(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class Traversals:
    """The decoded rows.

    Attributes
    ----------
    code : float32 (L,)
        That they lead through.
    use : DimensionUse
    dimensions : int64 (R,)
        Of each row.
    values : float32 (R, S)
        Of the row's dimension, ascending.
    images : float32 (R, S, C, H, W)
    left : int
        How many more rows there would be.
    """

    run_id: str
    question: TraversalsQuestion
    code: Floats
    use: DimensionUse
    dimensions: Integers
    values: Floats
    images: Floats
    left: int


def traversals(question: TraversalsQuestion, model: MapUpdate) -> Traversals:
    """Decode a row of images for each latent dimension (Higgins et al., 2017, section 4), most telling first.

    Raises
    ------
    LatentlabError
        When the model's code is no point, it uses no dimension, or the images would not fit into memory.
    """
    use = dimension_use(model)
    order = use.order if question.with_unused else use.order[use.used[use.order]]
    if not len(order):
        raise LatentlabError(
            "The model uses none of its latent dimensions, or not yet: train it longer, or show the unused ones too."
        )
    dimensions = order[: question.rows]
    need_room(model.snapshot, len(dimensions) * question.steps)
    code = _code(question, model)
    values = _values(question, model, dimensions)
    codes = np.broadcast_to(code, (*values.shape, len(code))).copy()
    for row, dimension in enumerate(dimensions.tolist()):
        codes[row, :, dimension] = values[row]
    images = decode_grid(model.snapshot, codes, np.full(values.shape, question.label, np.int64))
    return Traversals(model.run_id, question, code, use, dimensions, values, images, len(order) - len(dimensions))


def _code(question: TraversalsQuestion, model: MapUpdate) -> Floats:
    through = question.through
    if isinstance(through, int) and through < len(model.means) and np.isfinite(model.means[through]).all():
        of_image: Floats = model.means[through]
        return of_image
    if isinstance(through, tuple) and len(through) == model.snapshot.latent:
        return np.array(through, np.float32)
    # What was picked is no longer there, or not encoded yet: what is picked now is told in a moment.
    mean: Floats = model.means[need_codes(model)].mean(0, dtype=np.float64).astype(np.float32)
    return mean


def _values(question: TraversalsQuestion, model: MapUpdate, dimensions: Integers) -> Floats:
    ticks = np.linspace(-question.radius, question.radius, question.steps, dtype=np.float32)
    if model.snapshot.is_variational:
        return np.repeat(ticks[None], len(dimensions), 0)
    means = model.means[need_codes(model)][:, dimensions]
    values: Floats = (means.mean(0)[:, None] + ticks * means.std(0)[:, None]).astype(np.float32)
    return values
