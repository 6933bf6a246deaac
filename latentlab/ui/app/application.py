"""The application around the window: its errors, its start and its end."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QFontInfo, QIcon
from PySide6.QtWidgets import QApplication, QMainWindow

from latentlab import __version__
from latentlab.core.files import resource
from latentlab.ui.app.crash_log import ErrorReporter
from latentlab.ui.app.garbage import GarbageCollector
from latentlab.ui.settings import Settings
from latentlab.ui.style import languages, theme
from latentlab.ui.style.looks import Looks
from latentlab.ui.threads import background
from latentlab.ui.threads.loading import Loading

if TYPE_CHECKING:
    from latentlab.ui.window.main_window import MainWindow

# Python lets a training thread go on for 5 ms when the window wants to draw, some times in each frame.
_SWITCH_SECONDS = 0.0005


def create_application(
    argv: list[str], choice: str = "system", text_size: float | None = None, language: str = languages.ENGLISH
) -> QApplication:
    """Make the application, dress it and teach it a language.

    Parameters
    ----------
    argv : list of str
        The program's name and arguments for Qt.
    choice : str
        ``system``, ``light`` or ``dark``.
    text_size : float, optional
        In points; as the system has it where there is none.
    language : str
        ``system``, or a code; why the window does not speak it tells `languages.problem`.
    """
    app = QApplication(argv)
    sys.setswitchinterval(_SWITCH_SECONDS)
    app.setApplicationName("latentlab")
    app.setApplicationVersion(__version__)
    app.setOrganizationName("latentlab")
    app.setDesktopFileName("latentlab")
    app.setStyle(Looks())
    app.setWindowIcon(QIcon(str(resource("icons", "latentlab.svg"))))
    font = app.font()
    size = text_size or theme.normal_text_size()
    if QFontInfo(font).pointSizeF() != size:
        font.setPointSizeF(size)
        app.setFont(font)
    theme.set_theme(choice)
    languages.speak(language)
    app.styleHints().colorSchemeChanged.connect(theme.follow_system)
    return app


def run(run_path: Path | None = None) -> int:
    """Show the window, on a run if one is given, until it is closed.

    Returns
    -------
    int
        The exit status; where a signal closed it 128 and its number: 130 of Ctrl-C.
    """
    settings = Settings()
    app = create_application(sys.argv[:1], settings.theme, settings.text_size, settings.language)
    reporter = ErrorReporter(app)
    reporter.install()
    from latentlab.ui.window.main_window import MainWindow

    background.hold_back()
    window = MainWindow(settings)
    data_dir = window.session.library.data_dir

    def sweep() -> None:
        from latentlab.core.data import leftovers

        leftovers.sweep(data_dir, [path.parent for path in settings.recent_runs])

    def settle() -> None:
        _settle(window)
        threading.Thread(target=sweep, name="leftovers", daemon=True).start()

    _FirstPaint(window, Loading(window, settle).begin)
    reporter.reported.connect(window.show_problem)
    keep_within_screen(window)
    window.show()
    if run_path is not None:
        window.open_run(run_path)
    came = close_on_signals(window)
    status = app.exec()
    reporter.remove()
    return 128 + came[-1] if came else status


def keep_within_screen(window: QMainWindow) -> None:
    """Make a window no larger than its screen, which at a scale of 200 % has half as many pixels either way."""
    window.resize(window.size().boundedTo(window.screen().availableSize()))


class _FirstPaint(QObject):
    """Calls a function once a window has been painted."""

    def __init__(self, window: QMainWindow, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._then = then
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the first event of this kind."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._then)
        return False


def _settle(window: QMainWindow) -> None:
    """Have garbage looked for from now on."""
    # What was imported and built stays as long as the program: to look through it for garbage costs frames.
    gc.freeze()
    GarbageCollector(window)


def close_on_signals(window: MainWindow) -> list[int]:
    """Close the window when a signal asks for it; give the list of those that came.

    Ctrl-C does it as its own button would, which may ask about an unsaved run; who presses it again means it. Where the
    system ends, or the terminal is gone, nobody may be there to answer.
    """
    came: list[int] = []

    def close() -> None:
        if came == [signal.SIGINT]:
            window.close()
        else:
            end_without_asking(window)

    def take(number: int, frame: FrameType | None) -> None:
        # Whatever Python was doing, such as painting, is done first.
        came.append(number)
        QTimer.singleShot(0, window, close)

    def let_python_run() -> None:
        # Python looks for signals between two of its own instructions: calling something built in would not do.
        return

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # What `nohup` has the program ignore, it ignores.
        if number is not None and (number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN):
            signal.signal(number, take)
    timer = QTimer(window)
    timer.timeout.connect(let_python_run)
    timer.start(200)
    return came


def end_without_asking(window: MainWindow) -> None:
    """Close the window, and end the program whatever else is open."""
    window.close_without_asking()
    QApplication.quit()
