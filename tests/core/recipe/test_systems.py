"""Every row of the list of systems is a recipe with the row's own figures, and each bundled recipe runs."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from latentlab.core.events import EpochEnded, Finished
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.sketch import preparation
from latentlab.core.training import trainer as training
from latentlab.core.training.trainer import Trainer
from tests.core.training.fake_graphs import tensors_of

MLP = {"model.encoder.kind": "mlp", "model.decoder.kind": "mlp"}
RELU = {"model.encoder.activation": "relu", "model.decoder.activation": "relu"}
BERNOULLI = {"loss.reconstruction": "bernoulli", "model.output": "sigmoid"}
ADAM = {"training.optimiser": "adam", "training.beta1": 0.9, "training.learning_rate": 1e-3}
SCHEDULE = ADAM | {"training.batch_size": 128, "training.epochs": 20}
FIRST = (
    {"data.dataset": "mnist", "model.kind": "vae", "model.latent": 2, "loss.beta": 1.0}
    | {"model.encoder.layers": (256,), "model.decoder.layers": (256,)}
    | MLP
    | RELU
    | BERNOULLI
    | SCHEDULE
)
CONV = {
    "data.dataset": "mnist",
    "model.kind": "vae",
    "model.latent": 2,
    "model.encoder.kind": "conv",
    "model.encoder.layers": (32, 64),
    "model.encoder.kernel": 4,
    "model.encoder.strides": (),  # 2 for all
    "model.encoder.activation": "leaky-relu",
    "model.decoder.kind": "conv",
    "model.decoder.layers": (64, 32),  # from 7·7·32, the planes of the last layer
    "model.decoder.planes": None,
    "model.decoder.kernel": 4,
    "model.decoder.activation": "leaky-relu",
    "model.output": "tanh",
    "loss.reconstruction": "squared-error",
    "loss.beta": 1.0,
    "training.optimiser": "adam",
    "training.learning_rate": 1e-4,
    "training.beta1": 0.5,
    "training.batch_size": 64,
    "training.epochs": 100,
}
SYSTEMS = {
    "mlp-vae-2d": FIRST | {"training.temperature": 1.0},
    "mlp-vae-2d-cool": FIRST | {"training.temperature": 0.6},
    "mlp-vae-20d": FIRST
    | {"model.latent": 20, "model.encoder.layers": (400,), "model.decoder.layers": (400,), "training.epochs": 10},
    "mlp-vae-256d": FIRST
    | {"model.latent": 256, "model.encoder.layers": (512,), "model.decoder.layers": (512,)}
    | {"loss.reconstruction": "squared-error", "training.batch_size": 64, "training.epochs": 50}
    | {"training.checkpoint_every": 10},
    "conv-vae-2d": CONV,
    "one-image": CONV | {"data.images": (5,), "training.batch_size": 1},
    "two-images": CONV | {"data.images": (5, 16), "training.batch_size": 2},
    "conv-cvae-2d": CONV | {"model.kind": "cvae"},
    "ae-2d": FIRST | {"model.kind": "autoencoder", "model.code": "linear", "model.code_activation": "linear"},
    "linear-ae-2d": {"data.dataset": "mnist", "model.kind": "autoencoder", "model.latent": 2, "model.output": "linear"}
    | {"model.encoder.layers": (), "model.encoder.activation": "linear", "model.code_activation": "linear"}
    | {"model.decoder.layers": (), "model.decoder.activation": "linear", "loss.reconstruction": "squared-error"}
    | MLP
    | SCHEDULE,
    "denoising-ae": {
        "data.dataset": "fashion-mnist",
        "model.kind": "autoencoder",
        "loss.reconstruction": "squared-error",
    }
    | {"model.encoder.kind": "pool", "model.encoder.layers": (64, 32, 16), "model.code": "features"}
    | {"model.decoder.kind": "pool", "model.decoder.layers": (16, 32, 64), "model.latent": 4 * 4 * 16}
    | {"corruption.salt_and_pepper": 0.1, "corruption.gaussian": 0.0, "corruption.occlusion": 0.0}
    | {"training.batch_size": 2048, "training.epochs": 20, "training.patience": 10}
    | ADAM,
    "page-cleaner": {"data.dataset": "pages", "model.kind": "autoencoder", "loss.reconstruction": "squared-error"}
    | {"model.encoder.kind": "pool", "model.encoder.layers": (64,), "model.code": "planes", "model.latent": 64}
    | {"model.decoder.kind": "pool", "model.decoder.layers": (64,)}
    | {"training.batch_size": 16, "training.epochs": 200, "training.patience": 5}
    | ADAM,
    "sparse-ae": {"data.dataset": "mnist", "model.kind": "autoencoder", "model.code_activation": "relu"}
    | BERNOULLI
    | SCHEDULE,
    "contractive-ae": {"data.dataset": "mnist", "model.kind": "autoencoder"} | BERNOULLI | SCHEDULE,
    "fashion-vae-2d": {
        "data.dataset": "fashion-mnist",
        "model.kind": "vae",
        "model.latent": 2,
        "model.encoder.kind": "conv",
        "model.encoder.kernel": 3,
        "model.encoder.layers": (32, 64, 64, 64),
        "model.encoder.strides": (1, 2, 1, 1),
        "model.encoder.dense": (32,),
        "model.decoder.kind": "conv",
        "model.decoder.kernel": 3,
        "model.decoder.planes": 64,
        "model.decoder.layers": (32,),
        "model.decoder.strides": (),
        "loss.beta": 784 * 5e-4,
        "training.optimiser": "rmsprop",
        "training.learning_rate": 1e-3,
        "training.batch_size": 16,
        "training.epochs": 20,
    }
    | RELU
    | BERNOULLI,
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_recipe_reads_like_its_row(name):
    recipe = Recipe.load(name)
    assert recipe.name == name
    settings = recipe.flat()
    expected = SYSTEMS[name]
    assert {key: settings[key] for key in expected} == expected


def test_what_a_row_does_not_ask_for_is_off():
    special = {
        "loss.sparsity": {"sparse-ae"},
        "loss.contraction": {"contractive-ae"},
        "loss.warm_up": set(),
        "loss.free_bits": set(),
        "training.refine": set(),
        "data.binarised": set(),
        "data.images": {"one-image", "two-images"},
        "data.limit": set(),
        "training.patience": {"denoising-ae", "page-cleaner"},
        "training.micro_batch": set(),
    }
    for key, names in special.items():
        assert {name for name in SYSTEMS if Recipe.load(name).flat()[key]} == names
    assert {name for name in SYSTEMS if Recipe.load(name).corruption.is_on} == {"denoising-ae"}
    assert not any(Recipe.load(name).training.augmentation.is_on for name in SYSTEMS)
    assert {Recipe.load(name).training.schedule for name in SYSTEMS} == {"constant"}


def test_a_sparse_code_is_wider_than_its_image():
    assert Recipe.load("sparse-ae").model.latent > 28 * 28


@pytest.fixture(scope="module")
def pages(tiny_images):
    """Give pairs of small pages, whose sides are odd."""
    clean, dirty = (torch.full((6, 1, 31, 45), value, dtype=torch.uint8) for value in (255, 200))
    clean[..., 5:9, 6:40] = dirty[..., 5:9, 6:40] = 0
    nameless = torch.full((6,), -1)
    return dataclasses.replace(
        tiny_images,
        train_images=clean[:4],
        train_noisy=dirty[:4],
        train_labels=nameless[:4],
        test_images=clean[4:],
        test_noisy=dirty[4:],
        test_labels=nameless[4:],
        class_names=(),
    )


@pytest.fixture(scope="module")
def patches(tiny_images):
    """Give the tiny images in colour."""
    train, test = (
        torch.cat([images, images // 2, 255 - images], 1)
        for images in (tiny_images.train_images, tiny_images.test_images)
    )
    return dataclasses.replace(tiny_images, train_images=train, test_images=test)


@pytest.mark.parametrize("name", Recipe.names())
def test_a_bundled_recipe_trains_and_its_run_opens_again(name, tiny_images, pages, patches, tmp_path, monkeypatch):
    recipe = Recipe.load(name).with_changes({"epochs": 2, "batch_size": 4, "limit": 4, "device": "cpu"})
    images = {"pages": pages, "patches": patches}.get(recipe.data.dataset, tiny_images)
    # What a sketch is made like takes longer to measure than these steps.
    flat = preparation.measure(np.zeros((1, *images.image_shape), np.uint8))
    monkeypatch.setattr(preparation, "measure", lambda _: flat)
    trainer = Trainer(recipe, images)
    before = [parameter.detach().clone() for parameter in trainer.model.parameters()]
    events = list(trainer.events())
    assert [event.epoch for event in events if isinstance(event, EpochEnded)] == [1, 2]  # of one step each
    assert isinstance(events[-1], Finished)
    assert not events[-1].stopped
    for losses in (events[-1].train, events[-1].test):
        assert np.isfinite(dataclasses.astuple(losses)[:4]).all()
        assert losses.loss == pytest.approx(losses.reconstruction + recipe.loss.beta * losses.kl + losses.penalty)
    assert all(not torch.equal(now, then) for now, then in zip(trainer.model.parameters(), before, strict=True))

    run, path = trainer.result(), tmp_path / "run.safetensors"
    run.save(path)
    opened = Run.open(path)
    assert opened.recipe == recipe
    shown, labels = trainer.data.test_images[:2], trainer.data.test_labels[:2]
    restored = opened.snapshot.restore(shown, labels)
    assert restored.shape == shown.shape
    np.testing.assert_array_equal(restored, run.snapshot.restore(shown, labels))
    np.testing.assert_array_equal(opened.codes, run.codes)
    assert opened.codes.shape == (len(trainer.data.test_images), recipe.model.latent)
    np.testing.assert_array_equal(
        opened.snapshot.decode(run.codes[:2], labels), run.snapshot.decode(run.codes[:2], labels)
    )


class Brought(TorchDispatchMode):
    """Notes what brings something of the CPU to another device, for which that has to wait."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        result = function(*arguments, **(options or {}))
        given, found = ({each.device.type for each in tensors_of(tree)} for tree in ((arguments, options), result))
        if "cpu" in given and "meta" in given | found:
            self.seen.add(function.overloadpacket.__name__)
        return result


