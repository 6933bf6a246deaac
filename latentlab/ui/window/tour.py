"""The tour of the window: a bubble beside one control after the other, which can be used meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QPushButton, QTabWidget, QToolButton, QWidget
from shiboken6 import Shiboken

from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.shared_column import SharedColumn

_WIDTH = 42  # average letters
_ARROW = 10  # pixels that its tip stands out
_APART = 6  # pixels between the tip and the control
_EDGE = 8  # pixels to the edge of the window, at least
_WATCHED = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)


@dataclass(frozen=True, slots=True)
class Step:
    """What is said beside a control, which is found by its object name."""

    name: str
    title: str
    text: str


class Tour(QWidget):
    """The bubble. A control that is not to be seen is left out.

    Parameters
    ----------
    window : QWidget
        That it leads through.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self.hide()
        self._window = window
        self._steps = self._make_steps()
        self._step = 0
        self._watched: list[QWidget] = []
        self._before: QWidget | None = None
        self._tip = QPoint()
        self._ring = _Ring(window)
        self._title = plain_label(objectName="tourTitle")
        self._text = plain_label(objectName="tourText", wordWrap=True)
        more = self.tr("The rest lies around the map: train or open a model, and the tour goes on.")
        self._more = plain_label(more, objectName="tourMore", wordWrap=True)
        self._count = plain_label(objectName="tourCount")
        self._back = QPushButton(self.tr("Back"), objectName="tourBack")
        self._back.clicked.connect(self.go_back)
        self._next = QPushButton(objectName="tourNext")
        self._next.setDefault(True)
        self._next.clicked.connect(self.go_on)
        self._close = QToolButton(text="✕", autoRaise=True, objectName="tourClose")
        self._close.setAccessibleName(self.tr("Close the tour"))
        self._close.setToolTip(self.tr("Close the tour (Esc)"))
        self._close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._close.clicked.connect(self.end)
        for button in (self._back, self._next, self._close):
            button.installEventFilter(self)
        head = row((self._title, 1), self._close)
        steps = row(self._count, STRETCH, self._back, self._next, spacing=6)
        around = (_ARROW + 14, _ARROW + 8, _ARROW + 14, _ARROW + 12)
        column(head, self._text, self._more, 4, steps, margins=around, spacing=4, on=self)

    def begin(self) -> None:
        """Show the first step that there is."""
        self._before = QApplication.focusWidget()
        self._step = -1
        self.go_on()
        if self.isVisible():
            self._next.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def go_on(self) -> None:
        """Show the next step; after the last one it ends."""
        self._show(next((place for place in self._places() if place > self._step), None))

    @Slot()
    def go_back(self) -> None:
        """Show the step before, if there is one."""
        before = [place for place in self._places() if place < self._step]
        if before:
            self._show(before[-1])

    @Slot()
    def end(self) -> None:
        """Say no more, and have the focus where it was."""
        had_focus = self.isAncestorOf(QApplication.focusWidget() or self._window)
        self._watch(None)
        self._ring.hide()
        self.hide()
        if self._before is not None and Shiboken.isValid(self._before) and had_focus:
            self._before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._before = None

    def pointed_at(self) -> QWidget | None:
        """Give the control that it points at."""
        return self._control(self._steps[self._step]) if self.isVisible() else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow what it points at, and take the keys that lead on and back."""
        if event.type() in _WATCHED and watched in self._watched:
            QTimer.singleShot(0, self, self._follow)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(event)
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the keys that lead on and back."""
        if not self._press(event):
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme and the size of text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.isVisible():
            QTimer.singleShot(0, self, self._follow)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bubble, with a tip towards the control."""
        colours = theme.current()
        shape = QPainterPath()
        body = QRectF(self.rect()).adjusted(_ARROW, _ARROW, -_ARROW, -_ARROW)
        shape.addRoundedRect(body, 8, 8)
        shape = shape.united(_arrow(body, QPointF(self._tip)))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.accent), 1.5))
        painter.setBrush(QColor(colours.surface))
        painter.drawPath(shape)
        painter.end()

    def _make_steps(self) -> tuple[Step, ...]:
        return (
            Step(
                "trainButton",
                self.tr("Train a model"),
                self.tr("It learns the images that are chosen, and a map of them forms while it does."),
            ),
            Step(
                "latentCanvas",
                self.tr("The map"),
                self.tr("Each point is an image, where the encoder puts it. Click anywhere to decode a place."),
            ),
            Step(
                "decodedImage",
                self.tr("The decoded image"),
                self.tr("What the decoder makes of the place. Temperature says how far samples stray from it."),
            ),
            Step(
                "sketchPad",
                self.tr("Your own drawing"),
                self.tr("Draw, and see at every stroke where the encoder puts it, and what is rebuilt of it."),
            ),
            Step(
                "viewTabs",
                self.tr("Other ways to look"),
                self.tr("The plane as a grid, a slider for each dimension, samples, two models side by side."),
            ),
        )  # fmt: skip

    def _control(self, step: Step) -> QWidget | None:
        found = self._window.findChild(QWidget, step.name)
        return found.tabBar() if isinstance(found, QTabWidget) else found

    def _seen(self, step: Step) -> QRect:
        """Give where in the window a control is seen: of one that is scrolled or folded away nothing is."""
        control = self._control(step)
        control = _column_of(control) or control  # it is there as soon as it is its turn
        if control is None or not control.isVisible():
            return QRect()
        seen, widget = control.rect(), control
        while widget is not self._window:
            seen, widget = seen.translated(widget.pos()), widget.parentWidget()
            seen = seen.intersected(widget.rect())
        return seen

    def _places(self) -> list[int]:
        return [place for place, step in enumerate(self._steps) if not self._seen(step).isEmpty()]

    def _show(self, place: int | None) -> None:
        if place is None:
            self.end()
            return
        self._step = place
        step, places = self._steps[place], self._places()
        control = self._control(step)
        if control is not None and (waits_in := _column_of(control)) is not None:
            waits_in.turn_to(control)
        self._watch(control)
        is_last = place == places[-1]
        self._title.setText(step.title)
        self._text.setText(step.text)
        self._more.setVisible(is_last and len(places) < len(self._steps))
        self._count.setText(self.tr("{n} of {all}").format(n=places.index(place) + 1, all=len(places)))
        self._back.setEnabled(place != places[0])
        self._next.setText(self.tr("Done") if is_last else self.tr("Next"))
        self.setAccessibleName(step.title)
        for button in (self._next, self._back):  # where the focus is, it is read aloud
            button.setAccessibleDescription(f"{step.title}. {step.text}")
        self._dress()
        self._place()
        self.show()
        self.raise_()

    def _watch(self, control: QWidget | None) -> None:
        """Hear when a control, or whatever holds it, moves, grows or goes, and when one of the others appears."""
        for widget in filter(Shiboken.isValid, self._watched):
            widget.removeEventFilter(self)
        self._watched = []
        if control is None:
            return
        while control is not self._window:
            self._watched.append(control)
            control = control.parentWidget()
        others = filter(None, map(self._control, self._steps))
        self._watched += [self._window, *(other for other in others if other not in self._watched)]
        for widget in self._watched:
            widget.installEventFilter(self)

    @Slot()
    def _follow(self) -> None:
        if not self.isVisible():
            return
        # Where it was folded away: the next one there is, or else the one before.
        self._show(min(self._places(), key=lambda place: (place < self._step, abs(place - self._step)), default=None))

    def _place(self) -> None:
        """Lie beside the control, where there is room; on it, where it takes up all there is."""
        target = self._seen(self._steps[self._step])
        self._ring.surround(target)
        width = min(self.fontMetrics().averageCharWidth() * _WIDTH + 2 * _ARROW, self._window.width() - 2 * _EDGE)
        self.setFixedWidth(width)
        self.layout().activate()
        size = QSize(width, self.layout().totalHeightForWidth(width))
        room = self._window.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        rect = _beside(target, size, room)
        self.setGeometry(rect)
        inside = target.adjusted(4, 4, -4, -4) if target.width() > 8 and target.height() > 8 else target
        nearest = QPoint(
            min(max(rect.center().x(), inside.left()), inside.right()),
            min(max(rect.center().y(), inside.top()), inside.bottom()),
        )
        self._tip = nearest - rect.topLeft()
        self.update()

    def _dress(self) -> None:
        font = self.font()
        font.setBold(True)
        self._title.setFont(font)

    def _press(self, event: QKeyEvent) -> bool:
        does = {
            Qt.Key.Key_Escape: self.end,
            Qt.Key.Key_Right: self.go_on,
            Qt.Key.Key_Left: self.go_back,
        }.get(Qt.Key(event.key()))
        if does is not None:
            does()
        return does is not None


class _Ring(QWidget):
    """A line around a control, through which one uses it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def surround(self, target: QRect) -> None:
        self.setGeometry(target.adjusted(-4, -4, 4, 4))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().accent), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()


