"""Panels whose lines break where they must, and pages of them."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget


class _AsksForHeight:
    """What both do, beside a widget of Qt's, of which Python can have one only."""

    def minimumSizeHint(self) -> QSize:
        """Ask for the height of the lines."""
        least, lines = super().minimumSizeHint(), self._lines_of()
        if lines is not self:
            least.setWidth(lines.minimumSizeHint().expandedTo(lines.minimumSize()).width())
        if self.isVisible():
            least.setHeight(_least_height(lines, max(least.width(), self.width())))
        return least

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask anew where the width is another."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for it from now on."""
        super().showEvent(event)
        self.updateGeometry()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for it no more."""
        super().hideEvent(event)
        self.updateGeometry()

    def _lines_of(self) -> QWidget:
        return self


class LinesPanel(_AsksForHeight, QWidget):
    """Asks for the height that its lines take in the width there is: whatever is around it scrolls, and cuts nothing.

    Qt asks for that where a layout lies in a layout, but neither of the pages of tabs, the parts of a splitter, nor of
    windows. What is not seen asks for no more than other panels do: it has no width yet.
    """


class Pages(_AsksForHeight, QStackedWidget):
    """Pages that ask for the room that the one which is seen takes, in the height of its lines, and for no more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.currentChanged.connect(self.updateGeometry)

    def hasHeightForWidth(self) -> bool:
        """Ask in `minimumSizeHint`; Qt would ask for all the height that a page would like to have."""
        return False

    def _lines_of(self) -> QWidget:
        return self.currentWidget() or self


def _least_height(widget: QWidget, width: int) -> int:
    layout, least = widget.layout(), widget.minimumSize().height()
    if layout is not None and layout.hasHeightForWidth():
        return max(least, layout.totalMinimumHeightForWidth(width))
    if layout is not None:
        return max(least, layout.totalMinimumSize().height())
    return max(least, widget.heightForWidth(width) if widget.hasHeightForWidth() else widget.minimumSizeHint().height())
