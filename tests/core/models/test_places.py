"""The head that tells places: what codes are made of it, and what it learns from exact posteriors."""

import numpy as np
import pytest
import torch

from latentlab.core.models.building import build
from latentlab.core.models.modes import Modes
from latentlab.core.models.places import Places
from latentlab.core.models.snapshot import as_input
from latentlab.core.recipe.recipe import RecipeError
from latentlab.core.runs.run import Run
from latentlab.core.training.mode_search import ModeSearch
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, same_weights, weights
from tests.core.training.test_mode_search import learned

TOLD = {"code": "places", "modes": 1}
KINDS = pytest.mark.parametrize("latent", [1, 2])


def shares_of(places, codes):
    """Give the logarithms of the shares that lie on the places around codes (B, L), and hardly any elsewhere."""
    each = [places.laid(along) for along in codes.T]
    laid = each[0] if len(each) == 1 else torch.einsum("bi,bj->bij", *each).flatten(1)
    return (laid + 1e-30).log()


@KINDS
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 256, 256)])
def test_codes_that_are_laid_on_places_are_read_again_where_they_were(latent, shape):
    places = Places(4, latent, shape)
    last = places.coordinates[-1]
    codes = torch.randn(500, latent, generator=torch.Generator().manual_seed(0)).clamp(-last, last)
    logits = shares_of(places, codes)
    for window in (places.likeliest(logits), places.around(codes)):
        torch.testing.assert_close(places.read(logits, window)[0], codes, atol=1e-5, rtol=0)
    beyond = torch.full((1, latent), 9.0)
    torch.testing.assert_close(places.read(shares_of(places, beyond), places.around(beyond))[0], last.expand(1, latent))


@KINDS
def test_the_window_that_is_read_has_the_largest_share_of_all(latent):
    places, generator = Places(4, latent, (1, 28, 28)), torch.Generator().manual_seed(1)
    side = len(places.coordinates)
    logits = torch.randn(20, side**latent, generator=generator)
    shares = logits.softmax(1).view(-1, *[side] * latent)
    for window, each in zip(places.likeliest(logits), shares, strict=True):
        total = each[tuple(slice(first, first + 3) for first in window)].sum()
        windows = each.unfold(0, 3, 1) if latent == 1 else each.unfold(0, 3, 1).unfold(1, 3, 1).flatten(2)
        assert total == pytest.approx(windows.sum(-1).max().item(), rel=1e-5)


def test_a_code_jumps_from_one_place_to_another_and_lies_nowhere_between():
    places, codes = Places(4, 2, (1, 28, 28)), torch.tensor([[-1.5, -1.0], [1.5, 1.0]])
    first, last = shares_of(places, codes).exp()
    means = torch.cat(
        [
            places.read(logits, places.likeliest(logits))[0]
            for logits in ((first * (1 - done) + last * done).log()[None] for done in torch.linspace(0.02, 0.98, 49))
        ]
    )
    away = torch.cdist(means, codes).min(1).values
    assert away.max() < 1e-2
    assert len(means.round(decimals=1).unique(dim=0)) == 2


@pytest.fixture(scope="module")
def model(tiny_images):
    return learned(tiny_images, epochs=15, learning_rate=0.01, **TOLD).model.eval()


@pytest.fixture(scope="module")
def of_one_dimension(tiny_images):
    return learned(tiny_images, epochs=15, learning_rate=0.01, latent=1, **TOLD).model.eval()


@KINDS
def test_the_shares_that_are_learned_are_those_of_the_posterior_by_brute_force(
    tiny_images, model, of_one_dimension, latent
):
    model = model if latent == 2 else of_one_dimension
    x, search = as_input(tiny_images.train_images[:6]), ModeSearch(model)
    search.look(0)
    found = search.of(x)
    side = len(model.mean_head.coordinates)
    assert found.shares.shape == (6, side**latent)
    torch.testing.assert_close(found.shares.sum(1), torch.ones(6))
    along = torch.linspace(-4, 4, 201 if latent == 2 else 20_001)
    everywhere = torch.cartesian_prod(*[along] * latent).reshape(-1, latent)
    axes = found.shares.view(6, *[side] * latent)
    for number, image in enumerate(x):
        with torch.no_grad():
            errors = model.error_of_each(model.decode(everywhere), image[None])[0]
        posterior = (model.prior().log_density(everywhere) - errors).double().softmax(0)
        for dimension in range(latent):
            marginal = axes[number] if latent == 1 else axes[number].sum(1 - dimension)
            mean = (marginal @ model.mean_head.coordinates).item()
            assert mean == pytest.approx((posterior @ everywhere[:, dimension].double()).item(), abs=0.05)


