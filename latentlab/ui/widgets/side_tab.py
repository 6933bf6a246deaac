"""A slim button at a window's edge, written from bottom to top, that opens and folds what lies beside it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QStyleOptionToolButton, QStylePainter, QToolButton, QWidget

_ROOM = 10  # pixels around its words


class SideTab(QToolButton):
    """Is checked while what it opens is open."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Be as high as its words are long."""
        words = self.fontMetrics().size(0, self.text())
        return QSize(words.height() + _ROOM, words.width() + 4 * _ROOM)

    def minimumSizeHint(self) -> QSize:
        """Show all of its words."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button, and its words turned by a quarter."""
        painter, option = QStylePainter(self), QStyleOptionToolButton()
        self.initStyleOption(option)
        words, option.text = option.text, ""
        painter.drawComplexControl(QStyle.ComplexControl.CC_ToolButton, option)
        painter.translate(0, self.height())
        painter.rotate(-90)
        area = self.rect().transposed()
        painter.drawItemText(
            area, Qt.AlignmentFlag.AlignCenter, option.palette, self.isEnabled(), words, self.foregroundRole()
        )
        painter.end()
