"""The questions around files: which run to open, where to save one, what to do with one that is not saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from latentlab.core.data import registry
from latentlab.core.data.image_set import DatasetError
from latentlab.core.files import resource
from latentlab.core.output.animation import ANIMATION, STRIP, VIDEO
from latentlab.ui.session.session import Session

_SUFFIX = ".safetensors"
_FRAMES_PER_SECOND = 30.0


class Keeping(QObject):
    """Asks, without ever blocking the window's event loop, and hands the answers to the session.

    Parameters
    ----------
    session : Session
    window : QWidget
        Over which the questions appear.
    """

    may_close = Signal()  # an unsaved run was dealt with: the window may close now

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._question: QMessageBox | None = None
        self._picture = QImage()
        self._dirty_scans = ""
        self._film = (np.empty((0, 0, 1, 1), np.float32), _FRAMES_PER_SECOND)
        self._closes_when_saved = False
        self._was_paused_to_ask = False
        session.saved.connect(self._take_saved)
        session.message.connect(self._take_message)
        session.map.films.written.connect(self._tell_written)

    @Slot()
    def ask_for_run(self) -> None:
        """Ask which run to open."""
        dialog = self._dialog(self.tr("Open a run"), self._runs_filter(), QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._open_run)
        dialog.open()

    @Slot()
    def ask_for_recipe(self) -> None:
        """Ask which recipe file to open."""
        dialog = self._dialog(self.tr("Open a recipe"), self.tr("Recipes (*.toml)"), QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._open_recipe)
        dialog.open()

    @Slot()
    def ask_for_data_folder(self) -> None:
        """Ask where downloaded image sets lie."""
        dialog = self._dialog(self.tr("Folder of image sets"), "", QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._use_data_folder)
        dialog.open()

    @Slot()
    def ask_for_image_folder(self) -> None:
        """Ask for a folder of one's own images."""
        dialog = self._dialog(
            self.tr("Folder of images, its sub-folders are the classes"), "", QFileDialog.FileMode.Directory
        )
        dialog.fileSelected.connect(self._use_image_folder)
        dialog.open()

    @Slot()
    def ask_for_array(self) -> None:
        """Ask for an array file of one's own images."""
        dialog = self._dialog(
            self.tr("Array file with 'images' and, if there are, 'labels'"),
            self.tr("NumPy arrays (*.npz)"),
            QFileDialog.FileMode.ExistingFile,
        )
        dialog.fileSelected.connect(self._use_array)
        dialog.open()

    @Slot()
    def ask_for_pairs(self) -> None:
        """Ask for a folder of dirty scans, then for the one of the same scans clean."""
        dialog = self._dialog(self.tr("Folder of the dirty scans"), "", QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._ask_for_clean_scans)
        dialog.open()

    @Slot(str)
    def _ask_for_clean_scans(self, dirty: str) -> None:
        self._dirty_scans = dirty
        title = self.tr("Folder of the same scans clean, under the same names")
        dialog = self._dialog(title, "", QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._use_pairs)
        dialog.open()

    @Slot(str)
    def _use_pairs(self, clean: str) -> None:
        try:
            self._session.recipes.choose_dataset(registry.pairs_name(self._dirty_scans, clean))
        except DatasetError as error:
            self._session.message.emit(str(error), True)

    @Slot()
    def save(self) -> None:
        """Save the run where it was saved before, or ask where."""
        path = self._session.run_path
        # The pretrained runs are the program's own, not a place for someone's work.
        if self._session.state == "idle" and path is not None and path.parent != resource("models"):
            self._session.save_run(path)
        else:
            self.save_as()

    @Slot()
    def save_as(self) -> None:
        """Ask where to save the run."""
        dialog = self._dialog(self.tr("Save the run"), self._runs_filter(), QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(_SUFFIX.removeprefix("."))
        dialog.selectFile(f"{self._session.recipe.name}{_SUFFIX}")
        dialog.fileSelected.connect(self._save_run)
        dialog.rejected.connect(self._stay)
        dialog.open()

    @Slot(QImage, str)
    def ask_for_picture(self, picture: QImage, name: str) -> None:
        """Ask where to save a picture that a view shows."""
        dialog = self._dialog(self.tr("Save the picture"), self.tr("Pictures (*.png)"), QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.selectFile(name)
        self._picture = picture  # as it was when asked for, whatever the view shows by then
        dialog.fileSelected.connect(self._save_picture)
        dialog.open()

    @Slot(object, str)
    def ask_for_animation(self, frames: npt.NDArray[np.float32], name: str) -> None:
        """Ask where to save frames (N, H, W) as an animation."""
        self.ask_for_film(frames[None], _FRAMES_PER_SECOND, name)

    @Slot(object, float, str)
    def ask_for_film(self, images: npt.NDArray[np.float32], rate: float, name: str) -> None:
        """Ask where to save films (R, N, H, W) of so many frames per second, as what the name's ending says."""
        suffix = Path(name).suffix
        titles = {
            STRIP: (self.tr("Save the film strip"), self.tr("Pictures (*.png)")),
            ANIMATION: (self.tr("Save the animation"), self.tr("GIF files (*.gif)")),
            VIDEO: (self.tr("Save the video"), self.tr("MP4 videos (*.mp4)")),
        }
        dialog = self._dialog(*titles[suffix], QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.selectFile(name)
        self._film = (images, rate)  # as it was when asked for
        dialog.fileSelected.connect(self._save_film)
        dialog.open()

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

    @Slot(str)
    def _open_run(self, path: str) -> None:
        self._session.open_run(Path(path))

    @Slot(str)
    def _open_recipe(self, path: str) -> None:
        self._session.recipes.open(Path(path))

    @Slot(str)
    def _save_picture(self, path: str) -> None:
        if self._picture.save(path):
            self._session.message.emit(self.tr("The picture is saved as {path}.").format(path=path), False)
        else:
            text = self.tr("The picture could not be saved as {path}: choose a folder that can be written to.")
            self._session.message.emit(text.format(path=path), True)

    @Slot(str)
    def _save_film(self, path: str) -> None:
        images, rate = self._film
        self._session.map.films.write(Path(path), images, rate)

    @Slot(str)
    def _tell_written(self, path: str) -> None:
        self._session.message.emit(self.tr("The film is saved as {path}.").format(path=path), False)

    @Slot(str)
    def _use_data_folder(self, path: str) -> None:
        self._session.library.use_folder(Path(path))

    @Slot(str)
    def _use_image_folder(self, path: str) -> None:
        self._session.recipes.choose_dataset(f"folder:{path}")

    @Slot(str)
    def _use_array(self, path: str) -> None:
        self._session.recipes.choose_dataset(f"array:{path}")

    @Slot(str)
    def _save_run(self, path: str) -> None:
        self._session.save_run(Path(path))

    def _runs_filter(self) -> str:
        return self.tr("Runs of latentlab (*{suffix})").format(suffix=_SUFFIX)

    def _dialog(self, title: str, name_filter: str, mode: QFileDialog.FileMode) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        dialog.setFileMode(mode)
        if name_filter:
            dialog.setNameFilter(name_filter)
        dialog.finished.connect(dialog.deleteLater)
        return dialog
