"""The modes of posteriors are found on a grid, they teach the encoder, and the decoder learns from them."""

import math

import pytest
import torch

from latentlab.core.events import Finished
from latentlab.core.models.losses import ErrorTable
from latentlab.core.models.modes import Modes
from latentlab.core.models.snapshot import as_input
from latentlab.core.recipe.recipe import RecipeError
from latentlab.core.training.mode_search import ModeSearch
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import SMALL, of_kind, same_weights


def learned(images, **changes):
    """Give a trainer that has trained."""
    trainer = Trainer(SMALL.with_changes(changes), images)
    assert of_kind(Finished, trainer.events())
    return trainer


@pytest.fixture(scope="module")
def models(tiny_images):
    """Give models that tell images apart, by what differs from a small VAE; each is made once."""
    made = {}

    def give(**changes):
        if (key := repr(changes)) not in made:
            made[key] = learned(tiny_images, epochs=15, learning_rate=0.01, **changes).model.eval()
        return made[key]

    return give


def log_joint(model, image, codes):
    """Give log p(x, z) of an image (1, C, H, W) and codes (K, L): float32 (K,)."""
    with torch.no_grad():
        return model.prior().log_density(codes) - model.error(model.decode(codes), image.expand(len(codes), -1, -1, -1))


@pytest.mark.parametrize(
    "changes",
    [{}, {"latent": 1}, {"reconstruction": "squared-error", "output": "tanh"}],
    ids=["two dimensions", "one", "squared error"],
)
def test_modes_are_where_brute_force_finds_them(tiny_images, models, changes):
    model = models(**changes)
    x = as_input(tiny_images.train_images[:8])
    search = ModeSearch(model)
    search.look(0)
    codes, highest, _ = search.of(x)
    along = torch.linspace(-3.5, 3.5, 101 if model.latent == 2 else 5001)
    everywhere = torch.cartesian_prod(*[along] * model.latent).reshape(-1, model.latent)
    for image, code, found in zip(x, codes, highest, strict=True):
        assert found == pytest.approx(log_joint(model, image[None], code[None]).item(), abs=1e-2)
        assert found > log_joint(model, image[None], everywhere).max() - 0.5  # what the grid's gaps may hide


def test_where_labels_guide_modes_are_those_of_the_image_and_its_label(tiny_images, models):
    model = models(**{"loss.labels": 3.0})
    x = as_input(tiny_images.train_images[:9])
    labels = (tiny_images.train_labels[:9].long() + 1) % len(tiny_images.class_names)  # others than are learned
    labels[-1] = -1  # has none
    search = ModeSearch(model)
    search.look(0)
    codes, highest, _ = search.of(x, labels)
    told = torch.cat([3 * model.label_head(codes).log_softmax(1), torch.zeros(9, 1)], 1)[torch.arange(9), labels]
    for image, code, found, share in zip(x, codes, highest, told, strict=True):
        assert found == pytest.approx((log_joint(model, image[None], code[None]) + share).item(), abs=1e-2)
    plain, without, _ = search.of(x)
    assert (highest <= without + 1e-5).all()
    assert torch.equal(plain[-1], codes[-1])
    assert not torch.equal(plain, codes)
    unguided = models()
    search = ModeSearch(unguided)
    search.look(0)
    assert all(torch.equal(*each) for each in zip(search.of(x, labels)[:2], search.of(x)[:2], strict=True))


def test_a_mode_counts_with_its_label_against_what_the_encoder_finds_with_the_same(tiny_images, models):
    model = models(**{"loss.labels": 3.0})
    x, labels = as_input(tiny_images.train_images[:4]), torch.arange(4) % len(tiny_images.class_names)
    with torch.no_grad():
        mean, _ = model.encode(x)
        own = torch.cat([log_joint(model, image[None], code[None]) for image, code in zip(x, mean, strict=True)])
        own = own + 3 * model.label_head(mean).log_softmax(1)[torch.arange(4), labels]
    model.train()  # labels are told in training alone
    try:
        plain = model.loss_terms(x, labels, torch.zeros_like(mean))
        for lower, is_taught in ((0.1, False), (-0.1, True)):
            taught = model.loss_terms(x, labels, torch.zeros_like(mean), modes=Modes(mean + 1, own - lower))
            assert torch.equal(taught.guidance, plain.guidance) is not is_taught
    finally:
        model.eval()


def test_of_a_large_batch_modes_are_found_for_a_part_at_a_time(tiny_images, models, monkeypatch):
    model = models()
    x = as_input(tiny_images.train_images[:10]).repeat(30, 1, 1, 1)
    search = ModeSearch(model)
    search.look(0)
    sizes, of = [], ErrorTable.of
    monkeypatch.setattr(ErrorTable, "of", lambda table, target: sizes.append(len(target)) or of(table, target))
    codes, highest, _ = search.of(x)
    assert sum(sizes) == len(x) == len(highest)
    assert max(sizes) <= 128
    alone, own, _ = search.of(x[:10])
    assert torch.equal(codes, alone.repeat(30, 1))
    torch.testing.assert_close(highest, own.repeat(30))


