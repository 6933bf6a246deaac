"""The map and the views of a model as six tabs: the last of them has a menu of what is looked at more rarely."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QHideEvent, QKeyEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QTabBar, QTabWidget, QWidget

from latentlab.ui.panels.views.compare import ComparePanel
from latentlab.ui.panels.views.elbo import ElboPanel
from latentlab.ui.panels.views.interpolations import InterpolationsPanel
from latentlab.ui.panels.views.manifold import ManifoldPanel
from latentlab.ui.panels.views.pca import BesidePcaPanel
from latentlab.ui.panels.views.posterior_samples import PosteriorSamplesPanel
from latentlab.ui.panels.views.posterior_scatter import DeviationsPanel
from latentlab.ui.panels.views.restored import RestoredPanel
from latentlab.ui.panels.views.samples import SamplesPanel
from latentlab.ui.panels.views.sensitivity import SensitivityPanel
from latentlab.ui.panels.views.traversals import TraversalsPanel
from latentlab.ui.panels.views.units import UnitsPanel
from latentlab.ui.style.texts import plain
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.view_panel import ViewPanel
from latentlab.ui.window.menus import Menus

_ALWAYS: tuple[type[ViewPanel], ...] = (ManifoldPanel, TraversalsPanel, SamplesPanel, ComparePanel)
_ANALYSES: tuple[type[ViewPanel], ...] = (
    UnitsPanel,
    ElboPanel,
    PosteriorSamplesPanel,
    DeviationsPanel,
    BesidePcaPanel,
    SensitivityPanel,
    RestoredPanel,
    InterpolationsPanel,
)
_ARROW = " ▾"
_OPENING_KEYS = (Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F4)


def join_tabs(tabs: ViewTabs, menus: Menus) -> None:
    """Turn to the tabs by the actions ``view1`` to ``view6``, while the tabs are seen."""
    for number in range(1, ViewTabs.COUNT + 1):
        menus[f"view{number}"].triggered.connect(lambda _=False, number=number: tabs.turn_to(number))
    menus.tell(has_views=tabs.isVisible())
    tabs.seen_changed.connect(lambda is_seen: menus.tell(has_views=is_seen))


class ViewTabs(QTabWidget):
    """Holds the map as its first tab, and the views.

    Every view has a tab of its own. Of those in the menu only one is seen: the one that was looked at last. A view is
    made when it is first looked at.

    Attributes
    ----------
    menu : QMenu
        Of the views in the last tab; an action for each, checked where that is looked at.
    """

    made = Signal(object)
    """A `ViewPanel` that is looked at for the first time, before it is shown."""
    seen_changed = Signal(bool)
    """Whether the tabs are in sight, and not the start page."""
    COUNT = 6
    """As many tabs are seen."""
    KINDS = (*_ALWAYS, *_ANALYSES)
    """Of the views."""

    def __init__(self, map_panel: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewTabs")
        self._bar = _Bar()
        self.setTabBar(self._bar)
        self.setDocumentMode(True)
        self.setElideMode(Qt.TextElideMode.ElideNone)  # in very large text, where six are too wide, they are scrolled
        self.addTab(map_panel, self.tr("Map"))
        self.setTabToolTip(0, self.tr("Where the encoder puts the images: click to decode"))
        self._pages = {kind: _Page(kind) for kind in self.KINDS}
        self._analyses = [self._pages[kind] for kind in _ANALYSES]
        for page in self._pages.values():
            self.setTabToolTip(self.addTab(page, page.title), page.about)
        self.menu = QMenu(self, objectName="analyseMenu", toolTipsVisible=True)
        # The click that closes it does nothing else: it may be on the tab, and would open it again.
        self.menu.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)
        self._entries = {page: self._entry(page) for page in self._analyses}
        group = QActionGroup(self)
        for entry in self._entries.values():
            group.addAction(entry)
        for page in self._analyses:
            self._write(page, self.tr("Analyse"))
            self.setTabVisible(self.indexOf(page), page is self._analyses[0])
        self._bar.menu_tab = self.indexOf(self._analyses[0])
        self._bar.menu_wanted.connect(self.open_menu)
        self.currentChanged.connect(self._follow)  # before whoever asks what is looked at

    def view(self) -> ViewPanel | None:
        """Give the view that is looked at; None where it is the map."""
        page = self.currentWidget()
        return page.panel if isinstance(page, _Page) else None

    def views(self) -> list[ViewPanel]:
        """Give the views that were looked at."""
        return [page.panel for page in self._pages.values() if page.panel is not None]

    def look_at(self, kind: type[ViewPanel]) -> None:
        """Turn to a view."""
        self.setCurrentWidget(self._pages[kind])

    def turn_to(self, number: int) -> None:
        """Turn to one of the tabs that are seen, 1 to 6; the last one's menu opens where a click on it would."""
        if number < self.COUNT:
            self.setCurrentIndex(number - 1)
        elif self._bar.would_open_menu:
            self.open_menu()
        else:
            self.setCurrentIndex(self._bar.menu_tab)
        self._bar.setFocus()

    def minimumSizeHint(self) -> QSize:
        """Ask for what the page that is seen takes: Qt asks for what any has taken that was looked at before."""
        bar, page = self._bar.minimumSizeHint(), self.currentWidget()
        least = page.minimumSizeHint().expandedTo(page.minimumSize())
        return QSize(max(bar.width(), least.width()), bar.height() + least.height())

    def hasHeightForWidth(self) -> bool:
        """Ask in `minimumSizeHint`."""
        return False

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that the tabs are in sight."""
        super().showEvent(event)
        self.seen_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that they are no more."""
        super().hideEvent(event)
        self.seen_changed.emit(False)

    @Slot()
    def open_menu(self) -> None:
        """Open the menu below the last tab."""
        below = self._bar.mapToGlobal(self._bar.tabRect(self._bar.menu_tab).bottomLeft() + QPoint(0, 1))
        self.menu.popup(below)
        self.menu.setActiveAction(self._entries[self.widget(self._bar.menu_tab)])

    def _entry(self, page: _Page) -> QAction:
        entry = self.menu.addAction(page.title)
        entry.setToolTip(plain(page.about))
        entry.setCheckable(True)
        entry.triggered.connect(lambda _=False: self.setCurrentWidget(page))
        return entry

    def _write(self, page: _Page, text: str) -> None:
        self.setTabText(self.indexOf(page), text + _ARROW)

    @Slot()
    def _follow(self) -> None:
        """Make what is looked at; show its tab, of those in the menu no other."""
        page = self.currentWidget()
        if isinstance(page, _Page) and page.panel is None:
            self.made.emit(page.make())
            page.fill()
        for other, entry in self._entries.items():
            entry.setChecked(other is page)
        if page not in self._entries:
            return
        self._bar.menu_tab, self._bar.is_chosen = self.indexOf(page), True
        self._write(page, page.title)
        for other in self._analyses:
            self.setTabVisible(self.indexOf(other), other is page)


