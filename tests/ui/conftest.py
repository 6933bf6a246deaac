"""What tests of whole sessions share: a window with a hand on it, and runs that are ready to be opened."""

import gc
import itertools
import tempfile
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QThreadPool
from PySide6.QtGui import QAction, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import Shiboken

PATIENCE = 20_000  # milliseconds: what a busy machine may take, not what anything should

# So small that a training takes a fraction of a second.
TINY = {
    "data.limit": 256,
    "training.batch_size": 64,
    "training.epochs": 3,
    "training.device": "cpu",
    "model.encoder.layers": (16,),
    "model.decoder.layers": (16,),
}
LONG = {"training.epochs": 100_000}


class Hand(QtBot):
    """A hand on the program: it waits as long as a busy machine takes, and its mouse reaches the widget that is meant.

    QTest moves the pointer of the X server instead, which tells it late, and which another process of the tests may
    move away meanwhile.
    """

    def __init__(self, request):
        super().__init__(request)
        self._held = Qt.MouseButton.NoButton

    def waitUntil(self, condition, *, timeout=PATIENCE):
        super().waitUntil(condition, timeout=timeout)

    def waitSignal(self, signal, *, timeout=PATIENCE, **more):
        return super().waitSignal(signal, timeout=timeout, **more)

    def waitExposed(self, widget, *, timeout=PATIENCE):
        return super().waitExposed(widget, timeout=timeout)

    def show(self, widget, width, height):
        """Give a widget that is seen in a size until the test ends."""
        self.addWidget(widget)
        widget.resize(width, height)
        with self.waitExposed(widget):
            widget.show()
        return widget

    def mousePress(self, widget, button, *arguments, **more):
        self._held |= button
        super().mousePress(widget, button, *arguments, **more)

    def mouseRelease(self, widget, button, *arguments, **more):
        self._held &= ~button
        super().mouseRelease(widget, button, *arguments, **more)

    def mouseMove(self, widget, pos, modifiers=Qt.KeyboardModifier.NoModifier):
        at, none = QPointF(pos), Qt.MouseButton.NoButton
        event = QMouseEvent(QEvent.Type.MouseMove, at, widget.mapToGlobal(at), none, self._held, modifiers)
        QApplication.sendEvent(widget, event)

    def wheel(self, widget, notches, pos=None):
        """Turn the wheel away from oneself, or back where there are less than none."""
        at, turned = QPointF(pos or widget.rect().center()), QPoint(0, 120 * notches)
        none, plain, phase = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), turned, none, plain, phase, False)
        QApplication.sendEvent(widget, event)

    def let_go(self):
        """Release the buttons that QTest would hold in the tests that follow."""
        for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
            if self._held & button:
                super().mouseRelease(QPushButton(), button)


@pytest.fixture
def qtbot(qapp, request):
    hand = Hand(request)
    yield hand
    hand.let_go()