def test_what_is_brought_to_a_device_is_noted():
    with Brought() as brought:
        torch.ones(2).to("meta") * 2 + 1
    assert brought.seen == {"_to_copy"}


DAMAGE = ("light", "stains", "creases", "gaussian", "occlusion", "salt_and_pepper")
DRAWN = {f"corruption.{kind}": 0.1 for kind in DAMAGE} | {"rotation": 5, "mirror": 0.5, "samples": 2}

MICRO = {"batch_size": 2, "micro_batch": 1, "data.repeat": 1}


@pytest.mark.parametrize(
    ("name", "changes"), [*((name, {}) for name in Recipe.names()), ("conv-cvae-2d", DRAWN), ("mlp-vae-2d", MICRO)]
)
def test_steps_need_no_value_from_their_device_before_they_are_told(name, changes, tiny_images, pages, monkeypatch):
    """Steps on torch's device without values: a step that waited for one, or took from the CPU, would fail on it."""

    class OnCpu(torch.Generator):  # that device has none of its own, and takes this one
        device = torch.device("meta")  # as one there would say

        def __new__(cls, device="cpu"):
            return super().__new__(cls, "cpu")

    monkeypatch.setattr(torch, "Generator", OnCpu)
    monkeypatch.setattr(training, "pick_device", lambda *_: torch.device("meta"))
    monkeypatch.setattr(training, "_MESSAGE_SECONDS", math.inf)
    step, brought = Trainer._step, []

    def watched(self, *batch):
        with Brought() as first:
            step(self, *batch)
        brought.append(first.seen)

    monkeypatch.setattr(Trainer, "_step", watched)
    recipe = Recipe.load(name).with_changes({"batch_size": 1, "limit": 4, "data.repeat": 2} | changes)
    trainer = Trainer(recipe, pages if recipe.data.dataset == "pages" else tiny_images)
    events = trainer.events()
    steps = next(events).steps_per_epoch
    assert steps >= 2
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
        next(events)  # the first message reads the losses
    assert trainer.epochs_done == 1
    assert len(brought) == steps
    assert set().union(*brought[1:]) == set()  # the first step may bring what stays there
