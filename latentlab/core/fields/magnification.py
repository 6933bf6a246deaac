"""Magnification of a map: how much decoded images change from place to place.

With J the Jacobian of the decoded image by the place on the map, so that JᵀJ is the metric that the decoder pulls back
to it, the magnification is the area of the surface of decoded images over a unit of area of the map::

    √det(JᵀJ)

(Bishop, Svensén and Williams, 1997, "Magnification factors for the GTM algorithm"; for a decoder's mean image, as
here, Arvanitidis, Hansen and Hauberg, 2018, "Latent space oddity: on the curvature of deep generative models"; Shao,
Kumar and Fletcher, 2018, "The Riemannian geometry of deep generative models".) Where it is high a small step changes
the image much, as between classes; where it is low many places decode to nearly the same image. Images have levels from
0 to 1, so that the unit of distance between two of them is one pixel from black to white.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Doubles, Extent, Floats
from latentlab.core.fields.grid import middles, places, plane_code
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_point
from latentlab.core.measures.tangents import areas, radius_of, tangents
from latentlab.core.progress import reached


@dataclass(frozen=True, slots=True, eq=False)
class Magnification:
    """How much larger the surface of decoded images is than the part of the map that it is decoded from.

    Attributes
    ----------
    values : float32 (R, C)
        Pixels² per unit of area of the latent space, at the middles of the cells; pixels per unit of length where it
        has one dimension; not-a-number where a model gives none.
    extent : tuple of float
    low, high : float
        What counts as least and most, both above 0: nearly the extremes, so that a single spike does not rule.
    is_line : bool
        The latent space has one dimension.
    """

    run_id: str
    values: Floats
    extent: Extent
    low: float
    high: float
    is_line: bool


_CHUNK = 64  # places, of which each decodes four images
_LOW, _HIGH = 0.02, 0.995  # quantiles of what counts as least and most
# Times that the most is the least: beyond, all lower ones are the least; within, hardly anything would look like much.
_WIDEST, _NARROWEST = 100.0, 2.0


def magnification(model: MapUpdate, extent: Extent, *, through: Floats | None, label: int, cells: int) -> Magnification:
    """Measure the magnification on a part of the map.

    Parameters
    ----------
    model : MapUpdate
    extent : tuple of float
        Left, right, bottom and top of the part.
    through : float32 (L,) or None
        A code on the plane; None for the plane of the map itself. It matters where L > 2: then J is of the map from
        the plane to the image.
    label : int
        To decode under, for a CVAE.
    cells : int
        About so many places are measured.

    Raises
    ------
    LatentlabError
        When the model's code is no point.
    """
    need_point(model.snapshot, "its map has no magnification to show.")
    snapshot, directions = model.snapshot, model.projection.directions
    is_line = not directions[1].any()
    xs, ys = middles(extent, cells)
    codes = plane_code(model.projection, through) + places(xs, ys) @ directions
    codes = codes.astype(np.float32)
    radius = radius_of(model.means)
    found = np.empty(len(codes))
    for start in range(0, len(codes), _CHUNK):
        part = codes[start : start + _CHUNK]
        columns = tangents(
            lambda codes: snapshot.decode(codes, snapshot.under(label, len(codes))),
            part,
            directions[: 1 if is_line else 2],
            radius,
        )
        with np.errstate(all="ignore"):  # a model that diverges, or a view that nobody looks at
            found[start : start + _CHUNK] = np.linalg.norm(columns[:, 0], axis=1) if is_line else areas(columns)
        reached((start + len(part)) / len(codes))
    return Magnification(
        model.run_id,
        found.astype(np.float32).reshape(len(ys), len(xs)),
        extent,
        *_range_of(found),
        is_line,
    )


def _range_of(values: Doubles) -> tuple[float, float]:
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return 1.0, _WIDEST
    low, high = np.quantile(values, [_LOW, _HIGH]).tolist()
    return min(max(low, high / _WIDEST), high / _NARROWEST), high
