"""A prior that is fitted at the end of a training, and one that is learned, are those of what the window shows."""

import numpy as np

from latentlab.core.map.plane_prior import prior_on_plane
from latentlab.ui.canvas.layers.contours_layer import ContoursLayer


def drawn(lab):
    """Give the mixture that the map draws."""
    (layer,) = (item for item in lab.canvas.scene().items() if isinstance(item, ContoursLayer))
    return layer.mixture()


def test_a_fitted_prior_is_the_maps_once_the_training_is_finished(lab, qtbot):
    lab.train({})
    assert drawn(lab) is None
    lab.train({"training.fit_prior": 3})
    lab.until(lambda: drawn(lab) is not None)
    shown = lab.session.exploration.shown
    assert shown.snapshot is lab.session.run.snapshot
    assert len(drawn(lab).weights) == 3
    expected = prior_on_plane(shown.snapshot.prior, shown.projection)
    np.testing.assert_allclose(drawn(lab).means, expected.means)


def test_a_learned_prior_follows_the_training(lab):
    lab.train({"model.prior": "vamp", "model.components": 4})
    lab.until(lambda: drawn(lab) is not None)
    assert len(drawn(lab).weights) == 4
    lab.press("priorButton")
    assert lab.decoded() is not None
