"""Plays a session by itself, with the mouse and keys that a person would use, and saves a picture of each stage."""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from latentlab.core.errors import LatentlabError
from latentlab.core.files import is_file, resource

if "PySide6" not in sys.modules and "QT_QPA_PLATFORM" not in os.environ:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before Qt is imported: a tour needs no screen

from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QSlider, QSpinBox, QWidget

from latentlab.ui.app.application import create_application
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.panels.views.interpolations import InterpolationsPanel
from latentlab.ui.panels.views.manifold import ManifoldPanel
from latentlab.ui.panels.views.samples import SamplesPanel
from latentlab.ui.session.session import FIRST_RECIPE
from latentlab.ui.settings import Settings
from latentlab.ui.style.picture_file import save_picture
from latentlab.ui.style.theme import set_theme
from latentlab.ui.window.main_window import MainWindow
from latentlab.ui.window.view_tabs import ViewTabs

_PATIENCE_SECONDS = 300.0

Child = TypeVar("Child", bound=QWidget)

# A three, as a pen writes it: points in the unit square, y down.
_THREE = [
    (0.30, 0.28), (0.38, 0.20), (0.50, 0.17), (0.62, 0.21), (0.67, 0.31), (0.61, 0.41), (0.48, 0.47),
    (0.61, 0.51), (0.69, 0.61), (0.67, 0.73), (0.57, 0.81), (0.44, 0.82), (0.33, 0.77), (0.28, 0.70),
]  # fmt: skip


