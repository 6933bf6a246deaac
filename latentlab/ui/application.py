"""The application around the window: its looks, its errors, its start and its end."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFontInfo, QIcon
from PySide6.QtWidgets import QApplication, QMainWindow, QToolTip

from latentlab import __version__
from latentlab.core.resources import resource
from latentlab.ui import theme
from latentlab.ui.errors import ErrorReporter
from latentlab.ui.settings import Settings

_SMALLEST_FONT = 10.0  # points: legible on a projector
_SMALLEST_CHOSEN_FONT, _LARGEST_FONT = 8.0, 24.0
_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


def create_application(argv: list[str], choice: str = "system") -> QApplication:
    """Make the application and dress it.

    Parameters
    ----------
    argv : list of str
        The program's name and arguments for Qt.
    choice : str
        ``system``, ``light`` or ``dark``.
    """
    app = QApplication(argv)
    app.setApplicationName("latentlab")
    app.setApplicationVersion(__version__)
    app.setOrganizationName("latentlab")
    app.setDesktopFileName("latentlab")
    app.setStyle("Fusion")
    app.setWindowIcon(QIcon(str(resource("icons", "latentlab.svg"))))
    font = app.font()
    if QFontInfo(font).pointSizeF() < _SMALLEST_FONT:
        font.setPointSizeF(_SMALLEST_FONT)
        app.setFont(font)
    set_theme(choice)
    app.styleHints().colorSchemeChanged.connect(_follow_system)
    return app


def set_theme(choice: str) -> None:
    """Dress the application, and everything that is open, ``light``, ``dark``, or as the ``system`` is."""
    hints = QApplication.styleHints()
    hints.setColorScheme(_SCHEMES[choice])
    # Where the desktop takes no such wish, the palette below fulfils it all the same.
    dark = choice == "dark" or (choice == "system" and hints.colorScheme() == Qt.ColorScheme.Dark)
    _dress(dark=dark)


def change_text_size(step: int) -> None:
    """Write everything larger by so many points, or smaller where `step` is below zero."""
    font = QApplication.font()
    font.setPointSizeF(min(_LARGEST_FONT, max(_SMALLEST_CHOSEN_FONT, font.pointSizeF() + step)))
    QApplication.setFont(font)
    # Qt hands a new font past every widget that has a style sheet, until the sheet is set again.
    for widget in QApplication.allWidgets():
        if sheet := widget.styleSheet():
            widget.setStyleSheet(sheet)


def run(run_path: Path | None = None) -> int:
    """Show the window, on a run if one is given, until it is closed.

    Returns
    -------
    int
        The exit status; 130 where Ctrl-C closed it.
    """
    app = create_application(sys.argv[:1], Settings().theme)
    reporter = ErrorReporter(parent=app)
    reporter.install()
    from latentlab.ui.main_window import MainWindow

    window = MainWindow()
    reporter.reported.connect(window.show_problem)
    window.show()
    if run_path is not None:
        window.open_run(run_path)
    interrupted = close_on_interrupt(window)
    status = app.exec()
    reporter.remove()
    return 130 if interrupted else status


def close_on_interrupt(window: QMainWindow) -> list[int]:
    """Close the window on Ctrl-C in the terminal, as its own button would; give the list of signals that came."""
    came: list[int] = []

    def take(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if not window.close() and len(came) > 1:
            # It asks about an unsaved run; who presses Ctrl-C again means it.
            QApplication.exit(130)

    def let_python_run() -> None:
        # Python looks for signals between two of its own instructions: calling something built in would not do.
        return

    signal.signal(signal.SIGINT, take)
    timer = QTimer(window)
    timer.timeout.connect(let_python_run)
    timer.start(200)
    return came


def _follow_system(scheme: Qt.ColorScheme) -> None:
    _dress(dark=scheme == Qt.ColorScheme.Dark)


def _dress(*, dark: bool) -> None:
    colours = theme.DARK if dark else theme.LIGHT
    pg.setConfigOptions(antialias=True, background=colours.background, foreground=colours.foreground)
    palette = theme.palette(colours)
    QApplication.setPalette(palette)
    QToolTip.setPalette(palette)
