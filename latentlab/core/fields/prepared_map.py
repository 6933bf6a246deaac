"""A map with what its fields need of it, worked out once, whichever part of the plane is looked at."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from latentlab.core.arrays import Floats, Integers, row_order
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.posteriors import deviations_of


class PreparedMap:
    """Works out what is asked for, and keeps it.

    Parameters
    ----------
    model : MapUpdate
    """

    def __init__(self, model: MapUpdate) -> None:
        self.model = model
        self._deviations = np.empty((0, model.means.shape[1]), np.float32)

    @cached_property
    def rows(self) -> Integers:
        """The images whose means are finite, shuffled, always alike: the first of them stand for all."""
        shuffled = row_order(len(self.model.means))
        return shuffled[np.isfinite(self.model.means[shuffled]).all(1)]

    @cached_property
    def points(self) -> Floats:
        """Where these lie on the plane: float32 (N, 2)."""
        return self.model.projection.to_plane(self.model.means[self.rows])

    @cached_property
    def labels(self) -> Integers:
        """Their classes, -1 for none: int64 (N,)."""
        return self.model.labels[self.rows]

    def deviations(self, count: int) -> Floats:
        """Give σ of the posteriors of the first so many of these: float32 (count, L); it may encode their images."""
        known = self._deviations  # another thread may be at it too
        if len(known) < count:
            known = np.concatenate([known, deviations_of(self.model, self.rows[len(known) : count])])
            self._deviations = known
        return known[:count]

    @cached_property
    def neighbours(self) -> Any:
        """A tree (scipy's ``cKDTree``) of those that have a class, over their places."""
        from scipy.spatial import cKDTree  # it is needed by class regions alone, and takes its time to import

        return cKDTree(self.points[self.labels >= 0])
