"""What reading may take: sizes that files are held to before anything is allocated, and one error for what is wrong.

A file says how large it is, and need not be right: whoever reads one asks here first, with what its header tells.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latentlab.core.errors import LatentlabError, reason_of

CLASSES = 10_000  # that are told apart
COLUMNS = 1_000  # of numbers and texts beside the images
ARRAYS = 1_000  # of one file
CHARACTERS = 10_000  # of a text that belongs to an image
LINE = 8_000_000  # characters of a line of a table
DEPTH = 32  # of what lies within each other: keys, groups, dictionaries
IMAGES = 100_000_000  # of a set, and numbers that count them
FRAMES = 100_000  # of a picture file
DIRECTORY = 16_000_000  # bytes that tell what is in a file
RECIPE = 4_000_000  # bytes
PICTURE = 512_000_000  # bytes that a picture takes while it is read, as it is stored
UNPACKED = 4_000_000_000  # bytes of a file of a download
FOREIGN = 5.0  # seconds without an answer of a process that reads a file: its library has lost itself
SILENCE = 20.0  # seconds without a byte of a download
SLOW = (60.0, 1_000)  # seconds, and bytes in each of them that a download must reach on average

_SHARE = 0.5  # of the memory that is free
_UNKNOWN = 4_000_000_000  # bytes, where the system does not tell
_SMALL = 64_000_000  # bytes that are read without doubting them
_PACKED = 1_100  # times as much as is stored: zlib reaches 1,032
_PACKAGE = str(Path(__file__).parent.parent)
_OURS = (AttributeError, NameError, ImportError, AssertionError)  # what no content of a file is the reason for
# How its allocators say it.
_TORCH = ("can't allocate memory", "cannot allocate memory", "not enough memory", "out of memory")


def in_words(size: float) -> str:
    """Say how many bytes there are: ``"3.5 GB"``."""
    for power, unit in enumerate(("bytes", "kB", "MB", "GB", "TB")):
        if size < 999.5 * 1000**power or unit == "TB":
            break
    number = size / 1000**power
    return f"{number:,.0f} {unit}" if number >= 100 or not power else f"{number:.3g} {unit}"


def cores() -> int:
    """Give how many cores this program may compute on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Give the bytes of memory that are free here, as far as the system tells."""
    try:
        if sys.platform == "win32":
            return _free_on_windows()
        if sys.platform == "linux":
            lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
            return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2  # macOS tells no more
    except (OSError, ValueError, StopIteration, AttributeError):
        return _UNKNOWN


def afford(size: int, what: str, failure: type[LatentlabError], remedy: str = "make a smaller file of it") -> None:
    """See that so much fits into memory.

    Parameters
    ----------
    size : int
        Bytes.
    what : str
        What takes them, to begin the sentence with.
    failure : type
        What to raise.
    remedy : str
        What to do, to end the sentence with.

    Raises
    ------
    LatentlabError
        Of the type `failure`, when it is more than half of what is free.
    """
    room = memory() * _SHARE
    if size > room:
        raise failure(
            f"{what} is larger than memory holds ({in_words(size)}, where {in_words(room)} are free for it): {remedy}."
        )


def few(count: int, most: int, what: str, things: str, failure: type[LatentlabError], remedy: str) -> None:
    """See that there are not too many: ``"own.npz has 30,000 arrays, and 10,000 are the most that is read: ..."``.

    Raises
    ------
    LatentlabError
        Of the type `failure`, when there are more than `most`.
    """
    if count > most:
        raise failure(f"{what} has {count:,} {things}, and {most:,} are the most that is read: {remedy}.")


def is_believed(promised: int, stored: int) -> bool:
    """Whether so many bytes can be packed into those that are stored: sparse files and bombs promise far more."""
    return promised <= max(_SMALL, _PACKED * stored)


@contextmanager
def contents(what: str, failure: type[LatentlabError], problem: str, remedy: str = "write it again") -> Iterator[None]:
    """Turn whatever libraries raise on what is in a file into one error.

    Errors of `failure` pass, and so do those of our own code that no content is the reason for, such as AttributeError.

    Parameters
    ----------
    what : str
        What is read, to begin the sentence with.
    failure : type
        What to raise.
    problem, remedy : str
        The rest of the sentence: what it is then, such as ``"is damaged"``, and what to do.

    Raises
    ------
    LatentlabError
        Of the type `failure`.
    """
    try:
        with within_memory(what, failure):
            yield
    except LatentlabError:
        raise
    except Exception as error:  # libraries raise nearly anything: struct.error, KeyError, RecursionError, ...
        if is_ours(error):
            raise
        if isinstance(error, OSError) and error.errno:  # it is no fault of the content
            raise failure(f"{what} cannot be read: {reason_of(error)}.") from error
        raise failure(f"{what} {problem}: {remedy}.") from error


@contextmanager
def within_memory(what: str, failure: type[LatentlabError]) -> Iterator[None]:
    """Tell in a sentence that memory was too small after all: see `contents`."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_of_memory(error):
            raise
        raise failure(f"{what} is larger than memory holds: make a smaller file of it.") from error


def is_of_memory(error: BaseException) -> bool:
    """Whether an error tells that memory is too small: Python's own, or that of torch's allocators."""
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(said in str(error).lower() for said in _TORCH)
    )


def is_ours(error: BaseException) -> bool:
    """Whether an error is a mistake in this program, and not what a library makes of bad content."""
    if not isinstance(error, _OURS):
        return False
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_filename.startswith(_PACKAGE)


def _free_on_windows() -> int:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "pages", "page", "virtual", "rest", "extended")),
        )

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined,unused-ignore]
    return int(status.free)
