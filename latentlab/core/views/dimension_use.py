"""How much each latent dimension tells of the images: found once for a map, for all views and tools that ask."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers, row_order
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.posteriors import deviations_of
from latentlab.core.map.requirements import need_codes, need_point


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
