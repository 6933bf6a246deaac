"""The report of an error that nobody foresaw: what is needed to mend it, and nothing of a person."""

import sys

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QWidget

from latentlab import __version__
from latentlab.core import log
from latentlab.core.files import resource
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.window.report import without_names


def entry_of(action):
    try:
        action()
    except Exception as error:
        log.write(error)
    return log.last_entry()


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(
    NAMES, st.sampled_from(["", ".png", ".safetensors", ".xyz"]), st.sampled_from(["{}", "{!r}", "cannot open {}: no"])
)
def test_no_part_of_a_path_is_left(name, suffix, words):
    path = f"/home/qvist/My qvist{name} scans/qvist {name} 7{suffix}"

    def fail():
        raise ValueError("8 images, " + words.format(path))

    reported = without_names(entry_of(fail))
    assert "qvist" not in reported
    assert "ValueError: 8 images, " in reported
    assert '"…", line ' in reported  # of this file, which is no part of the program


def test_an_error_of_the_system_keeps_its_reason_and_the_place_in_the_program(tmp_path):
    missing = tmp_path / "qvist 7.toml"
    reported = without_names(entry_of(lambda: missing.read_text()))
    assert "FileNotFoundError: [Errno 2] No such file or directory: …" in reported
    assert "pathlib.py" in reported
    assert str(tmp_path) not in reported
    reported = without_names(entry_of(lambda: Recipe.load("digits-vae-2d").with_changes(None)))
    assert 'File "latentlab/core/recipe/recipe.py", line ' in reported
    assert ", in with_changes" in reported


def test_the_user_is_left_out_and_what_is_no_path_is_not(monkeypatch):
    monkeypatch.setenv("USER", "qvist")
    text = "ValueError: Qvist's 3.5 / 2 of numpy.ndarray (50x784 and 64x512) at 0x7f, 'latent' can't be 'z.w', qvistian"
    assert without_names(text) == text.replace("Qvist", "…")
    assert without_names(r"OSError: C:\Users\Ann Lee\a b.npz: gone") == "OSError: …"
    assert without_names("OSError: can't open 'Ann Lee/a b': gone") == "OSError: can't open …"
    assert without_names("KeyError: 'scan 7.png'") == "KeyError: …"
    windows = r'  File "C:\Users\Ann\venv\Lib\site-packages\torch\nn\modules\linear.py", line 5, in forward'
    assert without_names(windows) == r'  File "torch\nn\modules\linear.py", line 5, in forward'


def test_what_nobody_foresaw_has_a_report_to_copy_and_the_program_goes_on(lab, monkeypatch):
    lab.session.message.emit("The disk is full: make room.", True)
    assert not lab.child("messageReport").isVisible()

    def fail(*_):
        raise ZeroDivisionError("of qvist.png by nothing")

    monkeypatch.setattr("latentlab.core.runs.run.Run.open", fail)
    lab.window.open_run(resource("models", "mnist-vae-2d.safetensors"))
    lab.until(lambda: "ZeroDivisionError" in lab.message())
    lab.press("messageReport")
    dialog = lab.child("reportDialog", QDialog)
    text = dialog.findChild(QPlainTextEdit, "reportText").toPlainText()
    assert text.startswith(f"latentlab {__version__}, Python {sys.version.split()[0]}\nPySide6-Essentials ")
    assert "torch 2." in text
    assert text.rstrip().endswith("ZeroDivisionError: of …")
    lab.qtbot.mouseClick(dialog.findChild(QWidget, "reportCopyButton"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == text
    dialog.reject()
    assert lab.session.state == "idle"
