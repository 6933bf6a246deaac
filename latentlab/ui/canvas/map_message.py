"""What is said in the middle of the map while it has no points."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QLabel, QWidget

from latentlab.ui.style import theme


class MapMessage(QLabel):
    """A sentence on a ground of its own; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("mapMessage")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAutoFillBackground(True)
        self.setMargin(12)
        self.hide()

    def dress(self, font: QFont) -> None:
        """Follow theme and font, a little larger."""
        large = QFont(font)
        large.setPointSizeF(font.pointSizeF() + 3)
        self.setFont(large)
        colours, palette = theme.current(), self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, QColor(colours.muted))
        palette.setColor(QPalette.ColorRole.Window, QColor(colours.background))
        self.setPalette(palette)

    def place(self, rect: QRect, *, is_wanted: bool) -> None:
        """Lie in the middle of a rectangle of the parent's, if there is something to say and it is wanted."""
        width = min(rect.width() * 3 // 4, self.fontMetrics().horizontalAdvance(self.text()) + 48)
        self.resize(width, self.heightForWidth(width))
        self.move(rect.center() - self.rect().center())
        self.setVisible(bool(self.text()) and is_wanted)
