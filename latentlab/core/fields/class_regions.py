"""Class regions of a map: which class the nearest neighbours of each place have, and how clearly.

The k-nearest-neighbour rule (Cover and Hart, 1967, "Nearest neighbor pattern classification") on the plane of the map:
of the k images nearest to a place, the class of most of them is the place's, and how far that majority is from an even
share of the votes is how certain it is. Where the k-th neighbour is farther away than images' own usually are, nothing
is near.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Extent, Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.fields.grid import middles, places
from latentlab.core.fields.prepared_map import PreparedMap


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Which class the nearest neighbours of a place have.

    Attributes
    ----------
    labels : int64 (R, C)
        The class of most of them.
    certainty : float32 (R, C)
        How clear that majority is: 0 where the classes could not be nearer to each other, 1 where all are of one.
    nearness : float32 (R, C)
        1 among the points, 0 where there are none near.
    extent : tuple of float
    classes : int
        How many there are.
    neighbours : int
    """

    run_id: str
    labels: Integers
    certainty: Floats
    nearness: Floats
    extent: Extent
    classes: int
    neighbours: int


NEIGHBOURS = 15
_SAMPLE = 500  # images that tell how far away a k-th neighbour usually is
_USUALLY = 0.95  # of them have theirs within this distance; a region begins to fade at twice, and ends at four times it


def class_regions(prepared: PreparedMap, extent: Extent, *, cells: int) -> Regions:
    """Give the class regions on a part of the plane.

    Parameters
    ----------
    prepared : PreparedMap
    extent : tuple of float
        Left, right, bottom and top of the part.
    cells : int
        About so many places are computed.

    Raises
    ------
    LatentlabError
        When the images of the map have no classes.
    """
    snapshot, labels = prepared.model.snapshot, prepared.labels[prepared.labels >= 0]
    if not len(labels) or not snapshot.class_names:
        raise LatentlabError("The images of this map have no classes, so there are no regions of theirs to show.")
    xs, ys = middles(extent, cells)
    shape = len(ys), len(xs)
    # Onto the map's own axes: of a latent space of one dimension all points lie at y = 0.
    directions = prepared.model.projection.directions
    grid = places(xs, ys) @ (np.eye(2, dtype=np.float32) if directions[1].any() else np.diag([1.0, 0.0]))
    count = min(NEIGHBOURS, len(labels))
    distances, rows = _nearest(prepared, grid, count)
    votes = labels[rows]
    classes = len(snapshot.class_names)
    shares = np.stack([(votes == label).mean(1) for label in range(classes)], 1)
    winners = shares.argmax(1)
    even = 1 / min(classes, count)
    certainty = (shares.max(1) - even) / (1 - even) if even < 1 else np.ones(len(grid))
    known = prepared.points[prepared.labels >= 0][:_SAMPLE]
    usual = float(np.quantile(_nearest(prepared, known, count)[0][:, -1], _USUALLY))
    with np.errstate(all="ignore"):
        nearness = np.clip(2 - distances[:, -1] / (2 * usual), 0, 1) if usual > 0 else (distances[:, -1] == 0)
    return Regions(
        prepared.model.run_id,
        winners.astype(np.int64).reshape(shape),
        np.clip(certainty, 0, 1).astype(np.float32).reshape(shape),
        nearness.astype(np.float32).reshape(shape),
        extent,
        classes,
        count,
    )


def _nearest(prepared: PreparedMap, grid: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Give distances and rows of so many nearest neighbours, each (M, count)."""
    return tuple(found.reshape(len(grid), count) for found in prepared.neighbours.query(grid, count))
