"""How badly a model explains an image under each label, in the pose in which it explains it best."""

from __future__ import annotations

import numpy as np

from latentlab.core.arrays import Doubles, Floats
from latentlab.core.measures.image_losses import misfits
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.sketch.preparation import Preparation

POSED_LABELS = 10  # that are tried in every pose


def are_posed(snapshot: Snapshot, preparation: Preparation) -> bool:
    """Whether sketches are turned and slanted for a model: where its images are of pen strokes."""
    return preparation.stroke > 0 and not snapshot.takes_any_size


def misfits_of_poses(snapshot: Snapshot, variations: Floats, label: int | None) -> Doubles:
    """Give the misfit of each of some poses (P, C, H, W) under each label: float64 (P, K), of a VAE (P, 1).

    Of many labels only the likeliest, and the one in force, are tried in other poses than the first; the rest is inf.
    """
    if not snapshot.uses_labels:
        return misfits(snapshot, variations, None)
    labels = np.arange(len(snapshot.class_names))
    if len(labels) <= POSED_LABELS:
        return misfits(snapshot, variations, labels)
    found = np.full((len(variations), len(labels)), np.inf)
    found[:1] = misfits(snapshot, variations[:1], labels)
    likely = found[0].argsort(kind="stable")[:POSED_LABELS]
    if label is not None:
        likely = np.union1d(likely, snapshot.under(label, 1))
    if len(variations) > 1:
        found[1:, likely] = misfits(snapshot, variations[1:], likely)
    return found


def shares(logarithms: Doubles, temperature: float = 1.0) -> Floats:
    """Give what is in proportion to exp of numbers (..., K) by a temperature, and adds up to 1: float32 (..., K).

    Guo et al. (2017), eq. 9, of another temperature than 1.
    """
    weights = np.exp((logarithms - logarithms.max(-1, keepdims=True)) / temperature)
    probabilities: Floats = (weights / weights.sum(-1, keepdims=True)).astype(np.float32)
    return probabilities
