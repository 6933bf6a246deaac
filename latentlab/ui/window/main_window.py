"""The window: where the panels lie, and which signal goes to which slot. No logic."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFrame, QLabel, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from latentlab.core.map.results import DataPoint, MapPoints, Sketched
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.recipe.recipe import Recipe
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
from latentlab.ui.widgets.message_bar import MessageBar
from latentlab.ui.window.compare import Comparing
from latentlab.ui.window.file_dialogs import Keeping
from latentlab.ui.window.map.map import wire_map
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.page_window import PageWindow
from latentlab.ui.window.preferences import Remembering
from latentlab.ui.window.tensorboard_switch import TensorBoardSwitch
from latentlab.ui.window.view_tabs import ViewTabs

_SIZE = QSize(1280, 800)


class MainWindow(QMainWindow):
    """The laboratory.

    Made under a QApplication of the caller's. Scripts find its parts by their object names, and its state in
    `session`.

    Parameters
    ----------
    settings : Settings, optional
        What is remembered between starts; the user's own by default.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.resize(_SIZE)
        self._settings = settings or Settings()
        # Who sets the variable for this start means it, whatever was chosen some day before.
        data_dir = None if os.environ.get("LATENTLAB_DATA") else self._settings.data_dir
        self.session = Session(data_dir, self)
        self._class_names: tuple[str, ...] = ()
        self._may_close = False
        self._make_panels()
        self._lay_out()
        self._menus = Menus(self)
        self._keeping = Keeping(self.session, self)
        self._wire_recipe()
        self._wire_training()
        self._wire_exploration()
        self._wire_views()
        self._wire_menus()
        wire_map(self.session, self._map, self._menus, self._keeping)
        Comparing(self.session, self._tabs, self._menus)
        Remembering(self._settings, self.session, self._start, self._menus)
        self._restore_layout()
        self.session.begin()
        self._show_state(self.session.state)
        self._show_model(None)

    def open_run(self, path: str | Path) -> None:
        """Open a run as the menu does, without a dialog; a file that is no run is told in a sentence."""
        self.session.open_run(Path(path))

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Tell a problem that nobody else has told."""
        self._messages.show_message(sentence, True)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask before an unsaved run is lost; then stop everything and remember the layout."""
        if not self._may_close and not self.session.is_saved:
            event.ignore()
            self._keeping.ask_before_closing()
            return
        self.session.shut_down()
        self._remember()
        self._may_close = False
        event.accept()

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
        self._canvas = self._map.canvas
        self._tabs = ViewTabs(self._map)
        self._messages = MessageBar()
        self._curves = CurvesPanel()
        self._decoder = DecoderPanel()
        self._point = DataPointPanel()
        self._sketch = SketchPanel()
        self._place = QLabel(objectName="placeLabel")

    def _lay_out(self) -> None:
        left = _column(self._recipe, self._controls)
        left.setMinimumWidth(270)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._start)
        self._pages.addWidget(self._tabs)
        self._middle = _splitter(Qt.Orientation.Vertical, [_column(self._messages, self._pages), self._curves], [3, 1])
        self._right = _splitter(Qt.Orientation.Vertical, [_column(self._decoder, self._point), self._sketch], [5, 4])
        self._columns = _splitter(Qt.Orientation.Horizontal, [left, self._middle, self._right], [0, 3, 2])
        self._columns.setSizes([290, 610, 380])
        self._middle.setSizes([540, 200])
        self.setCentralWidget(self._columns)
        self.statusBar().addPermanentWidget(self._place)

    def _restore_layout(self) -> None:
        self.restoreGeometry(self._settings.layout("window"))
        for name, splitter in self._splitters().items():
            splitter.restoreState(self._settings.layout(name))

    def _remember(self) -> None:
        self._settings.set_layout("window", self.saveGeometry())
        for name, splitter in self._splitters().items():
            self._settings.set_layout(name, splitter.saveState())
        self._settings.save()

    def _splitters(self) -> dict[str, QSplitter]:
        return {"columns": self._columns, "middle": self._middle, "right": self._right}

    # Wiring: intents to the session, what follows from them to the panels

    def _wire_recipe(self) -> None:
        session, library, panel = self.session, self.session.library, self._recipe
        panel.recipe_chosen.connect(session.recipes.choose)
        panel.recipe_edited.connect(session.recipes.edit)
        panel.dataset_chosen.connect(session.recipes.choose_dataset)
        panel.validity_changed.connect(self._controls.set_valid)
        panel.download_requested.connect(library.download)
        panel.download_cancelled.connect(library.cancel_download)
        panel.data_folder_requested.connect(self._keeping.ask_for_data_folder)
        panel.recipe_file_requested.connect(self._keeping.ask_for_recipe)
        session.recipes.listed.connect(self._list_recipes)
        session.recipes.changed.connect(panel.show_recipe)
        session.recipes.changed.connect(self._show_live_values)
        library.sets_changed.connect(panel.set_datasets)
        library.message.connect(panel.set_dataset_message)
        library.downloading.connect(panel.show_download)
        library.download_ended.connect(panel.end_download)

    def _wire_training(self) -> None:
        session, training, controls, curves = self.session, self.session.training, self._controls, self._curves
        controls.train_requested.connect(session.train)
        controls.pause_requested.connect(training.pause)
        controls.resume_requested.connect(training.resume)
        controls.stop_requested.connect(training.stop)
        controls.discard_requested.connect(session.discard)
        controls.learning_rate_changed.connect(session.set_learning_rate)
        controls.beta_changed.connect(session.set_beta)
        curves.epoch_chosen.connect(session.look_back)
        training.state_changed.connect(self._show_state)
        training.started.connect(controls.show_started)
        training.started.connect(curves.start)
        training.progressed.connect(controls.show_progress)
        training.progressed.connect(curves.add_progress)
        training.epoch_ended.connect(curves.add_epoch)
        training.setting_changed.connect(curves.add_change)
        training.ended.connect(controls.show_finished)
        session.history_shown.connect(curves.show_history)
        session.history_shown.connect(controls.clear)
        session.waiting.connect(controls.set_busy)
        session.epochs_kept.connect(curves.set_epochs)
        session.can_continue_changed.connect(controls.set_can_continue)
        session.message.connect(self._messages.show_message)
        session.run_changed.connect(self._show_run)
        session.opened.connect(self._messages.hide)

    def _wire_exploration(self) -> None:
        session, exploration = self.session, self.session.exploration
        canvas, decoder, pad = self._canvas, self._decoder, self._sketch
        canvas.picked_at.connect(exploration.pick)
        canvas.point_picked.connect(exploration.pick_point)
        canvas.hovered.connect(exploration.preview)
        canvas.hover_ended.connect(exploration.end_preview)
        self._map.source_chosen.connect(session.choose_map)
        decoder.temperature_changed.connect(exploration.set_temperature)
        decoder.label_changed.connect(exploration.set_label)
        decoder.noise_requested.connect(exploration.draw_noise)
        decoder.prior_requested.connect(exploration.sample_prior)
        decoder.sample_picked.connect(exploration.pick_sample)
        decoder.dimension_changed.connect(exploration.set_dimension)
        session.restoration.serve(decoder)
        pad.sketched.connect(exploration.set_sketch)
        pad.cleared.connect(exploration.clear_sketch)
        pad.label_chosen.connect(exploration.set_label)
        pad.neighbour_picked.connect(exploration.pick_point)
        exploration.model_changed.connect(self._show_model)
        exploration.map_changed.connect(self._show_map)
        exploration.pick_changed.connect(canvas.set_pick)
        exploration.decoded.connect(decoder.show_decoded)
        exploration.label_changed.connect(decoder.set_label)
        exploration.pick_changed.connect(self._show_place)
        exploration.pointed.connect(self._show_point)
        exploration.sketched.connect(self._show_sketch)
        self._start.start_requested.connect(self._controls.train_button.click)
        self._start.model_requested.connect(self.open_run)
        self._start.open_requested.connect(self._keeping.ask_for_run)
        self._keeping.may_close.connect(self._close_now)

    def _wire_views(self) -> None:
        choosing, tabs = self.session.choosing, self._tabs
        tabs.explore(self.session)
        tabs.save_requested.connect(self._keeping.ask_for_picture)
        tabs.images.animation_save_requested.connect(self._keeping.ask_for_animation)
        self._canvas.point_toggled.connect(choosing.toggle)
        self._point.toggled.connect(choosing.toggle)
        choosing.changed.connect(self._canvas.set_chosen)
        choosing.changed.connect(self._point.set_chosen)

    def _wire_menus(self) -> None:
        menus, keeping, session = self._menus, self._keeping, self.session
        menus.open_requested.connect(keeping.ask_for_run)
        menus.save_requested.connect(keeping.save)
        menus.save_as_requested.connect(keeping.save_as)
        menus.recipe_file_requested.connect(keeping.ask_for_recipe)
        menus.data_folder_requested.connect(keeping.ask_for_data_folder)
        menus.image_folder_requested.connect(keeping.ask_for_image_folder)
        menus.array_requested.connect(keeping.ask_for_array)
        menus.pairs_requested.connect(keeping.ask_for_pairs)
        TensorBoardSwitch(menus.tensorboard, session, self)
        menus.clean_page_requested.connect(PageWindow(session.page, self).ask_for_page)
        menus.run_requested.connect(self.open_run)
        menus.train_requested.connect(self._controls.train_button.click)
        menus.pause_requested.connect(self._controls.pause_button.click)
        menus.train_on_chosen_requested.connect(session.chosen_images.train)
        menus.stop_requested.connect(session.training.stop)
        menus.discard_requested.connect(session.discard)
        menus.clear_sketch_requested.connect(self._sketch.pad.clear)

    # What the panels cannot take as it comes

    @Slot(object)
    def _list_recipes(self, recipes: tuple[Recipe, ...]) -> None:
        self._recipe.set_recipes([(recipe.name, recipe.title, recipe.summary) for recipe in recipes])

    @Slot(object, object)
    def _show_live_values(self, base: Recipe, recipe: Recipe) -> None:
        self._controls.set_live_values(recipe.training.learning_rate, recipe.loss.beta)

    @Slot(str)
    def _show_state(self, state: str) -> None:
        self._controls.set_state(state)
        self._recipe.set_locked(state != "idle")
        self._menus.set_state(state)
        self._menus.set_can_save(state != "idle" or self.session.run is not None)
        if state == "idle":  # what was changed while it ran is not in force for the next one
            self._show_live_values(self.session.recipe, self.session.recipe)
        if state == "training":
            self._messages.show_message("", False)
            self._canvas.set_message(self.tr("The map appears with the first steps …"))
            self._pages.setCurrentWidget(self._tabs)

    @Slot(object)
    def _show_model(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            self._class_names = ()
            self._decoder.clear_model()
            self._sketch.set_hint(self.tr("Train or open a model first, then draw."))
            self._pages.setCurrentWidget(self._start)
            return
        self._class_names = snapshot.class_names
        self._decoder.set_model(snapshot.latent, snapshot.class_names, snapshot.uses_labels)
        self._point.set_class_count(len(snapshot.class_names))
        self._sketch.set_hint("")

    @Slot(object)
    def _show_map(self, points: MapPoints | None) -> None:
        if points is None:
            self._canvas.clear_points()
        else:
            self._canvas.set_points(points)
            self._pages.setCurrentWidget(self._tabs)

    @Slot(object)
    def _show_place(self, position: tuple[float, float] | None) -> None:
        if position is None:
            self._place.clear()
        else:
            self._place.setText(self.tr("picked ({x:.3f}, {y:.3f})").format(x=position[0], y=position[1]))

    @Slot(object)
    def _show_point(self, point: DataPoint | None) -> None:
        self._point.show_point(point)
        if point is None:
            self.statusBar().clearMessage()
            return
        text = self.tr("image {n}").format(n=point.index)
        if point.class_name:
            text += self.tr(" · class {name}").format(name=point.class_name)
        if point.losses is not None:
            text += self.tr(" · loss {loss:.1f} nats").format(loss=point.losses.loss)
        self.statusBar().showMessage(text)

    @Slot(object)
    def _show_sketch(self, sketched: Sketched | None) -> None:
        self._sketch.show_sketched(sketched, self._class_names)
        if sketched is None:
            self._canvas.set_sketch(None)
            self._canvas.set_highlights([])
        else:
            self._canvas.set_sketch(sketched.position, sketched.covariance)
            self._canvas.set_highlights(sketched.nearest)

    @Slot(str, bool)
    def _show_run(self, name: str, is_unsaved: bool) -> None:
        self.setWindowTitle(f"{name}[*] – latentlab" if name else "latentlab")
        self.setWindowModified(is_unsaved)
        self._menus.set_can_save(self.session.state != "idle" or self.session.run is not None)

    @Slot()
    def _close_now(self) -> None:
        self._may_close = True
        self.close()


def _column(*widgets: QWidget) -> QFrame:
    """Put widgets below each other; the last but the only one that can grow takes what is left."""
    frame = QFrame()
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget)
    return frame


def _splitter(orientation: Qt.Orientation, widgets: list[QWidget], stretch: list[int]) -> QSplitter:
    splitter = QSplitter(orientation)
    splitter.setChildrenCollapsible(False)
    for index, (widget, share) in enumerate(zip(widgets, stretch, strict=True)):
        splitter.addWidget(widget)
        splitter.setStretchFactor(index, share)
    return splitter
