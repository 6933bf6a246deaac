"""Where the encoder puts images, and how sure it is of that: means beside standard deviations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats, Integers, row_order
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import dimension_name
from latentlab.core.map.requirements import need_images, need_posterior
from latentlab.core.map.results import MapPoints


@dataclass(frozen=True, slots=True)
class DeviationsQuestion:
    """Means and standard deviations of the images' posteriors."""

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        return _MOST_IMAGES * model.operations.encode

    def answer(self, model: MapUpdate) -> Deviations:
        """Answer it of a model as it is now: see `deviations`."""
        return deviations(model)


@dataclass(frozen=True, slots=True, eq=False)
class Deviations:
    """Means beside standard deviations of the same images, in two dimensions.

    Attributes
    ----------
    rows : int64 (N,)
        Which of the map's images these are.
    total : int
        How many the map shows.
    means, deviations : MapPoints
        Their axes name the dimensions.
    """

    run_id: str
    rows: Integers
    total: int
    means: MapPoints
    deviations: MapPoints


_MOST_IMAGES = 3000  # encoded for every answer: as many as keep up with a training
_COMPARED = 1000  # by which dimensions are chosen


def deviations(model: MapUpdate) -> Deviations:
    """Encode images to means μ and standard deviations σ of their posteriors.

    Of more than two dimensions the two of the highest KL divergence are taken.

    Raises
    ------
    LatentlabError
        When the model has no posterior, or the images are not loaded.
    """
    from latentlab.core.measures.latent import kl_per_dimension  # not above: panels read this file, and load no torch

    snapshot = model.snapshot
    need_posterior(snapshot)
    available = need_images(model)
    rows = row_order(len(available))[:_MOST_IMAGES]
    images, labels = available[rows], model.labels[rows]
    means, widths = snapshot.posterior(images, labels)
    chosen = np.arange(min(2, snapshot.latent))
    if snapshot.latent > 2:
        informs = kl_per_dimension(snapshot, images[:_COMPARED], labels[:_COMPARED])
        chosen = np.sort(np.argsort(-informs, kind="stable")[:2])
    names = [dimension_name(int(dimension)) for dimension in chosen]

    def points(values: Floats, symbol: str) -> MapPoints:
        # A single dimension lies on a line, as on the map.
        plane = np.zeros((len(rows), 2), np.float32)
        plane[:, : len(chosen)] = values[:, chosen]
        axes = [name.replace("z", symbol) for name in names] + [""]
        return MapPoints.of(model, plane, (axes[0], axes[1]), rows)

    return Deviations(model.run_id, rows, len(available), points(means, "z"), points(widths, "σ"))
