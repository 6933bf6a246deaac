"""Where the panels lie: the map in the middle, and around it what can be folded away."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QWidget

from latentlab.ui.settings import Settings
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.drawer import Drawer
from latentlab.ui.widgets.lines import LinesPanel, Pages
from latentlab.ui.widgets.side_tab import SideTab

_SETUP, _SIDE, _DRAWER = 290, 300, 230  # pixels, at first
_SMALLEST = 560, 340  # what does not fit into a window this small is scrolled


class Arrangement(QWidget):
    """Lays the panels out.

    Parameters
    ----------
    run_bar, setup, start, tabs : QWidget
    told : list of QWidget
        Bars of messages, above the map.
    drawer : Drawer
    side : list of QWidget
        Beside the map, below each other.

    Attributes
    ----------
    setup_tab : SideTab
        Opens and folds the setup panel.
    """

    setup_toggled = Signal(bool)
    side_toggled = Signal(bool)
    home_toggled = Signal(bool)

    def __init__(
        self,
        run_bar: QWidget,
        setup: QWidget,
        told: list[QWidget],
        start: QWidget,
        tabs: QWidget,
        drawer: Drawer,
        side: list[QWidget],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._setup, self._start, self._tabs, self._drawer = setup, start, tabs, drawer
        self._is_side_open = True
        self.setup_tab = SideTab(self.tr("Setup"))
        self.setup_tab.setObjectName("setupTab")
        self.setup_tab.setToolTip(self.tr("Recipe, images and settings of the next training (F2)"))
        self.setup_tab.toggled.connect(self._toggle_setup)
        rail = QWidget(objectName="rail")
        column(self.setup_tab, STRETCH, margins=(2, 4, 2, 4), on=rail)

        self._pages = Pages()
        self._pages.setObjectName("pages")
        self._pages.addWidget(start)
        self._pages.addWidget(tabs)
        self._work = _splitter(Qt.Orientation.Vertical, [_column(*told, self._pages), drawer], [1, 0])
        self._work.setObjectName("work")
        drawer.toggled.connect(self._give_room)
        self._side = _splitter(Qt.Orientation.Vertical, side, [5, 4])
        self._side.setObjectName("side")
        self._body = _splitter(Qt.Orientation.Horizontal, [setup, self._work, self._side], [0, 1, 0])
        self._body.setObjectName("body")
        self._body.setSizes([_SETUP, 1280 - _SETUP - _SIDE, _SIDE])
        beside = QWidget()
        row(rail, (self._body, 1), spacing=0, on=beside)
        scroll = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame, focusPolicy=Qt.FocusPolicy.NoFocus)
        scroll.setObjectName("windowScroll")
        scroll.setMinimumSize(*_SMALLEST)
        scroll.setWidget(beside)
        column(run_bar, (scroll, 1), spacing=0, on=self)
        self.setup_tab.setChecked(True)
        self.show_home(True)

    def is_home(self) -> bool:
        """Whether the start page is shown."""
        return self._pages.currentWidget() is self._start

    def show_home(self, is_home: bool) -> None:
        """Show the start page, with nothing dead around it; or the map and the views."""
        self._pages.setCurrentWidget(self._start if is_home else self._tabs)
        self._drawer.setVisible(not is_home)
        self._side.setVisible(not is_home and self._is_side_open)
        if is_home:
            self._start.setFocus()
        self.home_toggled.emit(is_home)

    def set_setup_open(self, is_open: bool) -> None:
        """Open the panel that sets a run up, or fold it away."""
        self.setup_tab.setChecked(is_open)

    def set_side_open(self, is_open: bool) -> None:
        """Show what is decoded and drawn beside the map, or give its room to the map."""
        if is_open != self._is_side_open:
            self._is_side_open = is_open
            self._side.setVisible(is_open and not self.is_home())
            self.side_toggled.emit(is_open)

    def restore(self, settings: Settings) -> None:
        """Lay out as it was left."""
        for splitter in self._splitters():
            splitter.restoreState(settings.layout(splitter.objectName()))

    def remember(self, settings: Settings) -> None:
        """Keep how it is laid out."""
        for splitter in self._splitters():
            settings.set_layout(splitter.objectName(), splitter.saveState().data())

    def _splitters(self) -> tuple[QSplitter, ...]:
        return self._body, self._work, self._side

    def _toggle_setup(self, is_open: bool) -> None:
        self._setup.setVisible(is_open)
        self.setup_toggled.emit(is_open)

    def _give_room(self, is_open: bool) -> None:
        """Open the drawer no higher than the map can bear; folded, it leaves all but its line to the map."""
        height = self._work.height()
        drawer = min(max(_DRAWER, self._drawer.minimumSizeHint().height()), height * 2 // 5) if is_open else 0
        self._work.setSizes([height - drawer, drawer])


def _column(*widgets: QWidget) -> QWidget:
    """Put widgets below each other; the last but the only one that can grow takes what is left."""
    panel = LinesPanel()
    column(*widgets, spacing=0, on=panel)
    return panel


def _splitter(orientation: Qt.Orientation, widgets: list[QWidget], stretch: list[int]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    for index, (widget, share) in enumerate(zip(widgets, stretch, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(index, share)
    return splitter
