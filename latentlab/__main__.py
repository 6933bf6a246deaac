"""The start and the end of the program: what stops it, where its words go, a sentence for whatever goes wrong.

Nothing heavy is imported before it is needed, and nothing at all before Ctrl-C is heard: it prints no traceback then.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType


def main(argv: Sequence[str] | None = None) -> int:
    """Run latentlab as from a shell.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default, whose signals are taken then.

    Returns
    -------
    int
        The exit status: 0, or 1 for what went wrong, 2 for bad input; 128 and the number of the signal that
        interrupted: 130 for Ctrl-C, 143 for a plea to terminate, 129 for a terminal that is gone.
    """
    if argv is not None:
        return _status(argv)
    is_heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # or it was started to ignore it
    if is_heard:
        signal.signal(signal.SIGINT, _interrupt)
    sys.unraisablehook = _take_unraisable
    threading.excepthook = _take_from_thread
    status = _status(sys.argv[1:])
    if is_heard:  # what is left is Python's own end, of which an interrupt would make a traceback
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return status


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, once, and where nothing breaks by it."""
    signal.signal(number, _leave)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):  # native libraries that load would abort
            _leave(number, frame)
        frame = frame.f_back
    raise KeyboardInterrupt


def _leave(number: int, frame: FrameType | None) -> None:
    """End here and now: what is written to disk is whole or not there, as after a power cut."""
    if os.isatty(2):
        os.write(2, b"\x1b[?25h")  # a bar may have hidden the cursor
    os._exit(128 + number)


def _take_unraisable(raised: sys.UnraisableHookArgs) -> None:
    """Log what Python cannot raise, such as an error while an object goes; it would print a traceback."""
    from latentlab.core import log

    if isinstance(raised.exc_value, KeyboardInterrupt):
        _leave(signal.SIGINT, None)
    if raised.exc_value is not None:
        log.write(raised.exc_value, raised.err_msg or "")


def _take_from_thread(raised: threading.ExceptHookArgs) -> None:
    """Tell an error that ended a thread."""
    from latentlab.core import log

    if raised.exc_value is not None and not isinstance(raised.exc_value, SystemExit):
        sys.stderr.write(f"latentlab: {log.told(raised.exc_value)}\n")


def _never_interrupt_qt() -> None:
    """Have Ctrl-C end the program, where nobody else hears it: Qt would print a KeyboardInterrupt and go on."""
    if signal.getsignal(signal.SIGINT) is _interrupt:
        signal.signal(signal.SIGINT, _leave)


def _status(argv: Sequence[str]) -> int:
    from latentlab.cli import streams
    from latentlab.core.errors import LatentlabError, reason_of

    with streams.guarded() as (out, err):
        try:
            status = _run(argv)
        except LatentlabError as error:
            err.write(f"latentlab: {error}\n")
            status = 2
        except KeyboardInterrupt:
            status = 128 + signal.SIGINT
        except SystemExit as end:  # of --help and --version
            status = end.code if isinstance(end.code, int) else 0
        except BaseException as error:
            from latentlab.core import log

            err.write(f"latentlab: {log.told(error)}\n")
            # One that names a file is most likely of a name that was given: too long, not permitted, gone.
            status = 2 if isinstance(error, OSError) and error.filename is not None else 1
        out.flush()
        if out.error is not None and status == 0:
            status = 1
            if not isinstance(out.error, BrokenPipeError):  # its reader has seen enough
                err.write(f"latentlab: The output could not be written: {reason_of(out.error)}; send it elsewhere.\n")
    return status


def _run(argv: Sequence[str]) -> int:
    if "TORCHELASTIC_RUN_ID" in os.environ:
        from latentlab.cli import torchrun

        return torchrun.run(argv, _run_alone)
    return _run_alone(argv)


def _run_alone(argv: Sequence[str]) -> int:
    from latentlab.cli import arguments, terminal
    from latentlab.cli.commands import COMMANDS

    if not argv or (argv[0] not in COMMANDS and argv[0] != "tour" and not argv[0].startswith("-")):
        return _app(argv)
    chosen = arguments.parser().parse_args(argv)
    if chosen.command is None:
        return _app([])
    if chosen.command == "tour":
        _never_interrupt_qt()
        from latentlab.ui.app import tour

        return tour.play(chosen.out)
    status = COMMANDS[chosen.command](chosen)
    return terminal.interrupted_status() if status == terminal.INTERRUPTED else status


def _app(argv: Sequence[str]) -> int:
    import gc
    from pathlib import Path

    from latentlab.core.errors import LatentlabError
    from latentlab.core.files import is_file

    if len(argv) > 1:
        raise LatentlabError(f"The app opens one run at a time, and '{argv[0]}' is no command; see latentlab --help.")
    path = Path(argv[0]) if argv else None
    if path and not is_file(path):
        raise LatentlabError(f"There is neither a run nor a command '{path}'; see latentlab --help.")
    from latentlab.ui.app import display

    if problem := display.display_problem():
        raise LatentlabError(problem)
    _never_interrupt_qt()
    gc.disable()  # until the window is painted: what is imported is no garbage, and looking through it takes long
    # PySide6 reads the source of whatever is imported after it: here are most of what a window needs of `core`, and
    # none of torch.
    from latentlab.core.fields import fields  # noqa: F401
    from latentlab.core.map import run_steps, selected_images  # noqa: F401
    from latentlab.ui.app import application

    return application.run(path)


if __name__ == "__main__":
    sys.exit(main())
