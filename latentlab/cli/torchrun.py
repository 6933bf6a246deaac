"""Commands whose work is shared by the processes that torchrun has started; the first of them tells and saves.

The others are silent, unless something is wrong with one of them alone, and end when the first has done all.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from latentlab.cli import streams, terminal
from latentlab.core.errors import LatentlabError
from latentlab.core.ranks.ranks import ALONE, Ranks

if TYPE_CHECKING:
    from latentlab.core.training.trainer import Trainer

_SHARED = ("train", "resume", "evaluate")
_TELL_SECONDS = 5.0  # that the first rank has to tell what is wrong, where that may be so for all

_ranks: Ranks = ALONE


def is_used() -> bool:
    """Whether torchrun has started this process."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def ranks() -> Ranks:
    """Give the processes that this one computes with: itself alone, where torchrun has not started it."""
    return _ranks


def run(argv: Sequence[str], command: Callable[[Sequence[str]], int]) -> int:
    """Have a command be run by all ranks.

    Parameters
    ----------
    argv : sequence of str
        Its arguments.
    command : callable
        Runs it, and gives the exit status.

    Returns
    -------
    int
        The exit status: 2 for bad input, told by one of them; 1 where another rank is lost.
    """
    global _ranks
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # of a rank that is gone torch would tell where in its code
    from latentlab.core.ranks.group import Group, RankLost

    told, group = sys.stderr, None

    def tell(sentence: str) -> None:
        told.write(f"latentlab: {sentence}\n")
        told.flush()

    def end(sentence: str | None) -> None:
        if sentence:
            tell(sentence)
        os._exit(1)

    try:
        if os.environ["RANK"] != "0":
            sys.stdout = sys.stderr = streams.Stream(None)  # type: ignore[assignment]
        # Of a side of 1 pixel or plane a stride means nothing.
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
        _ranks = group = Group(end)
        _check(argv)
        status = command(argv)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # by which torchrun ends those that are left: all is done
        group.end()
        return status
    except LatentlabError as error:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        seconds = 0.0 if isinstance(error, RankLost) else _TELL_SECONDS
        if os.environ["RANK"] == "0" if group is None else group.is_to_tell(seconds):
            tell(str(error))
        if group is not None:
            group.leave(seconds)
        return 1 if isinstance(error, RankLost) else 2
    except Exception:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        is_told = group is not None and not group.is_to_tell()
        if group is not None:
            group.leave(0.0)
        if is_told:
            raise SystemExit(1) from None
        raise  # to be told, and logged, by whoever called this


def follow(trainer: Trainer) -> int:
    """Train as one of the ranks that tell and save nothing."""
    from latentlab.core.events import Diverged, Finished

    stop, status = trainer.control.stop, 0
    with terminal.interrupt_sets(stop):
        for event in trainer.events():
            if isinstance(event, Diverged):
                stop.set()
                status = 1
            elif isinstance(event, Finished) and event.stopped and not status:
                status = terminal.INTERRUPTED
    return status


def check_train(arguments: Namespace) -> None:
    """See that what is asked for can be shared.

    Raises
    ------
    LatentlabError
        When it cannot.
    """
    if _ranks.count > 1 and str(arguments.recipe) == "-":
        raise LatentlabError("Several processes cannot read one standard input: write the recipe to a file.")


def _check(argv: Sequence[str]) -> None:
    if not argv or argv[0] not in (*_SHARED, "--help", "--version"):
        said = f"'{argv[0]}'" if argv else "the window"
        raise LatentlabError(f"torchrun is for {', '.join(_SHARED)}: start {said} without it.")
