"""The classes that maps show, in a line, to leave out or to see alone in all of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QToolButton, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.run_colours import swatch
from latentlab.ui.style.texts import plain
from latentlab.ui.widgets.boxes import row

_MOST = 12  # classes: more have no room in a line


class ClassKey(QWidget):
    """Shows classes in their colours; a click leaves one out, or takes it in again."""

    toggled = Signal(int, bool)
    """A class, and whether it is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("classKey")
        self._names: tuple[str, ...] = ()
        self._buttons: list[QToolButton] = []
        self._row = row(spacing=0, on=self)

    def set_classes(self, names: Sequence[str]) -> None:
        """Show these, all of them on; none where there are too many for a line."""
        shown = tuple(names) if len(names) <= _MOST else ()
        if shown == self._names:
            for button in self._buttons:
                with QSignalBlocker(button):
                    button.setChecked(True)
            return
        self._names = shown
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [self._button(label, name) for label, name in enumerate(shown)]
        self._colour()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_buttons"):
            self._colour()

    def _button(self, label: int, name: str) -> QToolButton:
        button = QToolButton(text=plain(name.replace("&", "&&")), autoRaise=True, checkable=True, checked=True)
        button.setObjectName(f"classKey{label}")
        button.setToolButtonStyle(button.toolButtonStyle().ToolButtonTextBesideIcon)
        button.setToolTip(self.tr("Show this class, or leave it out"))
        button.toggled.connect(lambda is_on: self.toggled.emit(label, is_on))
        self._row.addWidget(button)
        return button

    def _colour(self) -> None:
        shades = theme.class_colours(len(self._names), dark=theme.current().dark)
        for button, shade in zip(self._buttons, shades.tolist(), strict=True):
            button.setIcon(swatch(QColor(*shade), is_disc=True))
