"""A slider that goes where it is clicked, and a scale of names along it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QStyle, QStyleOptionSlider, QWidget

from latentlab.ui.style import theme

_TICK = 5


class Slider(QSlider):
    """A horizontal slider whose handle jumps to a click beside it, and can be dragged on from there."""

    def __init__(self, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(low, high)

    def handle(self) -> QRect:
        """Give where the handle lies."""
        return self._part(QStyle.SubControl.SC_SliderHandle)

    def x_of(self, value: int) -> int:
        """Give where the handle's centre lies for a value."""
        return self.xs_of([value])[0]

    def xs_of(self, values: Iterable[int]) -> list[int]:
        """Give where the handle's centre lies for each of some values; the style is asked once."""
        groove, handle = self._part(QStyle.SubControl.SC_SliderGroove), self.handle()
        low, high, span = self.minimum(), self.maximum(), groove.width() - handle.width()
        begin = groove.x() + handle.width() // 2
        return [begin + QStyle.sliderPositionFromValue(low, high, value, span) for value in values]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump to the click; the handle is then under the cursor, and Qt goes on as if it had been grabbed."""
        # Not by a style whose SH_Slider_AbsoluteSetButtons has the left button: with it the handle jumps under a press
        # on itself, too, where it is to be grabbed; 8 pixels beside its middle are 6 of 200 steps.
        position = event.position().toPoint()
        if event.button() == Qt.MouseButton.LeftButton and not self.handle().contains(position):
            groove, handle = self._part(QStyle.SubControl.SC_SliderGroove), self.handle()
            span = groove.width() - handle.width()
            along = position.x() - groove.x() - handle.width() // 2
            self.setValue(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), along, span))
            position = QPoint(position.x(), self.handle().center().y())
            if not self.handle().contains(position):
                position = self.handle().center()
            event = QMouseEvent(
                event.type(), position, event.globalPosition(), event.button(), event.buttons(), event.modifiers()
            )
        super().mousePressEvent(event)

    def _part(self, part: QStyle.SubControl) -> QRect:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)


class SliderScale(QWidget):
    """The names of some of a slider's values, below it; a click on a name asks for its value.

    Names that do not fit beside each other take turns on two lines; what does not fit then is left out,
    the name in force never.
    """

    picked = Signal(int)

    def __init__(self, slider: Slider, names: Mapping[int, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = slider
        self._names = dict(names)
        self._emphasised: int | None = None
        self._places: list[tuple[int, QRect]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        slider.installEventFilter(self)

    def set_names(self, names: Mapping[int, str]) -> None:
        """Name other values."""
        self._names = dict(names)
        self.updateGeometry()
        self._place()

    def emphasise(self, value: int | None) -> None:
        """Write the name of a value bold, whatever the slider says."""
        self._emphasised = value
        self._place()

    def sizeHint(self) -> QSize:
        """Take one line, or two where the names are long."""
        return QSize(80, _TICK + self._lines() * self._metrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the names anew."""
        super().resizeEvent(event)
        self.updateGeometry()
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        if event.type() == QEvent.Type.FontChange:
            self._place()
        super().changeEvent(event)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Follow the slider's size."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.EnabledChange):
            self._place()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the value whose name was clicked."""
        for value, place in self._places:
            if place.contains(event.position().toPoint()) and self._slider.isEnabled():
                self.picked.emit(value)
                return

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a tick for each value, and the names."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setPen(QColor(colours.muted))
        for x in self._xs():
            painter.drawLine(x, 0, x, _TICK - 2)
        for value, place in self._places:
            strong = value == self._emphasised and self._slider.isEnabled()
            font = self.font()
            font.setBold(strong)
            painter.setFont(font)
            painter.setPen(QColor(colours.foreground if strong else colours.muted))
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), self._names[value])
        painter.end()

    def _metrics(self) -> QFontMetrics:
        bold = self.font()
        bold.setBold(True)
        return QFontMetrics(bold)

    def _xs(self) -> list[int]:
        """Give where each value lies."""
        left = self.mapFromGlobal(self._slider.mapToGlobal(QPoint())).x()
        return [left + x for x in self._slider.xs_of(self._names)]

    def _natural(self) -> list[QRect]:
        """Give where each name would like to stand: on the first line, centred below its value, within the widget."""
        metrics, places = self._metrics(), []
        for x, name in zip(self._xs(), self._names.values(), strict=True):
            width = metrics.horizontalAdvance(name) + 6
            left = min(max(x - width // 2, 0), max(self.width() - width, 0))
            places.append(QRect(left, _TICK, width, metrics.height()))
        return places

    def _lines(self) -> int:
        return _lines_of(self._natural())

    def _place(self) -> None:
        places, height = self._natural(), self._metrics().height()
        lines = _lines_of(places)
        wanted = [
            (value, place.translated(0, number % lines * height))
            for number, (value, place) in enumerate(zip(self._names, places, strict=True))
        ]
        wanted.sort(key=lambda item: item[0] != self._emphasised)
        self._places = []
        for value, place in wanted:
            if not any(place.intersects(other) for _, other in self._places):
                self._places.append((value, place))
        self.update()


def _lines_of(places: list[QRect]) -> int:
    """Give on how many lines names take turns that would like to stand at places."""
    return 2 if any(a.intersects(b) for a, b in pairwise(places)) else 1
