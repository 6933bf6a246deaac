"""Posteriors of a map's images on its plane."""

import numpy as np
import pytest

from latentlab.core.map.posteriors import deviations_of, posteriors


@pytest.mark.parametrize("latent", [2, 5])
def test_the_posteriors_of_some_rows_on_the_plane(tiny_model, latent):
    model = tiny_model(model__latent=latent)
    deviations = deviations_of(model)
    found = posteriors(model, np.array([7, 2, 5000, -1]), 2)
    assert found.rows.tolist() == [7, 2]
    assert (found.pointed, found.run_id) == (2, model.run_id)
    for row, covariance in zip(found.rows, found.covariances, strict=True):
        assert covariance == pytest.approx(model.projection.covariance(deviations[row]), rel=1e-3, abs=1e-6)


def test_an_autoencoder_has_no_posteriors(tiny_model):
    found = posteriors(tiny_model(model__kind="autoencoder"), np.array([1, 2]), 1)
    assert found.covariances.shape == (0, 2, 2)
    assert not len(found.rows)
