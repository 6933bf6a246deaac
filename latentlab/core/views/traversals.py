"""How much each latent dimension tells, and what changes in the image when one of them changes alone."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers, row_order
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.posteriors import deviations_of
from latentlab.core.map.requirements import need_codes, need_point
from latentlab.core.models.decode_grid import decode_grid, need_room


@dataclass(frozen=True, slots=True)
class DimensionsQuestion:
    """How much each latent dimension tells of the images."""

    def answer(self, model: MapUpdate) -> DimensionUse:
        """Answer it of a model as it is now: see `dimension_use`."""
        return dimension_use(model)


@dataclass(frozen=True, slots=True, eq=False)
class DimensionUse:
    """How much each latent dimension tells, in the order of the dimensions.

    Attributes
    ----------
    amounts : float32 (L,)
        Of a VAE its share of the KL divergence, nats per image; of an autoencoder its variance over the images.
    used : bool (L,)
        Whether the model uses it.
    order : int64 (L,)
        The dimensions, the one that tells most first.
    is_kl : bool
        Whether the amounts are nats.
    images : int
        How many these are means over.
    """

    run_id: str
    amounts: Floats
    used: npt.NDArray[np.bool_]
    order: Integers
    is_kl: bool
    images: int


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


_MOST_IMAGES = 3000  # whose posteriors are looked at for every answer: as many as keep up with a training
_SILENT_SHARE = 0.01
_found: WeakKeyDictionary[MapUpdate, DimensionUse] = WeakKeyDictionary()


def use_operations(model: MapUpdate) -> float:
    """Say what `dimension_use` costs."""
    return 0 if model in _found else _MOST_IMAGES * model.operations.encode


def dimension_use(model: MapUpdate) -> DimensionUse:
    """Say how much each latent dimension tells of the map's images, of a sample where they are many.

    Of a VAE, its share of the KL divergence (Kingma and Welling, 2014, appendix B, before their sum), from a mixture
    prior that of its marginal; it is used where `active_units` says so. An autoencoder has no posterior: the variance
    of its code counts, and a dimension is used where it deviates by more than a hundredth of what the liveliest does.

    It is found once for a map: every answer of the views and the tools that speak of its dimensions begins with it.

    Raises
    ------
    LatentlabError
        When the model's code is no point, or there are no codes to measure.
    """
    found = _found.get(model)
    if found is None:
        found = _found[model] = _use(model)
    return found


def _use(model: MapUpdate) -> DimensionUse:
    need_point(model.snapshot)
    known = need_codes(model)
    means = model.means[known]
    if model.snapshot.is_variational:
        import torch  # not above: panels read this file, and load no torch

        from latentlab.core.measures.latent import active_units

        rows = known[row_order(len(known))[:_MOST_IMAGES]]
        # A deviation may be too small for float32.
        deviations = np.maximum(deviations_of(model, rows), np.finfo(np.float32).tiny)
        mean, logvar = torch.from_numpy(model.means[rows]), torch.from_numpy(2 * np.log(deviations))
        amounts = model.snapshot.prior.kl_by_dimension(mean, logvar).mean(0).numpy()
        used, count = active_units(means), len(rows)
    else:
        amounts = means.var(0, dtype=np.float64).astype(np.float32)
        used, count = amounts > _SILENT_SHARE**2 * amounts.max(), len(means)
    order: Integers = np.argsort(-amounts, kind="stable")
    return DimensionUse(model.run_id, amounts, used, order, model.snapshot.is_variational, count)


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
