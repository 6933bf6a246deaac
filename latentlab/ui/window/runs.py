"""The current run: opened and saved by menu and start page; its name, its messages, and the page that shows it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMainWindow, QStackedWidget

from latentlab.core.map.results import MapPoints
from latentlab.core.models.snapshot import Snapshot
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.panels.controls import ControlsPanel
from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.live_training import State
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.message_bar import MessageBar
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.saving import Saving
from latentlab.ui.window.view_tabs import ViewTabs

translate = QCoreApplication.translate


def join_runs(session: Session, window: QMainWindow, menus: Menus, dialogs: FileDialogs, saving: Saving) -> None:
    """Open and save runs, and name the window after the current one."""

    def enable_saving() -> None:
        menus.tell(has_run=session.state != "idle" or session.run is not None)

    def show_run(name: str, is_unsaved: bool) -> None:
        window.setWindowTitle(f"{name}[*] – latentlab" if name else "latentlab")
        window.setWindowModified(is_unsaved)
        enable_saving()

    menus["openRun"].triggered.connect(lambda: dialogs.open("run", session.open_run))
    menus["saveRun"].triggered.connect(saving.save)
    menus["saveRunAs"].triggered.connect(saving.save_as)
    session.training.state_changed.connect(enable_saving)
    session.run_changed.connect(show_run)


def join_pages(
    session: Session,
    pages: QStackedWidget,
    start: StartPage,
    tabs: ViewTabs,
    canvas: LatentCanvas,
    messages: MessageBar,
    controls: ControlsPanel,
    dialogs: FileDialogs,
) -> None:
    """Show the start page, or the map and the views where there is something on them; above it what is told."""

    def show_state(state: State) -> None:
        if state == "training":
            messages.show_message("", False)
            canvas.set_message(translate("Map", "The map appears with the first steps …"))
            pages.setCurrentWidget(tabs)

    def show_model(snapshot: Snapshot | None) -> None:
        if snapshot is None:
            pages.setCurrentWidget(start)

    def show_map(points: MapPoints | None) -> None:
        if points is not None:
            pages.setCurrentWidget(tabs)

    def show_images() -> None:
        data = session.library.data
        if data is not None:
            text = translate("Start", "Press Train: a map forms while a model learns these {n:,} images: {title}.")
            start.tell_images(text.format(title=data.title, n=len(data.train_images) + len(data.test_images)))
        elif session.library.is_loading():
            start.tell_images(translate("Start", "Press Train: a map forms while a model learns the chosen images."))
        else:
            start.tell_images(session.library.problem)

    for changed in (session.recipes.changed, session.library.loaded, session.library.failed):
        changed.connect(show_images)
    start.start_requested.connect(controls.train_button.click)
    start.model_requested.connect(lambda path: session.open_run(Path(path)))
    start.open_requested.connect(lambda: dialogs.open("run", session.open_run))
    session.message.connect(messages.show_message)
    session.opened.connect(messages.hide)
    session.training.state_changed.connect(show_state)
    session.exploration.model_changed.connect(show_model)
    session.exploration.map_changed.connect(show_map)
