"""Looking back: the slider of the curves moves the whole window, plays, and says what is shown."""

from __future__ import annotations

from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_epochs(session: Session, curves: CurvesPanel, menus: Menus) -> None:
    """Show the epoch that is chosen, one after the other where that is played, turned where that is wanted."""
    epochs = session.epochs
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
