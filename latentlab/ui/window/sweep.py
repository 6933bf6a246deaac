"""Sweeps: begun by a dialog, followed and stopped in the window of all runs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget
from shiboken6 import Shiboken

from latentlab.core.budgets import cores
from latentlab.ui.panels.runs import RunsPanel
from latentlab.ui.session.session import Session
from latentlab.ui.session.sweeps import PlannedSweep, WantedSweep
from latentlab.ui.widgets.runs.run_words import time_in_words
from latentlab.ui.window.images import shown
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.sweep_dialog import SweepDialog

translate = QCoreApplication.translate


def join_sweep(session: Session, window: QWidget, menus: Menus) -> None:
    """Ask what a sweep is to be, and begin it in a process of its own."""
    sweeps, open_dialogs = session.collection.sweeps, list[SweepDialog]()
    last: list[PlannedSweep] = []

    def come() -> None:
        for dialog in open_dialogs:
            if Shiboken.isValid(dialog) and dialog.isVisible():
                dialog.raise_()
                dialog.activateWindow()
                return
        dialog = SweepDialog(_beside_the_window(), cores(), window)
        dialog.finished.connect(dialog.deleteLater)
        open_dialogs[:] = [dialog]
        recipe = session.recipe
        about = translate("Sweep", "{title}. Images: {images}. Every combination of these values is trained.")
        dialog.set_about(about.format(title=recipe.title or recipe.name, images=shown(recipe.data.dataset)))

        def plan() -> None:
            last.clear()
            dialog.tell("…", is_problem=False, can_begin=False)
            sweeps.plan(WantedSweep(recipe, dialog.settings, dialog.seeds, dialog.jobs))

        def begin() -> None:
            for planned in last:
                sweeps.begin(planned, _beside_the_window(), session.library.data_dir)
                dialog.accept()

        dialog.edited.connect(plan)
        dialog.begin_asked.connect(begin)
        sweeps.get_ready()
        plan()
        dialog.show()

    def show_planned(planned: PlannedSweep) -> None:
        missing = [name for name in planned.datasets if not session.library.has(name)]
        problem = planned.problem
        if missing:
            sentence = translate("Sweep", "{images} is not here, or not agreed to: choose it as images first.")
            problem = sentence.format(images=shown(missing[0]))
        last[:] = [] if problem else [planned]
        for dialog in open_dialogs:
            if Shiboken.isValid(dialog):
                dialog.tell(problem or _in_words(planned), is_problem=bool(problem), can_begin=not problem)

    def show_group(name: str) -> None:
        menus["allRuns"].trigger()
        session.collection.show_group(name)

    menus["sweep"].triggered.connect(come)
    sweeps.planned.connect(show_planned)
    sweeps.begun.connect(show_group)
    sweeps.failed.connect(lambda sentence: session.message.emit(sentence, True))


def join_sweeps(session: Session, panel: RunsPanel) -> None:
    """Show how far sweeps are in the window of all runs, and stop them there, or go on with them."""
    collection, strip = session.collection, panel.sweeps
    sweeps = collection.sweeps

    def go_on(name: str) -> None:
        sweeps.go_on(name, _beside_the_window(), session.library.data_dir)

    strip.group_asked.connect(panel.find)
    strip.stop_asked.connect(sweeps.stop)
    strip.go_on_asked.connect(go_on)
    strip.forget_asked.connect(sweeps.forget)
    sweeps.changed.connect(strip.show_sweeps)
    sweeps.failed.connect(lambda sentence: panel.tell(sentence, True))
    collection.group_shown.connect(panel.find)
    panel.sweep_compare_asked.connect(lambda name: session.many_runs.compare(_runs_of(session, name)))


def _runs_of(session: Session, name: str) -> list[Path]:
    """Give the runs of a sweep that are listed, in its order."""
    of = [run for run in session.collection.runs if run.group is not None and run.group["name"] == name]
    return [run.path for run in sorted(of, key=lambda run: run.group["number"] if run.group else 0)]


def _beside_the_window() -> int:
    """Give how many cores the window can spare: so many runs are trained at once, unless one wants it otherwise."""
    return max(1, cores() - 1)


def _in_words(planned: PlannedSweep) -> str:
    if planned.plan is None:
        return ""
    count = planned.plan.count
    text = translate("Sweep", "{n:,} runs, {jobs} at once").format(n=count, jobs=planned.jobs)
    if planned.jobs == 1:
        text = translate("Sweep", "{n:,} runs, one after the other").format(n=count)
    if planned.seconds is None:
        unknown = translate("Sweep", "{runs}. No run of this recipe was trained here yet, which would tell how long.")
        return unknown.format(runs=text)
    known = translate("Sweep", "{runs}: about {time}, by the runs of this recipe that were trained here.")
    return known.format(runs=text, time=time_in_words(planned.seconds))
