"""The labels guide where a VAE lays its codes: in what training minimises, and nowhere else."""

import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from latentlab.core.errors import LatentlabError
from latentlab.core.models.building import build
from latentlab.core.recipe.recipe import Recipe, RecipeError
from latentlab.core.runs.run import Run
from latentlab.core.training.trainer import Trainer

SMALL = {"model.encoder.layers": [16], "model.decoder.layers": [16], "training.device": "cpu", "loss.labels": 2.5}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build(Recipe().with_changes(SMALL), (1, 8, 8), 3).train()


def test_it_is_the_cross_entropy_of_the_label_told_from_z(model):
    codes, labels = torch.randn(6, 2), torch.tensor([0, 2, 1, -1, 2, 0])
    with torch.no_grad():
        odds = model.label_head(codes).double().numpy()
        told = model.guidance(codes, labels).numpy()
    by_hand = -2.5 * np.log([np.exp(row[label]) / np.exp(row).sum() for row, label in zip(odds, labels, strict=True)])
    by_hand[3] = 0  # of no label
    np.testing.assert_allclose(told, by_hand, rtol=1e-5)


def test_it_is_of_the_sample_and_moves_the_encoder(model):
    images, labels, noise = torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 2, 0]), torch.randn(4, 2)
    terms = model.loss_terms(images, labels, noise)
    mean, logvar = model.encode(images)
    torch.testing.assert_close(terms.guidance, model.guidance(mean + torch.exp(logvar / 2) * noise, labels))
    terms.guidance.sum().backward()
    assert model.mean_head.weight.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in model.decoder.parameters())


def test_outside_of_training_no_label_is_told(model):
    images, labels = torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 2, 0])
    assert not model.eval().loss_terms(images, labels, None).guidance.any()
    assert not model.train().loss_terms(images, None, None).guidance.any()


def test_it_is_minimised_and_no_part_of_the_loss(tiny_images, tmp_path):
    trainer = Trainer(Recipe().with_changes(SMALL | {"training.epochs": 2, "training.batch_size": 32}), tiny_images)
    guided, guidance = [], trainer.model.guidance

    def watch(codes, labels):
        guided.append(guidance(codes, labels))
        return guided[-1]

    trainer.model.guidance = watch
    list(trainer.events())
    ended = trainer.history[0]
    steps = [each.detach() for each in guided if len(each) and each.any()][: -(-len(tiny_images.train_labels) // 32)]
    expected = float(torch.cat(steps).mean())
    assert ended.train.loss == pytest.approx(ended.train.reconstruction + ended.train.kl)
    assert ended.objective == pytest.approx(ended.train.loss + expected, rel=1e-4)
    run = trainer.result()
    run.save(tmp_path / "run.safetensors")
    opened = Run.open(tmp_path / "run.safetensors").snapshot
    assert opened.model.label_head[0].weight.equal(trainer.model.label_head[0].weight)


def test_codes_of_a_class_keep_together(tiny_images):
    """Closer than where nothing but the images says what a class is."""
    found = []
    for weight in (0.0, 30.0):
        changes = SMALL | {
            "loss.labels": weight,
            "training.epochs": 6,
            "training.batch_size": 16,
            "learning_rate": 1e-2,
        }
        trainer = Trainer(Recipe().with_changes(changes), tiny_images)
        list(trainer.events())
        codes = trainer.snapshot().encode(tiny_images.train_images)[0]
        labels = tiny_images.train_labels.numpy()
        centres = np.stack([codes[labels == label].mean(0) for label in range(3)])
        within = np.square(codes - centres[labels]).sum()
        found.append(within / np.square(codes - codes.mean(0)).sum())
    assert found[1] < 0.5 * found[0]


@pytest.mark.parametrize("weights", [(0.0, 2.0), (2.0, 0.0), (2.0, 5.0)])
def test_a_run_goes_on_with_it_and_without(tiny_images, weights):
    """From the run's weights, and where only one of the two has what tells the label, with none or a new one."""
    recipes = [Recipe().with_changes(SMALL | {"epochs": 1, "loss.labels": weight}) for weight in weights]
    first = Trainer(recipes[0], tiny_images)
    list(first.events())
    second = Trainer(recipes[1], tiny_images, start=first.result())
    assert second.model.mean_head.weight.equal(first.model.mean_head.weight)
    assert hasattr(second.model, "label_head") == (weights[1] > 0)
    if all(weights):
        assert second.model.label_head[0].weight.equal(first.model.label_head[0].weight)
    list(second.events())
    assert second.result().epochs == 2


def test_classes_that_labels_are_told_of_stay_the_same(tiny_images):
    trainer = Trainer(Recipe().with_changes(SMALL | {"epochs": 1}), tiny_images)
    list(trainer.events())
    others = dataclasses.replace(tiny_images, class_names=("a", "b", "c", "d"))
    with pytest.raises(LatentlabError, match="images or classes"):
        Trainer(trainer.recipe, others, start=trainer.result())


def test_what_it_is_not_for_is_refused():
    for changes in ({"model.kind": "cvae"}, {"model.kind": "autoencoder"}, {"loss.samples": 2}):
        with pytest.raises(RecipeError, match=r"loss\.labels is for"):
            Recipe().with_changes({"loss.labels": 1.0} | changes)
    with pytest.raises(LatentlabError, match=r"loss\.labels needs labels"):
        build(Recipe().with_changes(SMALL), (1, 8, 8), 0)


def test_without_it_a_model_has_no_more_weights_than_before():
    assert not hasattr(build(Recipe().with_changes(SMALL | {"loss.labels": 0.0}), (1, 8, 8), 3), "label_head")


def test_cross_entropy_falls_as_labels_are_told_right(model):
    codes = torch.randn(40, 2)
    labels = (codes[:, 0] > 0).long()
    optimiser = torch.optim.Adam(model.label_head.parameters(), lr=0.05)
    for _ in range(60):
        optimiser.zero_grad()
        model.guidance(codes, labels).mean().backward()
        optimiser.step()
    assert functional.cross_entropy(model.label_head(codes), labels) < 0.2
