"""Priors that are learned, and priors that are fitted at the end: what a training makes of them and its file keeps."""

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from latentlab.core.errors import LatentlabError
from latentlab.core.measures.likelihood import likelihoods
from latentlab.core.models.prior import STANDARD_NORMAL
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import RecipeError
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL

VAMP = {"model.prior": "vamp", "model.components": 6}
FITTED = {"training.fit_prior": 3}


def trained(images, **changes):
    trainer = Trainer(SMALL.with_changes(changes), images, run_id="abc")
    list(trainer.events())
    return trainer


def test_a_vamp_prior_is_the_mixture_of_its_pseudo_inputs_posteriors_which_begin_at_images_and_learn(tiny_images):
    trainer = Trainer(SMALL.with_changes(VAMP), tiny_images)
    begun = torch.sigmoid(trainer.model.pseudo_inputs).detach().clone()
    images = tiny_images.train_images.float() / 255
    assert begun.shape == (6, 1, 28, 28)
    for each in begun:
        assert (images.clamp(0.05, 0.95) - each).abs().flatten(1).max(1).values.min() < 1e-4
    list(trainer.events())
    snapshot, learned = trainer.snapshot(), torch.sigmoid(trainer.model.pseudo_inputs).detach()
    assert not torch.equal(begun, learned)
    means, deviations = snapshot.posterior(learned)
    told = snapshot.prior.components
    np.testing.assert_allclose(told.weights, 1 / 6, rtol=1e-5)
    np.testing.assert_allclose(told.means, means, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(told.covariances, [np.diag(each**2) for each in deviations], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("changes", [VAMP, FITTED])
def test_an_earlier_epoch_has_its_own_prior_and_not_that_of_the_last(tiny_images, changes):
    trainer = Trainer(SMALL.with_changes(changes), tiny_images)
    begun = trainer.snapshot()
    before = {name: tensor.clone() for name, tensor in begun.state().items()}
    list(trainer.events())
    last = trainer.snapshot()
    earlier = Snapshot(last.run_id, last.recipe, last.model, last.class_names)
    earlier.load(before)
    mean, logvar = torch.zeros(3, 2), torch.full((3, 2), -1.0)
    noise = torch.ones(3, 2)
    assert torch.equal(earlier.prior.kl(mean, logvar, noise), begun.prior.kl(mean, logvar, noise))
    assert not torch.allclose(last.prior.kl(mean, logvar, noise), begun.prior.kl(mean, logvar, noise))


def test_what_is_minimised_is_the_negative_bound_under_the_vamp_prior(tiny_images):
    trainer = Trainer(SMALL.with_changes(VAMP), tiny_images)
    model, x = trainer.model, tiny_images.train_images[:7].float() / 255
    noise = torch.randn(7, 2, generator=torch.Generator().manual_seed(0))
    mean, logvar = model.encode(x)
    codes = mean + torch.exp(0.5 * logvar) * noise
    log_q = torch.distributions.Normal(mean, torch.exp(0.5 * logvar)).log_prob(codes).sum(1)
    pseudo = torch.distributions.Normal(*(each[:, None] for each in _pseudo(model)))
    log_p = torch.logsumexp(pseudo.log_prob(codes).sum(2), 0) - np.log(6)
    torch.testing.assert_close(model.loss_terms(x, None, noise).kl, log_q - log_p, rtol=1e-4, atol=1e-4)
    several = torch.randn(4, 7, 2, generator=torch.Generator().manual_seed(1))
    terms, bound = model.importance_weighted(x, None, several, x, 1.0)
    kls = torch.stack([model.loss_terms(x, None, each).kl for each in several])
    errors = torch.stack([model.loss_terms(x, None, each).reconstruction for each in several])
    torch.testing.assert_close(bound, np.log(4) - torch.logsumexp(-kls - errors, 0), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(terms.kl, kls.mean(0), rtol=1e-4, atol=1e-4)


def _pseudo(model):
    mean, logvar = model.encode(torch.sigmoid(model.pseudo_inputs))
    return mean, torch.exp(0.5 * logvar)


def test_a_prior_is_fitted_at_the_end_and_never_before(tiny_images):
    trainer = Trainer(SMALL.with_changes(FITTED), tiny_images)
    events = trainer.events()
    next(events)
    assert trainer.result().snapshot.prior is STANDARD_NORMAL
    list(events)
    assert len(trainer.snapshot().prior.components.weights) == 3
    plain = trained(tiny_images)
    assert all(torch.equal(*pair) for pair in zip(trainer.model.parameters(), plain.model.parameters(), strict=True))
    images, labels = tiny_images.test_images, tiny_images.test_labels
    with_prior, without = (likelihoods(each.snapshot(), images, labels) for each in (trainer, plain))
    assert with_prior.elbo.mean() > without.elbo.mean()
    assert with_prior.log_p.mean() > without.log_p.mean()


@pytest.mark.parametrize("changes", [VAMP, FITTED, VAMP | FITTED])
def test_a_run_keeps_its_prior(changes, tiny_images, tmp_path):
    run = trained(tiny_images, **changes).result()
    run.save(tmp_path / "run.safetensors")
    again = Run.open(tmp_path / "run.safetensors")
    codes = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(again.snapshot.prior.log_density(codes), run.snapshot.prior.log_density(codes))
    further = Trainer(SMALL.with_changes(changes), tiny_images, start=again)
    assert further.snapshot().fitted_prior is None
    assert (further.snapshot().prior is STANDARD_NORMAL) == ("model.prior" not in changes)


def _without(tensors):
    del tensors["prior.means"]


def _of_another_size(tensors):
    tensors["prior.means"] = tensors["prior.means"][:, :1].contiguous()


def _flat(tensors):
    tensors["prior.scales"][0, 0, 0] = 0


def _not_finite(tensors):
    tensors["prior.log_weights"][0] = torch.nan


def _upper(tensors):
    tensors["prior.scales"][0, 0, 1] = 0.5


@pytest.mark.parametrize("damage", [_without, _of_another_size, _flat, _not_finite, _upper])
def test_a_prior_that_is_damaged_is_refused_in_a_sentence(damage, tiny_images, tmp_path):
    path = tmp_path / "run.safetensors"
    trained(tiny_images, **FITTED).result().save(path)
    with safe_open(path, "pt") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    damage(tensors)
    save_file(tensors, path, metadata)
    with pytest.raises(RunError, match="damaged"):
        Run.open(path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (VAMP | {"model.kind": "cvae"}, "'vamp' is for kind = 'vae'"),
        (VAMP | {"model.kind": "autoencoder"}, "'vamp' is for kind = 'vae'"),
        (VAMP | {"training.temperature": 0.5}, "temperature = 1"),
        (VAMP | {"loss.free_bits": 0.5}, "no KL of single dimensions"),
        (FITTED | {"model.kind": "autoencoder"}, "an autoencoder has no prior"),
    ],
)
def test_what_no_mixture_can_serve_is_refused(changes, said):
    with pytest.raises(RecipeError, match=said):
        SMALL.with_changes(changes)


def test_a_fitted_prior_needs_as_many_images_as_components_and_pseudo_inputs_begin_at_some_twice(tiny_images):
    with pytest.raises(LatentlabError, match="take fewer components"):
        Trainer(SMALL.with_changes({"training.fit_prior": 500}), tiny_images)
    model = Trainer(SMALL.with_changes(VAMP | {"model.components": 200}), tiny_images).model
    assert torch.equal(model.pseudo_inputs[180:], model.pseudo_inputs[:20])
