"""Widgets beside each other that go on in a line below where there is no room, as words do."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QLayoutItem, QSizePolicy, QWidget, QWidgetItem
from shiboken6 import isValid

_SPACING = 4  # pixels


class Flow(QHBoxLayout):
    """A row that asks for no more width than its widest part: what does not fit lies in lines below the first.

    In each line, what can grow shares what is left. Qt keeps the parts, and they are measured by others of the same
    widgets: whoever asks it for its own has them for as long as the layout lives, where Qt deletes them with their
    widgets. What comes to lie at the place of a deleted one was then taken for it, and that ended the program.

    Parameters
    ----------
    parts : QWidget or None
        As in `row`, `STRETCH` is room that takes whatever is left. More are added by `addWidget`.
    margins : tuple of int
        Around them, in pixels: left, top, right, bottom.
    spacing : int
        Between two and between lines, in pixels.
    """

    def __init__(
        self, *parts: QWidget | None, margins: tuple[int, int, int, int] = (0, 0, 0, 0), spacing: int = _SPACING
    ) -> None:
        super().__init__()
        self._items: list[tuple[QWidget, QWidgetItem]] = []
        self._spare: list[QWidget] = []
        self._stretches: list[QWidget] = []
        # What is around asks for these hundreds of times: heights of widths; of parts the width, and whether it grows.
        self._heights: dict[int, int] = {}
        self._widths: dict[QLayoutItem, tuple[int, bool]] = {}
        self.setContentsMargins(*margins)
        self.setSpacing(spacing)
        for part in parts:
            if part is None:
                self.add_stretch()
            else:
                self.addWidget(part)

    def addWidget(self, widget: QWidget, *how: Any) -> None:
        """Add a part."""
        self._items.append((widget, QWidgetItem(widget)))
        super().addWidget(widget, *how)

    def insertWidget(self, place: int, widget: QWidget, *how: Any) -> None:
        """Put in a part before that of a place."""
        self._parts()
        self._items.insert(place, (widget, QWidgetItem(widget)))
        super().insertWidget(place, widget, *how)

    def add_stretch(self) -> None:
        """Add room that takes whatever is left."""
        room = QWidget()
        room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        room.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._stretches.append(room)
        self.addWidget(room)

    def add_spare(self, widget: QWidget) -> None:
        """Add a part that is left out, as an empty place, where that saves a line."""
        self.addWidget(widget)
        self._spare.append(widget)

    # What Qt asks of a layout

    def expandingDirections(self) -> Qt.Orientation:
        """Take what width there is, so that there are few lines."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Say that there are more lines the less width there is."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Give the height of the lines."""
        if width not in self._heights:
            room = width - self._beside()
            lines = self._lines(room)
            inside = sum(max(_tall(*place) for place in self._places(line, room)) for line in lines if line)
            self._heights[width] = inside + self.spacing() * max(len(lines) - 1, 0) + self._above()
        return self._heights[width]

    def minimumHeightForWidth(self, width: int) -> int:
        """Ask for all the lines."""
        return self.heightForWidth(width)

    def maximumSize(self) -> QSize:
        """Set no limit, as a row of parts that do not grow does."""
        return QLayout.maximumSize(self)

    def invalidate(self) -> None:
        """Measure anew."""
        self._heights.clear()
        self._widths.clear()
        super().invalidate()

    def sizeHint(self) -> QSize:
        """Prefer one line."""
        parts = [item for item in self._parts() if not item.isEmpty() and item.widget() not in self._stretches]
        width = sum(item.sizeHint().width() + self.spacing() for item in parts)
        return QSize(max(width - self.spacing(), 0) + self._beside(), _height(self._parts()) + self._above())

    def minimumSize(self) -> QSize:
        """Ask for the width of the widest part."""
        widest = max((item.minimumSize().width() for item in self._parts() if not item.isEmpty()), default=0)
        return QSize(widest + self._beside(), _height(self._parts()) + self._above())

    def setGeometry(self, place: QRect) -> None:
        """Lay the lines, each part in the middle of its line."""
        QLayout.setGeometry(self, place)  # a row would lay them beside each other
        inside = place.marginsRemoved(self.contentsMargins())
        top = inside.top()
        lines = self._lines(inside.width())
        for item in self._parts() if self._spare else ():
            if item.widget() in self._spare and not any(item in line for line in lines):
                item.setGeometry(QRect(inside.topLeft(), QSize(0, 0)))
        for line in lines:
            places = self._places(line, inside.width())
            high, left = max((_tall(*place) for place in places), default=0), inside.left()
            for item, width in places:
                height = min(_tall(item, width), high)
                item.setGeometry(QRect(left, top + (high - height) // 2, width, height))
                left += width + (0 if item.widget() in self._stretches else self.spacing())
            top += high + self.spacing()

    # Inside

    def _parts(self) -> list[QLayoutItem]:
        # Those that are still there: a part may have been deleted, or have gone elsewhere.
        self._items = [each for each in self._items if isValid(each[0]) and self.indexOf(each[0]) >= 0]
        return [item for _, item in self._items]

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        shown = [item for item in self._parts() if not item.isEmpty()]
        lines = self._break(shown, width)
        if self._spare and len(lines) > 1:
            without = self._break([item for item in shown if item.widget() not in self._spare], width)
            return without if len(without) < len(lines) else lines
        return lines

    def _break(self, items: list[QLayoutItem], width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = [[]]
        taken, parts, gap = 0, 0, self.spacing()
        for item in items:
            own, is_space = self._wide(item)[0], item.widget() in self._stretches
            if lines[-1] and taken + own + gap * max(parts - is_space, 0) > width:
                lines.append([])
                taken = parts = 0
            lines[-1].append(item)
            taken, parts = taken + own, parts + (not is_space)
        return lines

    def _places(self, line: list[QLayoutItem], room: int) -> list[tuple[QLayoutItem, int]]:
        """Give the parts of a line, and how wide each is: what can grow shares what is left."""
        wide = [self._wide(item) for item in line]
        over = max(room - self._width(line), 0) // max(sum(grows for _, grows in wide), 1)
        return [
            (item, min(width, room) + (over if grows else 0)) for item, (width, grows) in zip(line, wide, strict=True)
        ]

    def _width(self, line: list[QLayoutItem]) -> int:
        parts = sum(item.widget() not in self._stretches for item in line)
        return sum(self._wide(item)[0] for item in line) + self.spacing() * max(parts - 1, 0)

    def _wide(self, item: QLayoutItem) -> tuple[int, bool]:
        """Give the width that a part asks for, and whether it can grow."""
        if item not in self._widths:
            grows = bool(item.expandingDirections() & Qt.Orientation.Horizontal)
            self._widths[item] = (item.minimumSize() if grows else item.sizeHint()).width(), grows
        return self._widths[item]

    def _beside(self) -> int:
        margins = self.contentsMargins()
        return margins.left() + margins.right()

    def _above(self) -> int:
        margins = self.contentsMargins()
        return margins.top() + margins.bottom()


def _height(line: list[QLayoutItem]) -> int:
    return max((item.sizeHint().height() for item in line if not item.isEmpty()), default=0)


def _tall(item: QLayoutItem, width: int) -> int:
    """Give the height that a part takes in a width: of more lines where it has some of its own."""
    height = item.heightForWidth(width) if item.hasHeightForWidth() else 0
    return height or item.sizeHint().height()
