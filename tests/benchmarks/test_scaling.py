"""How cost grows with the work: points, pixels and latent dimensions, and the epochs of a run.

Each line compares the same thing done of less and of more, by turns: at most linear is a cost that grows no more than
the work did. What is done again and again during a run has to cost the same however long the run has been.
"""

from time import perf_counter

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPointF, QTimer

from latentlab.core.data.image_set import ImageSet
from latentlab.core.events import EpochEnded, Finished, Losses, Progress
from latentlab.core.fields.tiles import Landscape, TileAddress
from latentlab.core.map.browsing import Listing, ListQuestion, Lists
from latentlab.core.map.checkpoints import Checkpoints
from latentlab.core.map.encoder import GrowingCodes
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.projection import fit
from latentlab.core.map.results import MapPoints
from latentlab.core.models.building import build
from latentlab.core.models.operations import Operations
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.sketch import preparation as sketch
from latentlab.core.training.trainer import Trainer
from latentlab.core.views.traversals import TraversalsQuestion, traversals
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.panels.curves import CurvesPanel

_ROUNDS = 7
_NOISE = 1.1  # what is just linear, or costs just the same, is measured on either side of that
_STEPS = 469  # of an epoch of 60,000 images
_MLP, _CONV = Recipe.load("mlp-vae-20d"), Recipe.load("conv-vae-2d")
_NAMES = tuple("0123456789")


@pytest.fixture
def compare(race, row):
    """Time something done of less and of more, and put into the table how much longer it took of more."""

    def measure(what, less, more, amounts, to_reach):
        found = race({"less": less, "more": more}, _ROUNDS, warm_up=1)
        ratio = found.speed("less", "more")
        to_say = f"{to_reach} times at most" if to_reach > 1 else "the same"
        row(what, amounts, to_say, f"{ratio:.1f} times", ratio <= _NOISE * to_reach)

    return measure


def images_of(count, side, tests=1):
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count + tests, 1, side, side), dtype=torch.uint8, generator=generator)
    labels = torch.arange(count + tests) % 10
    return ImageSet("noise", "Noise", pixels[:count], labels[:count], pixels[count:], labels[count:], _NAMES)


def snapshot_of(recipe, side=28):
    return Snapshot("run", recipe, build(recipe, (1, side, side), 0), _NAMES)


def update_of(count, latent, recipe=_MLP, with_images=False):
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, count)
    means = (random.normal(size=(10, latent))[labels] + 0.4 * random.normal(size=(count, latent))).astype(np.float32)
    images = random.integers(0, 256, (count, 1, 28, 28), np.uint8)
    snapshot = snapshot_of(recipe.with_changes({"model.latent": latent}))
    preparation = sketch.measure(images[:100])
    deviations = np.full_like(means, 0.1)
    return MapUpdate(
        "run", 1.0, snapshot, means, labels, fit(means), images, preparation, Operations(0, 0), None, deviations
    )


def trained(recipe, data, epochs=1):
    """Give what trains anew, and tells the seconds from the first step to the end."""
    recipe = recipe.with_changes({"epochs": epochs, "device": "cpu"})

    def training():
        events = Trainer(recipe, data).events()
        next(events)
        begin = perf_counter()
        *_, last = events
        assert isinstance(last, Finished)
        assert last.epochs == epochs
        return perf_counter() - begin

    return training


def encoded(recipe, count, side=28):
    """Give what encodes the images of a map, and lays them out, as an update of a live map does."""
    snapshot, data = snapshot_of(recipe, side), images_of(count, side)
    codes = GrowingCodes(data.train_images, data.train_labels.numpy())

    def update():
        assert codes.encode(snapshot, 60.0, count) == count
        assert np.isfinite(fit(codes.codes(snapshot.latent)[0]).directions).all()

    return update


# Points


