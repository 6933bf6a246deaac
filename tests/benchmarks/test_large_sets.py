"""Sets that are larger than memory: trained beside the same set in memory, and read beside a bare loop of Pillow.

They take 7 GB of a disk, 12 GB of memory so that its cache holds what is mapped, and a quarter of an hour: only where
LATENTLAB_LARGE names a folder for them. Each training is a process of its own: this file, run as a program.

The limit is one of the system's on what a process allocates (RLIMIT_DATA, ``ulimit -d``): what is mapped to be read is
not counted, as the system forgets it when others need the room.
"""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

_LARGE = os.environ.get("LATENTLAB_LARGE")
pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux" or not _LARGE, reason="needs Linux, and a folder in LATENTLAB_LARGE"),
]
_ROOT = Path(__file__).resolve().parents[2]
_COUNT, _TEST, _SHAPE = 400_000, 2000, (3, 64, 64)
_LIMIT = 2_000_000_000  # bytes
_TRAINED = {"small": 60_000, "convolutional": 6000}  # images, drawn from all of them
_RECIPES = {
    "small": {"model": {"encoder": {"layers": [16]}, "decoder": {"layers": [16]}}},
    "convolutional": {
        "model": {
            "latent": 64,
            "encoder": {"kind": "conv", "layers": [16, 32, 64]},
            "decoder": {"kind": "conv", "layers": [64, 32, 16]},
        }
    },
}
_PICTURES, _CLASSES = 100_000, 100


def photographs():
    """Give the two that scikit-learn brings, uint8 (H, W, 3)."""
    from sklearn.datasets import load_sample_images

    return load_sample_images().images


def made(room):
    """Make 5 GB of colour patches."""
    import torch

    from latentlab.core.data.image_set import ImageSet

    images, random = room((_COUNT, *_SHAPE)), np.random.default_rng(0)
    photos = [photo.transpose(2, 0, 1) for photo in photographs()]
    for row in range(_COUNT):
        photo = photos[row % 2]
        y, x = random.integers(0, (photo.shape[1] - 64, photo.shape[2] - 64))
        images[row] = photo[:, y : y + 64, x : x + 64]
    pixels, labels = torch.from_numpy(images), torch.full((_COUNT,), -1)
    parts = slice(_COUNT - _TEST), slice(_COUNT - _TEST, None)
    train, test = ((pixels[part], labels[part]) for part in parts)
    return ImageSet("large", "Large", *train, *test, ())


