"""Small pictures of the maps of runs: read and painted off the GUI thread, those in sight alone, and kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_of_run import MapOfRun, map_of
from latentlab.core.runs.kept_run import KeptRun
from latentlab.ui.style import theme
from latentlab.ui.style.map_paint import map_image
from latentlab.ui.threads.background import Report, Task

_POINTS = 400  # in a picture; no more are seen
_KEPT = 1_000  # pictures and maps: some ten megabytes

_Key = tuple[Path, str]  # of a run, and of its file as it was


@dataclass(frozen=True, slots=True, eq=False)
class RunPicture:
    """The picture of a run's map.

    Attributes
    ----------
    path : Path
    stamp : str
        Of the file that it was painted of.
    image : QImage or None
        None where the file keeps no map that can be read.
    map : MapOfRun or None
    """

    path: Path
    stamp: str
    image: QImage | None
    map: MapOfRun | None


class RunPictures(QObject):
    """Paints the maps of those runs that were asked for last; each is told as soon as it is there.

    Attributes
    ----------
    painted : Signal
        Of a RunPicture.
    """

    painted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._maps: OrderedDict[_Key, MapOfRun | None] = OrderedDict()
        self._painting = Task(self)
        self._painting.progressed.connect(self._take)

    def look(self, runs: Sequence[KeptRun], side: int, ratio: float) -> None:
        """Paint the maps of these: squares of so many pixels, of a screen with so many to each of them.

        What was still to be painted of others is given up.
        """
        wanted = [(run.path, run.stamp) for run in runs]
        known = {key: self._maps[key] for key in wanted if key in self._maps}
        colours = theme.current()

        def paint(cancelled: threading.Event, report: Report) -> None:
            for key in wanted:
                if cancelled.is_set():
                    return
                try:
                    found = known[key] if key in known else map_of(key[0], _POINTS)
                except LatentlabError:  # whoever opens it is told what is wrong
                    found = None
                image = None
                if found is not None:
                    image = map_image(side, ratio, found.points, found.labels, found.classes, colours)
                report(RunPicture(*key, image, found))

        self._painting.start(paint)

    def map_of(self, run: KeptRun) -> MapOfRun | None:
        """Give the map of a run that has been read already."""
        return self._maps.get((run.path, run.stamp))

    @Slot(object)
    def _take(self, picture: RunPicture) -> None:
        key = (picture.path, picture.stamp)
        self._maps[key] = picture.map
        self._maps.move_to_end(key)
        while len(self._maps) > _KEPT:
            self._maps.popitem(last=False)
        self.painted.emit(picture)

    def shut_down(self) -> None:
        """Wait for the file that is being read, with a limit."""
        self._painting.shut_down()
