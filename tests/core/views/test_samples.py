"""Random samples: of the prior, of a Gaussian like the codes, by label; and grids of codes decoded."""

import dataclasses

import numpy as np
import pytest

from latentlab.core.errors import LatentlabError
from latentlab.core.models.prior import STANDARD_NORMAL
from latentlab.core.views.samples import SamplesQuestion

QUESTION = SamplesQuestion(rows=3, columns=5, temperature=1.0, seed=0, like_codes=False)


def asked(model, **changes):
    return dataclasses.replace(QUESTION, **changes).answer(model)


def test_samples_are_codes_of_the_prior_decoded(tiny_model):
    model = tiny_model()
    samples = asked(model)
    assert samples.run_id == model.run_id
    assert samples.images.shape == (3, 5, 1, 28, 28)
    assert samples.images.dtype == np.float32
    assert samples.row_names == ()
    noise = np.random.default_rng(0).standard_normal((15, 2), np.float32)
    np.testing.assert_allclose(samples.images.reshape(15, 1, 28, 28), model.snapshot.decode(noise), atol=1e-6)


def test_samples_of_a_mixture_are_codes_of_its_gaussians_decoded(tiny_model):
    model = tiny_model(model__prior="vamp")
    samples, prior = asked(model), model.snapshot.prior
    assert samples.is_of_mixture
    noise = np.random.default_rng(0).standard_normal((15, 2), np.float32)
    expected = model.snapshot.decode(prior.place(noise))
    np.testing.assert_allclose(samples.images.reshape(15, 1, 28, 28), expected, atol=1e-6)
    cold = asked(model, temperature=0.0).images.reshape(15, 1, 28, 28)
    means = model.snapshot.decode(prior.components.means)
    assert all(np.abs(means - image).max((1, 2, 3)).min() < 1e-4 for image in cold)


def test_the_temperature_scales_the_noise_and_the_seed_draws_it(tiny_model):
    model = tiny_model()
    cold = asked(model, temperature=0.0).images
    np.testing.assert_allclose(cold, np.broadcast_to(cold[:1, :1], cold.shape), atol=1e-6)
    assert np.array_equal(asked(model).images, asked(model).images)
    assert not np.allclose(asked(model).images, asked(model, seed=1).images)
    assert not np.allclose(asked(model).images, asked(model, temperature=2.0).images)


def test_a_cvae_decodes_one_row_of_codes_under_every_label(tiny_model):
    model = tiny_model(model__kind="cvae")
    samples = asked(model)
    assert samples.row_names == ("upright", "level", "ring")
    assert samples.images.shape == (3, 5, 1, 28, 28)
    noise = np.random.default_rng(0).standard_normal((5, 2), np.float32)
    for label in range(3):
        np.testing.assert_allclose(
            samples.images[label], model.snapshot.decode(noise, np.full(5, label)), atol=1e-6, err_msg=str(label)
        )


class Told:
    """Stands in for a snapshot whose images are their codes."""

    uses_labels = takes_any_size = False
    image_shape, latent, class_names = (1, 1, 3), 3, ()
    prior = STANDARD_NORMAL

    def decode(self, codes, labels):
        return codes[:, None, None]


def test_samples_like_the_codes_have_their_mean_and_covariance(tiny_model):
    codes = np.random.default_rng(3).standard_normal((500, 3)) @ np.diag([2, 0.1, 0]) + [5, -1, 3]
    model = dataclasses.replace(tiny_model(), snapshot=Told(), means=codes.astype(np.float32))
    drawn = asked(model, rows=100, columns=100, like_codes=True, temperature=2.0).images.reshape(-1, 3)
    np.testing.assert_allclose(drawn.mean(0), codes.mean(0), atol=0.15)
    np.testing.assert_allclose(np.cov(drawn.T), 4 * np.cov(codes.T), atol=0.6)
    assert np.ptp(drawn[:, 2]) < 1e-5


@pytest.mark.parametrize("count", [0, 1, 4000])
def test_any_number_of_codes_can_be_imitated(tiny_model, count):
    model = tiny_model(model__kind="autoencoder")
    means = np.resize(model.means, (count, 2))
    means[:1] = np.nan  # as of a model that diverges
    samples = asked(dataclasses.replace(model, means=means), like_codes=True)
    assert np.isfinite(samples.images).all()


def test_a_grid_is_decoded_in_parts_as_in_one(tiny_model):
    model = tiny_model()
    codes = np.random.default_rng(0).standard_normal((1200, 2), np.float32)
    images = asked(model, rows=30, columns=40).images.reshape(1200, -1)
    np.testing.assert_allclose(images, model.snapshot.decode(codes).reshape(1200, -1), atol=1e-6)


def test_a_picture_beyond_memory_is_refused_in_a_sentence(tiny_model):
    with pytest.raises(LatentlabError, match="choose fewer"):
        asked(tiny_model(), rows=250, columns=250)


def test_a_code_of_planes_is_refused_in_a_sentence(tiny_model):
    planes = dataclasses.replace(tiny_model(), snapshot=type("Planes", (Told,), {"takes_any_size": True})())
    with pytest.raises(LatentlabError, match="stack of planes"):
        asked(planes)
