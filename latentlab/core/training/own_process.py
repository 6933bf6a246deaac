"""A command of latentlab in a process of its own, that goes on when this program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from latentlab.core import locks
from latentlab.core.errors import LatentlabError, reason_of
from latentlab.core.files import NotOrdinaryError, open_ordinary


def start(
    arguments: Sequence[str], words: Path, recipe: str = "", *, alone: bool = False, threads: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a command; neither Ctrl-C in this terminal nor its end reaches it.

    Parameters
    ----------
    arguments : sequence of str
        As after ``latentlab`` in a shell.
    words : Path
        The file that its words are added to, what it writes and what it tells people; no pipe, device or link.
    recipe : str
        What it reads from its standard input, such as a recipe as TOML for ``train -``.
    alone : bool
        Whether no other such process may write to `words` as long as it lives: see `lives`.
    threads : int, optional
        That its libraries compute with at most.

    Returns
    -------
    Popen
        The process; it is a child of this one, so whoever keeps it should `poll` it now and then.

    Raises
    ------
    LatentlabError
        When it cannot be started, the file not be written, or another process has it for itself.
    """
    try:
        with _added_to(words) as out:
            # The lock belongs to what is opened here, which the process has, too, and keeps when this one is killed.
            if alone and os.name != "nt" and not locks.lock(out):
                raise LatentlabError(f"Another program writes to {words} still: wait until it has ended.")
            process = subprocess.Popen(
                [sys.executable, "-m", "latentlab", *arguments],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=None if threads is None else os.environ | {"OMP_NUM_THREADS": str(threads)},
                **_apart(),
            )
    except (OSError, ValueError) as error:
        raise LatentlabError(f"A training of its own could not be started: {reason_of(error)}.") from error
    assert process.stdin is not None
    with suppress(OSError), process.stdin as pipe:  # it may have ended with a sentence among its words
        pipe.write(recipe.encode())
    return process


def lives(words: Path) -> bool:
    """Whether a process lives that was started alone with this file, by this program or by one that is gone.

    On Windows nobody knows; there a run's `Presence` says, once it is trained.
    """
    return os.name != "nt" and locks.is_held(words)


def ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to save what it has, and to end."""
    with suppress(OSError, ValueError):
        if sys.platform == "win32":
            process.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            process.terminate()


@contextmanager
def _added_to(words: Path) -> Iterator[int]:
    """Open a file to add to it: of what anybody may have put in its place none is written to, and none waited for."""
    try:
        file = open_ordinary(words, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    except NotOrdinaryError as error:
        raise LatentlabError(f"{words} is no ordinary file, and nothing is written to it: remove it.") from error
    try:
        yield file
    finally:
        os.close(file)


def _apart() -> dict[str, Any]:
    """Give what starts a process apart from this one's terminal."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
