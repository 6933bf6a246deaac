"""A quiet button for the bar of a panel: flat until the mouse is over it, and reached by the Tab key."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton


def bar_button(text: str, tip: str = "", name: str = "") -> QToolButton:
    """Make a button with a text, a tooltip and an object name."""
    button = QToolButton(text=text, toolTip=tip, objectName=name, autoRaise=True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button
