"""Joins two models that are compared to the window: the panel, the menu, and the gaps of both maps."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from latentlab.ui.panels.views.compare import ComparePanel
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.view_panel import ViewPanel
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.later import Later
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.view_tabs import ViewTabs

translate = QCoreApplication.translate


def join_comparison(session: Session, tabs: ViewTabs, menus: Menus, dialogs: FileDialogs) -> None:
    """Hand what the comparison tells to its panel, and what a person wants to the comparison."""
    comparison, exploration, training = session.comparison, session.exploration, session.training
    to_panel = Later()

    def open_run(path: Path) -> None:
        comparison.open(path)
        tabs.look_at(ComparePanel)

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

    def offer_to_keep(panel: ComparePanel, *_: object) -> None:
        panel.set_can_keep(session.run is not None, session.state != "idle")

    def join(panel: ViewPanel) -> None:
        if not isinstance(panel, ComparePanel):
            return
        for half, gaps, show_gaps in (
            (panel.first, comparison.first_gaps, panel.show_first_gaps),
            (panel.second, comparison.second_gaps, panel.show_second_gaps),
        ):
            half.field.wanted.connect(gaps.look)
            gaps.found.connect(show_gaps)
            gaps.refused.connect(half.field.show_problem)
            half.intents.point_picked.connect(comparison.pick_point)
        panel.looked_at.connect(comparison.set_looked_at)
        panel.meeting_chosen.connect(comparison.meet)
        panel.first.intents.picked_at.connect(comparison.pick_on_first)
        panel.second.intents.picked_at.connect(comparison.pick_on_second)
        panel.keep_requested.connect(keep)
        panel.open_requested.connect(ask_for_second)
        to_panel.come(panel)

    tabs.made.connect(join)
    menus["openSecondRun"].triggered.connect(ask_for_second)
    for signal, take in (
        (exploration.map_changed, ComparePanel.show_first),
        (exploration.pick_changed, ComparePanel.set_pick),
        (exploration.decoded, ComparePanel.show_decoded),
        (exploration.pointed, ComparePanel.show_point),
        (exploration.decoding_changed, ComparePanel.set_waiting_for_first),
        (comparison.second_changed, ComparePanel.show_second),
        (comparison.first_named, ComparePanel.name_first),
        (comparison.second_named, ComparePanel.name_second),
        (comparison.judged, ComparePanel.show_judgement),
        (comparison.meeting_changed, ComparePanel.show_meeting),
        (comparison.followed, ComparePanel.show_beside),
        (comparison.waiting_changed, ComparePanel.set_waiting_for_second),
        (session.run_changed, offer_to_keep),
        (training.state_changed, offer_to_keep),
    ):
        to_panel.join(signal, take)

    session.run_changed.connect(comparison.set_first_name)
    session.history_shown.connect(comparison.set_history)
    training.started.connect(comparison.begin_epochs)
    training.epoch_ended.connect(comparison.add_epoch)
    training.ended.connect(comparison.end_epochs)
