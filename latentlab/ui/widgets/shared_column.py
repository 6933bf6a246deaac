"""Parts below each other while there is height for all of them, else behind tabs."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QTabBar, QWidget

from latentlab.ui.widgets.boxes import column

_LEAST_HEIGHT = 120  # pixels


class Part(Protocol):
    """What a part tells, beside being a widget."""

    def useful_height(self, width: int) -> int:
        """Give the height in which one can work with it in a width, whatever is in it at the moment."""


class SharedColumn(QWidget):
    """Shares its height among parts; in a low window, or in large text, each has all of it by turns.

    Parameters
    ----------
    splitter : QSplitter
        Holds the parts, below each other.
    titles : tuple of str
        Of their tabs.
    """

    def __init__(self, splitter: QSplitter, titles: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._splitter = splitter
        self._parts: list[QWidget] = [splitter.widget(place) for place in range(splitter.count())]
        self._tabs = QTabBar(objectName="sideTabs", documentMode=True, drawBase=False, expanding=False)
        self._tabs.setAccessibleName(self.tr("Decoded or drawn"))
        for title in titles:
            self._tabs.addTab(title)
        self._tabs.currentChanged.connect(self._show)
        self._tabs.hide()
        self._scroll = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(splitter)
        splitter.installEventFilter(self)
        column(self._tabs, (self._scroll, 1), spacing=0, on=self)

    def has(self, part: QWidget) -> bool:
        """Whether something is one of the parts."""
        return part in self._parts

    def are_by_turns(self) -> bool:
        """Whether one part is seen at a time."""
        return not self._tabs.isHidden()

    @Slot(object)
    def turn_to(self, part: QWidget) -> None:
        """Have a part in sight, or that which something lies in."""
        found = (place for place, each in enumerate(self._parts) if each is part or each.isAncestorOf(part))
        self._tabs.setCurrentIndex(next(found))

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the widest part, whichever is seen; the height scrolls."""
        wide = max(part.minimumSizeHint().expandedTo(part.minimumSize()).width() for part in self._parts)
        if self._splitter.minimumSizeHint().height() > self._scroll.height():
            wide += self._scroll.verticalScrollBar().sizeHint().width()
        return QSize(max(wide, self._tabs.minimumSizeHint().width()), _LEAST_HEIGHT)

    def sizeHint(self) -> QSize:
        """Prefer room for all parts."""
        return self._splitter.sizeHint().expandedTo(self.minimumSizeHint())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the height, or take turns."""
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """Share it once it is known: it is shown before it is given its room."""
        super().showEvent(event)
        QCoreApplication.postEvent(self, QEvent(QEvent.Type.LayoutRequest))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hear that a part asks for more, or less: what scrolls does not pass it on."""
        if event.type() == QEvent.Type.LayoutRequest:
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.LayoutRequest))
        return False

    def event(self, event: QEvent) -> bool:
        """Share the height anew."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return super().event(event)

    def _arrange(self) -> None:
        if not self.isVisible():
            return
        handles = self._splitter.handleWidth() * (len(self._parts) - 1)
        useful = sum(part.useful_height(self.width()) for part in self._parts)
        self._tabs.setVisible(useful + handles > self.height())
        self._show()

    @Slot()
    def _show(self) -> None:
        for place, part in enumerate(self._parts):
            part.setVisible(not self.are_by_turns() or place == self._tabs.currentIndex())
