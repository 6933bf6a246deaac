"""What benchmarks share: alternatives run by turns, and one table at the end of what was measured."""

import os
import random
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest
import torch

from latentlab.core.budgets import cores as own_cores

_ROWS = pytest.StashKey[list]()
_DATA = os.environ.get("LATENTLAB_DATA")  # before a test's own home takes it away
CORES = own_cores()


@dataclass(frozen=True)
class Row:
    """One line of the table; whether what was to reach `is_reached` is None where there is nothing to reach."""

    what: str
    beside: str
    to_reach: str
    measured: str
    is_reached: bool | None = None


class Race:
    """The seconds that each of some alternatives took in each round."""

    def __init__(self, seconds):
        self.seconds = seconds

    def speed(self, name, beside):
        """Give how many times as quick one alternative was as another, in the median of the rounds."""
        return median(other / own for own, other in zip(self.seconds[name], self.seconds[beside], strict=True))

    def per_second(self, name, count):
        """Give how many of `count` things that an alternative does it does in a second, in the median."""
        return count / median(self.seconds[name])


@pytest.fixture
def race(benchmark):
    """Run alternatives by turns, in another order each round: whatever else the machine does slows all of them down.

    Each may give the seconds that count; otherwise all that it takes do.
    """

    def by_turns(alternatives, rounds, warm_up=0):
        seconds = {name: [] for name in alternatives}
        for number in range(warm_up + rounds):
            for name in random.sample(list(alternatives), len(alternatives)):
                begin = perf_counter()
                told = alternatives[name]()
                taken = perf_counter() - begin if told is None else told
                if number >= warm_up:
                    seconds[name].append(taken)
        return Race(seconds)

    def run(alternatives, rounds, warm_up=0):
        return benchmark.pedantic(by_turns, (alternatives, rounds, warm_up), rounds=1)

    return run


@pytest.fixture
def row(request):
    """Put a row into the table: a benchmark tells what it measured before it judges it."""
    return lambda *texts: request.config.stash[_ROWS].append(Row(*texts))


@pytest.fixture(autouse=True)
def median_row(request):
    """Put the median of a benchmark that stands beside nothing into the table."""
    rows = request.config.stash[_ROWS]
    before = len(rows)
    yield
    benchmark = request.node.funcargs.get("benchmark")
    if len(rows) == before and benchmark is not None and benchmark.stats:
        name = request.node.originalname.removeprefix("test_").replace("_", " ")
        case = request.node.callspec.id if hasattr(request.node, "callspec") else ""
        what = ", ".join(part for part in (benchmark.group, name, case) if part)
        rows.append(Row(what, "", "", f"{1000 * benchmark.stats.stats.median:.3g} ms"))


@pytest.fixture(scope="session")
def cores():
    """Give the number of cores that this process may use."""
    return CORES


@pytest.fixture
def torch_threads():
    """Have torch compute with another number of threads for the time of a test."""
    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def images():
    """Give images as many as MNIST has, as large, and mostly black; with LATENTLAB_DATA set they are MNIST itself."""
    from latentlab.core.data import registry
    from latentlab.core.data.image_set import ImageSet

    if _DATA:
        return registry.load("mnist", Path(_DATA))
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (70_000, 1, 28, 28), dtype=torch.uint8, generator=generator)
    pixels[torch.rand(pixels.shape, generator=generator) < 0.8] = 0
    labels = torch.arange(70_000) % 10
    names = tuple("0123456789")
    return ImageSet("noise", "Noise", pixels[:60_000], labels[:60_000], pixels[60_000:], labels[60_000:], names)


@pytest.fixture
def open_window(qtbot, images, torch_threads, cores, monkeypatch):
    """Open the window as the program does, its threads those of a start on this machine, with a recipe in force.

    Whatever the recipe calls them, it trains on the images that are as many as MNIST's; the landscape is off.
    """
    from latentlab.core.data import registry
    from latentlab.ui.app import application
    from latentlab.ui.window.main_window import MainWindow

    made, interval = [], sys.getswitchinterval()
    torch_threads(1)
    sys.setswitchinterval(application._SWITCH_SECONDS)
    monkeypatch.setattr("latentlab.ui.threads.torch_threads._cores", lambda: cores)
    monkeypatch.setattr(registry, "load", lambda *_, **__: replace(images, name="digits"))

    def open_it(recipe):
        window = MainWindow()
        made.append(window)
        window.resize(1280, 800)
        window.show()
        session = window.session
        session.recipes.edit(session.recipe.with_changes(recipe.flat() | {"data.dataset": "digits"}))
        qtbot.waitUntil(lambda: session.library.data is not None, timeout=60_000)
        return window

    yield open_it
    for window in made:
        window.session.shut_down()
        window.deleteLater()
    sys.setswitchinterval(interval)


def pytest_configure(config):
    config.stash[_ROWS] = []


def pytest_terminal_summary(terminalreporter, config):
    rows = sorted(config.stash[_ROWS], key=lambda row: not row.to_reach)
    if not rows:
        return
    from rich.console import Console
    from rich.table import Table

    title = f"Speed on {CORES} core{'s' * (CORES > 1)}: medians of ratios, measured by turns"
    table = Table(title=title, title_justify="left")
    for name in ("what", "beside", "to reach", "measured", "reached"):
        table.add_column(name, overflow="fold")
    for line in rows:
        reached = {None: "", True: "yes", False: "no"}[line.is_reached]
        table.add_row(line.what, line.beside, line.to_reach, line.measured, reached)
    terminalreporter.ensure_newline()
    console = Console(width=max(120, shutil.get_terminal_size().columns))
    with console.capture() as told:
        console.print(table)
    terminalreporter.write(told.get())
