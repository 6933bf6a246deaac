"""A film of the map through its epochs: made and written off the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.axes import PlaneAxes
from latentlab.core.map.map_of_epoch import map_at, turned
from latentlab.core.map.plane import map_along
from latentlab.core.map.selected_images import without
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.session.kept_epochs import PLAY_MILLISECONDS, KeptEpochs
from latentlab.ui.style import theme
from latentlab.ui.style.map_paint import film_image
from latentlab.ui.threads.background import Report, Task

if TYPE_CHECKING:
    from latentlab.core.map.map_update import MapUpdate

_SIDE = 400  # pixels
_MOST_FRAMES, _MOST_BETWEEN = 240, 6
_MOST_EPOCHS = 120  # of more, some that are spread evenly over them


class EpochFilm(QObject):
    """Writes one film at a time; points go from epoch to epoch as they do on the map, on a plane that stands still."""

    written = Signal(object)  # path, str
    failed = Signal(str)  # sentence

    def __init__(self, exploration: Exploration, epochs: KeptEpochs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration, self._epochs = exploration, epochs
        self._task = Task(self)
        self._task.done.connect(self.written)
        self._task.failed.connect(self.failed)

    @Slot(object)
    def write(self, path: Path) -> None:
        """Write all epochs, as they are shown now: turned, along these axes, and without what is excluded."""
        exploration, epochs = self._exploration, self._epochs
        kept, source, present = epochs.epochs, epochs.source(), epochs.present
        if present is None or len(kept) < 2:
            return
        kept = [kept[place] for place in np.unique(np.linspace(0, len(kept) - 1, _MOST_EPOCHS).round().astype(int))]
        held = {epoch: epochs.held(epoch) for epoch in kept}
        axes, turns, colours = exploration.axes, epochs.turns, theme.current()
        excluded = exploration.shown_map.excluded_from(present.snapshot.recipe.data.dataset)

        def places(epoch: int, cancelled: threading.Event) -> Floats | None:
            """Give where the points were; None where the epoch is gone, or its images are not loaded."""
            update: MapUpdate | None = held[epoch]
            if update is None and source is not None:
                try:
                    update = map_at(source.run, source.path, epoch, source.shown, present, cancelled.is_set)
                except LatentlabError:
                    return None
            if update is None or update.ids != present.ids:
                return None
            laid = turned(update, present) if turns and axes == PlaneAxes() else map_along(axes, update)
            return laid.projection.to_plane(without(laid, excluded).means)

        def work(cancelled: threading.Event, report: Report) -> str:
            from latentlab.core.output.animation import ANIMATION, VIDEO, save_gif, save_mp4

            if path.suffix.lower() not in (ANIMATION, VIDEO):
                raise LatentlabError(f"A film is saved as {ANIMATION} or {VIDEO}, not as '{path.name}': rename it.")
            found = [(epoch, place) for epoch in kept if (place := places(epoch, cancelled)) is not None]
            if cancelled.is_set():
                return ""
            if len(found) < 2:
                raise LatentlabError("There is no film: the images of this run are not loaded.")
            labels, classes = without(present, excluded).labels, len(present.snapshot.class_names)
            between = max(1, min(_MOST_BETWEEN, _MOST_FRAMES // len(found)))
            everything = np.concatenate([place[np.isfinite(place).all(1)] for _, place in found])
            extent = (everything.min(0), everything.max(0))
            pictures = [
                film_image(_SIDE, place, labels, classes, colours, extent, f"{epoch}")
                for epoch, place in _on_the_way(found, between)
                if not cancelled.is_set()
            ]
            if cancelled.is_set():
                return ""
            frames, rate = np.stack(pictures), 1000 * between / PLAY_MILLISECONDS
            if path.suffix.lower() == ANIMATION:
                save_gif(path, frames, len(frames) / rate, 1)
            else:
                save_mp4(path, frames, rate, is_cancelled=cancelled.is_set)
            return str(path)

        self._task.start(work)

    def shut_down(self) -> None:
        """Give up the film that is being written; nothing of it stays."""
        self._task.shut_down()


def _on_the_way(found: list[tuple[int, Floats]], between: int) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Give where points are in each frame, and of which epoch that is."""
    yield found[0]
    for (epoch, start), (following, end) in pairwise(found):
        for step in range(1, between + 1):
            done = step / between
            eased = np.float32(1 - (1 - done) ** 3)
            yield following if step == between else epoch, start + eased * (end - start)
