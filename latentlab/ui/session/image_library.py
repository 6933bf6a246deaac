"""The part of the session's state that concerns images: which sets there are, which one is loaded, downloads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.data import registry
from latentlab.core.data.reading import ReadingProgress
from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.settings import DataSettings
from latentlab.ui.session.image_reading import reader, told
from latentlab.ui.threads.background import Report, Task

if TYPE_CHECKING:
    from latentlab.core.data import downloads, image_cache
    from latentlab.core.data.image_set import ImageSet

_NOTHING = DataSettings(dataset="nothing is chosen")


class ImageLibrary(QObject):
    """Loads the chosen image set off the GUI thread; a failure leaves the loaded one in place.

    Parameters
    ----------
    data_dir : Path
        Where downloaded sets lie.
    """

    sets_changed = Signal(object)  # tuple of DatasetStatus
    message = Signal(str, bool)  # sentence, is it a problem
    loaded = Signal(object)  # ImageSet
    failed = Signal(str)  # sentence: the chosen set could not be loaded
    downloading = Signal(float, float)  # bytes done, bytes in all
    download_ended = Signal()
    folder_changed = Signal(Path)
    folder_doubted = Signal(Path)  # it holds pictures, and no downloaded set
    doubted = Signal(str)  # the name of a person's own set that somebody else's file asks for

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._data_dir = data_dir
        self._settings = _NOTHING
        self._data: ImageSet | None = None
        self._problem = ""
        self._agreed: set[str] = set()  # a person's own sets that may be read: the path in a stranger's run may be any
        self._asked: set[str] = set()
        self._downloading = ""
        self._loading, self._fetching, self._considering = Task(self), Task(self), Task(self)
        self._clearing = Task(self)
        self._clearing.done.connect(self._tell_cleared)
        self._clearing.failed.connect(self._tell_problem)
        self._loading.done.connect(self._take)
        self._loading.failed.connect(self._fail)
        self._loading.progressed.connect(self._tell_reading)
        self._considering.done.connect(self._use_or_doubt)
        self._considering.failed.connect(self._tell_problem)
        self._fetching.done.connect(self._use_download)
        self._fetching.failed.connect(self._lack_download)
        self._fetching.progressed.connect(self._tell_progress)

    @property
    def data(self) -> ImageSet | None:
        """The chosen set, once it is loaded."""
        return self.loaded_for(self._settings)

    def loaded_for(self, settings: DataSettings) -> ImageSet | None:
        """Give the whole set that a recipe's data settings name, if it is the one that was loaded last."""
        return self._data if self._data is not None and self._data.is_for(settings) else None

    @property
    def problem(self) -> str:
        """Why the chosen set could not be loaded, in a sentence."""
        return self._problem

    @property
    def data_dir(self) -> Path:
        """Where downloaded sets lie."""
        return self._data_dir

    def is_loading(self) -> bool:
        """Whether the chosen set is on its way."""
        return self._loading.is_busy

    def agree(self, name: str) -> None:
        """Read a person's own set whenever a run or a recipe names it; now, if it is the chosen one."""
        self._agreed.add(name)
        if self._settings.dataset == name and self.data is None and not self.is_loading():
            self.choose(self._settings)

    def decline(self, name: str) -> None:
        """Leave a person's own set unread, until it is asked for."""
        if self._settings.dataset == name and self._is_doubtful(name):
            sentence = self.tr("{name} is not read, as you did not agree: press Train to be asked again.")
            self._fail(sentence.format(name=name))

    def ask(self) -> bool:
        """Ask whether the chosen set may be read, if a person has not agreed to that; give whether it is asked."""
        name = self._settings.dataset
        if not self._is_doubtful(name):
            return False
        self._asked.add(name)
        self.doubted.emit(name)
        return True

    def has(self, name: str) -> bool:
        """Whether a set is on this machine, as far as its files tell, and may be read."""
        try:
            return not self._is_doubtful(name) and registry.status(name, self._data_dir).is_here
        except LatentlabError:
            return False

    def refresh(self) -> None:
        """Look again which sets are here."""
        self.sets_changed.emit(registry.statuses(self._data_dir))

    def choose(self, settings: DataSettings) -> None:
        """Load the whole set that a recipe's data settings name, unless it is loaded already.

        A person's own one, whose path may be that of a stranger's file, is asked about first, once; see `doubted`.
        """
        wanted = (settings.dataset, settings.size, settings.fit)
        is_chosen = wanted == (self._settings.dataset, self._settings.size, self._settings.fit)
        if is_chosen and (self.is_loading() or self.data is not None):
            return
        self._settings = settings
        name = settings.dataset
        self._loading.cancel()
        if self.data is not None:
            self._announce(self.data)
            return
        if self._is_doubtful(name):  # nor looked for: on Windows to look at a path greets the machine that it names
            sentence = self.tr("{name} is read once you agree: its path comes with the run or the recipe.")
            self._fail(sentence.format(name=name))
            if name not in self._asked:
                self.ask()
            return
        try:
            status = registry.status(name, self._data_dir)
        except LatentlabError as error:
            self._fail(str(error))
            return
        # Of those that are listed, their list tells already.
        is_listed = name in registry.names()
        self.message.emit("", False)
        if status.problem:
            self._fail(status.problem, is_told=is_listed)
        elif not status.is_here:
            sentence = self.tr("{title} is not on this machine: download it, or choose another set.")
            self._fail(sentence.format(title=status.title), is_told=is_listed)
        else:
            self.message.emit(self.tr("Loading {title} …").format(title=status.title), False)
            self._loading.start(reader(settings, self._data_dir))

    def take(self, settings: DataSettings, data: ImageSet) -> None:
        """Have images that were read elsewhere, as these settings of a recipe say, as the chosen set."""
        self._loading.cancel()
        self._agreed.add(settings.dataset)
        self._settings, self._data = settings, data
        self._announce(data)

    @Slot(str)
    def download(self, name: str) -> None:
        """Fetch a set; it is loaded when it has arrived, if it is still the chosen one."""
        self._downloading = name
        data_dir = self._data_dir

        def fetch(cancelled: threading.Event, report: Report) -> None:
            from latentlab.core.data import downloads

            for progress in downloads.download(name, data_dir, cancelled):
                report(progress)

        self._fetching.start(fetch)

    @Slot()
    def cancel_download(self) -> None:
        """Give a download up; what has arrived is removed by the download itself."""
        self._fetching.cancel()
        self.download_ended.emit()
        self.message.emit(self.tr("The download was cancelled; nothing was kept."), False)

    @Slot(Path)
    def consider_folder(self, folder: Path) -> None:
        """Take downloaded sets from a folder, or doubt it, where it holds pictures instead: see `folder_doubted`."""

        def look(cancelled: threading.Event, report: Report) -> tuple[Path, bool]:
            from latentlab.core.data import download_folder

            return folder, download_folder.holds_pictures(folder)

        self._considering.start(look)

    @Slot(Path)
    def use_folder(self, data_dir: Path) -> None:
        """Take downloaded sets from another folder, used as it is."""
        self._data_dir = data_dir
        self._data = None
        self.folder_changed.emit(data_dir)
        self.refresh()
        self._choose_again()

    def _is_doubtful(self, name: str) -> bool:
        return registry.is_own(name) and name not in self._agreed

    def _choose_again(self) -> None:
        settings, self._settings = self._settings, _NOTHING
        self.choose(settings)

    @Slot()
    def clear_cache(self) -> None:
        """Remove what is kept of sets that were slow to read, but for what is in use."""
        from latentlab.core.data import image_cache

        self._clearing.start(lambda cancelled, report: image_cache.clear())

    def shut_down(self) -> None:
        """Cancel what is under way and wait for it."""
        self._loading.cancel()
        self._considering.shut_down()
        self._fetching.shut_down()
        self._clearing.shut_down()
        self._loading.shut_down()

    @Slot(object)
    def _use_or_doubt(self, answer: tuple[Path, bool]) -> None:
        folder, holds_pictures = answer
        if holds_pictures:
            self.folder_doubted.emit(folder)
        else:
            self.use_folder(folder)

    @Slot(str)
    def _tell_problem(self, sentence: str) -> None:
        self.message.emit(sentence, True)

    @Slot(object)
    def _take(self, data: ImageSet) -> None:
        self._data = data
        self._announce(data)

    @Slot()
    def _use_download(self) -> None:
        self.download_ended.emit()
        self.refresh()
        if self._downloading == self._settings.dataset:
            self._choose_again()

    @Slot(str)
    def _lack_download(self, sentence: str) -> None:
        self.download_ended.emit()
        self.message.emit(sentence, True)

    @Slot(object)
    def _tell_cleared(self, removed: image_cache.Removed) -> None:
        told = self.tr("{megabytes:,.0f} MB of images were removed from the cache; what is in use stays.")
        self.message.emit(told.format(megabytes=removed.bytes / 1e6), False)

    @Slot(object)
    def _tell_progress(self, progress: downloads.DownloadProgress) -> None:
        self.downloading.emit(float(progress.done_bytes), float(progress.total_bytes))

    @Slot(object)
    def _tell_reading(self, progress: ReadingProgress) -> None:
        self.message.emit(told(progress), False)

    def _announce(self, data: ImageSet) -> None:
        text = ""
        if data.name not in registry.names():  # of those that are listed, their list tells
            text = self.tr("{title}: {train:,} training and {test:,} test images").format(
                title=data.title, train=len(data.train_images), test=len(data.test_images)
            )
            if data.left_out:
                left_out = self.tr("{count:,} left out")
                text += f" ({left_out.format(count=sum(count for _, count in data.left_out))})"
        self.message.emit(text, False)
        self.loaded.emit(data)

    @Slot(str)
    def _fail(self, sentence: str, *, is_told: bool = False) -> None:
        self._problem = sentence
        if not is_told:
            self.message.emit(sentence, True)
        self.failed.emit(sentence)
