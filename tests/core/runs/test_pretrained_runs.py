"""The runs that come with the program: whole, small, and what is said of them."""

from __future__ import annotations

import pytest

from latentlab.core.files import resource
from latentlab.core.runs.run import Run

MOST_BYTES = 4_000_000


@pytest.mark.parametrize("name", ["mnist-vae-2d", "mnist-cvae-2d"])
def test_its_size_is_told_and_small(name):
    file = resource("models", f"{name}.safetensors")
    size = file.stat().st_size
    assert size <= MOST_BYTES
    (row,) = [line for line in resource("models", "README.md").read_text("utf-8").splitlines() if f"| `{name}." in line]
    assert f" {size:,} " in row


def test_the_vaes_prior_is_fitted():
    assert Run.open(resource("models", "mnist-vae-2d.safetensors")).snapshot.prior.components.weights.shape == (50,)


def test_the_cvae_knows_how_sure_it_is_without_its_images():
    found = Run.open(resource("models", "mnist-cvae-2d.safetensors")).snapshot.calibration
    assert (found.images, found.are_held_out) == (500, False)
    assert 6 < found.temperature < 8
