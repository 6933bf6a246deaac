"""The log: a file that errors which nobody foresaw are written to, by the window, the commands and their threads."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_log_path

from latentlab import __version__
from latentlab.core.errors import LatentlabError, printable, reason_of

_BYTES = 500_000  # of a log; when it has more it becomes an earlier one, and a new one begins
_EARLIER = 2
_LONGEST_ENTRY = 100_000  # characters; a message can be as long as whatever it quotes
_LONGEST_MESSAGE = 200  # characters, in a sentence


@dataclass(frozen=True, slots=True)
class _Entry:
    text: str
    trace: str
    is_written: bool


_last = _Entry("", "", False)
_last_told = ""
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
        Whether it is written. Whatever prevents it, nothing is raised. One that comes again right after itself, perhaps
        sixty times a second while something is painted, is written once.
    """
    global _last
    try:
        trace = "".join(traceback.format_exception(error))
        if len(trace) > _LONGEST_ENTRY:
            half = _LONGEST_ENTRY // 2
            trace = f"{trace[:half]}\n... {len(trace) - 2 * half:,} characters ...\n{trace[-half:]}"
        if _last.is_written and trace == _last.trace:
            return True
        place = f"latentlab {__version__}, process {os.getpid()}, {threading.current_thread().name}"
        text = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {place}{note and f': {printable(note)}'}\n{trace}"
        _last = _Entry(text, trace, _append(text))
    except Exception:  # the text of an error may fail itself; there is nobody left to tell
        return False
    return _last.is_written


def last_entry() -> str:
    """Give what this program wrote last, or could not write; an empty text where there was nothing."""
    return _last.text


def is_last_told(text: str) -> bool:
    """Whether a text is, or contains, the sentence that told of what `last_entry` is about."""
    return bool(_last_told) and _last_told in text


def told(error: BaseException, what: str = "") -> str:
    """Give the sentence that tells an error; one that nobody foresaw is written to the log before.

    Parameters
    ----------
    error : BaseException
        The message of a `LatentlabError` is such a sentence already.
    what : str
        How the sentence begins; with the file, or with latentlab itself, if nothing is given.
    """
    global _last_told
    if isinstance(error, LatentlabError):
        return str(error)
    if not what:
        file = error.filename if isinstance(error, OSError) else None
        what = "Something went wrong inside latentlab" if file is None else f"{file} cannot be used"
    where = f"the details are in {log_file()}" if write(error, what) else "the details could not be written"
    _last_told = printable(f"{what} ({_in_brief(error)}); {where}.")
    return _last_told


def _in_brief(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return reason_of(error)
    kind = "there is not enough memory" if type(error) is MemoryError else type(error).__name__
    try:
        message = str(error).strip().partition("\n")[0]
    except Exception:
        message = ""
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    return f"{kind}: {message}" if message else kind


def _append(entry: str) -> bool:
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _turning:
            _turn_over(path)
        # One write to the end of the file: entries of two programs follow each other whole.
        with path.open("ab", buffering=0) as file:
            file.write(entry.encode("utf-8", "backslashreplace"))
    except OSError:
        return False
    return True


def _turn_over(path: Path) -> None:
    """Make a log that is long an earlier one; where another program has it open, Windows waits for a later entry."""
    with contextlib.suppress(OSError):
        if path.stat().st_size < _BYTES:
            return
        names = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, _EARLIER + 1))]
        for later, earlier in reversed(list(itertools.pairwise(names))):
            with contextlib.suppress(FileNotFoundError):
                later.replace(earlier)