class _Page(QWidget):
    """Where a view goes once it is looked at."""

    def __init__(self, kind: type[ViewPanel]) -> None:
        super().__init__()
        self._kind = kind
        self.title, self.about = kind.words()
        self.panel: ViewPanel | None = None

    def make(self) -> ViewPanel:
        """Make the view."""
        self.panel = self._kind()
        return self.panel

    def fill(self) -> None:
        """Show the view; the Tab key comes to it where the page is, and not after all that was made before it."""
        column(self.panel, on=self)
        self.panel.show()
        self.panel.put_in_order()
        before = self.previousInFocusChain()
        while not _takes_focus(before):  # nothing can be put behind what takes none
            before = before.previousInFocusChain()
        widget = self.panel
        inside = []
        while widget is self.panel or self.panel.isAncestorOf(widget):
            inside += [widget] * _takes_focus(widget)
            widget = widget.nextInFocusChain()
        for widget in inside:
            QWidget.setTabOrder(before, widget)
            before = widget


def _takes_focus(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


class _Bar(QTabBar):
    """A bar of tabs, one of which opens a menu: by its arrow, and wherever it is clicked if it leads nowhere else.

    Attributes
    ----------
    menu_tab : int
        The tab with the menu.
    is_chosen : bool
        Whether something of the menu was looked at before: then a click leads back to that.
    """

    menu_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.menu_tab = -1
        self.is_chosen = False

    @property
    def would_open_menu(self) -> bool:
        """Whether a click on its tab, beside the arrow, opens the menu."""
        return not self.is_chosen or self.currentIndex() == self.menu_tab

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the menu, or turn to a tab."""
        place = event.position().toPoint()
        is_left = event.button() == Qt.MouseButton.LeftButton
        if is_left and self.tabAt(place) == self.menu_tab and (self.would_open_menu or self._is_on_arrow(place)):
            self.menu_wanted.emit()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the menu of its tab, or turn to a tab."""
        if event.key() in _OPENING_KEYS and self.currentIndex() == self.menu_tab:
            self.menu_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _is_on_arrow(self, place: QPoint) -> bool:
        tab, width = self.tabRect(self.menu_tab), self.fontMetrics().horizontalAdvance(_ARROW)
        beside = max(0, tab.width() - self.fontMetrics().horizontalAdvance(self.tabText(self.menu_tab))) // 2
        return place.x() > tab.right() - beside - width
