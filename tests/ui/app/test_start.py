"""The start: the window is painted before torch is loaded, and what a person asks for meanwhile is done after it."""

import json
import os
import subprocess
import sys

import pytest

# What computes, and reads and writes files, is not for the start.
HEAVY = {"torch", "torchvision", "scipy", "sklearn", "av", "PIL", "safetensors", "h5py", "tensorboard", "rich", "cuda"}
MOST_MODULES = 1_050  # with those of Python, numpy, Qt, pyqtgraph and pydantic; torch alone brings a thousand more
PROGRAM = """
import json, sys
from PySide6.QtCore import QEvent, QObject, QTimer, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton

class Person(QObject):
    def __init__(self, window):
        super().__init__(window)
        self.window, self.session, self.told = window, window.session, {}
        window.installEventFilter(self)

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and "modules" not in self.told:
            self.told["modules"] = sorted(sys.modules)
            QTimer.singleShot(0, self.work)
        return False

    def work(self):
        '''Ask for what needs torch while it is loaded.'''
        self.session.waiting.connect(lambda word: self.told.setdefault("word", word))
        self.session.training.started.connect(self.leave)
        self.window.menus["preferences"].trigger()
        QTest.mouseClick(self.window.findChild(QPushButton, "trainButton"), Qt.MouseButton.LeftButton)
        self.told["state"], self.told["torch"] = self.session.state, "torch.nn" in sys.modules

    def leave(self):
        import torch
        self.told["threads"] = torch.get_num_threads()
        self.told["dialogs"] = [type(widget).__name__ for widget in self.window.findChildren(QDialog)]
        print(json.dumps(self.told))
        self.window.close_without_asking()
        QApplication.quit()

loop = QApplication.exec

def begin():
    window = next(widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "mainWindow")
    person = Person(window)
    return loop()

QApplication.exec = staticmethod(begin)
from latentlab.__main__ import main
sys.exit(main([]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows torch does not load after Qt")
def test_the_window_is_painted_before_torch_is_loaded_and_train_waits_for_it():
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert not {name.partition(".")[0] for name in told["modules"]} & HEAVY
    assert len(told["modules"]) <= MOST_MODULES
    assert (told["state"], told["torch"]) == ("idle", False)  # it is pressed before torch is there
    assert told["word"]
    assert "PreferencesDialog" in told["dialogs"]
    assert told["threads"] == 1  # of the GUI thread
