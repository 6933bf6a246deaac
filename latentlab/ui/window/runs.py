"""The current run: opened and saved by menu and start page; its name, its messages, and the page that shows it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMainWindow

from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.panels.run_bar import RunBar
from latentlab.ui.session.live_training import State
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.message_bar import MessageBar
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.images import shown
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.saving import Saving

translate = QCoreApplication.translate


def join_runs(
    session: Session, window: QMainWindow, run_bar: RunBar, menus: Menus, dialogs: FileDialogs, saving: Saving
) -> None:
    """Open and save runs, and name window and bar after the current one."""

    def enable_saving() -> None:
        menus.tell(has_run=session.state != "idle" or session.run is not None)

    def show_run(name: str, is_unsaved: bool) -> None:
        window.setWindowTitle(f"{name}[*] – latentlab" if name else "latentlab")
        window.setWindowModified(is_unsaved)
        run_bar.show_run(name, is_unsaved)
        enable_saving()

    def show_model(update: MapUpdate | None) -> None:
        """Say what the model that is shown is, and of which images."""
        if update is None:
            run_bar.show_details("")
            return
        model, name = update.snapshot.recipe.model, update.snapshot.recipe.data.dataset
        kinds = {"autoencoder": translate("Run", "autoencoder"), "vae": "VAE", "cvae": "CVAE"}
        text = translate("Run", "{kind} · {images} · {dimensions}-D")
        run_bar.show_details(text.format(kind=kinds[model.kind], images=shown(name), dimensions=model.latent))

    was: State = "idle"

    def begin(state: State) -> None:
        """Say nothing of the model before: it stays in sight until the first map, but the name is the training's."""
        nonlocal was
        if was == "idle" and state != "idle":
            run_bar.show_details("")
        elif state == "idle":
            show_model(session.exploration.shown)  # a training may end before it has a map
        was = state

    menus["openRun"].triggered.connect(lambda: dialogs.open("run", session.open_run))
    menus["saveRun"].triggered.connect(saving.save)
    menus["saveRunAs"].triggered.connect(saving.save_as)
    session.training.state_changed.connect(enable_saving)
    session.training.state_changed.connect(begin)
    session.run_changed.connect(show_run)
    session.exploration.shown_changed.connect(show_model)


def join_messages(session: Session, messages: MessageBar, canvas: LatentCanvas) -> None:
    """Tell what happens above the map, and on the map what it waits for."""

    def show_state(state: State) -> None:
        if state == "training":
            messages.show_message("", False)
            canvas.set_message(translate("Map", "The map appears with the first steps …"))

    session.message.connect(messages.show_message)
    session.opened.connect(messages.hide)
    session.training.state_changed.connect(show_state)
