"""The log: a file that errors which nobody foresaw are written to, by the window, the commands and their threads."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import threading
import time
import traceback
from pathlib import Path

from platformdirs import user_log_path

from latentlab import __version__
from latentlab.core.errors import LatentlabError, printable, reason_of

_BYTES = 500_000  # of a log; when it has more it becomes an earlier one, and a new one begins
_EARLIER = 2
_LONGEST_ENTRY = 100_000  # characters; a message can be as long as whatever it quotes
_LONGEST_MESSAGE = 200  # characters, in a sentence

_BEGINNING = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d latentlab ", re.MULTILINE)
_turning = threading.Lock()


def log_file() -> Path:
    """Give the file that is written to; it is made, with its folder, when there is something to write."""
    return user_log_path("latentlab", appauthor=False) / "latentlab.log"


def write(error: BaseException, note: str = "") -> bool:
    """Write an error with its traceback; from any thread, while other programs write as well.

    Parameters
    ----------
    error : BaseException
    note : str
        What was being done.

    Returns
    -------
    bool
        Whether it is written. Whatever prevents it, nothing is raised.
    """
    try:
        trace = "".join(traceback.format_exception(error))
        if len(trace) > _LONGEST_ENTRY:
            half = _LONGEST_ENTRY // 2
            trace = f"{trace[:half]}\n... {len(trace) - 2 * half:,} characters ...\n{trace[-half:]}"
        place = f"latentlab {__version__}, process {os.getpid()}, {threading.current_thread().name}"
        _append(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {place}{note and f': {printable(note)}'}\n{trace}")
    except Exception:  # of the disk, or of the error, whose own text may fail; there is nobody left to tell
        return False
    return True


def last_entry() -> str:
    """Give what was written last, or an empty text where there is nothing, or it cannot be read."""
    try:
        text = log_file().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    beginnings = [found.start() for found in _BEGINNING.finditer(text)]
    return text[beginnings[-1] :] if beginnings else ""


def told(error: BaseException, what: str = "Something went wrong inside latentlab") -> str:
    """Give the sentence that tells an error; one that nobody foresaw is written to the log before.

    Parameters
    ----------
    error : BaseException
        The message of a `LatentlabError` is such a sentence already.
    what : str
        How the sentence begins.
    """
    if isinstance(error, LatentlabError):
        return str(error)
    where = f"the details are in {log_file()}" if write(error, what) else "the details could not be written"
    return printable(f"{what} ({_in_brief(error)}); {where}.")


def _in_brief(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return reason_of(error)
    kind = type(error).__name__
    try:
        message = str(error).strip().partition("\n")[0]
    except Exception:
        message = ""
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    return f"{kind}: {message}" if message else kind


def _append(entry: str) -> None:
    path = log_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with _turning:
        _turn_over(path)
    # One write to the end of the file: entries of two programs follow each other whole.
    with path.open("ab", buffering=0) as file:
        file.write(entry.encode("utf-8", "backslashreplace"))


def _turn_over(path: Path) -> None:
    """Make a log that is long an earlier one; where another program has it open, Windows waits for a later entry."""
    with contextlib.suppress(OSError):
        if path.stat().st_size < _BYTES:
            return
        names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, _EARLIER + 1))]
        for later, earlier in reversed(list(itertools.pairwise(names))):
            with contextlib.suppress(FileNotFoundError):
                later.replace(earlier)
