"""A panel whose lines break where they must."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget


class LinesPanel(QWidget):
    """Asks for the height that its lines take in the width there is: whatever is around it scrolls, and cuts nothing.

    Qt asks for that where a layout lies in a layout, but neither of the pages of tabs, the parts of a splitter, nor of
    windows.
    """

    def minimumSizeHint(self) -> QSize:
        """Ask for the height of the lines."""
        width = super().minimumSizeHint().width()
        layout = self.layout()
        if layout is None or not layout.hasHeightForWidth():
            return super().minimumSizeHint()
        return QSize(width, layout.totalMinimumHeightForWidth(max(width, self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask anew where the width is another."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
