"""Errors that nobody caught: written to a file, and told in a sentence, once."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_path
from PySide6.QtCore import QObject, Signal

from latentlab.core.errors import LatentlabError


class ErrorReporter(QObject):
    """Takes the errors that reach the top of a thread, the GUI's and others.

    Parameters
    ----------
    log : Path, optional
        The file they are written to; made when there is something to write.

    Notes
    -----
    ``reported`` carries a sentence for the person. An error that is raised at the same place again, perhaps
    sixty times a second while something is painted, is neither told nor written again.
    """

    reported = Signal(str)

    def __init__(self, log: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.log = log or user_log_path("latentlab", appauthor=False) / "latentlab.log"
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
        written = self._write(kind, error, trace)
        if isinstance(error, LatentlabError):
            sentence = str(error)
        else:
            what = f"{kind.__name__}: {error}" if str(error) else kind.__name__
            where = self.tr("the details are in {path}").format(path=self.log)
            sentence = self.tr("Something went wrong inside latentlab ({what}); {where}.").format(
                what=what.splitlines()[0], where=where if written else self.tr("the details could not be written")
            )
        # Without a console (pythonw) there is no standard error.
        if sys.stderr is not None:
            sys.stderr.write(f"latentlab: {sentence}\n")
        self.reported.emit(sentence)

    def _write(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> bool:
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            handler = RotatingFileHandler(self.log, maxBytes=500_000, backupCount=2, encoding="utf-8")
        except OSError:
            return False
        handler.setFormatter(logging.Formatter("%(asctime)s %(threadName)s %(message)s"))
        message = "".join(traceback.format_exception(kind, error, trace))
        handler.handle(logging.LogRecord("latentlab", logging.ERROR, "", 0, message, None, None))
        handler.close()
        return True
