"""A window of its own beside the main one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


class WindowBeside(QWidget):
    """Closes by its key; whoever makes it closes it with the main window.

    Parameters
    ----------
    owner : QWidget
        The main window.
    """

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner, Qt.WindowType.Window)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)

    def come(self) -> None:
        """Show the window above all others."""
        self.show()
        self.raise_()
        self.activateWindow()
