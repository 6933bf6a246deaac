"""Micro-batches give the gradient of their batch, and, to the last bit, the same one by however many ranks."""

import math
from functools import partial

import pytest
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.events import Diverged, Progress
from latentlab.core.measures.metrics import terms_of_each
from latentlab.core.models.vae import VAE
from latentlab.core.ranks.ranks import ALONE, Ranks
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.draws import Draws
from latentlab.core.training.micro_batches import MicroBatches
from latentlab.core.training.phases import Phase
from latentlab.core.training.shared_losses import check
from latentlab.core.training.steps import Steps
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import CONV, SMALL, same_weights, step_losses, weights

CPU = torch.device("cpu")
DAMAGE = ("gaussian", "occlusion", "salt_and_pepper", "light", "stains", "creases")
KINDS = {
    "vae": {},
    "convolutions of labels": {"model.kind": "cvae", "beta": 4, "warm_up": 3},
    "importance-weighted": {"samples": 3, "warm_up": 3},
    "ones and zeros": {"binarised": "dynamic", "prior": "vamp", "components": 3},
    "autoencoder": {"model.kind": "autoencoder", "contraction": 0.1, "sparsity": 0.1, "optimiser": "rmsprop"},
    "told labels": {"loss.labels": 2.0, "temperature": 0.5},
    "turned and damaged": {"rotation": 10, "mirror": 0.5} | {f"corruption.{kind}": 0.2 for kind in DAMAGE},
    "refined": {"refine": 0.9, "shift": 2.0},
    "modes sought": {"modes": 1.0},
    "pairs": {"mirror": 0.5, "corruption.gaussian": 0.1},
}
IMAGES = 40


class One(Ranks):
    """One of several ranks: it notes what it tells the others, and has what they told, and the first one's weights."""

    def __init__(self, rank, count, told=()):
        self.rank, self.count, self.told, self._others = rank, count, [], told

    def sum(self, numbers):
        if numbers.dtype == torch.int32:  # zeros, but from the first
            return self.first.pop(0)
        self.told.append(numbers.clone())
        return sum(self._others, numbers)


def recipe_of(kind, **more):
    model = {"model": CONV, "loss": {"reconstruction": "squared-error"}} if kind == "convolutions of labels" else {}
    recipe = Recipe.from_dict(SMALL.model_dump(mode="json") | model)
    return recipe.with_changes({"batch_size": IMAGES, "optimiser": "adamw"} | KINDS[kind] | more)


def bits_of(model):
    return [each.detach().contiguous().view(torch.int32).clone() for each in model.parameters()]


def stepped(recipe, images, ranks=ALONE, *, are_pairs=False):
    """Take a step with a part of a batch: the gradients, the losses, and how the generator is left."""
    torch.manual_seed(0)
    model = Trainer(recipe, images).model
    draws, part = Draws(3, CPU), ranks.part(IMAGES, recipe.training.micro_batch or 1)
    steps = Steps(model, recipe, CPU, draws, ranks)
    if ranks.count > 1:
        ranks.first = bits_of(model)
    shown, labels = images.train_images[:IMAGES][part.rows], images.train_labels[:IMAGES][part.rows]
    noisy = 255 - shown if are_pairs else None
    losses = steps(shown, labels, noisy, Phase(0.1, refines=bool(recipe.training.refine)), 1, part)
    return losses, list(model.parameters()), draws.of_steps.get_state()


@pytest.mark.parametrize("kind", KINDS)
def test_they_give_the_gradient_of_the_batch_and_draw_what_it_draws(kind, tiny_images):
    are_pairs = kind == "pairs"
    losses, parameters, drawn = stepped(recipe_of(kind), tiny_images, are_pairs=are_pairs)
    told, own, drawn_in_parts = stepped(recipe_of(kind, micro_batch=7), tiny_images, are_pairs=are_pairs)
    assert torch.equal(drawn_in_parts, drawn)
    assert told.numpy() == pytest.approx(losses.numpy(), rel=1e-5)
    for parameter, other in zip(parameters, own, strict=True):
        gradient = parameter.grad
        assert (gradient is None) == (other.grad is None)
        if gradient is not None:
            assert other.grad.stride() == other.stride()  # which a fused optimiser takes for granted
            assert (other.grad - gradient).norm() <= 1e-4 * gradient.norm() + 1e-6
    assert sum(each.grad is None for each in own) == (4 if kind == "refined" else 0)


@pytest.mark.parametrize(
    ("kind", "more"), [*((kind, {}) for kind in KINDS), ("convolutions of labels", {"precision": "bfloat16"})]
)
def test_however_many_share_a_batch_its_step_is_the_same_to_the_last_bit(kind, more, tiny_images):
    recipe = recipe_of(kind, micro_batch=7, **more)
    step = partial(stepped, recipe, tiny_images, are_pairs=kind == "pairs")
    losses, alone, drawn = step()
    for count in (2, 3, 4):
        told = []
        for rank in range(1, count):
            _, _, drawn_by_one = step(one := One(rank, count))
            told += one.told
            assert torch.equal(drawn_by_one, drawn)
        own, shared, _ = step(One(0, count, told))
        assert torch.equal(own, losses)
        assert all(map(torch.equal, shared, alone))


def test_who_has_no_images_of_a_batch_adds_nothing(tiny_images):
    recipe = recipe_of("vae", micro_batch=IMAGES)
    losses, alone, drawn = stepped(recipe, tiny_images)
    _, _, drawn_by_one = stepped(recipe, tiny_images, one := One(0, 2))
    assert not one.told[0].any()
    assert torch.equal(drawn_by_one, drawn)
    own, shared, _ = stepped(recipe, tiny_images, One(1, 2, one.told))
    assert torch.equal(own, losses)
    assert all(map(torch.equal, shared, alone))


