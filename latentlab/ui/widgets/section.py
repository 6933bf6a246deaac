"""A part of a panel that opens and closes below its title."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from latentlab.ui.widgets.boxes import column


class Section(QWidget):
    """Shows its content while it is open.

    Parameters
    ----------
    title : str
    content : QWidget
    """

    toggled = Signal(bool)
    """Whether it is open now; emitted when a person has opened or closed it."""

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._is_open = False
        self.button = QToolButton(text=title, autoRaise=True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.clicked.connect(self._toggle)
        column(self.button, content, spacing=4, on=self)
        self.set_open(False)

    def is_open(self) -> bool:
        """Whether the content is shown."""
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        """Open or close it."""
        self._is_open = is_open
        self.button.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._content.setVisible(is_open)

    @Slot()
    def _toggle(self) -> None:
        self.set_open(not self._is_open)
        self.toggled.emit(self._is_open)
