"""What the commands tell: tables and JSON to standard output, people's bars and sentences to standard error."""

from __future__ import annotations

import json
import math
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from latentlab.core.errors import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import ProgressColumn, TaskID

    from latentlab.core.data.downloads import DownloadProgress
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.data.reading import Reading
    from latentlab.core.events import Event, Losses


INTERRUPTED = 130  # the exit status of a command; what came becomes that of the program

# Ctrl-C, a plea to terminate, a terminal that is gone; on Windows Ctrl-Break, or a console that is closed.
_INTERRUPTS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
_WIDEST = 10_000  # letters of a line that no terminal breaks
_FEW = 14  # letters of what a table does not break
_came: list[int] = []
_LOOK_SECONDS = 0.2


@contextmanager
def interrupt_sets(event: threading.Event) -> Iterator[None]:
    """Let every signal that asks to stop set an event, however often it comes, instead of ending the program."""

    def take(number: int, frame: FrameType | None) -> None:
        _came.append(number)
        event.set()

    _came.clear()
    # What `nohup` has the program ignore, it ignores.
    heard = [each for each in _INTERRUPTS if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN]
    before = {number: signal.signal(number, take) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupted_status() -> int:
    """Give the exit status of an interrupted program, as shells have it: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + (_came[0] if _came else signal.SIGINT)


def write_json(**values: Any) -> None:
    """Write one JSON object as a line, with null where JSON has no number for a value."""
    sys.stdout.write(json.dumps(_finite(values)) + "\n")
    sys.stdout.flush()


def write_event(event: Event) -> None:
    """Write what a script may want to know of a training event; the steps in between are for people."""
    from latentlab.core.events import Diverged, EpochEnded, Finished, Started, event_to_dict

    if isinstance(event, EpochEnded):
        values = event_to_dict(event)
        write_json(event="epoch", best=values.pop("is_best"), **values)
    elif isinstance(event, Started | Diverged | Finished):
        write_json(event=type(event).__name__.lower(), **event_to_dict(event))


def write_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table for people: columns of few letters are not broken, and nothing is where no terminal is narrow."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for number, title in enumerate(header):
        longest = max([len(title), *(len(row[number]) for row in rows)])
        table.add_column(title, min_width=longest if longest <= _FEW else None, overflow="fold")
    for row in rows:
        table.add_row(*map(printable, row))
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = max(
            console.width, console.measure(table, options=console.options.update(width=_WIDEST)).maximum
        )
    console.print(table)


def say(sentence: str) -> None:
    """Tell a person something, in one line whatever the width of the terminal."""
    _console().print(printable(sentence), soft_wrap=True)


def wait_for_enter(sentence: str) -> bool:
    """Ask a person who sits at a terminal for something, and wait for Enter.

    Returns
    -------
    bool
        Whether that came, and not Ctrl-C, a plea to terminate or the end of the terminal; or nobody can be asked.
    """
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    over: list[int] = []

    def take(number: int, frame: FrameType | None) -> None:
        if not over:  # once: the next, or one that comes when all is said, must not end what saves the run
            over.append(number)
            raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, take) for number in numbers}
    try:
        try:
            say(sentence)
            # A signal in the moment before it begins to read would not end that: it looks, again and again.
            while os.name != "nt" and not select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
                pass
            came = sys.stdin.readline() != ""
        except (OSError, ValueError):
            came = False
        over.append(0)
        return came
    except KeyboardInterrupt:
        return False
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say_what_was_read(images: ImageSet) -> None:
    """Tell a person what was guessed of images, changed in them or left out."""
    for note in images.notes:
        say(note)
    for reason, count in images.left_out:
        say(f"Left out: {count:,} {reason}.")


@contextmanager
def shown_download(name: str) -> Iterator[Callable[[DownloadProgress], None]]:
    """Show a download to a person who sits at a terminal."""
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with _bar(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(name, visible=False)

        def show(progress: DownloadProgress) -> None:
            done, total = progress.done_bytes, progress.total_bytes
            bar.update(task, completed=done, total=total, description=printable(progress.file or name), visible=True)

        yield show


@contextmanager
def shown_share(title: str) -> Iterator[Callable[[float], None]]:
    """Show how much of some work is done, as a share, to a person who sits at a terminal."""
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=None), TaskProgressColumn())
    with _bar(*columns, TimeRemainingColumn()) as bar:
        task = bar.add_task(printable(title), total=1.0)
        yield lambda share: bar.update(task, completed=share)


@contextmanager
def shown_reading(name: str, cancelled: threading.Event | None = None) -> Iterator[Reading]:
    """Show to a person who sits at a terminal how much of an image set has been read, for those that take long."""
    from latentlab.core.data.reading import Reading, ReadingProgress

    with shown_share(f"Reading {name}") as show:

        def report(progress: ReadingProgress) -> None:
            show(progress.done / max(1, progress.total))

        yield Reading(report, cancelled or threading.Event())


@contextmanager
def shown_training(title: str) -> Iterator[Callable[[Event], None]]:
    """Show training to a person: a line an epoch, and on a terminal a bar with speed and time left."""
    from rich.progress import BarColumn, TextColumn

    from latentlab.core.events import EpochEnded, Losses, Progress, Started

    epoch, *texts = [
        TextColumn(f"{{task.fields[{field}]}}", markup=False) for field in ("epoch", "loss", "speed", "left")
    ]
    with _bar(epoch, BarColumn(bar_width=None), *texts) as bar:
        task = bar.add_task(title, epoch="", loss="", speed="", left="")
        epochs = 0

        def show(event: Event) -> None:
            nonlocal epochs
            if isinstance(event, Started):
                epochs = event.epochs
                threads = "1 thread" if event.threads == 1 else f"{event.threads} threads"
                place = f"{event.device}, {threads}" if event.device == "cpu" else event.device
                apart = f", {event.validation:,} more to choose the best epoch by" if event.validation else ""
                bar.console.print(printable(f"{title}: {event.images:,} images{apart}, {place}"), soft_wrap=True)
                if event.note:
                    bar.console.print(printable(event.note), soft_wrap=True)
                bar.update(task, total=epochs, completed=event.first_epoch)
            elif isinstance(event, Progress) and len(event.losses):
                done = float(event.epochs_done[-1])
                bar.update(
                    task,
                    completed=done,
                    epoch=f"epoch {min(math.ceil(done), epochs)}/{epochs}",
                    loss=f"loss {_described(Losses(*event.losses.mean(0).tolist()))}",
                    speed=f"{event.images_per_second:,.0f} images/s",
                    left=f"{clock(event.seconds_left)} left",
                )
            elif isinstance(event, EpochEnded):
                cool = "" if event.temperatures[0] == 1 else f" at T = {event.temperatures[0]:g}"
                line = f"epoch {event.epoch:>3}  train {event.train.loss:.2f}{cool}  test {_described(event.test)}"
                line += f"  minimised {event.objective:.2f}" if event.has_own_objective else ""
                best = "  lowest so far"
                if event.validation is not None:
                    line += f"  validation {event.validation.loss:.2f}"
                    best = "  best so far"
                bar.console.print(line + (best if event.is_best else ""), soft_wrap=True)

        yield show


@contextmanager
def shown_runs(title: str, count: int) -> Iterator[Callable[[int, str, str, int, int], None]]:
    """Show to a person who sits at a terminal how many runs have ended, and how far each is that is being trained."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=None), MofNCompleteColumn())
    with _bar(*columns, TimeElapsedColumn()) as bar:
        whole = bar.add_task(printable(title), total=count)
        tasks: dict[int, TaskID] = {}

        def show(number: int, words: str, what: str, epochs: int, of_epochs: int) -> None:
            if what in ("finished", "failed", "stopped"):
                bar.update(whole, advance=1)
                if number in tasks:
                    bar.remove_task(tasks.pop(number))
            else:
                if number not in tasks:
                    tasks[number] = bar.add_task(printable(f"  {words}"), total=None)
                if of_epochs:
                    bar.update(tasks[number], completed=epochs, total=of_epochs)

        yield show


def _described(losses: Losses) -> str:
    """Say what a loss is made of; what a model does not have is 0 and left out."""
    parts = {"reconstruction": losses.reconstruction, "KL": losses.kl, "penalty": losses.penalty}
    error = "" if losses.standard_error is None else f" ± {losses.standard_error:.2f}"
    return f"{losses.loss:.2f}{error} ({', '.join(f'{name} {value:.2f}' for name, value in parts.items() if value)})"


def _bar(*columns: ProgressColumn) -> Bar:
    from rich.progress import Progress as Bar

    console = _console()
    # Four times a second: drawing at every message would take a tenth of the time of training.
    return Bar(
        *columns,
        console=console,
        refresh_per_second=4,
        transient=True,
        expand=True,
        disable=not console.is_terminal,
    )


def _console() -> Console:
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def clock(seconds: float) -> str:
    """Write a time as one reads it on a clock: ``"1:05"``."""
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{left:02}" if minutes >= 60 else f"{minutes}:{left:02}"
