"""How Qt's own widgets are painted: Fusion, with edges that are seen in either theme, in sizes that follow the text.

A widget gets no style sheet of its own: Qt would hand it no new palette, and what it shows would stay in the theme that
it was made in. What differs from Fusion is painted here, in the colours of the moment.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QProxyStyle,
    QSlider,
    QStyle,
    QStyleOption,
    QStyleOptionComplex,
    QStyleOptionMenuItem,
    QStyleOptionSlider,
    QToolButton,
    QWidget,
)

from latentlab.ui.style import theme

Metric, Primitive, Complex = QStyle.PixelMetric, QStyle.PrimitiveElement, QStyle.ComplexControl
Control, State, Part = QStyle.ControlElement, QStyle.StateFlag, QStyle.SubControl

_ROUND = 4.0
_TEXT = 16  # pixels: the height of a line for which the sizes below are
_SIZES = {
    Metric.PM_IndicatorWidth: 16,
    Metric.PM_IndicatorHeight: 16,
    Metric.PM_ExclusiveIndicatorWidth: 16,
    Metric.PM_ExclusiveIndicatorHeight: 16,
    Metric.PM_SmallIconSize: 16,
    Metric.PM_ButtonIconSize: 16,
    Metric.PM_ListViewIconSize: 16,
    Metric.PM_TabBarIconSize: 16,
    Metric.PM_ToolBarIconSize: 20,
    Metric.PM_SliderThickness: 22,
    Metric.PM_SliderControlThickness: 18,
    Metric.PM_SliderLength: 18,
    Metric.PM_ScrollBarExtent: 14,
}
_GROOVE, _ARROW, _ASIDE = 6, 9, 5
_NOTHING = Qt.BrushStyle.NoBrush
# Within a box of side 1.
_TICK = ((0.24, 0.52), (0.43, 0.72), (0.77, 0.30))
_DASH = ((0.25, 0.5), (0.75, 0.5))


def scaled(pixels: float) -> int:
    """Give a length, in pixels for text of common size, for the text as it is."""
    return max(1, round(pixels * QFontMetrics(QApplication.font()).height() / _TEXT))


def paint_edge(painter: QPainter, widget: QWidget) -> None:
    """Draw an edge around a widget as buttons have it."""
    _box(painter, QRectF(widget.rect()), QPen(QColor(theme.current().edge), 1))


class Looks(QProxyStyle):
    """The style of the application."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def pixelMetric(self, metric: Metric, option: QStyleOption | None = None, widget: QWidget | None = None) -> int:
        """Give the sizes of boxes, icons and handles."""
        if size := _SIZES.get(metric):
            return scaled(size)
        if metric == Metric.PM_MenuButtonIndicator and _opens_at_once(widget):
            return 0  # its text or icon says so
        return super().pixelMetric(metric, option, widget)

    def drawPrimitive(
        self, element: Primitive, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        """Paint what has an edge."""
        rect = QRectF(option.rect)
        match element:
            case Primitive.PE_FrameLineEdit:
                _paint_edge(painter, rect, option, widget)
            case Primitive.PE_PanelButtonCommand:
                _paint_button(painter, rect, option, widget)
            case Primitive.PE_PanelButtonTool:
                _paint_tool_button(painter, rect, option)
            case Primitive.PE_IndicatorCheckBox:
                _paint_check_box(painter, rect, option)
            case Primitive.PE_IndicatorRadioButton:
                _paint_radio_button(painter, rect, option)
            case Primitive.PE_FrameFocusRect:
                _paint_focus(painter, rect)
            case Primitive.PE_PanelMenu | Primitive.PE_FrameMenu | Primitive.PE_Frame:
                super().drawPrimitive(element, option, painter, widget)
                can_be_used = element != Primitive.PE_Frame or _is_on(option)  # of menus it is not told
                _paint_frame(painter, option.rect, theme.current().edge if can_be_used else theme.current().grid)
            case Primitive.PE_IndicatorArrowDown if option.rect.isEmpty():
                return
            case _:
                super().drawPrimitive(element, option, painter, widget)

    def drawControl(
        self, element: Control, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        """Paint the lines that part what is in a menu, and what progress fills."""
        if element == Control.CE_MenuItem and isinstance(option, QStyleOptionMenuItem) and _parts(option):
            _paint_separator(painter, option)
            return
        if element == Control.CE_ProgressBarGroove:
            colours = theme.current()
            _box(painter, QRectF(option.rect), QPen(QColor(colours.edge), 1), QColor(colours.background))
            return
        super().drawControl(element, option, painter, widget)

    def drawComplexControl(
        self, control: Complex, option: QStyleOptionComplex, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        """Paint sliders; and the edges of fields that have buttons."""
        if control == Complex.CC_Slider and isinstance(option, QStyleOptionSlider) and _is_level(option):
            groove = self.subControlRect(control, option, Part.SC_SliderGroove, widget)
            handle = self.subControlRect(control, option, Part.SC_SliderHandle, widget)
            _paint_slider(painter, groove, handle, option)
            return
        if control == Complex.CC_ScrollBar:
            _paint_scroll_bar(painter, self.subControlRect(control, option, Part.SC_ScrollBarSlider, widget), option)
            return
        super().drawComplexControl(control, option, painter, widget)
        if control == Complex.CC_ComboBox:
            _paint_arrow(painter, self.subControlRect(control, option, Part.SC_ComboBoxArrow, widget), option)
        if control == Complex.CC_SpinBox or (control == Complex.CC_ComboBox and _is_edited(widget)):
            _paint_edge(painter, QRectF(option.rect), option, widget)


def _opens_at_once(widget: QWidget | None) -> bool:
    return isinstance(widget, QToolButton) and widget.popupMode() == QToolButton.ToolButtonPopupMode.InstantPopup


def _parts(option: QStyleOptionMenuItem) -> bool:
    return option.menuItemType == QStyleOptionMenuItem.MenuItemType.Separator and not option.text


def _is_edited(widget: QWidget | None) -> bool:
    return isinstance(widget, QComboBox) and widget.isEditable()


def _is_level(option: QStyleOptionSlider) -> bool:
    return option.orientation == Qt.Orientation.Horizontal and option.tickPosition == QSlider.TickPosition.NoTicks


def _has(option: QStyleOption, state: State) -> bool:
    return bool(option.state & state)


def _is_on(option: QStyleOption) -> bool:
    return _has(option, State.State_Enabled)


def _edge(option: QStyleOption) -> QPen:
    """Give the pen of an edge: faint where nothing can be done, the accent's where the keys go."""
    colours = theme.current()
    if not _is_on(option):
        return QPen(QColor(colours.grid), 1)
    if _has(option, State.State_HasFocus):
        return QPen(QColor(colours.accent), 2)
    return QPen(QColor(colours.foreground if _has(option, State.State_MouseOver) else colours.edge), 1)


def _box(
    painter: QPainter, rect: QRectF, pen: QPen, fill: QColor | Qt.BrushStyle = _NOTHING, round_by: float = _ROUND
) -> None:
    """Paint a box with round corners, of which the edge lies within the rectangle."""
    half = pen.widthF() / 2
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.setBrush(fill)
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), round_by - half, round_by - half)
    painter.restore()


def _paint_edge(painter: QPainter, rect: QRectF, option: QStyleOption, widget: QWidget | None) -> None:
    pen = _edge(option)
    if widget is not None and widget.property("isWrong"):
        pen = QPen(QColor(theme.current().warning), 2)
    _box(painter, rect, pen)


def _paint_button(painter: QPainter, rect: QRectF, option: QStyleOption, widget: QWidget | None) -> None:
    fill = option.palette.color(QPalette.ColorRole.Button)
    if _has(option, State.State_Sunken) or _has(option, State.State_On):
        fill = fill.darker(112) if fill.lightness() > 128 else fill.lighter(135)
    elif _has(option, State.State_MouseOver) and _is_on(option):
        fill = fill.darker(104) if fill.lightness() > 128 else fill.lighter(118)
    pen = _edge(option)
    if fill.hslSaturation() > 100 and _is_on(option):  # an accent has no edge but where the keys go
        pen = QPen(QColor(theme.current().foreground), 2) if _has(option, State.State_HasFocus) else QPen(fill, 1)
    _box(painter, rect, pen, fill)


def _paint_tool_button(painter: QPainter, rect: QRectF, option: QStyleOption) -> None:
    colours = theme.current()
    is_flat = _has(option, State.State_AutoRaise)
    fill = QColor(colours.raised)
    pen = _edge(option)
    if _has(option, State.State_On) and _is_on(option):
        fill = QColor(colours.chosen)
        pen = QPen(QColor(colours.accent), pen.widthF())
    elif _has(option, State.State_Sunken):
        fill = QColor(colours.grid)
    elif is_flat and not _has(option, State.State_MouseOver) and not _has(option, State.State_HasFocus):
        return
    _box(painter, rect, pen, fill)


def _paint_check_box(painter: QPainter, rect: QRectF, option: QStyleOption) -> None:
    colours = theme.current()
    is_set = not _has(option, State.State_Off)
    box = rect.adjusted(1, 1, -1, -1)
    if not is_set:
        pen = QPen(QColor(colours.foreground if _has(option, State.State_MouseOver) else colours.edge), 1)
        _box(painter, box, pen, QColor(colours.background), round_by=3)
        return
    fill = QColor(colours.accent if _is_on(option) else colours.edge)
    _box(painter, box, QPen(fill, 1), fill, round_by=3)
    side, corner = box.width(), box.topLeft()
    marks = _TICK if _has(option, State.State_On) else _DASH
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(_stroke(QColor(colours.on_accent), side / 7))
    painter.drawPolyline(QPolygonF([corner + QPointF(x * side, y * side) for x, y in marks]))
    painter.restore()


def _paint_radio_button(painter: QPainter, rect: QRectF, option: QStyleOption) -> None:
    colours = theme.current()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    circle = rect.adjusted(1.5, 1.5, -1.5, -1.5)
    is_set = _has(option, State.State_On)
    ink = QColor(colours.accent if is_set and _is_on(option) else colours.edge)
    painter.setPen(QPen(ink, 1.5))  # as dark as a straight line of 1
    painter.setBrush(QColor(colours.background))
    painter.drawEllipse(circle)
    if is_set:
        painter.setBrush(ink)
        inner = circle.width() / 4
        painter.drawEllipse(circle.adjusted(inner, inner, -inner, -inner))
    painter.restore()


def _paint_focus(painter: QPainter, rect: QRectF) -> None:
    _box(painter, rect, QPen(QColor(theme.current().accent), 1.5), round_by=3)


def _paint_frame(painter: QPainter, rect: QRect, colour: str) -> None:
    """Paint the edge of what lies on a ground of its own over Fusion's, which is black where it is dark."""
    painter.save()
    painter.setPen(QColor(colour))
    painter.setBrush(_NOTHING)
    painter.drawRect(rect.adjusted(0, 0, -1, -1))
    painter.restore()


def _paint_separator(painter: QPainter, option: QStyleOption) -> None:
    """Paint the line between entries of a menu, which Fusion makes as dark as a dark menu."""
    middle, aside = option.rect.center().y(), scaled(_ASIDE)
    painter.save()
    painter.setPen(QColor(theme.current().edge))
    painter.drawLine(option.rect.left() + aside, middle, option.rect.right() - aside, middle)
    painter.restore()


def _paint_slider(painter: QPainter, groove: QRect, handle: QRect, option: QStyleOptionSlider) -> None:
    colours = theme.current()
    on = _is_on(option)
    thick = scaled(_GROOVE)
    line = QRectF(groove.x(), QRectF(handle).center().y() - thick / 2, groove.width(), thick)
    knob = QRectF(handle)
    side = min(knob.width(), knob.height())
    knob = QRectF(knob.center().x() - side / 2, knob.center().y() - side / 2, side, side).adjusted(1, 1, -1, -1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.edge if on else colours.grid))
    painter.drawRoundedRect(line.adjusted(0, 1, 0, -1), thick / 2, thick / 2)
    if on:
        painter.setBrush(QColor(colours.accent))
        done = QRectF(line)
        if option.upsideDown:
            done.setLeft(knob.center().x())
        else:
            done.setRight(knob.center().x())
        painter.drawRoundedRect(done, thick / 2, thick / 2)
    held = on and (_has(option, State.State_MouseOver) or _has(option, State.State_HasFocus))
    painter.setBrush(QColor(colours.accent if held else colours.background))
    rim = colours.foreground if on and _has(option, State.State_HasFocus) else colours.accent if on else colours.edge
    painter.setPen(QPen(QColor(rim), max(2.0, side / 9)))
    painter.drawEllipse(knob.adjusted(1, 1, -1, -1))
    painter.restore()


