"""The one kind of error whose message is meant for a person, and what goes into it: names, and the system's reasons."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

BYTES = 0xDC00  # a byte of a file's name that is no UTF-8 comes as the surrogate with this number and its own


class LatentlabError(Exception):
    """Something a person can mend; the message is one sentence that says what is wrong and what to do.

    What names in it make of it is a line that every terminal, file and label takes: see `printable`.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def reason_of(error: Exception, otherwise: str = "") -> str:
    """Say why, in the system's own words, without numbers and paths, as a clause that begins small.

    An error of which the system says nothing says it itself, or `otherwise` does.
    """
    said = getattr(error, "strerror", None)
    reason = str(said or otherwise or error).rstrip(".")
    return f"{reason[:1].lower()}{reason[1:]}"


def listed(names: Sequence[str], most: int) -> str:
    """Name the first few of some things, and count the others: ``"a, b and 3 more"``."""
    further = len(names) - most
    return ", ".join(names[:most]) + (f" and {further:,} more" if further > 0 else "")


def ranges(numbers: Iterable[int]) -> list[str]:
    """Write numbers, which are in their order, as the ranges that they make: ``["1-3", "7"]``."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in found]


def printable(name: str) -> str:
    r"""Give a name that every file, table and terminal takes, and that tells the same as the one given.

    Names of files are bytes: those that are no UTF-8 come as lone surrogates, which nothing can encode. They become
    ``\xe9``, as that byte is written, other surrogates and control characters ``\u000a``; `files.named` turns them
    back.
    """
    if name.isascii() and name.isprintable():
        return name
    return "".join(map(_printable, name))


def _printable(character: str) -> str:
    number = ord(character)
    if unicodedata.category(character) not in ("Cc", "Cs", "Zl", "Zp"):
        return character
    return f"\\x{number - BYTES:02x}" if BYTES + 0x80 <= number <= BYTES + 0xFF else f"\\u{number:04x}"
