"""What training costs beside a bare loop, alone and with a live map.

Run with ``python -m pytest tests/benchmarks --benchmark-only``; the numbers in brackets are the ratios.
"""

import pytest
import torch

from latentlab.core import models
from latentlab.core.events import Finished
from latentlab.core.image_set import ImageSet
from latentlab.core.live_map import LiveMap, MapChoice, choose
from latentlab.core.recipe import Recipe
from latentlab.core.training import Trainer

pytestmark = pytest.mark.benchmark(group="one epoch of 60,000 images, MLP VAE", min_rounds=3, warmup=False)
_RECIPE = Recipe.load("mlp-vae-2d").with_changes({"epochs": 1, "device": "cpu"})


@pytest.fixture(scope="module")
def images():
    """As many and as large as a part of MNIST; what is in them does not matter here."""
    pixels = torch.randint(0, 256, (60_000, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(60_000) % 10
    names = tuple("0123456789")
    # One test image: an epoch's test is not what is measured.
    return ImageSet("noise", "Noise", pixels, labels, pixels[:10_000], labels[:10_000], names)


def _without_test(images):
    return ImageSet(
        images.name, images.title, images.train_images, images.train_labels,
        images.test_images[:1], images.test_labels[:1], images.class_names,
    )  # fmt: skip


def test_bare_loop(benchmark, images):
    def train():
        torch.manual_seed(0)
        model = models.build(_RECIPE, (28, 28), 10)
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        for rows in torch.randperm(len(images.train_images)).split(128):
            x = images.train_images[rows].unsqueeze(1).float().div_(255)
            terms = model.loss_terms(x, None, torch.randn(len(x), 2))
            loss = (terms.reconstruction + terms.kl).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()

    benchmark(train)


def test_trainer(benchmark, images):
    def train():
        *_, last = Trainer(_RECIPE, _without_test(images)).events()
        assert isinstance(last, Finished)

    benchmark(train)


def test_trainer_with_a_live_map_of_ten_thousand(benchmark, images):
    shown = choose(images, MapChoice("test", 10_000))

    def train():
        trainer = Trainer(_RECIPE, _without_test(images))
        live = LiveMap(shown)
        list(live.whole(trainer))
        for _ in trainer.events():
            if live.is_due():
                live.update(trainer)

    benchmark(train)
