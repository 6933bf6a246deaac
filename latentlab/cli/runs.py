"""The runs in the workspace, listed."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from latentlab.cli import terminal
from latentlab.core.runs import workspace
from latentlab.core.runs.collection import matching, ordered
from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.run_tree import sources

_KEYS = ("state", "recipe", "dataset", "epochs", "of_epochs", "test", "title", "notes", "seconds", "size", "group")


def runs(arguments: Namespace) -> int:
    """List the runs in the workspace, and those that it did not take, in the order that one wants."""
    folder = arguments.workspace or workspace.default_folder()
    listing = workspace.all_runs(folder)
    found = ordered(matching(listing.runs, arguments.search), arguments.sort, is_reversed=arguments.reverse)
    if listing.problem:
        terminal.say(listing.problem)
    if arguments.json:
        came_from = dict(zip((run.path for run in listing.runs), sources(listing.runs), strict=True))
        for run in found:
            known = {key: getattr(run, key) for key in _KEYS} | _came_from(run, came_from[run.path])
            terminal.write_json(path=str(run.path), **known, started=run.started or None, saved=run.saved or None)
    elif found:
        _write_table(found, folder)
    elif listing.runs:
        terminal.say(f"None of the {len(listing.runs):,} runs in {folder} has all of these words: {arguments.search}.")
    else:
        terminal.say(f"There are no runs in {folder} yet: every training is kept there as it goes.")
    return 0


def _came_from(run: KeptRun, source: KeptRun | None) -> dict[str, Any]:
    """Tell which run one came from, where it came from any, and which settings differ; null is what nobody knows."""
    parent, differs = None, {key: [before, since] for key, before, since in run.differs}
    if run.origin is not None:
        run_id, epoch = run.origin
        path = str(source.path) if source is not None and source.run == run_id else None
        parent = {"run": run_id or None, "epoch": epoch, "path": path}
    return {"run": run.run or None, "parent": parent, "differs": differs}


def _write_table(found: list[KeptRun], folder: Path) -> None:
    rows = [
        (
            run.path.stem,  # its recipe, and when it began
            run.state,
            f"{run.epochs} of {run.of_epochs}",
            f"{run.test['loss']:.2f}" if run.test else "",
            run.dataset,
            run.title,
        )
        for run in found
    ]
    has_titles = any(run.title for run in found)
    header = ("Run", "State", "Epochs", "Loss", "Images", "Title")[: 6 if has_titles else 5]
    terminal.write_table(header, [row[: len(header)] for row in rows])
    elsewhere = [run.path for run in found if run.path.parent != folder]
    most = "They lie" if not elsewhere else "All but those below lie"
    can_resume = any(run.state in ("stopped", "interrupted") for run in found)
    advice = "; latentlab resume finishes one that is stopped or interrupted" if can_resume else ""
    terminal.say(f"{most} in {folder}{advice}.")
    for path in elsewhere:
        terminal.say(f"{path} is among temporary files, as a workspace did not take it.")