def test_the_grid_is_decoded_anew_only_where_the_decoder_has_learned(tiny_images, models, monkeypatch):
    model, decoded = models(**{"loss.labels": 3.0}), []
    decode = type(model).decode
    monkeypatch.setattr(type(model), "decode", lambda *of: decoded.append(len(of[1])) or decode(*of))
    search = ModeSearch(model)
    search.look(3)
    once = len(decoded)
    assert once
    for step in range(4, 41):
        search.look(step)
    assert len(decoded) == once
    with torch.no_grad():
        next(model.decoder.parameters()).add_(0)
    search.look(60)
    assert len(decoded) == once
    with torch.no_grad():
        next(model.decoder.parameters()).add_(1e-3)
    search.look(61)
    assert len(decoded) == once
    search.look(80)
    assert len(decoded) == 2 * once
    with torch.no_grad():
        next(model.decoder.parameters()).sub_(1e-3)
    search.begin_anew()
    search.look(81)
    assert len(decoded) == 3 * once
    with torch.no_grad():
        next(model.label_head.parameters()).add_(1e-3)
    search.look(100)
    assert len(decoded) == 4 * once


def test_an_image_whose_mean_lies_elsewhere_teaches_at_its_mode_and_is_told_as_it_is(tiny_images, models):
    model = models()
    x = as_input(tiny_images.train_images[:3])
    with torch.no_grad():
        mean, logvar = model.encode(x)
    codes = mean + torch.tensor([[1.0, 0.0], [0.0, 0.2], [2.0, 2.0]])
    high = torch.tensor([math.inf, math.inf, -math.inf])  # as found: the last is no mode
    noise = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
    plain, taught = model.loss_terms(x, None, noise), model.loss_terms(x, None, noise, modes=Modes(codes, high))
    spread = torch.exp(0.5 * logvar) * noise
    with torch.no_grad():
        elsewhere = model.error(model.decode(codes[:1] + spread[:1]), x[:1])
    for told, own in zip(taught[:3], plain[:3], strict=True):  # the encoder's, as if it were not taught
        torch.testing.assert_close(told, own)
    away = 30 * torch.tensor([math.sqrt(1.01), math.sqrt(0.05), 0.0])
    away[0] += elsewhere[0] - plain.reconstruction[0]
    torch.testing.assert_close(taught.guidance - plain.guidance, away.detach())
    torch.testing.assert_close(taught.penalised_kl[1:], plain.kl[1:])
    assert taught.penalised_kl[0] != plain.kl[0]

    bias = model.mean_head.bias
    pull = torch.autograd.grad(taught.guidance[0], bias, retain_graph=True)[0]
    assert pull[0] < -29
    assert abs(pull[1]) < 1
    unmoved = torch.autograd.grad(taught.guidance[2], bias, allow_unused=True, retain_graph=True)[0]
    assert unmoved is None or not unmoved.any()
    # What is decoded elsewhere says nothing of where the mean should be.
    assert not torch.autograd.grad(taught.reconstruction[0], bias)[0].any()


def test_a_mode_that_is_no_higher_than_what_the_encoder_finds_does_not_teach(tiny_images, models):
    model = models()
    x = as_input(tiny_images.train_images[:4])
    with torch.no_grad():
        mean, _ = model.encode(x)
        own = torch.cat([log_joint(model, image[None], code[None]) for image, code in zip(x, mean, strict=True)])
    noise = torch.zeros_like(mean)
    plain = model.loss_terms(x, None, noise)
    for lower, is_taught in ((0.1, False), (-0.1, True)):
        taught = model.loss_terms(x, None, noise, modes=Modes(mean + 1, own - lower))
        assert torch.equal(taught.guidance, plain.guidance) is not is_taught


def far(model, images):
    """Give the share of images whose mean lies away from a mode that is higher by a nat."""
    x, search = as_input(images), ModeSearch(model)
    search.look(0)
    codes, highest, _ = search.of(x)
    with torch.no_grad():
        mean, _ = model.encode(x)
        own = model.prior().log_density(mean) - model.error(model.decode(mean), x)
    return ((highest > own + 1) & ((codes - mean).norm(dim=1) > 0.4)).float().mean().item()


def test_an_encoder_that_is_taught_finds_more_modes_of_the_same_decoder(tiny_images):
    told = {"epochs": 20, "learning_rate": 0.01, "refine": 0.5, "seed": 1}
    plain, taught = (learned(tiny_images, **told, modes=share) for share in (0, 0.5))
    decoders = plain.model.decoder.state_dict(), taught.model.decoder.state_dict()
    assert same_weights(*decoders)
    assert far(taught.model, tiny_images.train_images) < far(plain.model, tiny_images.train_images)


def test_modes_are_sought_from_where_the_recipe_says(tiny_images):
    plain, taught = (learned(tiny_images, epochs=2, modes=share) for share in (0, 0.5))
    first, last = zip(*(trainer.history for trainer in (plain, taught)), strict=True)
    assert first[0].train == first[1].train
    assert first[0].test == first[1].test
    assert last[0].train != last[1].train


@pytest.mark.parametrize(
    "changes",
    [{"model.kind": "cvae"}, {"model.kind": "autoencoder"}, {"latent": 3}, {"prior": "vamp"}, {"samples": 2}],
    ids=str,
)
def test_a_recipe_that_has_no_modes_to_seek_is_refused(changes):
    with pytest.raises(RecipeError, match=r"training\.modes is for a VAE of one or two dimensions"):
        SMALL.with_changes({"modes": 0.5} | changes)
