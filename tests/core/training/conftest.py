"""What the tests of training share: how often a training reports, and what is measured of its images."""

import math

import pytest

from latentlab.core.sketch import preparation as sketch
from latentlab.core.training import trainer


@pytest.fixture(scope="session")
def preparation(tiny_images):
    return sketch.measure(tiny_images.train_images[:200].numpy())


@pytest.fixture(autouse=True)
def measured_once(preparation, monkeypatch):
    """Give each trainer what is measured of the tiny images, which takes longer than training on them."""
    monkeypatch.setattr(sketch, "measure", lambda images: preparation)


@pytest.fixture
def each_step(monkeypatch):
    """Report after each step, as on a machine where a step takes longer than the time between two messages."""
    monkeypatch.setattr(trainer, "_MESSAGE_SECONDS", 0.0)


@pytest.fixture
def each_epoch(monkeypatch):
    """Report once in an epoch, as on a machine where an epoch is shorter than the time between two messages."""
    monkeypatch.setattr(trainer, "_MESSAGE_SECONDS", math.inf)