class Map:
    """A map of so many points, and what is done with it."""

    def __init__(self, qtbot, count):
        random = np.random.default_rng(0)
        positions, labels = random.normal(size=(count, 2)).astype(np.float32), random.integers(0, 10, count)
        self.points = MapPoints("run", positions, labels, _NAMES, ("z₁", "z₂"), ImageIds.of("set", labels))
        self.canvas = LatentCanvas()
        qtbot.addWidget(self.canvas)
        self.canvas.resize(1200, 800)
        self.move()

    def move(self):
        self.canvas.set_points(self.points)
        assert not self.canvas.grab().isNull()

    def pan(self):
        self.canvas.view.pan(self.canvas.view.extent(), QPointF(3, -2))
        assert not self.canvas.grab().isNull()

    def pick(self):
        self.canvas.view.pan(self.canvas.view.extent(), QPointF(3, -2))
        self.canvas.grab()
        begin = perf_counter()
        self.canvas.points_layer.nearest(QPointF(600, 400))
        return perf_counter() - begin


@pytest.mark.parametrize(
    ("what", "method"),
    [("new positions and paint", Map.move), ("pan and paint", Map.pan), ("pick after a pan", Map.pick)],
    ids=["move", "pan", "pick"],
)
def test_points_of_the_map(compare, qtbot, what, method):
    less, more = Map(qtbot, 70_000), Map(qtbot, 700_000)
    compare(f"points: {what}", lambda: method(less), lambda: method(more), "70,000 to 700,000", 10)


def test_points_encoded(compare, torch_threads):
    torch_threads(1)
    compare("points: encoding a map", encoded(_MLP, 1000), encoded(_MLP, 10_000), "1,000 to 10,000", 10)


@pytest.mark.parametrize("kind", ["near_codes", "near_pixels", "worst", "ambiguous"])
def test_points_listed(compare, torch_threads, kind):
    torch_threads(1)
    amounts = (500, 5000) if kind == "ambiguous" else (1000, 10_000)
    updates = [update_of(count, 2) for count in amounts]
    order = {"near_codes": "distance", "near_pixels": "distance", "worst": "loss", "ambiguous": "ambiguity"}[kind]
    listing = Listing(kind, 100, order, kind == "worst")

    def find(update):
        question = ListQuestion(listing, np.empty(0, np.int64), 0, update.means[0], 0)
        assert len(Lists(update).find(question, lambda share: True).rows) == 100

    less, more = (lambda update=update: find(update) for update in updates)
    texts = "{:,} to {:,}".format(*amounts)
    compare(f"points: list of {kind.replace('_', ' ')}", less, more, texts, 10)


# Pixels


@pytest.mark.parametrize(("recipe", "count"), [(_MLP, 2560), (_CONV, 128)], ids=["mlp", "conv"])
def test_pixels_trained(compare, torch_threads, recipe, count):
    torch_threads(1)
    less, more = (trained(recipe, images_of(count, side)) for side in (28, 56))
    compare(f"pixels: training, {recipe.model.encoder.kind}", less, more, "28 × 28 to 56 × 56", 4)


@pytest.mark.parametrize(("recipe", "count"), [(_MLP, 2000), (_CONV, 200)], ids=["mlp", "conv"])
def test_pixels_encoded(compare, torch_threads, recipe, count):
    torch_threads(1)
    less, more = (encoded(recipe, count, side) for side in (28, 56))
    compare(f"pixels: encoding a map, {recipe.model.encoder.kind}", less, more, "28 × 28 to 56 × 56", 4)


@pytest.mark.parametrize("kind", ["mlp", "conv"])
def test_pixels_decoded(compare, torch_threads, kind):
    torch_threads(1)
    recipe = {"mlp": Recipe.load("mlp-vae-2d"), "conv": _CONV}[kind]
    addresses = [TileAddress(1, column, row) for column in range(-2, 2) for row in range(-2, 2)]
    plane = np.zeros(2, np.float32), np.eye(2, dtype=np.float32), 0
    less, more = (Landscape(snapshot_of(recipe, side), *plane) for side in (28, 56))
    compare(
        f"pixels: landscape of {16 * len(addresses)} images, {kind}",
        lambda: decoded(less, addresses),
        lambda: decoded(more, addresses),
        "28 × 28 to 56 × 56",
        4,
    )


def decoded(landscape, addresses):
    assert len(landscape.decode(addresses)) == len(addresses)


# Latent dimensions


def wide(latent):
    return _MLP.with_changes({"model.latent": latent})


