"""Training: begun, paused and ended by buttons and menu, and what is told of it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.panels.run_bar import RunBar
from latentlab.ui.session.live_training import State
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_training(session: Session, run_bar: RunBar, curves: CurvesPanel, recipe: RecipePanel, menus: Menus) -> None:
    """Drive a training, and follow it."""
    training = session.training

    def show_live_values(_: Recipe, in_force: Recipe) -> None:
        if session.state == "idle":  # what trains has values of its own
            run_bar.set_live_values(in_force.training.learning_rate, in_force.loss.beta)

    def show_state(state: State) -> None:
        run_bar.set_state(state)
        curves.set_live(state != "idle")
        recipe.set_locked(state != "idle")
        menus.tell(idle=state == "idle", trains=state != "idle")
        menus["pause"].setText(translate("Training", "Resume") if state == "paused" else translate("Training", "Pause"))
        if state == "idle":  # what was changed while it ran is not in force for the next one
            show_live_values(session.recipe, session.recipe)

    run_bar.train_requested.connect(session.train)
    run_bar.pause_requested.connect(training.pause)
    run_bar.resume_requested.connect(training.resume)
    run_bar.stop_requested.connect(training.stop)
    run_bar.discard_requested.connect(session.discard)
    run_bar.learning_rate_changed.connect(training.set_learning_rate)
    run_bar.beta_changed.connect(training.set_beta)
    menus["train"].triggered.connect(run_bar.train_button.click)
    menus["pause"].triggered.connect(run_bar.pause_button.click)
    menus["stop"].triggered.connect(training.stop)
    menus["discard"].triggered.connect(session.discard)
    recipe.validity_changed.connect(run_bar.set_valid)
    session.recipes.changed.connect(show_live_values)
    training.state_changed.connect(show_state)
    training.started.connect(run_bar.show_started)
    training.started.connect(curves.start)
    training.progressed.connect(run_bar.show_progress)
    training.progressed.connect(curves.add_progress)
    training.epoch_ended.connect(curves.add_epoch)
    training.setting_changed.connect(curves.add_change)
    training.ended.connect(run_bar.show_finished)
    session.history_shown.connect(curves.show_history)
    session.history_shown.connect(run_bar.clear)
    session.waiting.connect(run_bar.set_busy)
    session.can_continue_changed.connect(run_bar.set_can_continue)
    show_state(session.state)