def play(out: Path, epochs: int | None = None) -> int:
    """Play the tour.

    Parameters
    ----------
    out : Path
        Folder of the pictures, made if it is not there.
    epochs : int, optional
        Of the training that is shown; the recipe's own by default.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    LatentlabError
        When the folder cannot be written to, or a stage does not come about.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LatentlabError(f"The pictures cannot be saved in {out}: {error.strerror}.") from error
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else create_application(["latentlab"], "light")
    with tempfile.TemporaryDirectory() as folder:
        # A tour starts like a first start, and leaves nothing behind but its pictures.
        settings, run = Settings(Path(folder) / "settings.ini"), Path(folder) / "run.safetensors"
        for number, (name, window) in enumerate(_stages(app, settings, run, epochs)):
            path = out / f"{number:02d}-{name}.png"
            save_picture(window.grab().toImage(), path)
            sys.stderr.write(f"{path}\n")
    return 0


def _stages(app: QApplication, settings: Settings, run: Path, epochs: int | None) -> Iterator[tuple[str, MainWindow]]:
    """Go from stage to stage; the window is to be pictured at each. What is trained is saved as `run`."""
    window = MainWindow(settings)
    window.show()
    session, canvas = window.session, _child(window, LatentCanvas, "latentCanvas")
    try:
        _settle()
        yield "start", window

        _child(window, QComboBox, "recipeBox").setCurrentText(FIRST_RECIPE)
        if epochs is not None:
            _child(window, QSpinBox, "epochsBox").setValue(epochs)
        _click(_child(window, QWidget, "trainButton"))
        _until(lambda: len(canvas.points()) > 0)
        _settle()
        yield "first-steps", window
        _until(lambda: session.state == "idle")
        _settle()
        yield "trained", window

        QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.pixel_of(0.8, -0.4))
        _settle()
        yield "click", window
        _drag(canvas.viewport(), [canvas.pixel_of(-1.5 + 0.1 * i, 1.2 - 0.08 * i) for i in range(31)])
        _settle()
        yield "drag", window

        temperature = _child(window, QSlider, "temperatureSlider")
        for value in (0, 200):
            temperature.setValue(value)
            _settle()
            yield f"temperature-{value / 100:.0f}", window
        temperature.setValue(100)

        points, labels = canvas.points(), canvas.labels()
        for label in (0, 3, 7):
            place = canvas.pixel_of(*points[int((labels == label).argmax())].tolist())
            control = Qt.KeyboardModifier.ControlModifier
            QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, control, place)
        tabs = _child(window, ViewTabs, "viewTabs")
        for kind in (ManifoldPanel, InterpolationsPanel, SamplesPanel):
            tabs.look_at(kind)
            _until(lambda: not tabs.view().findChild(QLabel, "viewMessage").isVisible())
            _settle()
            yield kind.NAME.removesuffix("View"), window
        tabs.setCurrentIndex(0)

        session.save_run(run)
        _until(lambda: session.is_saved)

        pad = _child(window, QWidget, "sketchPad")
        if is_file(model := resource("models", "mnist-vae-2d.safetensors")):
            _open(window, model)
        _drag(pad, [_on(pad, x, y) for x, y in _smooth(_THREE)])
        _until(lambda: canvas.sketch_point() is not None)
        _settle()
        yield "sketch", window
        set_theme("dark")
        _settle()
        yield "dark", window
        set_theme("light")
        yield from _map_stages(window, canvas)

        if is_file(model := resource("models", "mnist-cvae-2d.safetensors")):
            _click(_child(window, QWidget, "sketchClearButton"))
            _open(window, model)
            QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.pixel_of(0.5, 0.5))
            _child(window, QSlider, "labelSlider").setValue(7)
            _settle()
            yield "label", window
    finally:
        session.shut_down()
        window.deleteLater()
        app.sendPostedEvents()


def _map_stages(window: MainWindow, canvas: LatentCanvas) -> Iterator[tuple[str, MainWindow]]:
    """Look behind the points, select some of them, and walk."""
    _click(_child(window, QWidget, "sketchClearButton"))
    window.menus["landscape"].trigger()
    canvas.view.zoom(0.4)
    _wait(800)
    yield "landscape", window
    window.menus["landscape"].trigger()
    canvas.show_all()
    _settle()

    _click(_child(window, QWidget, "mapLassoButton"))
    circle = [canvas.pixel_of(1 + 0.8 * math.cos(i / 5), -0.5 + 0.8 * math.sin(i / 5)) for i in range(32)]
    _drag(canvas.viewport(), circle)
    _wait(800)
    yield "selected", window
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    window.session.selection.clear()

    _click(_child(window, QWidget, "mapPathButton"))
    _drag(canvas.viewport(), [canvas.pixel_of(-2 + 0.13 * i, -1.5 + 2.2 * math.sin(i / 10)) for i in range(31)])
    _wait(800)
    yield "walk", window
    _click(_child(window, QWidget, "mapPickButton"))


def _open(window: MainWindow, path: Path) -> None:
    window.open_run(path)
    _until(lambda: window.session.run_path == path and window.session.exploration.shown is not None)
    _settle()


def _child(window: MainWindow, kind: type[Child], name: str) -> Child:
    child = window.findChild(kind, name)
    if child is None:
        raise LatentlabError(f"The window has no '{name}': this copy of latentlab is not whole, install it again.")
    return child


def _click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def _drag(widget: QWidget, points: list[QPoint]) -> None:
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(widget, point)
        QApplication.processEvents()
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=points[-1])


def _on(widget: QWidget, x: float, y: float) -> QPoint:
    return QPointF(x * widget.width(), y * widget.height()).toPoint()


def _smooth(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Put five points on each line between two, as a moving hand would."""
    return [
        (a[0] + (b[0] - a[0]) * step / 5, a[1] + (b[1] - a[1]) * step / 5)
        for a, b in pairwise(points)
        for step in range(6)
    ]


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise LatentlabError("The tour got stuck: try again on a machine that is less busy.")
        _wait(20)


def _settle() -> None:
    """Let transitions and answers that are under way arrive."""
    _wait(400)


def _wait(milliseconds: int) -> None:
    # An event loop of its own: QTest.qWait would keep Python's lock, and the training thread would stand still.
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
