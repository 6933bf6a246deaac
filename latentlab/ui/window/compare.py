"""Joins two models that are compared to the window: the panel, the menu, and the gaps of both maps."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from latentlab.ui.session.session import Session
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.view_tabs import ViewTabs

translate = QCoreApplication.translate


def join_comparison(session: Session, tabs: ViewTabs, menus: Menus, dialogs: FileDialogs) -> None:
    """Hand what the comparison tells to its panel, and what a person wants to the comparison."""
    panel, comparison, exploration, training = tabs.compare, session.comparison, session.exploration, session.training
    for half, gaps, show_gaps in (
        (panel.first, comparison.first_gaps, panel.show_first_gaps),
        (panel.second, comparison.second_gaps, panel.show_second_gaps),
    ):
        half.field.wanted.connect(gaps.look)
        gaps.found.connect(show_gaps)
        gaps.refused.connect(half.field.show_problem)
        half.intents.point_picked.connect(comparison.pick_point)

    def open_run(path: Path) -> None:
        comparison.open(path)
        tabs.setCurrentWidget(panel)

    def ask_for_second() -> None:
        if exploration.shown is None:
            text = translate("Compare", "Train or open a model first; a second one is shown beside it.")
            session.message.emit(text, True)
        else:
            dialogs.open("secondRun", open_run)

    def keep() -> None:
        """Keep the current run as the second; while one trains, the run before it."""
        run, path = session.run, session.run_path
        if run is not None:
            comparison.keep(run, path.stem if path is not None else run.recipe.name)

    def offer_to_keep() -> None:
        panel.set_can_keep(session.run is not None, session.state != "idle")

    panel.looked_at.connect(comparison.set_looked_at)
    panel.meeting_chosen.connect(comparison.meet)
    panel.first.intents.picked_at.connect(comparison.pick_on_first)
    panel.second.intents.picked_at.connect(comparison.pick_on_second)
    panel.keep_requested.connect(keep)
    for asked in (panel.open_requested, menus["openSecondRun"].triggered):
        asked.connect(ask_for_second)

    exploration.map_changed.connect(panel.show_first)
    exploration.pick_changed.connect(panel.set_pick)
    exploration.decoded.connect(panel.show_decoded)
    exploration.pointed.connect(panel.show_point)
    comparison.second_changed.connect(panel.show_second)
    comparison.first_named.connect(panel.name_first)
    comparison.second_named.connect(panel.name_second)
    comparison.judged.connect(panel.show_judgement)
    comparison.meeting_changed.connect(panel.show_meeting)
    comparison.followed.connect(panel.show_beside)
    comparison.waiting_changed.connect(panel.set_waiting_for_second)
    exploration.decoding_changed.connect(panel.set_waiting_for_first)

    session.run_changed.connect(comparison.set_first_name)
    for changed in (session.run_changed, training.state_changed):
        changed.connect(offer_to_keep)
    session.history_shown.connect(comparison.set_history)
    training.started.connect(comparison.begin_epochs)
    training.epoch_ended.connect(comparison.add_epoch)
    training.ended.connect(comparison.end_epochs)
