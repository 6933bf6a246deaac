"""What is wrong with a training: a sentence above the map, with the button that mends it."""

from __future__ import annotations

from latentlab.core.recipe.finding import Finding
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.panels.run_bar import RunBar
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.message_bar import MessageBar


def join_health(
    session: Session, advice: MessageBar, messages: MessageBar, recipe: RecipePanel, run_bar: RunBar
) -> None:
    """Show what is found in a bar of its own, which no news take the place of, and put its remedy in force."""
    health = session.health

    def show(finding: Finding) -> None:
        advice.show_message(finding.sentence, True, finding.offer)

    def show_mended(finding: Finding, sentence: str) -> None:
        messages.show_message(sentence, False)
        for key, value in finding.remedy.items():
            recipe.point_to(key)
            if key == "training.learning_rate":
                run_bar.learning_rate.set_value(value)

    health.found.connect(show)
    health.settled.connect(advice.hide)
    health.mended.connect(show_mended)
    advice.accepted.connect(health.mend)
    session.history_shown.connect(advice.hide)  # of another run
