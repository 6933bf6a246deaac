"""The window: where the panels lie. What is joined to what stands in the files beside it."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow

from latentlab.core.runs import workspace
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.panels.data_point import DataPointPanel
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.panels.followed import FollowedBar
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.panels.run_bar import RunBar
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.panels.start import StartPage
from latentlab.ui.plots.loss_line import LossLine
from latentlab.ui.session.session import Session
from latentlab.ui.settings import Settings
from latentlab.ui.style import languages, roles
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.drawer import Drawer
from latentlab.ui.widgets.message_bar import MessageBar
from latentlab.ui.window.arrangement import Arrangement, LookedAt
from latentlab.ui.window.arranging import join_arrangement, join_loss_line, join_side, join_told
from latentlab.ui.window.branching import join_branching
from latentlab.ui.window.clipboard import join_clipboard
from latentlab.ui.window.collection import join_collection
from latentlab.ui.window.commands.commands import join_keys, join_palette
from latentlab.ui.window.compare import join_comparison
from latentlab.ui.window.downloads import join_downloads
from latentlab.ui.window.dropping import Dropping
from latentlab.ui.window.epochs import join_epochs
from latentlab.ui.window.exploring import join_damage, join_data_point, join_decoder, join_sketch
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.following import join_background, join_following
from latentlab.ui.window.health import join_health
from latentlab.ui.window.help import join_help_menu
from latentlab.ui.window.images import ImagesCard, join_images
from latentlab.ui.window.keeping import join_keeping
from latentlab.ui.window.many_runs import join_many_runs
from latentlab.ui.window.map.map import join_map
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.page_window import PageWindow, join_page
from latentlab.ui.window.preferences import join_look, join_preferences, join_settings
from latentlab.ui.window.recipe import join_recipe
from latentlab.ui.window.report import join_report
from latentlab.ui.window.runs import join_messages, join_runs
from latentlab.ui.window.saving import Saving
from latentlab.ui.window.start import join_start
from latentlab.ui.window.sweep import join_sweep
from latentlab.ui.window.tensorboard_switch import join_tensorboard
from latentlab.ui.window.training import join_training
from latentlab.ui.window.view_tabs import ViewTabs, join_tabs
from latentlab.ui.window.views import join_views

_SIZE = QSize(1280, 800)


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

    closed = Signal()

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        roles.install()
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
        self.restoreGeometry(self._settings.layout("window"))
        self._arrangement.restore(self._settings)
        self.session.begin()
        self._start.setFocus()  # Space trains
        self._settings.failed.connect(self.show_problem)
        if problem := self._settings.problem or languages.problem():
            self.show_problem(problem)

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
        self.closed.emit()
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
        self._run_bar = RunBar()
        self._recipe = RecipePanel()
        self._start = StartPage()
        self._curves = CurvesPanel()
        self._written_for = plain_label(objectName="tensorboardLabel")
        self._loss_line = LossLine(self._curves.history)
        self._run_bar.add(self._written_for)
        self._drawer = Drawer(self._loss_line)
        self._drawer.add_page(self._curves, self.tr("Loss"))
        self._map = CanvasPanel()
        self.menus = Menus(self, self._map)  # before the tabs, so that Tab leads from the map to its strip
        self._tabs = ViewTabs(self._map)
        self._messages, self._advice, self._followed = MessageBar(), MessageBar("advice"), FollowedBar()
        self._decoder = DecoderPanel()
        self._point = DataPointPanel()
        self._sketch = SketchPanel()

    def _lay_out(self) -> None:
        self._arrangement = Arrangement(
            self._run_bar,
            self._recipe,
            [self._messages, self._advice, self._followed],
            self._start,
            self._tabs,
            self._drawer,
            LookedAt(self._decoder, self._point),
            self._sketch,
        )
        self.setCentralWidget(self._arrangement)

    def _remember(self) -> None:
        self._settings.set_layout("window", self.saveGeometry().data())
        self._arrangement.remember(self._settings)
        self._settings.save()

    def _join(self) -> None:
        session, menus, dialogs, canvas = self.session, self.menus, self._dialogs, self._map.canvas
        join_recipe(session, self._recipe, menus, dialogs)
        join_images(session, self._card, self._start, self._settings, menus, dialogs)
        join_downloads(session, self, menus, dialogs)
        join_training(session, self._run_bar, self._curves, self._recipe, menus)
        join_epochs(session, self._curves, canvas, menus, dialogs)
        join_following(session, self._followed, self._run_bar, self._curves)
        join_background(session, self._run_bar, self._recipe, menus)
        join_keeping(session, self._start, self._settings, menus, dialogs)
        join_health(session, self._advice, self._messages, self._recipe, self._run_bar)
        join_runs(session, self, self._run_bar, menus, dialogs, self._saving)
        join_map(session, self._map, self._drawer, self._tabs, menus, dialogs, self._settings)
        join_decoder(session, self._decoder)
        join_damage(session.restoration, self._decoder)
        join_data_point(session, self._point)
        join_sketch(session, self._sketch, menus, dialogs)
        join_arrangement(session, self._arrangement, self._run_bar, self._drawer, menus)
        join_told(self._arrangement, self._messages)
        join_side(self._arrangement, canvas, self._sketch)
        join_loss_line(self._loss_line, self._curves, self._drawer)
        join_start(session, self._start, self._run_bar, self._recipe, dialogs)
        join_messages(session, self._messages, canvas)
        branch_from = join_branching(session, self, self._curves, menus)
        self.closed.connect(join_collection(session, self, self._start, menus, self._settings, branch_from))
        join_sweep(session, self, menus)
        self.closed.connect(join_many_runs(session, self, dialogs))
        join_clipboard(session, self, self._decoder, self._sketch, menus)
        join_report(self._messages, self)
        join_tabs(self._tabs, menus)
        join_views(session, self._tabs, dialogs)
        join_comparison(session, self._tabs, menus, dialogs)
        join_tensorboard(session, menus, self._written_for, dialogs)
        join_settings(self._settings, session, self._start, menus)
        join_look(self._settings, menus)
        join_preferences(self._settings, session, self, menus)
        join_palette(self, menus, self._settings)
        join_keys(self, menus, self._settings)
        join_help_menu(self, menus)
        page = PageWindow(self)
        menus["cleanPage"].triggered.connect(join_page(session.page, page))
        self.closed.connect(page.close)
        menus["fullScreen"].triggered.connect(self._show_full_screen)
        menus["quit"].triggered.connect(self.close)
        self._saving.may_close.connect(self.close_without_asking)

    @Slot(bool)
    def _show_full_screen(self, _: bool) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()
