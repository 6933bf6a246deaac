"""A report of an error that nobody foresaw, for those who mend it: what happened and where, and nothing of a person."""

from __future__ import annotations

import contextlib
import getpass
import os
import platform
import re
from importlib import metadata

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QPushButton, QWidget

from latentlab import __version__
from latentlab.core import log
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.message_bar import MessageBar

_DISTRIBUTIONS = ("PySide6-Essentials", "torch", "numpy", "pyqtgraph")
_SIZE = QSize(720, 480)

# What follows it in a file's path is the same on every machine.
_CODE = re.compile(r"[\\/](?:site-packages|python3[^\\/]*)[\\/]|[\\/](?=latentlab[\\/](?:core|cli|ui|__main__))")
_FRAME = re.compile(r'^(.*File )"(.*)"(, line \d+.*)$')
_NAMES_A_FILE = re.compile(
    r"(?<=\S)[\\/]|[\\/](?=\S)|\.(bmp|csv|gif|gz|h5|hdf5|ini|jpe?g|json|mat|np[yz]|pdf|pgm|png|pt|pth|safetensors"
    r"|tiff?|toml|txt|zip)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(r"(?<!\w)['\"]|\S+$")  # the quote that a name begins with, or else its first word
_LEFT_OUT = "…"
_SHORTEST_NAME = 3  # characters; shorter ones are parts of everything


def report() -> str:
    """Give what is to be known of the last error: versions, the machine's kind, and where it happened."""
    versions = [f"{name} {_version(name)}" for name in _DISTRIBUTIONS]
    lines = [
        f"latentlab {__version__}, Python {platform.python_version()}",
        ", ".join(versions),
        f"{platform.platform()}, {QGuiApplication.platformName()}, {os.cpu_count()} cores",
        "",
        without_names(log.last_entry()),
    ]
    return "\n".join(lines)


def without_names(text: str) -> str:
    """Leave out of an entry of the log what tells of a person: paths but those of code, names of files, of the user."""
    lines = "\n".join(map(_without_paths, text.split("\n")))
    for name in _persons():
        lines = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _LEFT_OUT, lines, flags=re.IGNORECASE)
    return lines


def _without_paths(line: str) -> str:
    frame = _FRAME.match(line)
    if frame is not None:
        before, path, after = frame.groups()
        parts = _CODE.split(path)
        return f'{before}"{parts[-1] if len(parts) > 1 else _LEFT_OUT}"{after}'
    named = _NAMES_A_FILE.search(line)
    if named is None:
        return line
    # A name has blanks and quotes in it, too: where one begins, the rest of the line is left out.
    opening = _OPENING.search(line[: named.start()])
    return line[: opening.start() if opening else named.start()] + _LEFT_OUT


def _persons() -> set[str]:
    """Give the names of the user and of the machine."""
    names = {platform.node(), *(os.environ.get(name, "") for name in ("USER", "USERNAME"))}
    names.add(os.environ.get("HOME", "").rstrip("/").rpartition("/")[2])
    with contextlib.suppress(OSError, KeyError, ImportError):  # the system knows none
        names.add(getpass.getuser())
    return {name for name in names if len(name) >= _SHORTEST_NAME}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"


class ReportDialog(QDialog):
    """Shows the report, to be looked through and copied; the program goes on behind it."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("reportDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Report – latentlab"))
        self.resize(_SIZE.boundedTo(parent.size() - QSize(40, 40)))
        about = plain_label(
            self.tr(
                "What happened, for those who can mend it. Names of files, folders and people are left out; look "
                "through it before you pass it on. Nothing is sent by the program itself."
            ),
            wordWrap=True,
        )
        self._text = QPlainTextEdit(text, readOnly=True, objectName="reportText")
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setAccessibleName(self.tr("Report"))
        copy = QPushButton(self.tr("&Copy report"), objectName="reportCopyButton")
        copy.setDefault(True)
        copy.clicked.connect(self._copy)
        close = QPushButton(self.tr("Close"), autoDefault=False)
        close.clicked.connect(self.accept)
        column(about, (self._text, 1), row(STRETCH, copy, close), margins=(12, 12, 12, 12), spacing=8, on=self)
        copy.setFocus()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())


def join_report(messages: MessageBar, window: QWidget) -> None:
    """Show the report of an error when the message that tells it is asked for one."""

    def show() -> None:
        ReportDialog(report(), window).open()

    messages.report_asked.connect(show)
