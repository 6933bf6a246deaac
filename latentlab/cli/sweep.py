"""A sweep: a recipe trained with every combination of some settings, with several seeds, several runs at once."""

from __future__ import annotations

import argparse
import dataclasses
import threading
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlab.cli import terminal
from latentlab.cli.export import whole
from latentlab.core.errors import LatentlabError

if TYPE_CHECKING:
    from latentlab.core.map.sweep_table import Spread, SweepTable
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.runs.kept_run import KeptRun
    from latentlab.core.training.sweep_plan import Member, SweepPlan
    from latentlab.core.training.sweep_run import SweepEvent

_TITLES = {
    "negative_elbo": "−ELBO",
    "loss": "Loss",
    "reconstruction": "Reconstruction",
    "kl": "KL",
    "penalty": "Penalty",
}
_CHANGES = {"epochs": "training.epochs", "dataset": "data.dataset", "limit": "data.limit"}


def add_options(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command and its options."""
    sweep = commands.add_parser(
        "sweep",
        help="train every combination of some settings, with several seeds",
        description="Train a recipe with every combination of some settings' values and several seeds, as many runs "
        "at once as there are cores. They are kept in the workspace as a group. What was stopped or killed goes on "
        "where it was by the same command again.",
    )
    sweep.add_argument(
        "recipe",
        metavar="RECIPE",
        nargs="?",
        help="a recipe's name, a .toml file, - for TOML on standard input, or a run, whose recipe is taken",
    )
    sweep.add_argument(
        "--set",
        metavar="KEY=VALUES",
        nargs="+",
        action="extend",
        default=[],
        help="values of settings, e.g. beta=0.5,1,2 latent=2,10; a single one is the same in all runs; between values "
        "that are lists, and after a single one, stands a semicolon: 'encoder.layers=512,256;256'",
    )
    sweep.add_argument(
        "--seeds",
        metavar="N",
        type=whole(1),
        default=1,
        help="with N seeds each, the recipe's and those after it",
    )
    sweep.add_argument("--jobs", metavar="N", type=whole(1), help="runs at once; as many as there are cores")
    sweep.add_argument("--name", metavar="NAME", default="", help="what the group is called; after the recipe")
    sweep.add_argument("--resume", metavar="NAME", help="go on with the sweep of this name, without its command")
    sweep.add_argument("--epochs", metavar="N", help="passes over the training images")
    sweep.add_argument("--limit", metavar="N", help="use only the first N training images")
    sweep.add_argument("--dataset", metavar="NAME", help="an image set; the recipe's own by default")
    sweep.add_argument("--data-dir", metavar="DIR", type=Path, help="where the image sets lie")
    sweep.add_argument("--workspace", metavar="DIR", type=Path, help="where the runs are kept")
    sweep.add_argument("--json", action="store_true", help="write one JSON object a line")


def sweep(arguments: Namespace) -> int:
    """Train the runs of a sweep that are not finished yet, and tell what all of them have come to."""
    from latentlab.core.runs import workspace
    from latentlab.core.training import sweep_processes
    from latentlab.core.training.sweep_folder import SweepFolder

    folder = arguments.workspace or workspace.default_folder()
    plan = _plan(arguments, folder)
    _check_images(plan, arguments)
    workspace.make_folder(folder)
    at_once, threads = sweep_processes.shared(plan, sweep_processes.cores(), arguments.jobs)
    plan = SweepFolder(folder, plan.name).keep(plan.computing_with(threads))
    stop, begin = threading.Event(), time.monotonic()
    told = _Told(plan, arguments.json)
    with SweepFolder(folder, plan.name).held() as problem:
        if problem:
            terminal.say(f"latentlab: {problem}")
        workspace.sweep(folder)
        told.begin(at_once, folder)
        processes = sweep_processes.SweepProcesses(plan, folder, at_once, stop, arguments.data_dir)
        with terminal.interrupt_sets(stop), terminal.shown_runs(plan.name, plan.count) as show:
            for event in processes.events():
                told.take(event)
                show(event.member.number, event.member.words, event.what, event.epochs, event.of_epochs)
    return told.end(time.monotonic() - begin)


def _plan(arguments: Namespace, folder: Path) -> SweepPlan:
    """Make the plan of what is asked for, or read that of a sweep that goes on by its name."""
    from latentlab.core.training.sweep_folder import SweepFolder
    from latentlab.core.training.sweep_plan import SweepPlan

    changes = [f"{key}={value};" for name, key in _CHANGES.items() if (value := getattr(arguments, name)) is not None]
    if arguments.resume is not None:
        if arguments.recipe is not None or arguments.set or changes or arguments.name or arguments.seeds != 1:
            raise LatentlabError("With --resume a sweep goes on as it was begun: leave out whatever changes it.")
        return SweepFolder(folder, arguments.resume).plan()
    if arguments.recipe is None:
        raise LatentlabError("A sweep needs a recipe, or --resume with the name of one; see latentlab sweep --help.")
    return SweepPlan.of(_recipe(arguments.recipe), [*arguments.set, *changes], arguments.seeds, arguments.name)


def _recipe(name_or_path: str) -> Recipe:
    from latentlab.cli.training import read_recipe
    from latentlab.core.runs.run_header import SUFFIX

    if not name_or_path.endswith(SUFFIX):
        return read_recipe(name_or_path)
    from latentlab.core.runs.run import Run

    return Run.open(name_or_path).recipe


def _check_images(plan: SweepPlan, arguments: Namespace) -> None:
    """See, before hours of training, that all image sets are there."""
    from latentlab.core.data import registry

    for name in dict.fromkeys(member.recipe.data.dataset for member in plan.members):
        status = registry.status(name, arguments.data_dir or registry.default_data_dir())
        if status.problem:
            raise LatentlabError(status.problem)
        if not status.is_here:
            raise LatentlabError(f"'{name}' is not on this machine: latentlab data --download {name} fetches it.")


class _Told:
    """Tells, as runs end, how, and in the end what they have come to."""

    def __init__(self, plan: SweepPlan, as_json: bool) -> None:
        self._plan, self._as_json = plan, as_json
        self._finished: list[KeptRun] = []
        self._failed: list[tuple[Member, str]] = []

    def begin(self, at_once: int, folder: Path) -> None:
        plan = self._plan
        threads = max(member.recipe.training.threads or 1 for member in plan.members)
        how = f"{at_once} at once" if at_once > 1 else "one after the other"
        each = "1 thread" if threads == 1 else f"{threads} threads"
        terminal.say(f"{plan.name}: {plan.count} runs, {how} with {each} each, kept in {folder}.")

    def take(self, event: SweepEvent) -> None:
        member = event.member
        if event.what == "awaited":
            terminal.say(f"{member.words} is trained by a process of before, which ends by itself.")
        if event.what not in ("finished", "failed", "stopped"):
            return
        if event.run is not None and event.what == "finished":
            self._finished.append(event.run)
        elif event.what == "failed":
            self._failed.append((member, event.problem))
            terminal.say(f"latentlab: {member.words} failed: {event.problem}")
        if self._as_json:
            self._write(event)
        elif event.run is not None and event.what == "finished":
            terminal.say(f"[{len(self._finished)}/{self._plan.count}] {member.words}: {_summary(event.run)}")

    def end(self, seconds: float) -> int:
        """Tell the table; give the exit status."""
        from latentlab.core.map.sweep_table import table_of

        plan, table = self._plan, table_of(self._plan, self._finished)
        left = plan.count - len(self._finished) - len(self._failed)
        if self._as_json:
            terminal.write_json(
                event="finished",
                sweep=plan.name,
                id=plan.id,
                runs=plan.count,
                finished=len(self._finished),
                failed=[{"number": member.number, "problem": problem} for member, problem in self._failed],
                table=[_row(table, number) for number in range(len(table.rows))],
                stopped=left > 0,
                not_compared=table.not_compared or None,
                seconds=seconds,
            )
        else:
            _write_table(table)
        done = f"{len(self._finished)} of {plan.count} runs are finished"
        again = f"latentlab sweep --resume {plan.name}, or the same command again,"
        if left:
            terminal.say(f"Interrupted: {done}; {again} goes on from there.")
            return terminal.INTERRUPTED
        if self._failed:
            terminal.say(f"{done}, {len(self._failed)} failed; {again} tries them again.")
            return 1
        terminal.say(f"{done}, in {terminal.clock(seconds)}.")
        return 0

    def _write(self, event: SweepEvent) -> None:
        member, run = event.member, event.run
        terminal.write_json(
            event="run",
            sweep=self._plan.name,
            number=member.number,
            of=self._plan.count,
            path=None if run is None else str(run.path),
            settings=member.group["settings"],
            state=event.what,
            earlier=event.is_earlier,
            epochs=None if run is None else run.epochs,
            test=None if run is None else run.test,
            seconds=None if run is None else run.seconds,
            problem=event.problem or None,
        )


def _summary(run: KeptRun) -> str:
    if run.test is None:
        return "no test"
    test = run.test
    if run.kind == "autoencoder":
        return f"reconstruction {test['reconstruction']:.2f}"
    return f"−ELBO {(test['reconstruction'] or 0) + (test['kl'] or 0):.2f}, KL {test['kl']:.2f}"


def _row(table: SweepTable, number: int) -> dict[str, Any]:
    row = table.rows[number]
    return {
        "settings": row.settings,
        "runs": row.runs,
        "of": row.of,
        "compares": number not in table.marked,
        **{name: dataclasses.asdict(spread) for name, spread in row.figures.items()},
        "seconds": None if row.seconds is None else dataclasses.asdict(row.seconds),
    }


def _write_table(table: SweepTable) -> None:
    """Write a row for each combination; a star marks figures that do not compare with those of the first."""
    from latentlab.core.runs.run_group import short

    keys, figures = list(table.rows[0].settings), table.figures
    header = [*map(short, keys), "Runs", *(_TITLES[name] for name in figures), "Seconds"]
    rows = []
    for number, row in enumerate(table.rows):
        star = "*" if number in table.marked else ""
        runs = f"{row.runs}" if row.runs == row.of else f"{row.runs} of {row.of}"
        cells = [_cell(row.figures.get(name), star) for name in figures]
        rows.append([*row.settings.values(), runs, *cells, _cell(row.seconds, "", digits=1)])
    terminal.write_table(header, rows)
    if figures:
        terminal.say("Test figures in nats per image: the mean over seeds ± their standard deviation.")
    if table.not_compared:
        terminal.say(f"* {table.not_compared}")
    elif figures and "loss" not in figures:
        terminal.say("Losses are left out: their terms have other weights in other rows.")


def _cell(spread: Spread | None, star: str, digits: int = 2) -> str:
    if spread is None:
        return ""
    error = "" if spread.deviation is None else f" ± {spread.deviation:.{digits}f}"
    return f"{spread.mean:.{digits}f}{error}{star}"
