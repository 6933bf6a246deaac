"""Means beside deviations: of which images, in which dimensions."""

import dataclasses

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.models.prior import STANDARD_NORMAL
from latentlab.core.views.posterior_scatter import DeviationsQuestion


def asked(model):
    return DeviationsQuestion().answer(model)


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_they_are_those_of_the_encoder(tiny_model, kind):
    model = tiny_model(model__kind=kind)
    found = asked(model)
    assert (found.run_id, found.total, sorted(found.rows)) == (model.run_id, 60, list(range(60)))
    mean, logvar = model.snapshot.encode(model.images[found.rows], model.labels[found.rows])
    np.testing.assert_allclose(found.means.points, mean, atol=1e-6)
    np.testing.assert_allclose(found.deviations.points, np.exp(logvar / 2), rtol=1e-5)
    assert (found.means.axes, found.deviations.axes) == (("z₁", "z₂"), ("σ₁", "σ₂"))
    assert np.array_equal(found.deviations.labels, model.labels[found.rows])
    assert found.deviations.class_names == ("upright", "level", "ring")


class Told:
    """Stands in for a snapshot of five dimensions; the fifth and the second tell most."""

    is_variational, uses_labels, latent, class_names = True, False, 5, ()
    prior = STANDARD_NORMAL

    def encode(self, images, labels=None):
        means = np.arange(len(images))[:, None] * np.array([0, 0.1, 0.01, 0, 1])
        return means.astype(np.float32), np.zeros((len(images), 5), np.float32)

    def posterior(self, images, labels=None):
        means, logvars = self.encode(images, labels)
        return means, np.exp(0.5 * logvars)


def test_of_many_dimensions_the_two_of_highest_kl_are_shown(tiny_model):
    model = dataclasses.replace(tiny_model(), snapshot=Told())
    found = asked(model)
    assert found.means.axes == ("z₂", "z₅")
    assert found.deviations.axes == ("σ₂", "σ₅")
    np.testing.assert_allclose(found.means.points[:, 0], found.means.points[:, 1] / 10, rtol=1e-5)


def test_a_single_dimension_lies_on_a_line(tiny_model):
    found = asked(tiny_model(model__latent=1))
    assert found.deviations.axes == ("σ₁", "")
    assert not found.deviations.points[:, 1].any()


def test_of_many_images_as_many_are_encoded_as_keep_up(tiny_model):
    model, rows = tiny_model(), np.arange(4000) % 60
    many = dataclasses.replace(
        model, means=model.means[rows], labels=model.labels[rows], images=model.images[rows], ids=model.ids.taken(rows)
    )
    found = asked(many)
    assert len(found.rows) == len(set(found.rows)) == len(found.means.points) == 3000
    assert found.total == 4000
    assert np.array_equal(asked(many).rows, found.rows)


def test_models_without_deviations_or_images_are_refused_in_a_sentence(tiny_model):
    with pytest.raises(LatentlabError, match="no posterior"):
        asked(tiny_model(model__kind="autoencoder"))
    with pytest.raises(LatentlabError, match="not loaded"):
        asked(dataclasses.replace(tiny_model(), images=None))
