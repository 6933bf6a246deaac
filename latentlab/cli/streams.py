"""Standard output and error for as long as somebody hears them: one that breaks falls silent, and stops nothing."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO


class Stream:
    """A text stream that is never a reason to fail: not when it is closed, full, or its reader or terminal is gone.

    Parameters
    ----------
    stream : TextIO or None
        None for what was closed before the program began.

    Attributes
    ----------
    error : OSError, ValueError or None
        What broke it; nothing is written from then on.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.error: OSError | ValueError | None = None
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # a terminal that has no β is no reason to fail

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text, if it can be written."""
        if self._stream is None and text and self.error is None:
            self.error = OSError(errno.EBADF, os.strerror(errno.EBADF))
        if self._stream is not None and self.error is None:
            try:
                self._stream.write(text)
            except (OSError, ValueError) as error:
                self._fall_silent(error)
        return len(text)

    def flush(self) -> None:
        """Have written what was kept back, if it can be."""
        if self._stream is not None and self.error is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._fall_silent(error)

    def isatty(self) -> bool:
        """Whether somebody looks at it: bars are for them alone."""
        try:
            return self._stream is not None and self.error is None and self._stream.isatty()
        except (OSError, ValueError):
            return False

    def _fall_silent(self, error: OSError | ValueError) -> None:
        self.error = error
        # What it has kept back is written again at the end of Python, which must not complain once more; and whatever
        # libraries have to say goes the same way.
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nothing:  # noqa: PTH123
            os.dup2(nothing.fileno(), self._stream.fileno())  # type: ignore[union-attr]


@contextmanager
def guarded() -> Iterator[tuple[Stream, Stream]]:
    """Have everything that is written to standard output and error go through a `Stream`; gives both."""
    _fill_gaps()
    before = sys.stdout, sys.stderr
    out, err = Stream(sys.stdout), Stream(sys.stderr)
    sys.stdout, sys.stderr = out, err  # type: ignore[assignment]
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _fill_gaps() -> None:
    """Open nothing in place of what was closed: the next file would get its number, and whatever libraries print."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