def _column_of(control: QWidget | None) -> SharedColumn | None:
    """Give the column in which a control waits for its turn, if nothing else hides it."""
    if control is None or control.isVisible():
        return None
    part, holder = control, control.parentWidget()
    while holder is not None and not isinstance(holder, SharedColumn):
        if control.isVisibleTo(holder):
            part = holder
        holder = holder.parentWidget()
    return holder if holder is not None and holder.has(part) else None


def _beside(target: QRect, size: QSize, room: QRect) -> QRect:
    """Give the place of a bubble: right of a control, left of it, below it, above it, or on it."""
    middle = target.center() - QPoint(size.width() // 2, size.height() // 2)
    places = (
        QPoint(target.right() + _APART, middle.y()),
        QPoint(target.left() - _APART - size.width(), middle.y()),
        QPoint(middle.x(), target.bottom() + _APART),
        QPoint(middle.x(), target.top() - _APART - size.height()),
        QPoint(middle.x(), target.top() + 2 * _APART),
    )
    for place in places:
        rect = _moved_into(QRect(place, size), room)
        if not rect.intersects(target):
            return rect
    return rect


def _moved_into(rect: QRect, room: QRect) -> QRect:
    left = max(room.left(), min(rect.left(), room.right() - rect.width()))
    top = max(room.top(), min(rect.top(), room.bottom() - rect.height()))
    return QRect(QPoint(left, top), rect.size())


def _arrow(body: QRectF, tip: QPointF) -> QPainterPath:
    """Give the triangle between a bubble and a tip beside it; none where the tip is on it."""
    path = QPainterPath()
    if body.contains(tip):
        return path
    x = min(max(tip.x(), body.left() + 16), body.right() - 16)
    y = min(max(tip.y(), body.top() + 16), body.bottom() - 16)
    beside = tip.x() < body.left() or tip.x() > body.right()
    if beside:
        root = QPointF(body.left() if tip.x() < body.left() else body.right(), y)
        along, out = QPointF(0, 8), QPointF(-_ARROW if tip.x() < body.left() else _ARROW, 0)
    else:
        root = QPointF(x, body.top() if tip.y() < body.top() else body.bottom())
        along, out = QPointF(8, 0), QPointF(0, -_ARROW if tip.y() < body.top() else _ARROW)
    path.moveTo(root + along)
    path.lineTo(root + out)
    path.lineTo(root - along)
    path.closeSubpath()
    return path
