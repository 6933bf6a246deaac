"""The window: where the panels lie. What is joined to what stands in the files beside it."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QMainWindow, QScrollArea, QSplitter, QStackedWidget, QWidget

from latentlab.core.runs import workspace
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.panels.controls import ControlsPanel
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.panels.data_point import DataPointPanel
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.session import Session
from latentlab.ui.settings import Settings
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.message_bar import MessageBar
from latentlab.ui.window.compare import join_comparison
from latentlab.ui.window.downloads import join_downloads
from latentlab.ui.window.dropping import Dropping
from latentlab.ui.window.exploring import join_damage, join_data_point, join_decoder, join_sketch
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.health import join_health
from latentlab.ui.window.images import ImagesCard, join_images
from latentlab.ui.window.keeping import join_keeping
from latentlab.ui.window.map.map import join_map
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.page_window import PageWindow, join_page
from latentlab.ui.window.preferences import join_settings
from latentlab.ui.window.recipe import join_recipe
from latentlab.ui.window.report import join_report
from latentlab.ui.window.runs import join_pages, join_runs
from latentlab.ui.window.saving import Saving
from latentlab.ui.window.tensorboard_switch import join_tensorboard
from latentlab.ui.window.training import join_training
from latentlab.ui.window.view_tabs import ViewTabs
from latentlab.ui.window.views import join_views

_SIZE = QSize(1280, 800)
_SMALLEST = QSize(640, 400)


class MainWindow(QMainWindow):
    """The laboratory.

    Made under a QApplication of the caller's. Scripts find its parts by their object names, and its state in
    `session`.

    Parameters
    ----------
    settings : Settings, optional
        What is remembered between starts; the user's own by default.

    Attributes
    ----------
    session : Session
    menus : Menus
        Everything that can be done by menus, buttons of the map and keys.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.resize(_SIZE)
        self._settings = settings or Settings()
        # Who sets a variable for this start means it, whatever was chosen some day before.
        data_dir = None if os.environ.get("LATENTLAB_DATA") else self._settings.data_dir
        folder = None if os.environ.get(workspace.VARIABLE) else self._settings.workspace
        self.session = Session(data_dir, self, folder)
        self._may_close = False
        self._make_panels()
        self._lay_out()
        self._dialogs = FileDialogs(self)
        self._card = ImagesCard(self)
        self._saving = Saving(self.session, self, self._dialogs)
        self._join()
        self._dropping = Dropping(self.session, self)
        self._restore_layout()
        self.session.begin()
        self._settings.failed.connect(self.show_problem)
        if self._settings.problem:
            self.show_problem(self._settings.problem)

    def open_run(self, path: str | Path) -> None:
        """Open a run as the menu does, without a dialog; a file that is no run is told in a sentence."""
        self.session.open_run(Path(path))

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Tell a problem that nobody else has told."""
        self._messages.show_message(sentence, True)

    @Slot()
    def close_without_asking(self) -> None:
        """Close, whether or not the run is saved."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop everything, and keep what trains; ask first where the run is nowhere but here."""
        if not self._may_close and not self.session.is_kept:
            event.ignore()
            self._saving.ask_before_closing()
            return
        self.session.shut_down()
        self._remember()
        self._may_close = False
        event.accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Say what dropping will do."""
        self._dropping.enter(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Say it no more."""
        self._dropping.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what is dropped."""
        self._dropping.drop(event)

    def event(self, event: QEvent) -> bool:
        """Stop the training thread before a window that was never closed is destroyed."""
        if event.type() == QEvent.Type.DeferredDelete:
            self.session.shut_down()
        return super().event(event)

    # Layout

    def _make_panels(self) -> None:
        self._recipe = RecipePanel()
        self._controls = ControlsPanel()
        self._start = StartPage()
        self._map = CanvasPanel()
        self.menus = Menus(self, self._map)  # before the tabs, so that Tab leads from the map to its strip
        self._tabs = ViewTabs(self._map)
        self._messages, self._advice = MessageBar(), MessageBar("advice")
        self._curves = CurvesPanel()
        self._decoder = DecoderPanel()
        self._point = DataPointPanel()
        self._sketch = SketchPanel()
        self._place = plain_label(objectName="placeLabel")
        self._written_for = plain_label(objectName="tensorboardLabel")

    def _lay_out(self) -> None:
        left = _column(self._recipe, self._controls)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._start)
        self._pages.addWidget(self._tabs)
        above = _column(self._messages, self._advice, self._pages)
        self._middle = _splitter(Qt.Orientation.Vertical, [above, self._curves], [3, 1])
        self._right = _splitter(Qt.Orientation.Vertical, [_column(self._decoder, self._point), self._sketch], [5, 4])
        self._columns = _splitter(Qt.Orientation.Horizontal, [left, self._middle, self._right], [0, 3, 2])
        self._columns.setSizes([290, 610, 380])
        self._middle.setSizes([540, 200])
        self.setCentralWidget(_scrolled(self._columns))
        for label in (self._place, self._written_for):
            self.statusBar().addPermanentWidget(label)

    def _restore_layout(self) -> None:
        self.restoreGeometry(self._settings.layout("window"))
        for name, splitter in self._splitters().items():
            splitter.restoreState(self._settings.layout(name))

    def _remember(self) -> None:
        self._settings.set_layout("window", self.saveGeometry().data())
        for name, splitter in self._splitters().items():
            self._settings.set_layout(name, splitter.saveState().data())
        self._settings.save()

    def _splitters(self) -> dict[str, QSplitter]:
        return {"columns": self._columns, "middle": self._middle, "right": self._right}

    def _join(self) -> None:
        session, menus, dialogs, canvas = self.session, self.menus, self._dialogs, self._map.canvas
        join_recipe(session, self._recipe, menus, dialogs)
        join_images(session, self._card, self._start, self._settings, menus, dialogs)
        join_downloads(session, self, menus, dialogs)
        join_training(session, self._controls, self._curves, self._recipe, menus)
        join_keeping(session, self._start, self._settings, menus, dialogs)
        join_health(session, self._advice, self._messages, self._recipe, self._controls)
        join_runs(session, self, menus, dialogs, self._saving)
        join_map(session, self._map, self._tabs, menus, dialogs)
        join_decoder(session, self._decoder)
        join_damage(session.restoration, self._decoder)
        join_data_point(session, self._point, self._place, self.statusBar())
        join_sketch(session, self._sketch, menus, dialogs)
        join_pages(session, self._pages, self._start, self._tabs, canvas, self._messages, self._controls, dialogs)
        join_report(self._messages, self)
        join_views(session, self._tabs, dialogs)
        join_comparison(session, self._tabs, menus, dialogs)
        join_tensorboard(session, menus, self._written_for, dialogs)
        join_settings(self._settings, session, self._start, menus)
        menus["cleanPage"].triggered.connect(join_page(session.page, PageWindow(self)))
        menus["fullScreen"].triggered.connect(self._show_full_screen)
        menus["quit"].triggered.connect(self.close)
        self._saving.may_close.connect(self.close_without_asking)

    @Slot(bool)
    def _show_full_screen(self, _: bool) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()


def _column(*widgets: QWidget) -> QFrame:
    """Put widgets below each other; the last but the only one that can grow takes what is left."""
    frame = QFrame()
    column(*widgets, spacing=0, on=frame)
    return frame


def _scrolled(widget: QWidget) -> QScrollArea:
    """Let a widget be larger than there is room for, as it is with large text on a small screen."""
    area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame, focusPolicy=Qt.FocusPolicy.NoFocus)
    area.setObjectName("windowScroll")
    area.setMinimumSize(_SMALLEST)
    area.setWidget(widget)
    return area


def _splitter(orientation: Qt.Orientation, widgets: list[QWidget], stretch: list[int]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    for index, (widget, share) in enumerate(zip(widgets, stretch, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(index, share)
    return splitter
