"""Gaps of a map: places whose decoded image the encoder would put elsewhere.

A model that is self-consistent encodes what it decodes where it came from (Cemgil et al., 2020, "The Autoencoding
Variational Autoencoder"). A place far from all codes that training has seen decodes to an image of nobody, and the
encoder moves it to where such images are. So the gap of a code z is the way it moves, with f the encoder's mean and g
the decoder's image::

    gap(z) = |f(g(z)) - z| / r

r is the map's radius: the median distance of the codes from their median. It makes numbers of two models comparable,
whose codes may differ in scale, as an autoencoder is free to choose any. A median, because an autoencoder throws a few
codes far out, whose distances would rule a mean of squares; and of whole radii, not of distances between neighbours,
which depend on how many images there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Extent, Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.fields.grid import middles, places, plane_code
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_point

GAP = 0.5
"""From here on a place of the map counts as a gap: what is decoded there is encoded half a map's radius away."""


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """How far codes of the map's plane move when they are decoded and encoded again.

    Attributes
    ----------
    values : float32 (R, C)
        In units of the map's radius, at the middles of the cells; not-a-number where a model gives none.
    extent : tuple of float
    share : float
        Of the box that holds the means, from the first to the 99th percentile on either axis: where the value is
        above `GAP`.
    """

    run_id: str
    values: Floats
    extent: Extent
    share: float


_CHUNK = 256  # images at once: convolutions over more are slower than in parts
_TAIL = 0.01  # of the means on either side of an axis: a few far ones would make any box a desert


def gaps(
    model: MapUpdate, extent: Extent, *, through: Floats | None, label: int, cells: int, share: float | None = None
) -> Gaps:
    """Measure gaps on a part of the map, and which share of the map they are.

    Parameters
    ----------
    model : MapUpdate
    extent : tuple of float
        Left, right, bottom and top of the part.
    through : float32 (L,) or None
        A code on the plane; None for the plane of the map itself. It matters where L > 2.
    label : int
        To decode and encode under, for a CVAE.
    cells : int
        About so many codes are decoded for the part, and as many for the share.
    share : float, optional
        The share, where it is known already.

    Raises
    ------
    LatentlabError
        When the model's code is no point, or its map no scale to measure by.
    """
    need_point(model.snapshot, "its map has no gaps to show.")
    means = model.means[np.isfinite(model.means).all(1)]
    radius = _radius(means)
    if radius == 0:
        raise LatentlabError("All codes of this map lie at one point: there is no scale to measure gaps by.")
    base = plane_code(model.projection, through)

    def measure(part: Extent) -> Floats:
        xs, ys = middles(part, cells)
        moved = _moved(model, base, label, places(xs, ys))
        return (moved / radius).astype(np.float32).reshape(len(ys), len(xs))

    if share is None:
        box = np.quantile(model.projection.to_plane(means), [_TAIL, 1 - _TAIL], axis=0)
        values = measure((box[0, 0], box[1, 0], box[0, 1], box[1, 1]))
        share = float((values > GAP).mean())
    return Gaps(model.run_id, measure(extent), extent, share)


def _radius(means: Floats) -> float:
    if not len(means):
        return 0.0
    return float(np.median(np.linalg.norm(means - np.median(means, axis=0), axis=1)))


def _moved(model: MapUpdate, base: Floats, label: int, positions: Floats) -> Floats:
    """Give how far the codes at positions (N, 2) move when decoded and encoded again, in units of the latent space."""
    snapshot = model.snapshot
    codes = (base + positions @ model.projection.directions).astype(np.float32)
    parts = []
    for part in np.array_split(codes, max(1, -(-len(codes) // _CHUNK))):
        labels = snapshot.under(label, len(part))
        again, _ = snapshot.encode(snapshot.decode(part, labels), labels)
        with np.errstate(all="ignore"):  # a model that diverges, or a view that nobody looks at
            parts.append(np.linalg.norm(again - part, axis=1))
    return np.concatenate(parts)
