"""A display that is scaled: in a process of its own, since Qt learns of it as it starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import sys
from pathlib import Path
from PySide6.QtCore import QEventLoop, QTimer
from latentlab.ui.app.application import create_application, keep_within_screen
from latentlab.ui.settings import Settings
from latentlab.ui.window.main_window import MainWindow
from tests.ui import fits

def wait(milliseconds):
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()

app = create_application(["latentlab"], "light")
window = MainWindow(Settings(Path(sys.argv[2])))
room = window.screen().availableGeometry()
assert room.size().toTuple() == (round(1920 / window.devicePixelRatio()), round(1080 / window.devicePixelRatio()))
keep_within_screen(window)
window.show()
wait(100)
said = [*fits.misfits(window)]
window.open_run(sys.argv[1])
session = window.session
for _ in range(200):
    if session.exploration.shown is not None:
        break
    wait(50)
wait(200)
said += fits.misfits(window)
least = window.minimumSizeHint().expandedTo(window.minimumSize())
if least.boundedTo(room.size()) != least or not room.contains(window.rect()):
    said.append(f"{least.toTuple()}, {window.size().toTuple()}, of {room.size().toTuple()}")
scroll = window.findChild(object, "windowScroll")
if scroll.horizontalScrollBar().maximum() or scroll.verticalScrollBar().maximum():
    said.append("it scrolls")
window.close_without_asking()
sys.exit("\\n".join(said) or 0)
"""


@pytest.mark.parametrize("factor", [pytest.param("1.5", marks=pytest.mark.soak), "2"])
def test_on_a_scaled_display_everything_fits(factor, run_file, tmp_path):
    screen = {"name": "hd", "x": 0, "y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "logicalBaseDpi": 96}
    (tmp_path / "screens.json").write_text(json.dumps({"screens": [{**screen, "dpr": 1}]}))
    told = {
        "QT_SCALE_FACTOR": factor,
        "QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path / 'screens.json'}",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    command = [sys.executable, "-c", CHILD, str(run_file()), str(tmp_path / "settings.toml")]
    ended = subprocess.run(command, env=os.environ | told, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
