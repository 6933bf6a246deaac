"""Errors that nobody caught: written to the log, and told in a sentence, once."""

from __future__ import annotations

import sys
import threading
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from latentlab.core import log


class ErrorReporter(QObject):
    """Takes the errors that reach the top of a thread, the GUI's and others.

    Notes
    -----
    ``reported`` carries a sentence for the person. An error that is raised at the same place again, perhaps
    sixty times a second while something is painted, is neither told nor written again.
    """

    reported = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seen: set[tuple[type[BaseException], str, int]] = set()

    def install(self) -> None:
        """Take errors from now on."""
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread

    def remove(self) -> None:
        """Give them back to Python."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def _take_from_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and arguments.exc_type is not SystemExit:
            self._take(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        frames = traceback.extract_tb(trace)
        place = (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
        if (kind, *place) in self._seen:
            return
        self._seen.add((kind, *place))
        sentence = log.told(error)
        # Without a console (pythonw) there is no standard error.
        if sys.stderr is not None:
            sys.stderr.write(f"latentlab: {sentence}\n")
        self.reported.emit(sentence)
