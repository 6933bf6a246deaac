"""The part of the session's state that is TensorBoard's: where trainings are written for it, and the writing.

It is done in the background. On the training thread it would take no longer, but a slow disk, or an embedding of a
wide code, which takes seconds, would hold up training and whoever pauses or stops it.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.events import Progress, Started
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.session.live_training import LiveTraining
from latentlab.ui.threads.background import Report, Task
from latentlab.ui.threads.training_thread import EpochModel, Post, Result

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.output.tensorboard import TensorBoardWriter

_MOST_WAITING = 20  # messages about steps: a second's worth


class _Writing:
    """One training being written; on one thread at a time."""

    def __init__(self, folder: Path, recipe: Recipe, data: ImageSet, started: Started) -> None:
        self._folder, self._recipe, self._data, self._started = folder, recipe, data, started
        self._writer: TensorBoardWriter | None = None

    def write(self, post: Post, report: Report) -> None:
        """Write what a training has told, and report the folder when it is there."""
        from latentlab.core.data.recipe_images import of_recipe
        from latentlab.core.output.tensorboard import TensorBoardWriter

        try:
            if self._writer is None:
                data = of_recipe(self._data, self._recipe)
                self._writer = TensorBoardWriter(self._folder, self._recipe, data, self._started.run_id)
                self._writer.take(self._started)
                report(self._writer.folder)
            match post:
                case EpochModel():
                    self._writer.take_model(post.epoch, post.update.snapshot)
                case Result():
                    self._writer.take_model(post.run.epochs, post.run.snapshot, is_last=True)
                case _:
                    self._writer.take(post)
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            with contextlib.suppress(LatentlabError):  # of a disk that has refused already
                self._writer.close()


class TensorBoardLog(QObject):
    """Writes trainings for TensorBoard while a folder is chosen.

    Parameters
    ----------
    training : LiveTraining
        Whose trainings are written.
    """

    folder_changed = Signal(object)  # Path, or None where nothing is written
    message = Signal(str, bool)  # sentence, is it a problem

    def __init__(self, training: LiveTraining, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._begun: tuple[Recipe, ImageSet] | None = None
        self._started: Started | None = None  # of the training going on
        self._writing: _Writing | None = None
        self._waiting: list[tuple[_Writing, Post | None]] = []  # None: it is to be closed
        self._checking, self._file_writing = Task(self), Task(self)
        self._checking.done.connect(self._use_folder)
        self._checking.failed.connect(self._fail)
        self._file_writing.done.connect(self._write_next)
        self._file_writing.progressed.connect(self._tell_folder)
        self._file_writing.failed.connect(self._give_up)
        training.begun.connect(self._begin)
        training.started.connect(self._start)
        training.state_changed.connect(self._end)
        for told in (training.progressed, training.epoch_ended, training.setting_changed, training.epoch_kept):
            told.connect(self._take)
        training.result_made.connect(self._take_result)

    def choose(self, folder: Path) -> None:
        """Write trainings below a folder from now on, that going on included, if it can be written to."""

        def see(cancelled: threading.Event, report: Report) -> Path:
            from latentlab.core.output import event_files

            event_files.check(folder)
            return folder

        self._checking.start(see)

    def switch_off(self) -> None:
        """Write nothing more."""
        self._close()
        self._folder = None
        self.folder_changed.emit(None)

    def shut_down(self) -> None:
        """Wait for what is being written, and leave the rest."""
        left, self._waiting = self._waiting, []
        self._checking.shut_down()
        self._file_writing.shut_down()
        for writing, _ in left:
            writing.close()

    @Slot(object, object)
    def _begin(self, recipe: Recipe, data: ImageSet) -> None:
        self._begun = (recipe, data)

    @Slot(object)
    def _start(self, started: Started) -> None:
        self._started = started
        if self._folder is not None and self._begun is not None:
            self._writing = _Writing(self._folder, *self._begun, started)

    @Slot(str)
    def _end(self, state: str) -> None:
        if state == "idle":
            self._begun = self._started = None
            self._close()

    @Slot(object)
    def _take(self, post: Post) -> None:
        if self._writing is None:
            return
        self._waiting.append((self._writing, post))
        if not isinstance(post, Progress) or len(self._waiting) >= _MOST_WAITING:
            self._write_next()

    @Slot(object)
    def _take_result(self, result: Result) -> None:
        if result.is_final:
            self._take(result)

    def _close(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            self._waiting.append((writing, None))
            self._write_next()

    @Slot()
    def _write_next(self) -> None:
        """Write what waits, in its order, unless something is being written."""
        if self._file_writing.is_busy or not self._waiting:
            return
        waiting, self._waiting = self._waiting, []

        def write(cancelled: threading.Event, report: Report) -> None:
            for writing, post in waiting:
                if post is None:
                    writing.close()
                else:
                    writing.write(post, report)

        self._file_writing.start(write)

    @Slot(object)
    def _use_folder(self, folder: Path) -> None:
        self._folder = folder
        self.folder_changed.emit(folder)
        self.message.emit(self.tr("Trainings are written for TensorBoard below {folder}.").format(folder=folder), False)
        if self._started is not None:
            self._close()
            self._start(self._started)

    @Slot(object)
    def _tell_folder(self, folder: Path) -> None:
        text = self.tr("This training is written to {folder}; look at it with tensorboard --logdir {parent}")
        self.message.emit(text.format(folder=folder, parent=folder.parent), False)

    @Slot(str)
    def _give_up(self, sentence: str) -> None:
        self._waiting.clear()
        self._writing = None
        self._fail(sentence)

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        self._folder = None
        self.folder_changed.emit(None)
        self.message.emit(sentence, True)
