"""A dialog that has room for what it holds, in text of any size, and scrolls where the screen has not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QWidget

_BESIDE = QSize(16, 64)  # pixels, for the window's frame and its title


class _Content(QScrollArea):
    """Asks for the size of what it holds, in the height of its lines, and can do with less."""

    def __init__(self, content: QWidget) -> None:
        super().__init__(widgetResizable=True, frameShape=QFrame.Shape.NoFrame, focusPolicy=Qt.FocusPolicy.NoFocus)
        self.setWidget(content)

    def sizeHint(self) -> QSize:
        """Ask for as much as there is, and for the bar's width, which may be needed."""
        content = self.widget()
        size = content.sizeHint().expandedTo(content.minimumSizeHint())
        if content.layout().hasHeightForWidth():
            size.setHeight(content.layout().totalHeightForWidth(size.width()))
        return size + QSize(self.verticalScrollBar().sizeHint().width(), 0)


class ScrollingDialog(QDialog):
    """Holds a widget that has a layout.

    Attributes
    ----------
    lines : int
        How many lines high it is at most, unless somebody makes it higher.
    """

    lines = 1000

    def hold(self, content: QWidget) -> QScrollArea:
        """Give what is to be laid into the dialog, and shows the content."""
        self._content = _Content(content)
        return self._content

    def changeEvent(self, event: QEvent) -> None:
        """Make room for larger text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.make_room()

    def make_room(self) -> None:
        """Be as large as the content asks for by now, or as the screen is."""
        QTimer.singleShot(0, self, self._fit)

    @Slot()
    def _fit(self) -> None:
        self._content.updateGeometry()  # or the layout around it goes by what it held before
        for layout in (self._content.widget().layout(), self.layout()):  # which may not have heard of it yet
            layout.invalidate()
        wanted = self.layout().totalSizeHint()
        high = self.lines * self.fontMetrics().lineSpacing()
        room = self.screen().availableSize() - _BESIDE
        self.resize(QSize(wanted.width(), min(wanted.height(), high)).boundedTo(room))
