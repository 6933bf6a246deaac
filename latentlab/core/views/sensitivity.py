"""How far a model's codes move when its images are nudged, as a view."""

from __future__ import annotations

import numpy as np

from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.map.requirements import need_images, need_point, some_rows
from latentlab.core.measures.latent import movement
from latentlab.core.views.sensitivity import Nudges, NudgesQuestion

_DEVIATIONS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
_MOST_IMAGES = 500  # encoded anew for every deviation


def nudges(question: NudgesQuestion, model: MapUpdate) -> Nudges:
    """Measure the movement of codes for Gaussian noise of several strengths on the images.

    After Rifai et al. (2011), section 5; see `code_measures.movement`.

    Raises
    ------
    LatentlabError
        When the model's code is no point, all images have the same one, or they are not at hand.
    """
    snapshot = model.snapshot
    need_point(snapshot)
    available = need_images(model)
    rows = some_rows(available, _MOST_IMAGES)
    images, labels = available[rows], model.labels[rows]
    moved = np.array([movement(snapshot, images, labels, deviation, 0) for deviation in _DEVIATIONS], np.float32)
    if not np.isfinite(moved).all():
        raise LatentlabError(
            "The codes of these images are all the same, or not finite: there is no spread to measure a movement by."
        )
    return Nudges(
        run=model.run,
        name=snapshot.recipe.name,
        contraction=snapshot.recipe.loss.contraction,
        epochs=model.epochs_done,
        deviations=np.array(_DEVIATIONS, np.float32),
        movements=moved,
        images=len(rows),
    )
