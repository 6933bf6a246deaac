"""A window with a hand on it, and recipes that are quick to train."""

import itertools
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt, QThreadPool
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from shiboken6 import Shiboken

from latentlab.ui.widgets.forms.recipe_form import RecipeForm

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
_STEPS = range(-150, 151, 5)  # pixels
_AROUND = sorted(itertools.product(_STEPS, _STEPS), key=lambda step: abs(step[0]) + abs(step[1]))


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

    def setting(self, key):
        """Give where a setting is edited, in sight: it may lie in the dialog of all settings."""
        form = self.window.findChild(RecipeForm)
        form.show_field(key)
        return form.field(key).editor

    def open_setup(self):
        if not self.child("setupTab").isChecked():
            self.press("setupTab")

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
        self.action("showStandard").trigger()  # so that a test knows what is in sight

    def look_at(self, name):
        """Turn to a view, and give it."""
        tabs = self.child("viewTabs")
        tabs.look_at(next(kind for kind in tabs.KINDS if name == kind.NAME))
        return tabs.view()

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
        for dx, dy in _AROUND:
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
