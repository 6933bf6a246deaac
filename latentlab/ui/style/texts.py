"""Labels and tips that show text as it is: a name in a file may look like HTML, which Qt would follow."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import Qt
from PySide6.QtWidgets import QLabel, QWidget


def plain_label(text: str = "", parent: QWidget | None = None, **properties: Any) -> QLabel:
    """Give a label that shows whatever it is told, letter by letter; `properties` are those of Qt."""
    return QLabel(text, parent, textFormat=Qt.TextFormat.PlainText, **properties)


def rich_label(text: str = "", parent: QWidget | None = None, **properties: Any) -> QLabel:
    """Give a label of HTML that the program writes itself: names in it are escaped."""
    return QLabel(text, parent, textFormat=Qt.TextFormat.RichText, **properties)


def plain(text: str) -> str:
    """Give what shows a text as it is in tips and message boxes, where Qt takes for HTML what looks like it."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text
