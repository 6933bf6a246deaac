"""Saving where a file is marked read-only: a person is asked, and what is not to be replaced stays."""

import shutil

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from latentlab.core.runs.run import Run


@pytest.fixture
def marked(lab, run_file, tmp_path):
    """Give a file that is marked read-only, and open in the window, of another model's run."""
    path = tmp_path / "marked.safetensors"
    shutil.copyfile(run_file(), path)
    lab.open(path)
    path.unlink()  # to shorten what is mapped would end the program
    path.write_bytes(b"somebody's")
    path.chmod(0o444)
    return path


def answer(lab, text):
    """Press a button of the question; give what it asks."""
    lab.until(lambda: lab.window.findChild(QMessageBox, "readOnlyQuestion"))
    question = lab.child("readOnlyQuestion", QMessageBox)
    lab.until(question.isVisible)
    asked = question.text()
    (button,) = [each for each in question.buttons() if each.text().replace("&", "") == text]
    lab.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    lab.until(lambda: not lab.window.findChild(QMessageBox, "readOnlyQuestion"))
    return asked


def test_a_file_that_is_marked_read_only_is_replaced_when_a_person_says_so(lab, marked):
    lab.action("saveRun").trigger()
    assert str(marked) in answer(lab, "Cancel")
    assert marked.read_bytes() == b"somebody's"
    assert not marked.stat().st_mode & 0o222
    lab.action("saveRun").trigger()
    with lab.qtbot.waitSignal(lab.session.saved):
        answer(lab, "Replace it")
    assert Run.open(marked).history == lab.session.run.history


def test_who_does_not_replace_it_while_closing_stays(lab, marked, monkeypatch):
    monkeypatch.setattr(type(lab.session), "is_kept", False)
    lab.window.close()
    lab.until(lambda: lab.window.findChild(QMessageBox, "unsavedQuestion"))
    lab.child("unsavedQuestion", QMessageBox).button(QMessageBox.StandardButton.Save).click()
    answer(lab, "Cancel")
    assert lab.window.isVisible()
    with lab.qtbot.waitSignal(lab.session.saved):  # with no word of closing
        lab.session.save_run(marked.with_name("other.safetensors"))
    assert lab.window.isVisible()
