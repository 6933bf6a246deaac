"""Which latent dimensions a model uses: those of a VAE by their KL, units of an autoencoder by who switches them on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_codes, need_images, need_point
from latentlab.core.models.decode_grid import decode_grid
from latentlab.core.views.dimension_use import dimension_use, use_operations

if TYPE_CHECKING:
    from latentlab.core.measures.latent import Activity
    from latentlab.core.models.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class UnitsQuestion:
    """Which dimensions a VAE uses; or which units of an autoencoder's code are on, and what those of a class draw."""

    label: int

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        if model.snapshot.is_variational:
            return use_operations(model)
        return len(model.means) * model.operations.encode  # about as much

    def answer(self, model: MapUpdate) -> UsedDimensions | FiringUnits:
        """Answer it of a model as it is now: see `units`."""
        return units(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class UsedDimensions:
    """What each dimension of a VAE tells.

    Attributes
    ----------
    dimensions : int64 (L,)
        The one that tells most first.
    kl : float32 (L,)
        Their shares of the KL divergence, nats per image.
    active : bool (L,)
        Which of them the model uses.
    images : int
        How many these are means over.
    """

    run_id: str
    dimensions: Integers
    kl: Floats
    active: npt.NDArray[np.bool_]
    images: int


@dataclass(frozen=True, slots=True, eq=False)
class FiringUnits:
    """Which images switch on which units of an autoencoder's code; shares in [0, 1].

    Attributes
    ----------
    by_unit : float32 (L,)
        Of images that switch each unit on, descending.
    share : float
        Of units that an image switches on, in the mean.
    edges, counts : float32 (B + 1,), float32 (B,)
        Histogram over images: bounds of the share of units, and the share of images between two.
    by_class : float32 (G, U)
        Of each class's images that switch on each unit that is ever on; units of one class lie together.
    label : int
        The class that was asked about.
    telling : int64 (K,)
        Units that fire more for it than for others, the most telling first.
    telling_shares : float32 (K,)
        Of that class's images that switch these on.
    drawn : float32 (K, C, H, W)
        What these add to an image: grey is nothing, white ink.
    """

    run_id: str
    by_unit: Floats
    share: float
    edges: Floats
    counts: Floats
    by_class: Floats
    label: int
    telling: Integers
    telling_shares: Floats
    drawn: Floats


_BINS = 40
_DRAWN = 12


def units(question: UnitsQuestion, model: MapUpdate) -> UsedDimensions | FiringUnits:
    """Say which dimensions a VAE uses, or which units of an autoencoder's code are on for whom.

    Raises
    ------
    LatentlabError
        When the model's code is no point, or a VAE's images are not loaded.
    """
    need_point(model.snapshot)
    return _used(model) if model.snapshot.is_variational else _firing(model, question.label)


def _used(model: MapUpdate) -> UsedDimensions:
    need_images(model)
    use = dimension_use(model)
    return UsedDimensions(model.run_id, use.order, use.amounts[use.order], use.used[use.order], use.images)


def _firing(model: MapUpdate, label: int) -> FiringUnits:
    from latentlab.core.measures.latent import activity  # not above: panels read this file, and load no torch

    snapshot, known = model.snapshot, need_codes(model)
    codes, labels = model.means[known], model.labels[known]
    found = activity(codes, labels, len(snapshot.class_names))
    highest = max(float(found.by_image.max(initial=0)), 1 / snapshot.latent)
    counts, edges = np.histogram(found.by_image, _BINS, (0, min(1.0, 1.1 * highest)))
    telling = _telling(found, labels, label)
    return FiringUnits(
        run_id=model.run_id,
        by_unit=-np.sort(-found.by_unit),
        share=float(found.by_image.mean()),
        edges=edges.astype(np.float32),
        counts=(counts / max(1, len(codes))).astype(np.float32),
        by_class=_together(found),
        label=label,
        telling=telling,
        telling_shares=found.by_class[label, telling] if len(telling) else np.empty(0, np.float32),
        drawn=_drawn(snapshot, codes, telling),
    )


def _together(found: Activity) -> Floats:
    """Order the units that are ever on by the class that they fire most for, and there by how often."""
    on = np.flatnonzero(found.by_unit)
    if not len(found.by_class):
        return np.empty((0, len(on)), np.float32)
    shares = found.by_class[:, on]
    return shares[:, np.lexsort((-shares.max(0), shares.argmax(0)))]


def _telling(found: Activity, labels: Integers, label: int) -> Integers:
    """Give the units that fire more often for a class than for the other images, the largest difference first."""
    own = labels == label
    if label >= len(found.by_class) or not own.any():
        return np.empty(0, np.int64)
    inside = found.by_class[label]
    outside = (found.by_unit * len(labels) - inside * own.sum()) / max(1, len(labels) - own.sum())
    more = inside - outside
    telling: Integers = np.argsort(-more, kind="stable")[: min(_DRAWN, np.count_nonzero(more > 0))]
    return telling


def _drawn(snapshot: Snapshot, codes: Floats, telling: Integers) -> Floats:
    """Decode each unit alone, as strong as it ever is, less what silence decodes to.

    Each in its own strength of grey: half is no difference.
    """
    if not len(telling):
        return np.empty((0, *snapshot.image_shape), np.float32)
    alone = np.zeros((len(telling) + 1, snapshot.latent), np.float32)
    alone[range(len(telling)), telling] = np.abs(codes[:, telling]).max(0)
    images = decode_grid(snapshot, alone, np.zeros(len(alone), np.int64))
    difference = images[:-1] - images[-1]
    largest = np.abs(difference).max((1, 2, 3), keepdims=True)
    drawn: Floats = 0.5 + 0.5 * difference / np.maximum(largest, np.float32(1e-6))
    return drawn
