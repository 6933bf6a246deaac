"""Room for a panel whose lines break where they must: what there is no room for is reached by scrolling."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class LinesScroll(QScrollArea):
    """Shows a panel as large as there is room, and no smaller than it asks for.

    Qt's own way, `setWidgetResizable`, asks a panel whose lines break for all the height that it would like to have.

    Parameters
    ----------
    panel : QWidget
    least : QSize
        What it asks for itself, where the panel does not do with less.
    """

    def __init__(self, panel: QWidget, least: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least, self._asked, self._is_fitting = least, QSize(), False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its parts take it
        self.setWidget(panel)

    def sizeHint(self) -> QSize:
        """Prefer room for all of it."""
        return self.widget().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Scroll rather than ask for room."""
        return self._least.boundedTo(self.widget().minimumSizeHint())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the panel to the room."""
        super().resizeEvent(event)
        self._fit()

    def viewportEvent(self, event: QEvent) -> bool:
        """Fit the panel where it asks for another room."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().viewportEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit the panel where what is in it asks for another room."""
        handled = super().eventFilter(watched, event)
        if watched is self.widget() and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return handled

    def _fit(self) -> None:
        panel = self.widget()
        if panel is None or self._is_fitting:
            return
        self._is_fitting = True
        room, least = self.maximumViewportSize(), panel.minimumSizeHint()
        if least.height() > room.height():
            room.setWidth(room.width() - self.verticalScrollBar().sizeHint().width())
        if least.width() > room.width():
            room.setHeight(room.height() - self.horizontalScrollBar().sizeHint().height())
        panel.resize(room.expandedTo(least))  # in another width it may ask for another height: it says so
        if (asked := self.minimumSizeHint()) != self._asked:
            self._asked = asked
            self.updateGeometry()
        self._is_fitting = False
