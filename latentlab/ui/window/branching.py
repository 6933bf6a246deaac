"""Branches: asked for by the Run menu, at the slider of epochs and in the window of all runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QMainWindow

from latentlab.core.errors import printable
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.session.branching import Offer
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.runs.branch_dialog import BranchDialog
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_branching(session: Session, window: QMainWindow, curves: CurvesPanel, menus: Menus) -> Callable[[Path], None]:
    """Ask where a branch is to begin, and train it; gives what does so for a run that is in a file."""
    branching = session.branching
    awaited: list[Path] = []  # a run that is to be branched when it has been opened

    def enable() -> None:
        menus.tell(can_branch=session.state == "idle" and session.run is not None)

    def look() -> None:
        if session.state == "idle" and session.run is not None:
            looked_at = session.epochs.looked_at
            branching.look(session.run, session.run_path, session.folder, session.recipe, looked_at)

    def ask(offer: Offer) -> None:
        if session.state != "idle" or session.run is None:  # something else has begun meanwhile
            return
        path, run = session.run_path, session.run
        name = printable(path.stem if path is not None else run.recipe.name)
        dialog = BranchDialog(name, offer.epochs, offer.chosen, offer.more, offer.differs, offer.problem, window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.wanted.connect(branching.begin)
        dialog.open()

    def branch_from(path: Path) -> None:
        awaited[:] = [path]
        session.open_run(path)
        window.raise_()
        window.activateWindow()

    def take_opened(path: Path) -> None:
        if path in awaited:
            look()
        awaited.clear()

    menus["branch"].triggered.connect(look)
    curves.offer_at_slider(menus["branch"])
    branching.offered.connect(ask)
    session.opened.connect(branching.forget)
    session.opened.connect(take_opened)
    session.files.failed.connect(awaited.clear)
    session.run_changed.connect(enable)
    session.training.state_changed.connect(enable)
    enable()
    return branch_from
