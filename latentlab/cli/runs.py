"""The runs in the workspace, listed."""

from __future__ import annotations

import dataclasses
from argparse import Namespace

from latentlab.cli import terminal
from latentlab.core.runs import workspace


def runs(arguments: Namespace) -> int:
    """List the runs in the workspace, and those that it did not take, the latest first."""
    folder = arguments.workspace or workspace.default_folder()
    found = workspace.all_runs(folder)
    if arguments.json:
        for run in found:
            told = {"path": str(run.path), "started": run.started or None, "saved": run.saved or None}
            terminal.write_json(**dataclasses.asdict(run) | told)
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
        elsewhere = [run.path for run in found if run.path.parent != folder]
        most = "They lie" if not elsewhere else "All but those below lie"
        terminal.say(f"{most} in {folder}; latentlab resume finishes one that is stopped or interrupted.")
        for path in elsewhere:
            terminal.say(f"{path} is among temporary files, as a workspace did not take it.")
    return 0
