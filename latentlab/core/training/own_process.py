"""A command of latentlab in a process of its own, that goes on when this program ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from latentlab.core.errors import LatentlabError, reason_of


def start(arguments: Sequence[str], words: Path, recipe: str = "") -> subprocess.Popen[bytes]:
    """Start a command; neither Ctrl-C in this terminal nor its end reaches it.

    Parameters
    ----------
    arguments : sequence of str
        As after ``latentlab`` in a shell.
    words : Path
        The file that its words are added to, what it writes and what it tells people.
    recipe : str
        What it reads from its standard input, such as a recipe as TOML for ``train -``.

    Returns
    -------
    Popen
        The process; it is a child of this one, so whoever keeps it should `poll` it now and then.

    Raises
    ------
    LatentlabError
        When it cannot be started, or the file not be written.
    """
    try:
        with words.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "latentlab", *arguments],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                **_apart(),
            )
    except (OSError, ValueError) as error:
        raise LatentlabError(f"A training of its own could not be started: {reason_of(error)}.") from error
    assert process.stdin is not None
    with suppress(OSError), process.stdin as pipe:  # it may have ended with a sentence among its words
        pipe.write(recipe.encode())
    return process


def _apart() -> dict[str, Any]:
    """Give what starts a process apart from this one's terminal."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
