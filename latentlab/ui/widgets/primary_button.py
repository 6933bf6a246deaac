"""The button that one is looking for."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton


class PrimaryButton(QPushButton):
    """A button in the accent's colour, by the palette that the theme has for this class; one at most is in sight."""
