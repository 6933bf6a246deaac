"""The bookmarks of the run whose map is shown: kept on the disk from the moment they are made."""

from __future__ import annotations

from collections.abc import Callable

import platformdirs
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.map import bookmarks
from latentlab.core.map.bookmarks import Bookmark
from latentlab.core.map.kept_list import KeptList
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart


class Bookmarking(MapPart):
    """Owns the bookmarks, by the id of the run."""

    changed = Signal(object)  # tuple of Bookmark, in the order in which they were made

    def __init__(self, exploration: Exploration, parent: QObject) -> None:
        super().__init__(parent)
        self._run_id = ""
        self._bookmarks: tuple[Bookmark, ...] = ()
        exploration.shown_changed.connect(self._show)

    @property
    def bookmarks(self) -> tuple[Bookmark, ...]:
        """The bookmarks of the run."""
        return self._bookmarks

    @Slot(object)
    def add(self, bookmark: Bookmark) -> None:
        """Keep a place; one of the same name is moved there."""
        if self._run_id:
            self._change(lambda kept: (*(each for each in kept if each.name != bookmark.name), bookmark))

    @Slot(str)
    def remove(self, name: str) -> None:
        """Forget a place."""
        self._change(lambda kept: tuple(each for each in kept if each.name != name))

    @Slot(object)
    def _show(self, update: MapUpdate | None) -> None:
        run_id = "" if update is None else update.run_id
        if run_id == self._run_id:
            return
        self._run_id, self._bookmarks = run_id, ()
        if run_id:
            try:
                self._bookmarks = self._file().load()
            except LatentlabError as error:
                self.failed.emit(str(error))
        self.changed.emit(self._bookmarks)

    def _change(self, change: Callable[[tuple[Bookmark, ...]], tuple[Bookmark, ...]]) -> None:
        try:
            self._bookmarks = self._file().change(change)
        except LatentlabError as error:
            self.failed.emit(str(error))
        self.changed.emit(self._bookmarks)

    def _file(self) -> KeptList[Bookmark]:
        folder = platformdirs.user_data_path("latentlab", appauthor=False) / "bookmarks"
        return bookmarks.of_run(folder, self._run_id)
