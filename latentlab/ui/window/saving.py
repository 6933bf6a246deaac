"""Saving the run: where it was saved before or where one says, and before the window closes and it is lost."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from latentlab.core.files import resource
from latentlab.core.runs.run import SUFFIX
from latentlab.ui.session.session import Session
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
            self._session.save_run(path)
        else:
            self.save_as()

    @Slot()
    def save_as(self) -> None:
        """Ask where to save the run."""
        self._dialogs.save("runToSave", f"{self._session.recipe.name}{SUFFIX}", self._session.save_run, self._stay)

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
