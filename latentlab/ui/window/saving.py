"""Saving the run: where it was saved before or where one says, and before the window closes and it is lost.

What is marked read-only is replaced when a person says so.
"""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from latentlab.core.files import resource
from latentlab.core.runs.run_header import SUFFIX
from latentlab.ui.session.session import Session
from latentlab.ui.style.texts import plain
from latentlab.ui.window.file_dialogs import FileDialogs


class Saving(QObject):
    """Saves, and asks first what to do with a run that is not saved; a training waits meanwhile.

    Parameters
    ----------
    session : Session
    window : QWidget
        Over which the questions appear.
    dialogs : FileDialogs
    """

    may_close = Signal()  # an unsaved run was dealt with: the window may close now

    def __init__(self, session: Session, window: QWidget, dialogs: FileDialogs) -> None:
        super().__init__(window)
        self._session, self._window, self._dialogs = session, window, dialogs
        self._question: QMessageBox | None = None
        self._closes_when_saved = False
        self._was_paused_to_ask = False
        session.saved.connect(self._take_saved)
        session.message.connect(self._take_message)

    @Slot()
    def save(self) -> None:
        """Save the run where it was saved before, or ask where."""
        path = self._session.run_path
        # The pretrained runs are the program's own, not a place for someone's work, nor is where trainings are kept.
        own = (resource("models"), self._session.folder)
        if self._session.state == "idle" and path is not None and path.parent not in own:
            self._save_to(path)
        else:
            self.save_as()

    @Slot()
    def save_as(self) -> None:
        """Ask where to save the run."""
        self._dialogs.save("runToSave", f"{self._session.recipe.name}{SUFFIX}", self._save_to, self._stay)

    def ask_before_closing(self) -> None:
        """Ask what to do with an unsaved run; a training waits meanwhile, and goes on if the window stays."""
        if self._question is not None:
            return
        self._was_paused_to_ask = self._session.state == "training"
        self._session.training.pause()
        question = QMessageBox(
            QMessageBox.Icon.Question,
            self.tr("The run is not saved"),
            self.tr("Save the run before closing? Otherwise it is lost."),
            QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
            self._window,
        )
        question.setObjectName("unsavedQuestion")
        question.setDefaultButton(QMessageBox.StandardButton.Save)
        question.finished.connect(self._take_answer)
        question.finished.connect(question.deleteLater)
        self._question = question
        question.open()

    def _save_to(self, path: Path) -> None:
        """Save the run; where a file is there that is marked read-only, ask first."""
        if not _is_marked_read_only(path):
            self._session.save_run(path)
            return
        question = QMessageBox(
            QMessageBox.Icon.Question,
            self.tr("The file is marked read-only"),
            plain(self.tr("{path} is marked read-only. Replace it? The mark goes with it.").format(path=path)),
            parent=self._window,
        )
        question.setObjectName("readOnlyQuestion")
        replace = question.addButton(self.tr("&Replace it"), QMessageBox.ButtonRole.AcceptRole)
        question.setDefaultButton(question.addButton(QMessageBox.StandardButton.Cancel))

        def take_answer() -> None:
            if question.clickedButton() is not replace:
                self._stay()
                return
            with contextlib.suppress(OSError):  # then saving is refused, and says why
                path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IWUSR)
            self._session.save_run(path)

        question.finished.connect(take_answer)
        question.finished.connect(question.deleteLater)
        question.open()

    @Slot(int)
    def _take_answer(self, button: int) -> None:
        self._question = None
        if button == QMessageBox.StandardButton.Discard:
            self.may_close.emit()
        elif button == QMessageBox.StandardButton.Save:
            self._closes_when_saved = True
            self.save()
        else:
            self._stay()

    @Slot(Path)
    def _take_saved(self, path: Path) -> None:
        if self._closes_when_saved:
            self._closes_when_saved = False
            self.may_close.emit()

    @Slot(str, bool)
    def _take_message(self, text: str, is_problem: bool) -> None:
        if is_problem and self._closes_when_saved:  # saving failed: the window stays, and says why
            self._stay()

    @Slot()
    def _stay(self) -> None:
        self._closes_when_saved = False
        if self._was_paused_to_ask:
            self._was_paused_to_ask = False
            self._session.training.resume()


def _is_marked_read_only(path: Path) -> bool:
    try:
        return not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    except (OSError, ValueError):
        return False
