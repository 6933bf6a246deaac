"""The runs in the workspace, listed."""

from __future__ import annotations

from argparse import Namespace

from latentlab.cli import terminal
from latentlab.core.runs import workspace


def runs(arguments: Namespace) -> int:
    """List the runs in the workspace, the latest first."""
    folder = arguments.workspace or workspace.default_folder()
    found = workspace.runs(folder)
    if arguments.json:
        for run in found:
            terminal.write_json(
                path=str(run.path),
                state=run.state,
                recipe=run.recipe,
                dataset=run.dataset,
                epochs=run.epochs,
                of_epochs=run.of_epochs,
                test=run.test,
                started=run.started or None,
                saved=run.saved or None,
            )
    elif not found:
        terminal.say(f"There are no runs in {folder} yet: every training is kept there as it goes.")
    else:
        rows = [
            (
                run.path.stem,  # its recipe, and when it began
                run.state,
                f"{run.epochs} of {run.of_epochs}",
                f"{run.test['loss']:.2f}" if run.test else "",
                run.dataset,
            )
            for run in found
        ]
        terminal.write_table(("Run", "State", "Epochs", "Loss", "Images"), rows)
        terminal.say(f"They lie in {folder}; latentlab resume finishes one that is stopped or interrupted.")
    return 0
