"""The part of the session's state that is a page to be cleaned: read, cleaned and written off the GUI thread."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats
from latentlab.core.output.pyramid import Pyramid
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.threads.background import Report, Task, Work


class PageCleaning(QObject):
    """Reads one page at a time and cleans it with the model that is shown when it is asked; follows no training."""

    opened = Signal(str, object)  # the name of its file, Pyramid
    cleaned = Signal(object)  # Pyramid, or None while nothing is cleaned
    busy_changed = Signal(bool)  # is the page being read or cleaned
    progressed = Signal(float)  # share that is cleaned
    saved = Signal(Path)
    failed = Signal(str)  # sentence

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration = exploration
        self._page: Pyramid | None = None
        self._result: Floats | None = None
        self._reading = Task(self)  # and cleaning
        self._reading.progressed.connect(self._report)
        self._reading.done.connect(self._take)
        self._reading.failed.connect(self._fail)
        self._saving = Task(self)
        self._saving.done.connect(self.saved)
        self._saving.failed.connect(self.failed)

    def open(self, path: Path) -> None:
        """Read a page from a picture file, then clean it."""

        def read(cancelled: threading.Event, report: Report) -> tuple[str, Pyramid]:
            from latentlab.core.output import clean_page

            return path.name, Pyramid.of(clean_page.read_page(path))

        self._start(read)

    @Slot()
    def clean(self) -> None:
        """Clean the page with the model as it is now."""
        page, update = self._page, self._exploration.shown
        if page is None:
            return
        if update is None:
            self.failed.emit(
                self.tr("There is no model yet: train one by the recipe page-cleaner, or open a run of it.")
            )
            return
        snapshot = update.snapshot

        def clean(cancelled: threading.Event, report: Report) -> tuple[Floats, Pyramid] | None:
            from latentlab.core.output import clean_page

            result = clean_page.clean(snapshot, page.levels[0], cancelled=cancelled, report=report)
            return None if result is None else (result, Pyramid.of(result))

        self._start(clean)

    @Slot()
    def cancel(self) -> None:
        """Stop reading or cleaning; what was there before stays."""
        if self._reading.is_busy:
            self._reading.cancel()
            self.busy_changed.emit(False)

    def save(self, path: Path) -> None:
        """Write the cleaned page."""
        result = self._result
        if result is None:
            return

        def write(cancelled: threading.Event, report: Report) -> Path:
            from latentlab.core.output import clean_page

            clean_page.save_page(path, result)
            return path

        self._saving.start(write)

    def shut_down(self) -> None:
        """Stop cleaning, and wait for what is being written."""
        self._reading.shut_down()
        self._saving.shut_down()

    def _start(self, work: Work) -> None:
        self._reading.start(work)
        self.progressed.emit(0.0)
        self.busy_changed.emit(True)

    @Slot(object)
    def _report(self, share: float) -> None:
        self.progressed.emit(share)

    @Slot(object)
    def _take(self, answer: object) -> None:
        match answer:
            case (str(name), Pyramid() as page):
                self._page, self._result = page, None
                self.busy_changed.emit(False)
                self.opened.emit(name, page)
                self.cleaned.emit(None)
                self.clean()
            case (result, Pyramid() as picture):
                self._result = result
                self.busy_changed.emit(False)
                self.cleaned.emit(picture)

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        self.busy_changed.emit(False)
        self.failed.emit(sentence)
