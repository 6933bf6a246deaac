"""What a map shows of a model: where it puts the images. It needs no torch, so that whoever shows it loads none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.image_ids import ImageIds

if TYPE_CHECKING:
    from latentlab.core.data.columns import Column
    from latentlab.core.map.projection import Projection
    from latentlab.core.models.operations import Operations
    from latentlab.core.models.snapshot import Snapshot
    from latentlab.core.sketch.preparation import Preparation


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class MapUpdate:
    """A model as it is now, and where it puts the map's images.

    Attributes
    ----------
    run_id : str
    epochs_done : float
        Position on the axis of epochs.
    snapshot : Snapshot
    means : float32 (N, L)
        Of all the images; in an update during training some may be some seconds old, and NaN where an image of many
        has not been encoded yet.
    deviations : float32 (N, L) or None
        σ of each posterior, as old as its mean; None where only the means are loaded: see `posteriors`.
    labels : int64 (N,)
    projection : Projection
        Fitted to the means, or along axes that were chosen.
    images : uint8 (N, C, H, W) or None
        What the means are of; None where the data set is not on this machine.
    preparation : Preparation
        How a sketch is made like them.
    operations : Operations
        What encoding an image and decoding a code cost.
    noisy : uint8 (N, C, H, W) or None
        The same images damaged, where the data set is one of pairs.
    columns : tuple of Column
        What else is known of each image.
    missing : int
        Images that have not been encoded yet: their means are NaN.
    pending : int
        Images that are just being encoded, since all shall be of this model: the others' means are.
    ids : ImageIds
        Which images of their data set they are: equal for maps that show the same ones.
    """

    run_id: str
    epochs_done: float
    snapshot: Snapshot
    means: Floats
    labels: Integers
    projection: Projection
    images: npt.NDArray[np.uint8] | None
    preparation: Preparation
    operations: Operations
    noisy: npt.NDArray[np.uint8] | None = None
    deviations: Floats | None = None
    columns: tuple[Column, ...] = ()
    missing: int = 0
    pending: int = 0
    ids: ImageIds = field(default_factory=ImageIds.unknown)
