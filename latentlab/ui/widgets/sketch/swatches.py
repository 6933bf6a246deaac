"""A row of colours to paint in, one of which is taken up by a click or the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.widgets.boxes import STRETCH, row

_LOW, _WIDEST = 20, 40  # height of a swatch, and its largest width
translate = QCoreApplication.translate


class Swatches(QWidget):
    """Offers a few colours that differ for every eye; the first one is taken up."""

    chosen = Signal(QColor)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons = QButtonGroup(self)  # in which the arrow keys lead from one to the next
        swatches = [_Swatch(name, QColor(colour)) for name, colour in _colours()]
        for swatch in swatches:
            self._buttons.addButton(swatch)
        row(*((swatch, 1000) for swatch in swatches), STRETCH, spacing=4, on=self)
        self._buttons.buttons()[0].setChecked(True)
        self._buttons.buttonToggled.connect(self._choose)

    def colour(self) -> QColor:
        """Give the colour that is taken up."""
        swatch = self._buttons.checkedButton()
        assert isinstance(swatch, _Swatch)
        return swatch.colour

    def _choose(self, swatch: QAbstractButton, is_chosen: bool) -> None:
        if is_chosen:
            self.chosen.emit(self.colour())


class _Swatch(QAbstractButton):
    """One colour; framed while it is taken up."""

    def __init__(self, name: str, colour: QColor) -> None:
        super().__init__()
        self.colour = colour
        self.setCheckable(True)
        self.setToolTip(translate("Swatches", "Paint in {colour}").format(colour=name))
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_LOW)
        self.setMinimumWidth(_LOW // 2)
        self.setMaximumWidth(_WIDEST)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the colour and its frame: the accent's where it is taken up, dotted where the keys are."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = self.rect().adjusted(2, 2, -2, -2)
        painter.setBrush(self.colour)
        painter.setPen(QPen(QColor(colours.accent), 3) if self.isChecked() else QPen(QColor(colours.edge), 1))
        painter.drawRoundedRect(place, 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.foreground), 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 5, 5)
        painter.end()


def _colours() -> tuple[tuple[str, str], ...]:
    return (
        (translate("Swatches", "black"), "#000000"),
        (translate("Swatches", "white"), "#ffffff"),
        (translate("Swatches", "grey"), "#808080"),
        (translate("Swatches", "red"), "#d62728"),
        (translate("Swatches", "orange"), "#ff8c1a"),
        (translate("Swatches", "yellow"), "#f4d03f"),
        (translate("Swatches", "green"), "#2e8b3d"),
        (translate("Swatches", "blue"), "#1f5fbf"),
        (translate("Swatches", "brown"), "#7a4a21"),
    )