def test_dimensions_trained(compare, torch_threads):
    torch_threads(1)
    less, more = (trained(wide(latent), images_of(2560, 28)) for latent in (20, 200))
    compare("latent dimensions: training, mlp", less, more, "20 to 200", 10)


def test_dimensions_mapped(compare, torch_threads):
    torch_threads(1)
    compare(
        "latent dimensions: update of a map of 10,000",
        encoded(wide(20), 10_000),
        encoded(wide(200), 10_000),
        "20 to 200",
        10,
    )


def test_dimensions_projected(compare, torch_threads):
    torch_threads(1)
    less, more = (update_of(10_000, latent).means for latent in (20, 200))
    what = "latent dimensions: principal components of 10,000"
    compare(what, lambda: projected(less), lambda: projected(more), "20 to 200", 10)


def projected(means):
    assert fit(means).directions.shape == (2, means.shape[1])


def test_dimensions_traversed(compare, torch_threads):
    torch_threads(1)
    less, more = (update_of(3000, latent) for latent in (20, 200))
    what = "latent dimensions: ten rows of traversals"
    compare(what, lambda: traversed(less), lambda: traversed(more), "20 to 200", 10)


def traversed(update):
    assert len(traversals(TraversalsQuestion(None, 3.0, 9, 10, True, 0), update).images) == 10


# Epochs


def ended(number):
    losses = Losses(160 + 30 / number, 150 + 30 / number, 10.0)
    return EpochEnded("run", number, losses, losses, is_best=True)


def steps(number, count=_STEPS):
    positions = (number - 1 + np.arange(1, count + 1) / count).astype(np.float32)
    return Progress(
        "run", positions, np.random.default_rng(number).normal(160, 5, (count, 4)).astype(np.float32), 1e4, 1.0, 1.0
    )


def test_epochs_trained(compare, torch_threads):
    torch_threads(1)
    data = images_of(256, 28)

    less, more = (trained(Recipe.load("mlp-vae-2d"), data, epochs) for epochs in (3, 30))
    compare("epochs: training", less, more, "3 to 30", 10)


class Curves:
    """The loss curves after so many epochs, and the next one told and painted."""

    def __init__(self, qtbot, epochs):
        self.panel = CurvesPanel()
        qtbot.addWidget(self.panel)
        self.panel.resize(600, 190)
        self.panel.show()
        for number in range(1, epochs + 1):
            self.panel.add_progress(steps(number))
            self.panel.add_epoch(ended(number))
        self.next, self.due = epochs + 1, self.panel.findChild(QTimer)

    def tell(self):
        self.panel.add_progress(steps(self.next, 20))
        self.panel.add_epoch(ended(self.next))
        self.due.timeout.emit()
        assert not self.panel.grab().isNull()
        self.next += 1


def test_epochs_drawn(compare, qtbot):
    less, more = Curves(qtbot, 1000), Curves(qtbot, 10_000)
    compare("epochs: one more drawn on the loss curves", less.tell, more.tell, "after 1,000 and 10,000", 1)


def test_epochs_kept(compare):
    update = update_of(100, 2)

    def keeping(epochs):
        def keep():
            checkpoints = Checkpoints()
            for epoch in range(1, epochs + 1):
                checkpoints.add(epoch, update)
            assert len(checkpoints.epochs()) <= 25

        return keep

    compare("epochs: keeping models to look back at", keeping(1000), keeping(10_000), "1,000 to 10,000", 10)


def test_epochs_in_a_file(row, benchmark, tmp_path):
    update = update_of(1000, 2)

    def sizes():
        found = []
        for epochs in (100, 1000):
            history = tuple(ended(number) for number in range(1, epochs + 1))
            path = tmp_path / "run.safetensors"
            Run(update.snapshot, history, (), epochs, update.preparation, update.means, update.labels).save(path)
            found.append(path.stat().st_size)
        return found

    less, more = benchmark.pedantic(sizes, rounds=1)
    row(
        "epochs: size of the run's file",
        "100 to 1,000",
        "10 times at most",
        f"{more / less:.1f} times",
        more <= 10 * less,
    )