class Lab:
    """A main window, and what a person does with it."""

    def __init__(self, qtbot, settings=None):
        from latentlab.ui.window.main_window import MainWindow

        self.qtbot = qtbot
        self.window = MainWindow(settings)
        self.session = self.window.session
        self.canvas = self.child("latentCanvas")
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def child(self, name, kind=QWidget):
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def action(self, name) -> QAction:
        return self.child(f"{name}Action", QAction)

    def text(self, name):
        """What a label says, if it can be seen."""
        label = self.child(name, QLabel)
        return label.text() if label.isVisible() else ""

    def message(self):
        return self.text("messageText")

    def until(self, condition: Callable[[], object]):
        self.qtbot.waitUntil(lambda: bool(condition()))

    def until_idle(self):
        """Wait until nothing is computed on other threads any more, and what came of it is told."""
        pools = self.window.findChildren(QThreadPool)
        self.until(lambda: not any(pool.activeThreadCount() for pool in pools))
        QApplication.processEvents()

    def press(self, name):
        button = self.child(name)
        assert button.isVisible(), name
        assert button.isEnabled(), name
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def until_loaded(self):
        self.until(lambda: self.session.library.data is not None)

    def choose_own(self, name):
        """Choose images of one's own that one has agreed to have read."""
        self.session.library.agree(name)
        self.session.recipes.choose_dataset(name)

    def set_up(self, *changes, **more):
        """Put a tiny recipe in force, with some settings changed."""
        merged = TINY.copy()
        for change in (*changes, more):
            merged |= change
        self.session.recipes.edit(self.session.recipe.with_changes(merged))
        self.until_loaded()

    def begin(self, *changes):
        """Train, until there is a map."""
        self.set_up(LONG, *changes)
        self.press("trainButton")
        self.until(lambda: len(self.canvas.points()))
        assert self.session.state == "training"

    def train(self, *changes):
        """Train to the end."""
        self.set_up(*changes)
        with self.qtbot.waitSignal(self.session.training.ended):
            self.press("trainButton")

    def open(self, path: Path):
        with self.qtbot.waitSignal(self.session.opened):
            self.window.open_run(path)
        run_id = self.session.run.snapshot.run_id
        self.until(lambda: self.session.exploration.shown and self.session.exploration.shown.run_id == run_id)
        self.press("mapShowStandardButton")  # so that a test knows what is in sight

    def pixel(self, x, y) -> QPoint:
        return self.canvas.pixel_of(x, y)

    def click(self, x, y):
        """Click on a place of the map."""
        place = self.pixel(x, y)
        assert self.canvas.viewport().rect().contains(place), "out of sight"
        self.qtbot.mouseClick(self.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def pick(self, dx=0, dy=0):
        """Click beside the middle of the map, as close to it as no point is hit, and wait until it is decoded."""
        place = self.free_place(self.canvas.viewport().rect().center() + QPoint(dx, dy))
        with self.changes(self.decoded):
            self.qtbot.mouseClick(self.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def free_place(self, wanted):
        """Give the pixel nearest to a wanted one that is on no point: where points come to lie differs by machine."""
        viewport, layer = self.canvas.viewport().rect(), self.canvas.points_layer
        steps = range(-150, 151, 5)
        for dx, dy in sorted(itertools.product(steps, steps), key=lambda step: abs(step[0]) + abs(step[1])):
            place = wanted + QPoint(dx, dy)
            local = self.canvas.view.box.mapFromScene(self.canvas.mapToScene(place))
            if viewport.contains(place) and layer.nearest(local) is None:
                return place
        raise AssertionError("no place is free of points")

    def lonely(self, canvas=None):
        """Give the row of a point that nothing else lies near, within the view."""
        canvas = canvas or self.canvas
        points, seen = canvas.points(), canvas.viewport().rect().adjusted(80, 20, -80, -60)
        distances = np.linalg.norm(points[:, None] - points[None], axis=2)
        np.fill_diagonal(distances, np.inf)
        inside = [seen.contains(canvas.pixel_of(*point)) for point in points.tolist()]
        return int(np.where(inside, distances.min(1), -1).argmax())

    @contextmanager
    def changes(self, answer: Callable[[], object]):
        """Wait, after what is done within, until an array or None is another than before."""
        before = answer()
        yield
        self.until(lambda: not np.array_equal(before, answer()))

    def drag(self, widget, places):
        self.qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places[1:]:
            self.qtbot.mouseMove(widget, place)
        self.qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=places[-1])

    def decoded(self):
        return self.child("decodedImage").pixels()

    def stroke(self, points):
        """Draw a line through points of the unit square."""
        pad = self.child("sketchPad")
        places = [QPoint(round(x * pad.width()), round(y * pad.height())) for x, y in points]
        self.drag(pad, places)

    def epochs_drawn(self):
        return len(self.child("lossPlot").series().get("test/loss", ((), ()))[0])

    def end(self):
        if Shiboken.isValid(self.window):
            self.session.shut_down()
            self.window.deleteLater()


@pytest.fixture(scope="session")
def digits():
    """Give the bundled digits, read once; and spare the search for leaks the modules that windows need."""
    import latentlab.ui.window.main_window  # noqa: F401  with torch it makes some hundred thousand objects
    from latentlab.core.data.sets import bundled_digits

    gc.collect()
    gc.freeze()
    yield bundled_digits.load()
    gc.unfreeze()


@pytest.fixture
def make_lab(qtbot, digits, monkeypatch):
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
def run_file(tmp_path_factory):
    """Give the file of a run trained on the bundled digits, by what differs from a tiny recipe; each is made once."""
    from latentlab.core.data import registry
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.training.trainer import Trainer

    folder = tmp_path_factory.mktemp("runs")
    made: dict[str, Path] = {}

    def give(**changes) -> Path:
        key = repr(sorted(changes.items()))
        if key not in made:
            dotted = {name.replace("__", "."): value for name, value in changes.items()}
            recipe = Recipe.load("digits-vae-2d").with_changes(TINY | {"training.epochs": 6} | dotted)
            trainer = Trainer(recipe, registry.load("digits", folder))
            for _ in trainer.events():
                pass
            made[key] = folder / f"run{len(made)}.safetensors"
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
