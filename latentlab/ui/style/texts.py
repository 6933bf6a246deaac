"""Labels and tips that show text as it is: a name in a file may look like HTML, which Qt would follow."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtGui import QPalette, Qt
from PySide6.QtWidgets import QLabel, QWidget


def plain_label(
    text: str = "", parent: QWidget | None = None, *, role: QPalette.ColorRole | None = None, **properties: Any
) -> QLabel:
    """Give a label that shows whatever it is told, letter by letter.

    Parameters
    ----------
    text : str
    parent : QWidget, optional
    role : QPalette.ColorRole, optional
        What it is written in, such as `theme.MUTED`; like other text by default.
    properties
        Those of Qt.
    """
    label = QLabel(text, parent, textFormat=Qt.TextFormat.PlainText, **properties)
    if role is not None:
        label.setForegroundRole(role)
    return label


def heading(text: str) -> QLabel:
    """Give a label in bold letters, of the size that text has."""
    label = plain_label(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def rich_label(text: str = "", parent: QWidget | None = None, **properties: Any) -> QLabel:
    """Give a label of HTML that the program writes itself: names in it are escaped."""
    return QLabel(text, parent, textFormat=Qt.TextFormat.RichText, **properties)


def wrapped(text: str, size: str = "") -> QLabel:
    """Give a label whose lines wrap; with a `size` of CSS, relative to the font that it follows, one in bold."""
    if not size:
        return plain_label(text, wordWrap=True)
    return rich_label(sized(text, size), wordWrap=True)


def sized(text: str, size: str) -> str:
    """Give the HTML of a text in bold letters of a `size` of CSS."""
    return f'<b style="font-size: {size}">{escape(text)}</b>'


def plain(text: str) -> str:
    """Give what shows a text as it is in tips and message boxes, where Qt takes for HTML what looks like it."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text