def _paint_scroll_bar(painter: QPainter, handle: QRect, option: QStyleOption) -> None:
    """Paint the handle alone, rounded; where nothing is to be scrolled, nothing."""
    colours = theme.current()
    painter.save()
    painter.fillRect(option.rect, option.palette.color(QPalette.ColorRole.Window))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.muted if _has(option, State.State_MouseOver) else colours.edge))
    if _is_on(option) and handle.size() != option.rect.size():
        thin = min(handle.width(), handle.height()) / 4
        place = QRectF(handle).adjusted(thin, thin, -thin, -thin)
        painter.drawRoundedRect(place, thin, thin)
    painter.restore()


def _paint_arrow(painter: QPainter, room: QRect, option: QStyleOption) -> None:
    """Paint the arrow of a box of choices over Fusion's, which does not grow."""
    colours, half = theme.current(), scaled(_ARROW) / 2
    centre = QRectF(room).center()
    ink = QColor(colours.foreground if _is_on(option) else colours.edge)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    corners = (QPointF(-half, -half / 2), QPointF(half, -half / 2), QPointF(0, half / 2))
    painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))
    painter.restore()


def _stroke(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def mark_wrong(field: QWidget, is_wrong: bool) -> None:
    """Frame a field in the colour of warnings, or as any other."""
    if bool(field.property("isWrong")) != is_wrong:
        field.setProperty("isWrong", is_wrong)
        field.update()
