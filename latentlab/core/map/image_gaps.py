"""What the encoder loses of the images of a map against their best Gaussians, and what these lose: of any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from latentlab.core.arrays import Floats, Integers, row_order, to_floats
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_images
from latentlab.core.map.true_posterior import KeptTable

if TYPE_CHECKING:
    from latentlab.core.measures.many_gaps import ManyGaps

AT_ONCE = 64  # images that are looked at together


def gap_order(model: MapUpdate) -> Integers:
    """Give all rows of a map, int64 (N,), in the order in which their gaps are found: `row_order`.

    A CVAE has a table of decoded codes for each label: there it is label by label.
    """
    order = row_order(len(model.labels))
    return order[np.argsort(model.labels[order], kind="stable")] if model.snapshot.uses_labels else order


def gaps_of(model: MapUpdate, kept: KeptTable, rows: Integers) -> tuple[Floats, Floats]:
    """Give the amortisation gap and the approximation gap of some images of a map, each float32 (K,), nats.

    As `many_gaps` finds them: of MNIST in two dimensions in some 6 ms each, with log p(x) of 98 of 100 within 0.2 nats.

    Parameters
    ----------
    model : MapUpdate
    kept : KeptTable
        Of a CVAE it has the table of one label at a time.
    rows : int64 (K,)

    Raises
    ------
    LatentlabError
        When the images are not loaded, or the model is no VAE of one or two dimensions.
    """
    from latentlab.core.measures.many_gaps import many_gaps  # not above: panels read this file, and load no torch

    images, snapshot = need_images(model), model.snapshot
    amortisation, approximation = (np.empty(len(rows), np.float32) for _ in range(2))
    labels = model.labels[rows] if snapshot.uses_labels else np.zeros(len(rows), np.int64)
    for label in np.unique(labels).tolist():
        of_label, table = np.flatnonzero(labels == label), kept.of(model, label)
        for start in range(0, len(of_label), AT_ONCE):
            part = of_label[start : start + AT_ONCE]
            shown = to_floats(images[rows[part]])
            found: ManyGaps = many_gaps(table, shown, *snapshot.encode(shown, labels[part]))
            amortisation[part], approximation[part] = found.amortisation, found.approximation
    return amortisation, approximation
