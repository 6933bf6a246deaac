"""The ELBO of a map's images, and what it is the sum of."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from latentlab.core.arrays import row_order
from latentlab.core.errors import LatentlabError
from latentlab.core.measures.likelihood import likelihoods
from latentlab.core.views import elbo as view
from latentlab.core.views.elbo import ElboQuestion


@pytest.mark.parametrize("kind", ["vae", "cvae"])
def test_it_is_the_bound_that_the_model_gives_with_one_sample_an_image(tiny_model, kind):
    model = tiny_model(model__kind=kind, loss__beta=0.3, training__temperature=0.5)
    found = ElboQuestion().answer(model)
    assert found.run_id == model.run_id
    images = torch.from_numpy(model.images).float() / 255
    labels = torch.from_numpy(model.labels)
    bounds = []
    for seed in range(40):  # other samples: it is their mean that it estimates
        noise = torch.randn(60, 2, generator=torch.Generator().manual_seed(1000 + seed))
        with torch.inference_mode():
            mean, logvar = model.snapshot.model.encode(images, labels)
            terms = model.snapshot.model.loss_terms(images, labels, noise)
        bounds.append(-(terms[0] + 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(1)))
    spread = torch.stack(bounds).std(0).square().mean().sqrt() / np.sqrt(60)
    assert found.elbo == pytest.approx(float(torch.stack(bounds).mean()), abs=4 * float(spread))
    assert found.elbo == pytest.approx(-(found.reconstruction + found.kl))
    assert found.elbo_error == pytest.approx(float(bounds[0].std() / np.sqrt(60)), rel=0.2)


def test_the_parts_are_those_of_its_kl(tiny_model):
    model = tiny_model(model__latent=3)
    found = ElboQuestion().answer(model)
    assert (found.parts.images, found.parts.samples, len(found.parts.by_dimension)) == (60, 60, 3)
    assert found.parts.kl == pytest.approx(found.kl, abs=4 * float(np.sqrt(np.square(found.parts.errors).sum())))
    assert 0 < found.parts.mutual_information < np.log(60) + 1e-9


def test_few_images_do_at_first_without_their_likelihood(tiny_model, monkeypatch):
    model = tiny_model()
    monkeypatch.setattr(view, "_QUICK_IMAGES", 20)
    quick, both = ElboQuestion(is_quick=True), ElboQuestion(with_likelihood=True, is_quick=True)
    found = quick.answer(model)
    assert (found.is_quick, found.parts.images) == (True, 20)
    assert both.answer(model).likelihoods is None
    assert both.operations(model) == quick.operations(model) < ElboQuestion().operations(model)
    whole = ElboQuestion().answer(model)
    assert (whole.is_quick, whole.parts.images) == (False, 60)
    monkeypatch.setattr(view, "_QUICK_IMAGES", 60)  # there are no more
    found = both.answer(model)
    assert not found.is_quick
    assert (found.elbo, len(found.likelihoods.elbo)) == (whole.elbo, 60)
    assert both.operations(model) == math.inf


def test_the_likelihood_is_that_of_the_same_images(tiny_model):
    model = tiny_model()
    assert ElboQuestion().answer(model).likelihoods is None
    found = ElboQuestion(with_likelihood=True).answer(model).likelihoods
    order = row_order(60)
    expected = likelihoods(model.snapshot, torch.from_numpy(model.images[order]), torch.from_numpy(model.labels[order]))
    np.testing.assert_allclose(found.log_p, expected.log_p)
    assert found.elbo.mean() < found.iwae.mean() < found.log_p.mean()


def test_an_autoencoder_has_none_and_neither_has_a_vae_without_its_images(tiny_model):
    with pytest.raises(LatentlabError, match="open a VAE"):
        ElboQuestion().answer(tiny_model(model__kind="autoencoder"))
    with pytest.raises(LatentlabError, match="not loaded"):
        ElboQuestion().answer(dataclasses.replace(tiny_model(), images=None))
