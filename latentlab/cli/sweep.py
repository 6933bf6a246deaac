"""A sweep: a recipe trained with every combination of some settings, with several seeds, several runs at once."""

from __future__ import annotations

import argparse
import threading
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from latentlab.cli import terminal
from latentlab.cli.export import whole
from latentlab.core.budgets import cores
from latentlab.core.errors import LatentlabError

if TYPE_CHECKING:
    from latentlab.cli.sweep_telling import Told
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.training.sweep_plan import SweepPlan

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
    sweep.add_argument(
        "--launcher",
        metavar="local|slurm",
        choices=("local", "slurm"),
        help="what trains the runs: processes of this machine (local, the default), or a job array of Slurm's, with N "
        "runs at once at most with --jobs N; the same command again tells how far it is, and submits what is missing",
    )
    sweep.add_argument(
        "--slurm",
        metavar="OPTIONS",
        help="what sbatch is told of each run, e.g. --slurm='--partition=gpu --gres=gpu:1 --time=2:00:00'",
    )
    sweep.add_argument("--task", metavar="N", type=whole(1), help=argparse.SUPPRESS)  # the run that one of these trains
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
    from latentlab.cli import sweep_slurm
    from latentlab.cli.sweep_telling import Told
    from latentlab.core.runs import workspace
    from latentlab.core.training.sweep_folder import SweepFolder

    folder = arguments.workspace or workspace.default_folder()
    plan = _plan(arguments, folder)
    _check_images(plan, arguments)
    told = Told(plan, arguments.json)
    if sweep_slurm.is_wanted(SweepFolder(folder, plan.name), arguments):
        return sweep_slurm.sweep(plan, folder, arguments, told)
    return _sweep_here(plan, folder, arguments, told)


def _sweep_here(plan: SweepPlan, folder: Path, arguments: Namespace, told: Told) -> int:
    """Train them on this machine."""
    from latentlab.cli import sweep_slurm
    from latentlab.core.runs import workspace
    from latentlab.core.training import sweep_processes
    from latentlab.core.training.sweep_folder import SweepFolder

    workspace.make_folder(folder)
    at_once, threads = sweep_processes.shared(plan, cores(), arguments.jobs)
    plan = told.plan = SweepFolder(folder, plan.name).keep(plan.computing_with(threads))
    stop, begin = threading.Event(), time.monotonic()
    with SweepFolder(folder, plan.name).held() as problem:
        if problem:
            terminal.say(f"latentlab: {problem}")
        sweep_slurm.take_from_slurm(plan, folder)
        workspace.sweep(folder)
        told.begin(f"{at_once} at once" if at_once > 1 else "one after the other", folder)
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
    if arguments.recipe is None and arguments.launcher == "slurm":
        from latentlab.cli import sweep_slurm

        return SweepFolder(folder, sweep_slurm.the_one(folder)).plan()
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
