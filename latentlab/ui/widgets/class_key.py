"""The classes that maps show, in a bar above them, to leave out or take in again in all of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton

from latentlab.ui.style import theme
from latentlab.ui.style.run_colours import swatch
from latentlab.ui.widgets.flow import Flow

_MOST = 12  # classes: more have no room in a bar


class ClassKey(QObject):
    """Puts a button for each class into a bar; a click leaves the class out, or takes it in again.

    Parameters
    ----------
    bar : Flow
        At whose end they stand: beside what else is there, or in lines of their own where there is no room.
    """

    toggled = Signal(int, bool)
    """A class, and whether it is shown."""

    def __init__(self, bar: Flow, parent: QObject) -> None:
        super().__init__(parent)
        self._bar = bar
        self._count = 0
        self._is_shown = True
        self._buttons: list[QToolButton] = []

    def set_classes(self, names: Sequence[str]) -> None:
        """Show these, all of them on; none where there are too many."""
        self._count = len(names) if len(names) <= _MOST else 0
        while len(self._buttons) < self._count:
            self._add(len(self._buttons))
        for button, name in zip(self._buttons, names[: self._count], strict=False):
            button.setText(name.replace("&", "&&"))
            with QSignalBlocker(button):
                button.setChecked(True)
        self._show()

    def set_shown(self, is_shown: bool) -> None:
        """Show the buttons, or leave the bar to others."""
        self._is_shown = is_shown
        self._show()

    @Slot()
    def colour(self) -> None:
        """Paint them in the colours of the theme."""
        shades = theme.class_colours(self._count, dark=theme.current().dark)
        for button, shade in zip(self._buttons, shades.tolist(), strict=False):
            button.setIcon(swatch(QColor(*shade), is_disc=True))

    def _add(self, label: int) -> None:
        button = QToolButton(autoRaise=True, checkable=True, checked=True, objectName=f"classKey{label}")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setToolTip(self.tr("Show this class, or leave it out"))
        button.toggled.connect(lambda is_on: self.toggled.emit(label, is_on))
        self._buttons.append(button)
        self._bar.addWidget(button)

    def _show(self) -> None:
        for number, button in enumerate(self._buttons):
            button.setVisible(self._is_shown and number < self._count)
        self.colour()
