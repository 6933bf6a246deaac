"""A drawer below the map: folded to one line, or opened on one of its pages."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QTabBar, QToolButton, QWidget

from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.lines import Pages

_NO_LIMIT = 16_777_215  # Qt's own, of a widget's height


class Drawer(QWidget):
    """Holds pages; a person or a feature opens it on one of them, and it folds.

    Parameters
    ----------
    line : QWidget
        What is seen of it while it is folded.
    """

    toggled = Signal(bool)
    """It was opened or folded."""
    turned = Signal()
    """Another page is looked at, or none any more."""

    def __init__(self, line: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawer")
        self._line = line
        self._switch = QToolButton(objectName="drawerSwitch", autoRaise=True, checkable=True)
        self._switch.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._switch.toggled.connect(self._open)
        self._titles = QTabBar(objectName="drawerTabs", documentMode=True, drawBase=False, expanding=False)
        self._titles.setAccessibleName(self.tr("Pages of the drawer"))
        self._pages = Pages()
        self._titles.currentChanged.connect(self._pages.setCurrentIndex)
        self._titles.currentChanged.connect(self.turned)
        self._head = row(self._switch, (line, 1), (self._titles, 1), margins=(4, 0, 8, 0), spacing=4)
        column(self._head, (self._pages, 1), spacing=0, on=self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self._open(False)

    def add_page(self, page: QWidget, title: str) -> None:
        """Add a page behind the others."""
        self._pages.addWidget(page)
        self._titles.addTab(title)

    def open_page(self, page: QWidget) -> None:
        """Open on a page."""
        self._titles.setCurrentIndex(self._pages.indexOf(page))
        self.set_open(True)

    def is_open(self) -> bool:
        """Whether a page is to be seen."""
        return self._switch.isChecked()

    def is_on(self, page: QWidget) -> bool:
        """Whether a page is looked at."""
        return self.is_open() and self._pages.currentWidget() is page

    def set_open(self, is_open: bool) -> None:
        """Open on the page looked at last, or fold."""
        self._switch.setChecked(is_open)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        if event.type() == QEvent.Type.FontChange and not self.is_open():
            self._limit()
        super().changeEvent(event)

    def _open(self, is_open: bool) -> None:
        for widget in (self._titles, self._pages):
            widget.setVisible(is_open)
        self._line.setVisible(not is_open)
        self._switch.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.UpArrow)
        name = self.tr("Fold the drawer") if is_open else self.tr("Open the drawer: curves, lists, the walk's film")
        self._switch.setToolTip(name)
        self._switch.setAccessibleName(name)
        self._limit()
        self.toggled.emit(is_open)
        self.turned.emit()

    def _limit(self) -> None:
        """Keep a splitter from giving room to a drawer that is folded."""
        self.setMaximumHeight(_NO_LIMIT if self.is_open() else self._head.sizeHint().height())
