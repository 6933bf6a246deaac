"""A drawer with tabs, closed until there is something to see in it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from latentlab.ui.widgets.bar_button import bar_button


class Tray(QTabWidget):
    """Holds pages; it opens on one of them, and a person closes it."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        close = bar_button("✕", self.tr("Close this"), "trayCloseButton")
        close.setAccessibleName(self.tr("Close"))
        close.clicked.connect(self._close)
        self.setCornerWidget(close)
        self.hide()

    def open_page(self, page: QWidget) -> None:
        """Open the drawer on a page."""
        self.setCurrentWidget(page)
        self.show()

    def is_on(self, page: QWidget) -> bool:
        """Whether a page is looked at."""
        return not self.isHidden() and self.currentWidget() is page

    def _close(self) -> None:
        self.hide()
        self.closed.emit()
