"""What is folded and what is seen: by a person's switches, and by itself where a training begins or a run is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.panels.run_bar import RunBar
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.plots.loss_line import LossLine
from latentlab.ui.session.live_training import State
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.drawer import Drawer
from latentlab.ui.widgets.message_bar import MessageBar
from latentlab.ui.window.arrangement import Arrangement
from latentlab.ui.window.menus import Menus

if TYPE_CHECKING:
    from latentlab.core.models.snapshot import Snapshot


def join_arrangement(session: Session, arrangement: Arrangement, run_bar: RunBar, drawer: Drawer, menus: Menus) -> None:
    """Lead to the start page and back, and fold what is in the way of the map."""
    exploration, problem_of_images = session.exploration, ""

    def has_map() -> bool:
        return exploration.shown is not None or session.state != "idle"

    def go_home_or_back() -> None:
        arrangement.show_home(not (arrangement.is_home() and has_map()))

    def show_way() -> None:
        run_bar.show_home(arrangement.is_home() and has_map())

    def lead_to_map() -> None:
        """Show what the tour points at: on Home, while a model trains, there is nothing of it."""
        if has_map():
            arrangement.show_home(False)

    def show_state(state: State) -> None:
        if state == "training":
            arrangement.show_home(False)
            arrangement.set_setup_open(False)

    def show_model(snapshot: Snapshot | None) -> None:
        if snapshot is None and session.state == "idle":
            arrangement.show_home(True)
            arrangement.offer_setup()

    def show_opened() -> None:
        arrangement.show_home(False)
        arrangement.set_setup_open(bool(problem_of_images))

    def show_problem_of_images(sentence: str, is_problem: bool) -> None:
        """Open what folded by itself where something is wrong in it."""
        nonlocal problem_of_images
        problem_of_images = sentence if is_problem else ""
        if problem_of_images and session.state == "idle":
            arrangement.set_setup_open(True)

    session.library.message.connect(show_problem_of_images)
    session.opened_images.used.connect(lambda _: arrangement.set_setup_open(True))  # there stands what is trained next
    run_bar.home_requested.connect(go_home_or_back)
    menus["home"].triggered.connect(go_home_or_back)
    menus["tour"].triggered.connect(lead_to_map)  # before the tour looks for its first control
    session.training.state_changed.connect(show_state)
    exploration.model_changed.connect(show_model)
    session.opened.connect(show_opened)
    for changed in (arrangement.home_toggled, exploration.model_changed, session.training.state_changed):
        changed.connect(show_way)
    for name, changed, change, is_open in (
        ("showSetup", arrangement.setup_toggled, arrangement.set_setup_open, True),
        ("showSide", arrangement.side_toggled, arrangement.set_side_open, True),
        ("showDrawer", drawer.toggled, drawer.set_open, False),
    ):
        menus[name].setChecked(is_open)
        menus[name].toggled.connect(change)
        changed.connect(menus[name].setChecked)
    menus.tell(can_go_home=True, has_setup=True, has_side=True, has_drawer=True)


def join_told(arrangement: Arrangement, messages: MessageBar) -> None:
    """Take back what was told on a page that is left: beside the next one it would seem to be about that."""
    was_home = arrangement.is_home()

    def leave(is_home: bool) -> None:
        nonlocal was_home
        if is_home != was_home:
            messages.leave()
        was_home = is_home

    arrangement.home_toggled.connect(leave)


def join_side(arrangement: Arrangement, canvas: LatentCanvas, sketch: SketchPanel) -> None:
    """Turn to what a person has just asked for, where what is decoded and what is drawn take turns."""
    canvas.intents.picked_at.connect(arrangement.turn_to_decoded)
    canvas.intents.point_picked.connect(arrangement.turn_to_decoded)
    sketch.sketched.connect(arrangement.turn_to_drawn)


def join_loss_line(line: LossLine, curves: CurvesPanel, drawer: Drawer) -> None:
    """Keep the line of a folded drawer up to date, and lead from it to the curves."""
    curves.redrawn.connect(line.update)
    curves.marked.connect(line.mark_epoch)
    line.clicked.connect(lambda: drawer.open_page(curves))
