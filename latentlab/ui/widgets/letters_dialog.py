"""A dialog whose size is told in letters and lines."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, QTimer, Slot
from PySide6.QtWidgets import QDialog, QWidget

_BESIDE = QSize(40, 40)  # pixels by which it is smaller than its window


class LettersDialog(QDialog):
    """Follows the size of text, and stays within the window that it belongs to.

    Parameters
    ----------
    letters : QSize
        How many average letters wide and lines high it is.
    parent : QWidget
        The window.
    """

    def __init__(self, letters: QSize, parent: QWidget) -> None:
        super().__init__(parent)
        self._in_letters = letters
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Make room for larger text, once all parts have it."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            QTimer.singleShot(0, self, self._fit)

    @Slot()
    def _fit(self) -> None:
        metrics = self.fontMetrics()
        wide, high = metrics.averageCharWidth() * self._in_letters.width(), metrics.height() * self._in_letters.height()
        self.resize(QSize(wide, high).boundedTo(self.parentWidget().size() - _BESIDE))
