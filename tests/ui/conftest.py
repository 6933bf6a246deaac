"""What tests of whole sessions share: windows, and runs that are ready to be opened."""

import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from latentlab.ui.app.garbage import GarbageCollector
from tests.measuring import measuring_once
from tests.ui.hand import Hand
from tests.ui.lab import TINY, Lab


@pytest.fixture(scope="session")
def qapp(qapp):
    """Paint widgets as the program does."""
    from latentlab.ui.style.looks import Looks

    qapp.setStyle(Looks())
    return qapp


@pytest.fixture
def qtbot(qapp, request):
    hand, collector = Hand(request), GarbageCollector()
    yield hand
    collector.end()
    hand.let_go()


@pytest.fixture(scope="session")
def digits():
    """Give the bundled digits, read once."""
    from latentlab.core.data.sets import bundled_digits

    return bundled_digits.load()


@pytest.fixture
def make_lab(qtbot, digits, monkeypatch, measured_once):
    """Make windows; what they run ends with the test."""
    from latentlab.core.data import registry

    monkeypatch.setitem(registry.DATASETS, "digits", replace(registry.DATASETS["digits"], read=lambda: digits))
    made = []

    def make(settings=None):
        made.append(Lab(qtbot, settings))
        return made[-1]

    yield make
    for lab in made:
        lab.end()


@pytest.fixture
def lab(make_lab):
    """A window as at a first start, its images loaded."""
    lab = make_lab()
    lab.until_loaded()
    return lab


@pytest.fixture(scope="session")
def run_file(tmp_path_factory, digits):
    """Give the file of a run trained on the bundled digits, by what differs from a tiny recipe; each is made once."""
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.training.trainer import Trainer

    folder = tmp_path_factory.mktemp("runs")
    images = replace(digits, folder=folder)
    made: dict[str, Path] = {}

    def give(**changes) -> Path:
        key = repr(sorted(changes.items()))
        if key not in made:
            dotted = {name.replace("__", "."): value for name, value in changes.items()}
            recipe = Recipe.load("digits-vae-2d").with_changes(TINY | {"training.epochs": 6} | dotted)
            trainer = Trainer(recipe, images)
            made[key] = folder / f"run{len(made)}.safetensors"
            with measuring_once():
                for _ in trainer.events():
                    pass
                trainer.result().save(made[key])
        return made[key]

    return give


@pytest.fixture
def opened(lab, run_file):
    """A window with a run, all of its map in sight."""
    lab.open(run_file())
    lab.press("mapShowAllButton")
    return lab


def flag():
    """Give a picture that tells turned, mirrored and swapped from true: uint8 (3, 16, 24).

    Red, green and blue from left to right, below them a white line.
    """
    image = np.zeros((3, 16, 24), np.uint8)
    for channel in range(3):
        image[channel, :, 8 * channel : 8 * channel + 8] = 255
    image[:, -2:] = 255
    return image


@pytest.fixture(scope="session")
def colour_images():
    """Give images in colour: the first ones of both splits the flag, then patches of one colour and its shade."""
    import torch

    from latentlab.core.data.image_set import ImageSet

    shades = np.random.default_rng(0).integers(0, 256, (96, 3, 1, 2), np.uint8)
    images = torch.from_numpy(np.concatenate([flag()[None], shades.repeat(16, 2).repeat(12, 3)]))
    labels = torch.arange(97) % 2
    return ImageSet("digits", "Colours", images, labels, images[:49], labels[:49], ("even", "odd"))


@pytest.fixture(scope="session")
def colour_run(tmp_path_factory, colour_images):
    """Give the file of a run on images in colour, whose decoder makes the flag of every code."""
    import torch

    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.training.trainer import Trainer

    recipe = Recipe.load("digits-vae-2d").with_changes(TINY | {"training.epochs": 1})
    trainer = Trainer(recipe, colour_images)
    for _ in trainer.events():
        pass
    run = trainer.result()
    last = [layer for layer in run.snapshot.model.decoder.modules() if isinstance(layer, torch.nn.Linear)][-1]
    last.weight.zero_()
    last.bias.copy_(torch.from_numpy(flag().ravel() / 255.0 * 60 - 30))  # a sigmoid makes 0 and 1 of them
    path = tmp_path_factory.mktemp("colours") / "colours.safetensors"
    run.save(path)
    return path


@pytest.fixture
def coloured(make_lab, colour_images, colour_run, monkeypatch):
    """A window with a model of images in colour, all of its map in sight."""
    from latentlab.core.data import registry

    monkeypatch.setitem(registry.DATASETS, "digits", replace(registry.DATASETS["digits"], read=lambda: colour_images))
    lab = make_lab()
    lab.until_loaded()
    lab.open(colour_run)
    lab.press("mapShowAllButton")
    return lab


@pytest.fixture
def held_load(monkeypatch):
    """Let no image set be loaded until the event that this gives is set, or five seconds have passed."""
    from latentlab.core.data import registry

    go_on, load = threading.Event(), registry.load

    def hold(*arguments, **options):
        go_on.wait(5)
        return load(*arguments, **options)

    monkeypatch.setattr(registry, "load", hold)
    yield go_on
    go_on.set()


@pytest.fixture
def slow_models(monkeypatch):
    """Have every question of a model answered off the GUI thread, as those of a large one are."""
    from latentlab.ui.threads import latest

    monkeypatch.setattr(latest, "ALWAYS_INLINE", -1)
    monkeypatch.setattr(latest, "INLINE_SECONDS", 0.0)


@pytest.fixture
def slow_samples(slow_models, monkeypatch):
    """Have a model decode the image of a pick within a part of a frame, and nothing else."""
    from latentlab.core.map import explore

    monkeypatch.setattr(explore, "image_operations", lambda model: -1)


@pytest.fixture
def nowhere(own_home, monkeypatch):
    """Let no place take a run: neither the workspace nor the folder of temporary files."""
    (own_home / "file").write_text("no folder")
    monkeypatch.setenv("LATENTLAB_WORKSPACE", str(own_home / "file" / "runs"))
    monkeypatch.setattr(tempfile, "tempdir", str(own_home / "file"))


@pytest.fixture
def unkept(nowhere, make_lab):
    """Give a window in which a model trains that no place takes."""
    lab = make_lab()
    lab.begin()
    lab.until(lambda: "kept in memory alone" in lab.message())
    assert not lab.session.is_kept
    return lab
