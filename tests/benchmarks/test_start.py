"""How soon one can work: from the start of the process to the window, and from its start page to a model's map."""

import compileall
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import latentlab

_ROUNDS = 7
_MOST_OF_IMPORTS, _MOST_SECONDS = 0.45, 0.3
_IMPORTS = """
import torch
import PySide6, pyqtgraph
import time
print(time.time())
"""
# As a shell starts it. When the loop of events begins nothing has been painted yet.
_WINDOW = """
import sys, time
from latentlab.core.fields import fields  # before Qt, as the program does
from latentlab.core.map import run_steps, selected_images
from PySide6.QtCore import QEvent, QObject, QThreadPool, QTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

class Paints(QObject):
    def __init__(self, widget, then):
        super().__init__(widget)
        self.then = then
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self.then)  # when the paint is done, and what waited behind it
        return False

class Person(QObject):
    def __init__(self, window):
        super().__init__(window)
        self.window, self.session = window, window.session
        self.canvas = self.child("latentCanvas")
        Paints(window, self.look)

    def child(self, name):
        return self.window.findChild(QWidget, name)

    def look(self):
        seen = time.time()
        train, self.card = self.child("trainButton"), self.child("openModel0")
        assert train.isVisible() and train.isEnabled() and self.card.isVisible() and self.card.isEnabled()
        print(seen)
        self.timer = QTimer(interval=20)
        self.timer.timeout.connect(self.read)
        self.timer.start()

    def read(self):
        '''Read the page while the images are loaded.'''
        if self.session.library.data and not any(p.activeThreadCount() for p in self.window.findChildren(QThreadPool)):
            self.timer.stop()
            self.session.exploration.map_changed.connect(self.wait_for_points)
            self.begin = time.perf_counter()
            QTest.mouseClick(self.card, Qt.MouseButton.LeftButton)

    def wait_for_points(self, points):
        self.session.exploration.map_changed.disconnect(self.wait_for_points)
        Paints(self.canvas.viewport(), self.click)

    def click(self):
        assert len(self.canvas.points()) == 10_000 and self.canvas.isVisible()
        self.session.exploration.decoded.connect(self.see)
        place = self.canvas.pixel_of(*map(float, self.canvas.points()[0]))
        QTest.mouseClick(self.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def see(self, decoded):
        if self.canvas.picked() is not None:
            self.session.exploration.decoded.disconnect(self.see)
            Paints(self.child("decodedImage"), self.leave)

    def leave(self):
        assert self.child("decodedImage").pixels().max() > 0.5
        print(time.perf_counter() - self.begin)
        self.window.close()

loop = QApplication.exec

def begin():
    window = next(widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "mainWindow")
    person = Person(window)
    return loop()

QApplication.exec = staticmethod(begin)
from latentlab.__main__ import main
sys.exit(main([]))
"""


def run(code, home):
    """Run code in a process of its own; give its seconds up to the first number it prints, and the other numbers."""
    environ = os.environ | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "LATENTLAB_SETTINGS": str(home / "settings.ini"),
    }
    begin = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    first, *others = map(float, done.stdout.split())
    return first - begin, *others


def test_start(race, row, qapp, tmp_path):
    compileall.compile_dir(Path(latentlab.__file__).parent, quiet=2)  # as whoever installs a package does
    opened = []

    def start():
        seconds, explorable = run(_WINDOW, tmp_path)
        opened.append(explorable)
        return seconds

    measured = race({"imports": lambda: run(_IMPORTS, tmp_path)[0], "window": start}, _ROUNDS)
    imports, window = (measured.seconds[name] for name in ("imports", "window"))
    share = median(own / other for own, other in zip(window, imports, strict=True))
    explorable = median(opened)
    row(
        "start: process begins to window painted and usable",
        "import torch + import PySide6, pyqtgraph in one process",
        f"{_MOST_OF_IMPORTS} ×",
        f"{share:.2f} × ({median(window):.2f} s beside {median(imports):.2f} s)",
        share <= _MOST_OF_IMPORTS,
    )
    row(
        "start page to bundled model explorable",
        "",
        f"{_MOST_SECONDS} s",
        f"{explorable:.2f} s",
        explorable <= _MOST_SECONDS,
    )
    assert len(opened) == _ROUNDS
