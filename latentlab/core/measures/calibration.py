"""The temperature at which a CVAE's label probabilities are right as often as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from latentlab.core.arrays import MOST_ORDERED, Doubles, Integers, first_rows, to_floats
from latentlab.core.data.mapped_images import in_parts
from latentlab.core.measures.label_misfits import are_posed, misfits_of_poses
from latentlab.core.models.label_calibration import LabelCalibration
from latentlab.core.models.operations import count
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.progress import reached
from latentlab.core.sketch.poses import POSES, poses
from latentlab.core.sketch.preparation import Preparation

_MOST, _FEWEST = 500, 100  # images, as far as the operations allow: five hundred tell T to about a tenth
_OPERATIONS = 1.5e11  # some seconds
_LOOKED_AT = 4 * _MOST  # of more, where many have a label
_COLDEST, _HOTTEST = 1e-3, 1e4  # temperatures: beyond, the images tell none


def fit_temperature(logarithms: Doubles, labels: Integers) -> float | None:
    """Give the temperature under which labels are likeliest: Guo et al. (2017), section 4.2.

    Parameters
    ----------
    logarithms : float64 (N, K)
        Of the probabilities at temperature 1, less any constant of each row.
    labels : int64 (N,)
        The true ones.

    Returns
    -------
    float or None
        None where the likelihood has no maximum: each image is taken for what it is, or none tells anything.
    """
    if not len(labels):
        return None
    apart = logarithms - logarithms.max(1, keepdims=True)
    own = apart[np.arange(len(labels)), labels]

    def slope(inverse: float) -> float:
        """Give the derivative of the log-likelihood, which is concave, by 1 / T."""
        weights = np.exp(apart * inverse)
        return float((own - (weights * apart).sum(1) / weights.sum(1)).sum())

    least, most = 1 / _HOTTEST, 1 / _COLDEST
    if slope(least) <= 0 or slope(most) >= 0:
        return None
    return 1 / float(brentq(slope, least, most, rtol=1e-10))


def label_calibration(
    snapshot: Snapshot,
    preparation: Preparation,
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.integer[Any]],
    *,
    are_held_out: bool,
) -> LabelCalibration | None:
    """Calibrate the label probabilities of a CVAE as a sketch has them: of each label in its best pose.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        With their (N,) `labels`, -1 where there is none; of many, at most 500 are drawn, always the same.
    are_held_out : bool
        Whether the model has not learned from them.

    Returns
    -------
    LabelCalibration or None
        None where these images tell no temperature; see `fit_temperature`.
    """
    posed, model = are_posed(snapshot, preparation), count(snapshot)
    each = len(snapshot.class_names) * (POSES if posed else 1) * (model.encode + model.decode)
    most = int(np.clip(_OPERATIONS / each, _FEWEST, _MOST))
    rows = _drawn(labels, most)
    known, found = labels[rows].astype(np.int64), np.empty((len(rows), len(snapshot.class_names)))
    for place, row in enumerate(rows):
        reached()
        image = to_floats(images[row])
        found[place] = -misfits_of_poses(snapshot, poses(image) if posed else image[None], None).min(0)
    temperature = fit_temperature(found, known)
    return None if temperature is None else LabelCalibration(temperature, len(rows), are_held_out)


def _drawn(labels: npt.NDArray[np.integer[Any]], most: int) -> Integers:
    """Draw at most so many of the images that have a label, always the same: their rows, ascending.

    Of more than ten million they are drawn without an order of all, and no more labels are looked at than that takes.
    """
    if len(labels) > MOST_ORDERED:
        some = first_rows(len(labels), _LOOKED_AT)
        if len(rows := some[labels[some] >= 0]) >= most:
            return np.sort(rows[:most])
    parts = [part.start + np.flatnonzero(labels[part] >= 0) for part in in_parts(labels)]
    known = np.concatenate([np.empty(0, np.int64), *parts])
    return np.sort(np.random.default_rng(0).permutation(known)[:most])