def trained(place, kind):
    """Train, from the map under the limit or in memory, and give what was measured, and the loss of every step."""
    import resource
    from dataclasses import replace

    from latentlab.core.data.image_cache import cached, key_of
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.training.trainer import Trainer

    if place != "memory":
        resource.setrlimit(resource.RLIMIT_DATA, (_LIMIT, _LIMIT))
    data = cached(key_of([], "large"), made)
    np.asarray(data.train_images).sum()  # now the disk's cache holds it, as far as there is room
    if place != "map":
        data = replace(data, train_images=data.train_images.clone(), test_images=data.test_images.clone())
    training = {"epochs": 1, "batch_size": 200, "device": "cpu", "learning_rate": 0.001, "threads": 1}
    trainer = Trainer(Recipe.from_dict({"data": {"dataset": "large"}, "training": training} | _RECIPES[kind]), data)
    losses = []
    for event in trainer.events():
        losses += getattr(event, "losses", np.empty((0, 4)))[:, 0].tolist()
        if len(losses) * 200 >= _TRAINED[kind]:
            trainer.control.stop.set()
    return {"speed": event.images_per_second, "losses": losses[: _TRAINED[kind] // 200]}


def run(place, kind, *, check=True):
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, __file__, place, kind],
        env=environment | {"LATENTLAB_CACHE": str(Path(_LARGE) / "cache"), "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
        stderr=None if check else subprocess.DEVNULL,
        check=check,
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


@pytest.fixture(scope="module")
def stored():
    """Have the set on the disk."""
    run("map", "small")
    yield
    shutil.rmtree(Path(_LARGE) / "cache")


@pytest.mark.parametrize("kind", _RECIPES)
def test_training_on_a_set_of_more_than_twice_the_memory(stored, race, row, kind):
    if kind == "small":
        assert run("copied", kind, check=False) is None, "the limit is one"
    losses = {}

    def train(place):
        said = run(place, kind)
        losses.setdefault(place, said["losses"])
        assert said["losses"] == losses[place]
        return 1 / said["speed"]

    result = race({place: lambda place=place: train(place) for place in ("map", "memory")}, rounds=3)
    ratio = result.speed("map", "memory")
    speeds = {place: result.per_second(place, 1) for place in ("map", "memory")}
    row(
        f"training on 4.9 GB under a limit of 2 GB, {kind} network",
        f"in memory {speeds['memory']:,.0f} images/s",
        "0.9 times, the same losses",
        f"{ratio:.2f} times ({speeds['map']:,.0f} images/s)",
        ratio >= 0.9 and losses["map"] == losses["memory"],
    )
    assert losses["map"] == losses["memory"]
    assert ratio >= 0.9


def test_a_folder_of_100_000_pictures(race, row, monkeypatch):
    from PIL import Image

    from latentlab.core.data import registry

    folder = Path(_LARGE) / "pictures"
    write_pictures(folder)
    files = sorted(folder.rglob("*.*"))
    monkeypatch.setenv("LATENTLAB_CACHE", str(Path(_LARGE) / "pictures-cache"))

    def bare():
        images = np.empty((len(files), 64, 64, 3), np.uint8)

        def read(start):
            for number in range(start, min(start + 64, len(files))):
                with Image.open(files[number]) as picture:
                    images[number] = np.asarray(picture.convert("RGB"))

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(read, range(0, len(files), 64)))

    def opened():
        begin = perf_counter()
        images = registry.load(f"folder:{folder}", folder)
        assert images.image_shape == _SHAPE
        assert len(images.train_images) + len(images.test_images) == _PICTURES
        return perf_counter() - begin

    def anew():
        shutil.rmtree(Path(_LARGE) / "pictures-cache", ignore_errors=True)
        opened()

    again = []

    def both():
        anew_in = timed(anew)
        again.append(opened())
        return anew_in

    result = race({"bare": bare, "opened": both}, rounds=3)
    bare_in, opened_in = (1000 / result.per_second(name, _PICTURES) for name in ("bare", "opened"))
    row(
        "opening 100,000 pictures of 64×64 in colour, seconds a thousand",
        f"a bare loop of Pillow in two threads {bare_in:.2f} s",
        "",
        f"{opened_in:.2f} s; opened again in {sorted(again)[1]:.1f} s for all",
    )
    assert sorted(again)[1] < 10
    shutil.rmtree(folder)
    shutil.rmtree(Path(_LARGE) / "pictures-cache")


def timed(does):
    begin = perf_counter()
    does()
    return perf_counter() - begin


def write_pictures(folder):
    """Write patches of photographs, three JPEG to a PNG, in as many folders as there are classes."""
    from PIL import Image

    photos, random = photographs(), np.random.default_rng(0)
    for label in range(_CLASSES):
        (folder / f"class {label}").mkdir(parents=True)
        for number in range(_PICTURES // _CLASSES):
            photo, side = photos[number % 2], int(random.integers(64, 200))
            y, x = random.integers(0, np.subtract(photo.shape[:2], side))
            patch = Image.fromarray(photo[y : y + side, x : x + side]).resize((64, 64), Image.Resampling.BILINEAR)
            patch.save(folder / f"class {label}" / f"{number}.{'png' if number % 4 == 3 else 'jpg'}")


if __name__ == "__main__":
    print(json.dumps(trained(*sys.argv[1:])))  # noqa: T201
