"""What a click, a stroke, and opening the pretrained model cost."""

import numpy as np
import pytest

from latentlab.core import exploring, sketch
from latentlab.core.live_map import map_of
from latentlab.core.resources import resource
from latentlab.core.runs import Run

pytestmark = pytest.mark.benchmark(group="the pretrained VAE")
_PATH = resource("models", "mnist-vae-2d.safetensors")


@pytest.fixture(scope="module")
def shown():
    return map_of(Run.open(_PATH), None)


def test_open_and_map(benchmark):
    benchmark(lambda: map_of(Run.open(_PATH), None))


def test_click(benchmark, shown):
    noise = exploring.new_noise(0, 2)
    code = np.array([0.5, -0.5], np.float32)

    benchmark(
        exploring.decode, shown.snapshot, shown.projection, code, label=None, temperature=1.0, noise=noise
    )  # fmt: skip


def test_stroke(benchmark, shown):
    drawing = np.zeros((512, 512), np.float32)
    drawing[100:400, 240:270] = 1

    def read():
        image = sketch.prepare(drawing, shown.preparation)
        exploring.sketched(
            shown.snapshot, shown.projection, image,
            label=None, means=shown.means, labels=shown.labels, images=None, posed=True,
        )  # fmt: skip

    benchmark(read)