def test_an_image_of_another_place_is_read_there_and_all_shares_learn_from_the_posterior(tiny_images, model):
    x = as_input(tiny_images.train_images[:2])
    with torch.no_grad():
        mean, _ = model.encode(x)
    codes = torch.stack([-mean[0].sign() * 1.0, mean[1]])
    shares = shares_of(model.mean_head, codes).softmax(1)
    noise = torch.zeros_like(mean)
    plain = model.loss_terms(x, None, noise)
    taught = model.loss_terms(x, None, noise, modes=Modes(codes, torch.full((2,), torch.inf), shares))
    for told, own in zip(taught[:3], plain[:3], strict=True):  # the encoder's, as if it were not taught
        torch.testing.assert_close(told, own)
    logits = model.mean_head.logits(model._features(x, None))
    there, _ = model.mean_head.read(logits, model.mean_head.around(codes))
    with torch.no_grad():
        elsewhere = model.error(model.decode(there), x)
        cross_entropy = -(shares * logits.log_softmax(1)).sum(1)
    expected = 3 * cross_entropy + torch.stack([elsewhere[0] - plain.reconstruction[0], torch.zeros(())])
    torch.testing.assert_close((taught.guidance - plain.guidance).detach(), expected.detach(), atol=1e-3, rtol=1e-4)
    # What is decoded in the other place moves the code there.
    moved = torch.autograd.grad(taught.reconstruction[0], model.mean_head.shares.bias, retain_graph=True)[0]
    window = model.mean_head.around(codes)[0]
    side = len(model.mean_head.coordinates)
    rows, columns = (torch.nonzero(moved)[:, 0] // side, torch.nonzero(moved)[:, 0] % side)
    assert len(rows)
    assert (rows - window[0]).clamp(0, 2).equal(rows - window[0])
    assert (columns - window[1]).clamp(0, 2).equal(columns - window[1])
    learns = torch.autograd.grad(taught.guidance.sum(), model.mean_head.shares.bias)[0]
    torch.testing.assert_close(learns, 3 * (logits.softmax(1) - shares).sum(0).detach(), atol=1e-3, rtol=1e-3)


def test_images_that_are_learned_from_cost_less_than_with_a_linear_head(tiny_images):
    told = {
        "epochs": 60,
        "learning_rate": 0.01,
        "modes": 1,
        "model.encoder.layers": (64,),
        "model.decoder.layers": (64,),
    }
    linear, places = (learned(tiny_images, **told, code=code).history[-1].train for code in ("linear", "places"))
    assert places.loss < linear.loss - 1


def test_a_run_is_opened_with_the_codes_it_had_and_goes_on_as_if_it_had_never_stopped(tiny_images, tmp_path):
    recipe = SMALL.with_changes(TOLD | {"epochs": 3})
    whole = Trainer(recipe, tiny_images)
    list(whole.events())
    trainer = Trainer(recipe, tiny_images)
    for event in trainer.events():
        if getattr(event, "epoch", 0) == 2:
            break
    trainer.result().save(tmp_path / "stopped.safetensors")
    stopped = Run.open(tmp_path / "stopped.safetensors")
    codes = stopped.snapshot.encode(tiny_images.test_images)
    for mine, theirs in zip(trainer.snapshot().encode(tiny_images.test_images), codes, strict=True):
        assert np.array_equal(mine, theirs)
    resumed = Trainer.resumed(stopped, tiny_images)
    list(resumed.events())
    assert [epoch.test for epoch in resumed.history] == [epoch.test for epoch in whole.history]
    assert same_weights(weights(resumed), weights(whole))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model.kind": "autoencoder"}, "code = 'places' is for kind = 'vae'"),
        ({"model.kind": "cvae"}, "code = 'places' is for kind = 'vae'"),
        ({"modes": 0.5}, r"set training\.modes to 1"),
        ({"modes": 0}, r"set training\.modes to 1"),
        ({"latent": 3}, r"model\.code = 'places' is for a VAE of one or two dimensions .*: choose 'linear'"),
        ({"latent": 3, "code": "linear"}, r"training\.modes is for a VAE of one or two dimensions .*: set it to 0"),
        ({"prior": "vamp"}, "for a VAE of one or two dimensions with the normal prior"),
        ({"contraction": 0.1}, r"loss\.contraction"),
    ],
    ids=str,
)
def test_recipes_whose_places_nothing_would_teach_are_refused(changes, said):
    with pytest.raises(RecipeError, match=said):
        SMALL.with_changes(TOLD | changes)


def test_large_images_have_fewer_places():
    assert len(build(SMALL.with_changes(TOLD), (1, 28, 28), 0).mean_head.coordinates) == 32
    assert len(build(SMALL.with_changes(TOLD), (3, 256, 256), 0).mean_head.coordinates) == 16