@pytest.mark.parametrize("changes", [{}, {"binarised": "static", "corruption.gaussian": 0.2, "corruption.light": 0.2}])
def test_however_many_test_a_model_its_losses_are_the_same_to_the_last_bit(changes, tiny_images):
    recipe = SMALL.with_changes({"micro_batch": 7} | changes)
    model = Trainer(recipe, tiny_images).model
    tested = tiny_images.test_images, tiny_images.test_labels, None, CPU
    (alone,) = terms_of_each(model, recipe, *tested)
    for count in (2, 3):
        parts = [next(terms_of_each(model, recipe, *tested, One(rank, count))) for rank in range(count)]
        assert torch.equal(sum(parts), alone)
    (whole,) = terms_of_each(model, SMALL.with_changes(changes), *tested)
    assert alone.numpy() == pytest.approx(whole.numpy(), rel=1e-4)


def test_no_more_images_are_computed_at_once(tiny_images, monkeypatch):
    sizes, loss_terms = [], VAE.loss_terms

    def noted(self, images, *rest):
        sizes.append(len(images))
        return loss_terms(self, images, *rest)

    monkeypatch.setattr(VAE, "loss_terms", noted)
    list(Trainer(SMALL.with_changes({"epochs": 1, "batch_size": 100, "micro_batch": 30}), tiny_images).events())
    learned, tested = [30, 30, 30, 10, 30, 30, 20], [30, 30]
    assert sizes == learned + tested


def test_a_training_by_micro_batches_learns_what_one_by_batches_learns(tiny_images):
    for more in ({}, {"micro_batch": 1000}):  # of one that is larger than a batch there is one
        recipe = SMALL.with_changes({"samples": 3} | more)
        alone, other = (
            step_losses(Trainer(each, tiny_images).events())
            for each in (recipe, recipe.with_changes({"micro_batch": 7}))
        )
        assert other == pytest.approx(alone, rel=1e-4)


@pytest.mark.parametrize("wrong", [math.nan, 1e9])
def test_gradients_that_are_none_or_too_large_diverge_and_training_goes_on(wrong, tiny_images, each_step):
    """Whole numbers of them would begin again from below; the losses say nothing of it."""
    trainer = Trainer(SMALL.with_changes({"micro_batch": 7, "epochs": 3}), tiny_images)
    steps, hooks = 0, []
    for event in trainer.events():
        if isinstance(event, Progress) and len(event.losses):
            steps += 1
            if steps == 3:
                hooks.append(trainer.model.mean_head.bias.register_hook(lambda gradient: gradient * wrong))
        elif isinstance(event, Diverged):
            assert steps == 3
            hooks.pop().remove()
            assert all(each.isfinite().all() for each in weights(trainer).values())
    assert not hooks
    assert trainer.epochs_done == 3


def test_ranks_begin_with_the_weights_of_the_first_and_so_they_do_anew(tiny_images):
    """Whatever they have themselves: after a loss that diverged each has its own last good ones."""
    recipe = recipe_of("convolutions of labels")
    first, other = (Trainer(recipe.with_changes({"seed": seed}), tiny_images) for seed in (0, 1))
    bits = []

    class Second(Ranks):
        rank, count = 1, 2

        def sum(self, numbers):
            if numbers.dtype != torch.int32:
                return numbers
            assert not numbers.any()
            return bits.pop(0)

    def losses_of(images, labels, noisy, part):
        return sum(each.sum() for each in other.model.parameters()).expand(5)

    micro_batches = MicroBatches(other.model, 7, Second())
    batch, part = (tiny_images.train_images[:7], tiny_images.train_labels[:7], None), ALONE.part(7)
    assert not same_weights(weights(other), weights(first))
    for _ in range(2):
        bits += bits_of(first.model)
        micro_batches.begin_anew()
        for _ in range(2):
            micro_batches(losses_of, batch, part, torch.Generator())
        assert not bits
        assert same_weights(weights(other), weights(first))
        with torch.no_grad():
            other.model.mean_head.bias.fill_(math.nan)


def test_modes_are_sought_with_the_weights_of_the_first_rank_from_the_step_that_shares_them_on(tiny_images):
    recipe = recipe_of("modes sought", micro_batch=7)
    first, other = (Trainer(recipe.with_changes({"seed": seed}), tiny_images).model for seed in (0, 1))
    ranks, batch = One(1, 2), (tiny_images.train_images[:1], tiny_images.train_labels[:1], None)
    steps = Steps(other, recipe, CPU, Draws(3, CPU), ranks)
    for _ in range(2):
        ranks.first, expected = bits_of(first), list(first.parameters())
        steps(*batch, Phase(0.5, refines=False), 1, ranks.part(8, 7), 7)
        assert all(map(torch.equal, steps.mode_search.state().values(), expected))
        steps.begin_anew()


@pytest.mark.parametrize(
    ("images", "batch_size", "micro_batch", "most"),
    [(180, 60, 20, 3), (180, 60, 25, 3), (30, 60, 20, 2), (9, 60, 1, 9)],
)
def test_there_are_as_many_ranks_as_micro_batches_at_most(images, batch_size, micro_batch, most):
    settings = SMALL.with_changes({"batch_size": batch_size, "micro_batch": micro_batch}).training
    check(One(0, most), images, settings)
    with pytest.raises(
        LatentlabError, match=r"cannot be shared among \d+ processes: start fewer, or make \w+_\w+ \w+\."
    ):
        check(One(0, most + 1), images, settings)
    fewest = min(images, batch_size)
    for rank in range(most):
        rows = One(rank, most).part(fewest, micro_batch).rows
        assert rows.start < rows.stop
        assert rows.start % micro_batch == 0
        assert rows.stop % micro_batch == 0 or rows.stop == fewest
