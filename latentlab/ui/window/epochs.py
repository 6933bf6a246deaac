"""Looking back: the slider of the curves moves the whole window, plays, and says what is shown."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.canvas.layers.trails_layer import TrailsLayer
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_epochs(
    session: Session, curves: CurvesPanel, canvas: LatentCanvas, menus: Menus, dialogs: FileDialogs
) -> None:
    """Show the epoch that is chosen, one after the other where that is played, turned where that is wanted."""
    film = session.epochs.film

    def ask_for_film() -> None:
        dialogs.save_film(f"{session.recipe.name}-epochs.mp4", film.write)

    def tell_written(path: str) -> None:
        session.message.emit(translate("Epochs", "The film is saved as {path}.").format(path=path), False)

    epochs, trails = session.epochs, TrailsLayer(canvas.view, canvas.points_layer)
    curves.epoch_chosen.connect(epochs.look_back)
    curves.play_toggled.connect(epochs.play)
    curves.turn_toggled.connect(epochs.turn)
    epochs.changed.connect(curves.set_epochs)
    epochs.changed.connect(lambda kept: menus.tell(has_epochs=len(kept) > 1))
    epochs.placed.connect(curves.set_position)
    epochs.waiting_changed.connect(curves.set_waiting)
    epochs.turned_changed.connect(curves.set_turned)
    epochs.playing_changed.connect(curves.set_playing)
    menus["playEpochs"].triggered.connect(curves.play_button.toggle)
    session.epochs.trails.found.connect(trails.set_trails)
    session.epochs.trails.told.connect(trails.say)
    menus["trails"].toggled.connect(session.epochs.trails.set_on)
    menus["saveEpochs"].triggered.connect(ask_for_film)
    film.written.connect(tell_written)
