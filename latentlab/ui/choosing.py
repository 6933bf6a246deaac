"""The part of the session's state that is the images chosen on the map: A, B, C and so on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.live_map import MapUpdate

MOST = 12


class Choosing(QObject):
    """Owns which images are chosen; they stay chosen as long as the map shows them."""

    changed = Signal(object, object)  # rows of A, B, C ...; their images, float32 (K, H, W), None where not at hand
    refused = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._map: MapUpdate | None = None
        self._rows: tuple[int, ...] = ()

    @property
    def rows(self) -> tuple[int, ...]:
        """Which images are chosen, by their rows, A first."""
        return self._rows

    @Slot(object)
    def show(self, update: MapUpdate | None) -> None:
        """Take another map: what it does not show is no longer chosen."""
        before, self._map = self._map, update
        if not self._rows or before is None:
            return
        # A model trained on the chosen images alone shows just these.
        places = (self._rows, tuple(range(len(self._rows))))
        kept = next((rows for rows in places if _are_alike(before, self._rows, update, rows)), ())
        came = update is not None and (before.images is None) != (update.images is None)
        if kept != self._rows or came:
            self._choose(kept)

    @Slot(int)
    def toggle(self, row: int) -> None:
        """Choose an image, or choose it no longer."""
        if self._map is None or not 0 <= row < len(self._map.means):
            return
        if row in self._rows:
            self._choose(tuple(other for other in self._rows if other != row))
        elif len(self._rows) == MOST:
            self.refused.emit(
                self.tr("{n} images are chosen, no more fit: click on one in the view Images to remove it.").format(
                    n=MOST
                )
            )
        else:
            self._choose((*self._rows, row))

    @Slot()
    def swap(self) -> None:
        """Exchange A and B."""
        if len(self._rows) >= 2:
            a, b, *others = self._rows
            self._choose((b, a, *others))

    @Slot()
    def clear(self) -> None:
        """Choose nothing."""
        self._choose(())

    def _choose(self, rows: tuple[int, ...]) -> None:
        self._rows = rows
        images = None if self._map is None else self._map.images
        pixels = None if images is None else (images[list(rows)] / 255).astype(np.float32)
        self.changed.emit(rows, pixels)


def _are_alike(before: MapUpdate, old: tuple[int, ...], after: MapUpdate | None, new: tuple[int, ...]) -> bool:
    """Whether two maps show the same images in these rows of theirs."""
    if after is None or max(new) >= len(after.means):
        return False
    if before.images is None or after.images is None:
        return old == new and np.array_equal(before.labels, after.labels)
    return np.array_equal(before.images[list(old)], after.images[list(new)])
