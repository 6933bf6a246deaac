"""Where the panels lie: the map in the middle, and around it what can be folded away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QWidget

from latentlab.ui.panels.data_point import DataPointPanel
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.settings import Settings
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.drawer import Drawer
from latentlab.ui.widgets.lines import LinesPanel, Pages
from latentlab.ui.widgets.shared_column import SharedColumn
from latentlab.ui.widgets.side_tab import SideTab

_SETUP, _SIDE, _DRAWER = 290, 300, 230  # pixels, at first
_WIDEST_SIDE = 0.34  # of the window, unless somebody drags it wider
_SMALLEST = 560, 340  # what does not fit into a window this small is scrolled


class LookedAt(LinesPanel):
    """What is decoded of a place, and below it the image of a point."""

    def __init__(self, decoder: DecoderPanel, point: DataPointPanel) -> None:
        super().__init__()
        self._decoder, self._point = decoder, point
        column((decoder, 1), point, spacing=0, on=self)

    def useful_width(self) -> int:
        """Give the width in which both are of use."""
        return self._decoder.useful_width()

    def useful_height(self, width: int) -> int:
        """Give the height in which both are of use, in a width."""
        return self._decoder.useful_height(width) + self._point.useful_height()


class Arrangement(QWidget):
    """Lays the panels out.

    In a window that is too narrow for all of them, setup takes the place of what lies beside the map, or even that of
    the map, for as long as it is open; in one that is too low, what is decoded and what is drawn take turns.

    Parameters
    ----------
    run_bar, setup, start, tabs : QWidget
    told : list of QWidget
        Bars of messages, above the map.
    drawer : Drawer
    looked_at, sketch : QWidget
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
        looked_at: LookedAt,
        sketch: SketchPanel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._setup, self._start, self._tabs, self._drawer = setup, start, tabs, drawer
        self._looked_at, self._sketch = looked_at, sketch
        self._is_side_open = True
        self._asked = _SETUP, _SIDE
        self._covers, self._gave_way = False, False  # setup lies in the place of the map; it folded by itself
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
        self._share = _splitter(Qt.Orientation.Vertical, [looked_at, sketch], [5, 4])
        self._share.setObjectName("sideSplitter")
        self._side = SharedColumn(self._share, (self.tr("Decoded"), self.tr("Draw")))
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
        self._scroll, self._rail = scroll, rail
        beside.installEventFilter(self)
        self.setup_tab.setChecked(True)
        self.show_home(True)

    def is_home(self) -> bool:
        """Whether the start page is shown."""
        return self._pages.currentWidget() is self._start

    def show_home(self, is_home: bool) -> None:
        """Show the start page, with nothing dead around it; or the map and the views."""
        self._pages.setCurrentWidget(self._start if is_home else self._tabs)
        self._drawer.setVisible(not is_home)
        if self._covers:
            self.set_setup_open(False)
        self._arrange()
        if is_home:
            self._start.setFocus()
        self.home_toggled.emit(is_home)

    def set_setup_open(self, is_open: bool) -> None:
        """Open the panel that sets a run up, or fold it away."""
        self._gave_way = False
        self.setup_tab.setChecked(is_open)

    def offer_setup(self) -> None:
        """Open the panel that sets a run up beside the page that is shown, as soon as there is room for both."""
        if self._fits(self._setup, self._work):
            self.set_setup_open(True)
        else:
            self._gave_way = True

    def set_side_open(self, is_open: bool) -> None:
        """Show what is decoded and drawn beside the map, or give its room to the map."""
        if is_open == self._is_side_open:
            return
        if not is_open and not self.is_home() and self._side.isHidden():  # it is wanted, and setup lies in its place
            self.set_setup_open(False)
            self.side_toggled.emit(True)
            return
        self._is_side_open = is_open
        self._arrange()
        self.side_toggled.emit(is_open)

    @Slot()
    def turn_to_decoded(self) -> None:
        """Have what is decoded in sight, where it takes turns with what is drawn."""
        self._side.turn_to(self._looked_at)

    @Slot()
    def turn_to_drawn(self) -> None:
        """Have the pad in sight, where it takes turns with what is decoded."""
        self._side.turn_to(self._sketch)

    def restore(self, settings: Settings) -> None:
        """Lay out as it was left."""
        for splitter in self._splitters():
            splitter.restoreState(settings.layout(splitter.objectName()))

    def remember(self, settings: Settings) -> None:
        """Keep how it is laid out."""
        for splitter in self._splitters():
            settings.set_layout(splitter.objectName(), splitter.saveState().data())

    def _splitters(self) -> tuple[QSplitter, ...]:
        return self._body, self._share  # the drawer comes back folded, whatever room it had

    # In narrow windows

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew in another width."""
        super().resizeEvent(event)
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrange anew where panels ask for another width."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._arrange()
        return False

    def _toggle_setup(self, is_open: bool) -> None:
        self._gave_way = False
        self._covers = is_open and not self._fits(self._setup, self._work)
        self._arrange()
        self.setup_toggled.emit(is_open)

    def _arrange(self) -> None:
        """Show what is wanted, as far as there is room."""
        fits = self._fits(self._setup, self._work)
        if fits and self._gave_way:
            self.set_setup_open(True)
        elif not fits and self.setup_tab.isChecked() and not self._covers:
            self.set_setup_open(False)
            self._gave_way = True
        self._covers &= not fits
        has_setup = self.setup_tab.isChecked()
        has_side = self._is_side_open and not self.is_home()
        has_side &= not has_setup or self._fits(self._setup, self._work, self._side)
        for part, is_seen in ((self._setup, has_setup), (self._work, not self._covers), (self._side, has_side)):
            if part.isHidden() == is_seen:
                part.setVisible(is_seen)
        self._follow_text()

    def _follow_text(self) -> None:
        """Have what lies around the map as wide as text of another size asks for, as far as the map can spare that."""
        asked = max(_SETUP, self._setup.minimumSizeHint().width()), max(_SIDE, self._looked_at.useful_width())
        if asked == self._asked or not self.isVisible():
            return
        self._asked = asked
        setup, work, side = self._body.sizes()
        spare = round(_WIDEST_SIDE * self._scroll.width())
        sizes = asked[0] if setup else 0, (asked[1] if asked[1] <= spare else _SIDE) if side else 0
        self._body.setSizes([sizes[0], setup + work + side - sum(sizes), sizes[1]])

    def _fits(self, *parts: QWidget) -> bool:
        if not self.isVisible():
            return True
        asked = sum(part.minimumSizeHint().expandedTo(part.minimumSize()).width() for part in parts)
        handles = self._body.handleWidth() * (len(parts) - 1)
        return asked + handles + self._rail.sizeHint().width() <= self._scroll.width()

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
