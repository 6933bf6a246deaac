"""What a grid of thumbnails shows: of a list of images those that are looked at, made when they are."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage

from latentlab.core.arrays import Integers
from latentlab.core.map.browsing import ImageList, Measure, Rebuilt, Source
from latentlab.ui.style.pixels import to_image
from latentlab.ui.style.texts import plain

_KEPT = 2000  # reconstructions: some screens of them
_Index = QModelIndex | QPersistentModelIndex


class ThumbnailModel(QAbstractTableModel):
    """Lays a list of images out in rows of so many columns; a cell is an image of the map, by its row there.

    Qt's list view would ask for every entry at each change of size, half a second for 70,000; a table asks for those
    in sight.
    """

    def __init__(self) -> None:
        super().__init__()
        self.source: Source | None = None
        self.rows: Integers = np.empty(0, np.int64)
        self._values = np.empty(0, np.float32)
        self._measure: Measure = "loss"
        self._number = 0
        self._columns = 1
        self._rebuilt: dict[int, tuple[int, QImage]] = {}

    def set_source(self, source: Source | None) -> None:
        """Take the images that lists are of; what is listed of others is forgotten."""
        self.beginResetModel()
        self.source = source
        self.rows, self._values = np.empty(0, np.int64), np.empty(0, np.float32)
        self._rebuilt = {}
        self.endResetModel()

    def set_list(self, listed: ImageList) -> None:
        """Show a list; one of as many images keeps what is in sight where it is."""
        same_size = len(listed.rows) == len(self.rows)
        if not same_size:
            self.beginResetModel()
        self.rows, self._values, self._measure = listed.rows, listed.values, listed.measure
        self._number = listed.number
        if same_size:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self._columns - 1))
        else:
            self.endResetModel()

    def set_rebuilt(self, rebuilt: Rebuilt) -> None:
        """Take reconstructions; of the earliest some are forgotten."""
        for row, pixels in zip(rebuilt.rows.tolist(), rebuilt.images, strict=True):
            self._rebuilt.pop(row, None)
            self._rebuilt[row] = (rebuilt.number, to_image(pixels))
        for row in list(self._rebuilt)[: max(0, len(self._rebuilt) - _KEPT)]:
            del self._rebuilt[row]
        if len(self.rows):
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self._columns - 1))

    def set_columns(self, columns: int) -> None:
        """Lay out so many in a row."""
        if columns != self._columns:
            self.beginResetModel()
            self._columns = columns
            self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  Qt's own default
        """Give the rows of the grid."""
        return 0 if parent.isValid() else -(-len(self.rows) // self._columns)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Give the columns of the grid."""
        return 0 if parent.isValid() else self._columns

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Leave the cells behind the last image empty."""
        return super().flags(index) if self.row_at(index) >= 0 else Qt.ItemFlag.NoItemFlags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Give the caption, or the words for whoever does not see the image."""
        row = self.row_at(index)
        if row < 0:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.caption(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(self._words(index, row))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._words(index, row)
        return None

    def place(self, index: _Index) -> int:
        """Give which of the list a cell is."""
        return index.row() * self._columns + index.column()

    def row_at(self, index: _Index) -> int:
        """Give the image of a cell, by its row on the map, or -1."""
        place = self.place(index) if index.isValid() else -1
        return int(self.rows[place]) if 0 <= place < len(self.rows) else -1

    def at(self, place: int) -> QModelIndex:
        """Give the cell of a place in the list."""
        return self.index(*divmod(place, self._columns))

    def index_of(self, row: int) -> QModelIndex:
        """Give the cell of an image; an invalid one if it is not listed."""
        (places,) = np.nonzero(self.rows == row)
        return self.at(int(places[0])) if len(places) else QModelIndex()

    def label_at(self, row: int) -> int:
        """Give the class of an image, or -1."""
        return -1 if self.source is None else int(self.source.labels[row])

    def image(self, row: int) -> QImage | None:
        """Give an image, if it is loaded."""
        images = None if self.source is None else self.source.images
        return None if images is None else to_image(images[row])

    def reconstruction(self, row: int) -> QImage | None:
        """Give an image's reconstruction, if it is known; perhaps of an earlier model."""
        found = self._rebuilt.get(row)
        return None if found is None else found[1]

    def not_rebuilt(self, first: int, last: int) -> Integers:
        """Give the images of some places whose reconstructions are not known, or of an earlier model."""
        rows = self.rows[first:last]
        return np.array([row for row in rows.tolist() if self._rebuilt.get(row, (-1,))[0] != self._number], np.int64)

    def caption(self, index: _Index) -> str:
        """Give what stands below an image: its value, or its number where there is none."""
        value = float(self._values[self.place(index)])
        if not np.isfinite(value):
            return f"#{self.row_at(index)}"
        return f"{value:.1f}" if self._measure in ("elbo", "loss") else f"{value:.2f}"

    def _words(self, index: _Index, row: int) -> str:
        words = [self.tr("image {n}").format(n=row)]
        label = self.label_at(row)
        if self.source is not None and 0 <= label < len(self.source.class_names):
            words.append(self.tr("class {name}").format(name=self.source.class_names[label]))
        value = float(self._values[self.place(index)])
        if np.isfinite(value):
            texts = {
                "elbo": self.tr("−ELBO {value:.1f} nats"),
                "loss": self.tr("loss {value:.1f} nats"),
                "code_distance": self.tr("distance {value:.3g}"),
                "pixel_distance": self.tr("distance {value:.3g}"),
                "amortisation": self.tr("amortisation gap {value:.2f} nats"),
            }
            words.append(texts.get(self._measure, self.tr("entropy {value:.2f} nats")).format(value=value))
        return ", ".join(words)
