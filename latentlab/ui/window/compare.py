"""Joins two models that are compared to the window: the panel, the menu, the questions, and the gaps of both maps."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from latentlab.core.runs.run import SUFFIX
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.view_tabs import ViewTabs


class Comparing(QObject):
    """Hands what the comparison tells to its panel, and what a person wants to the comparison.

    Parameters
    ----------
    session : Session
    tabs : ViewTabs
        Over which the questions appear.
    menus : Menus
    """

    def __init__(self, session: Session, tabs: ViewTabs, menus: Menus) -> None:
        super().__init__(tabs)
        self._session, self._tabs = session, tabs
        panel, comparison, exploration = tabs.compare, session.comparison, session.exploration
        panel.first.field.wanted.connect(comparison.first_gaps.look)
        comparison.first_gaps.found.connect(panel.show_first_gaps)
        comparison.first_gaps.refused.connect(panel.first.field.show_problem)
        panel.second.field.wanted.connect(comparison.second_gaps.look)
        comparison.second_gaps.found.connect(panel.show_second_gaps)
        comparison.second_gaps.refused.connect(panel.second.field.show_problem)

        panel.looked_at.connect(comparison.set_looked_at)
        panel.meeting_chosen.connect(comparison.meet)
        panel.first.picked_at.connect(comparison.pick_on_first)
        panel.second.picked_at.connect(comparison.pick_on_second)
        panel.first.point_picked.connect(comparison.pick_point)
        panel.second.point_picked.connect(comparison.pick_point)
        panel.open_requested.connect(self.ask_for_second)
        panel.keep_requested.connect(self.keep)
        menus.second_run_requested.connect(self.ask_for_second)

        exploration.map_changed.connect(panel.show_first)
        exploration.pick_changed.connect(panel.set_pick)
        exploration.decoded.connect(panel.show_decoded)
        exploration.pointed.connect(panel.show_point)
        comparison.second_changed.connect(panel.show_second)
        comparison.first_named.connect(panel.name_first)
        comparison.second_named.connect(panel.name_second)
        comparison.meeting_changed.connect(panel.show_meeting)
        comparison.followed.connect(panel.show_beside)

        session.run_changed.connect(comparison.set_first_name)
        session.run_changed.connect(self._offer_to_keep)
        session.training.state_changed.connect(self._offer_to_keep)
        session.history_shown.connect(comparison.set_history)
        session.training.started.connect(comparison.begin_epochs)
        session.training.epoch_ended.connect(comparison.add_epoch)
        session.training.ended.connect(comparison.end_epochs)

    @Slot()
    def ask_for_second(self) -> None:
        """Ask which run to put beside the first."""
        if self._session.exploration.shown is None:
            self._session.message.emit(self.tr("Train or open a model first; a second one is shown beside it."), True)
            return
        dialog = QFileDialog(self._tabs.window(), self.tr("Open a second run"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self.tr("Runs of latentlab (*{suffix})").format(suffix=SUFFIX))
        dialog.finished.connect(dialog.deleteLater)
        dialog.fileSelected.connect(self._open)
        dialog.open()

    @Slot()
    def keep(self) -> None:
        """Keep the run at hand as the second; while one trains, the run before it."""
        session = self._session
        if session.run is not None:
            path = session.run_path
            session.comparison.keep(session.run, path.stem if path is not None else session.run.recipe.name)

    @Slot(str)
    def _open(self, path: str) -> None:
        self._session.comparison.open(Path(path))
        self._tabs.setCurrentWidget(self._tabs.compare)

    @Slot()
    def _offer_to_keep(self) -> None:
        session = self._session
        self._tabs.compare.set_can_keep(session.run is not None, session.state != "idle")
