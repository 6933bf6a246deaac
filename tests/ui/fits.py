"""Finds text that does not fit where it stands, and a language whose words are long."""

import re
from collections.abc import Iterator

from PySide6.QtCore import QRect, Qt, QTranslator
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionSpinBox,
    QTabBar,
    QToolButton,
    QWidget,
)

from latentlab.ui.canvas.cards.card_button import button_size
from latentlab.ui.canvas.cards.colour_box import ColourBox

_LONGER = 0.4
_MORE = "ôüéàñ "
_GAP = 5  # pixels between words of two labels, at least
# What is filled in, and what is not text.
_NO_LETTERS = re.compile(r"\{[^}]*\}|<[^>]*>|&\w+;|&")


class LongWords(QTranslator):
    """Translates every text into one that is 40 % longer, with accents; what is in braces, & and HTML stay."""

    def translate(self, context, source, disambiguation=None, n=-1):
        letters = _NO_LETTERS.sub("", source).strip()
        wanted = round(_LONGER * len(letters))
        if not letters or not any(letter.isalpha() for letter in letters):
            return source
        more = (_MORE * (wanted // len(_MORE) + 1))[:wanted].strip()
        return f"{source} {more}" if " " in letters and len(more) > 3 else source + more


def misfits(window: QWidget) -> Iterator[str]:
    """Say of each part of a window that can be seen what of it does not fit."""
    for widget in window.findChildren(QWidget):
        if widget.isVisibleTo(window) and widget.window() is window and not _is_left_out(widget):
            for said in (_cut(widget), _outside(widget), *_overlaps(widget)):
                if said:
                    yield f"{_name(widget)}: {said}"


def _is_left_out(widget: QWidget) -> bool:
    """Whether it, or what holds it, has given up its place altogether: it can be done without."""
    while widget is not None and not widget.isWindow():
        if widget.width() == widget.height() == 0:
            return True
        widget = widget.parentWidget()
    return False


def _cut(widget: QWidget) -> str:
    needed = None
    match widget:
        case QScrollArea() if widget.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            wide, room = widget.widget().width(), widget.viewport().width()
            return f"what it holds takes {wide}, of {room}" if wide > room else ""
        case QLabel() if widget.text() and widget.sizePolicy().horizontalPolicy() != QSizePolicy.Policy.Ignored:
            if widget.wordWrap():
                high = widget.heightForWidth(widget.width())
                return f"{widget.text()!r} is {high} high, of {widget.height()}" if high > widget.height() + 1 else ""
            needed = widget.sizeHint()
        case QToolButton() if not widget.text() and widget.icon().isNull():
            return ""  # an arrow of Qt's
        case QAbstractButton() if widget.property("mayShorten"):
            return ""
        case QAbstractButton() if widget.sizePolicy().horizontalPolicy() != QSizePolicy.Policy.Ignored:
            needed = widget.minimumSizeHint()
            needed = needed if needed.isValid() and widget.minimumSize().isNull() else widget.sizeHint()
        case QTabBar():
            seen = {widget.tabText(i): widget.tabRect(i) for i in range(widget.count()) if widget.isTabVisible(i)}
            wide = widget.fontMetrics().horizontalAdvance
            short = [text for text, place in seen.items() if place.width() < wide(text.replace("&", ""))]
            if not any(arrow.isVisible() for arrow in widget.findChildren(QToolButton)):  # by which others are reached
                short += [text for text, place in seen.items() if not widget.rect().contains(place)]
            return f"tabs {short}" if short else ""
        case ColourBox():
            needed = button_size(widget.fontMetrics(), widget.words(), opens=True)
        case QComboBox() if not widget.isEditable() and not widget.property("mayShorten"):
            room = _field(widget, QStyle.ComplexControl.CC_ComboBox, QStyleOptionComboBox(), "SC_ComboBoxEditField")
            wide = widget.fontMetrics().horizontalAdvance(widget.currentText())
            if wide > room.width() + 1 or widget.fontMetrics().height() > room.height() + 2:
                return f"{widget.currentText()!r} takes {wide}, of {room.size().toTuple()}"
        case QAbstractSpinBox():
            room = _field(widget, QStyle.ComplexControl.CC_SpinBox, QStyleOptionSpinBox(), "SC_SpinBoxEditField")
            wide = widget.fontMetrics().horizontalAdvance(widget.text())
            if wide > room.width() + 1 or widget.fontMetrics().height() > room.height() + 2:
                return f"{widget.text()!r} takes {wide}, of {room.size().toTuple()}"
        case QLineEdit() if widget.placeholderText() and not widget.text():
            wide = widget.fontMetrics().horizontalAdvance(widget.placeholderText())
            if wide > widget.width():
                return f"{widget.placeholderText()!r} takes {wide}, of {widget.width()}"
    if needed is not None and (needed.width() > widget.width() + 1 or needed.height() > widget.height() + 2):
        return f"{_words(widget)!r} needs {needed.toTuple()}, has {widget.size().toTuple()}"
    return ""


def _words(widget: QWidget) -> str:
    return widget.words() if isinstance(widget, ColourBox) else widget.text()


def _field(widget, control, option, part):
    widget.initStyleOption(option)
    return widget.style().subControlRect(control, option, getattr(QStyle.SubControl, part), widget)


def _outside(widget: QWidget) -> str:
    """Say whether a part with words is cut off by what holds it; what is scrolled is reached."""
    parent = widget.parentWidget()
    if not isinstance(widget, QLabel | QAbstractButton | QAbstractSpinBox | QComboBox | QLineEdit):
        return ""
    if parent is None or widget.isWindow() or isinstance(parent.parentWidget(), QAbstractScrollArea | QTabBar):
        return ""
    if isinstance(parent, QTabBar | QAbstractScrollArea | QLineEdit | QAbstractSpinBox | QComboBox):
        return ""
    if widget.size().isEmpty():
        return ""
    if not parent.rect().adjusted(-1, -1, 1, 1).contains(widget.geometry()):
        return f"at {widget.geometry().getRect()} outside {_name(parent)} of {parent.size().toTuple()}"
    return ""


def _overlaps(widget: QWidget) -> Iterator[str]:
    """Name the parts of a layout that lie over each other."""
    layout = widget.layout()
    if not isinstance(layout, QLayout):
        return
    inside = [part for part in _widgets(layout) if part.isVisible() and not part.size().isEmpty()]
    for place, one in enumerate(inside):
        for other in inside[:place]:
            if one.geometry().adjusted(1, 1, -1, -1).intersects(other.geometry().adjusted(1, 1, -1, -1)):
                yield f"{_name(one)} lies over {_name(other)}"
    said = [(label, _words_at(label)) for label in inside if isinstance(label, QLabel) and label.text().strip()]
    for place, (one, words) in enumerate(said):
        for other, others in said[:place]:
            are_beside = one.x() > other.geometry().right() or other.x() > one.geometry().right()
            if are_beside and words.intersects(others.adjusted(-_GAP, 0, _GAP, 0)):
                yield f"{one.text()!r} and {other.text()!r} are read as one"


def _words_at(label: QLabel) -> QRect:
    """Give where the words of a label lie."""
    inside = label.contentsRect().adjusted(*(label.margin() * sign for sign in (1, 1, -1, -1)))
    flags = label.alignment() | (Qt.TextFlag.TextWordWrap if label.wordWrap() else Qt.AlignmentFlag(0))
    words = label.fontMetrics().boundingRect(inside, int(flags), label.text())
    return words.translated(label.pos())


def _widgets(layout: QLayout) -> list[QWidget]:
    """Give what a layout holds; of pages that lie on each other none."""
    if isinstance(layout, QStackedLayout):
        return []
    found = []
    for index in range(layout.count()):
        item = layout.itemAt(index)
        if item.widget() is not None:
            found.append(item.widget())
        elif isinstance(item.layout(), QLayout):
            found += _widgets(item.layout())
    return found


def _name(widget: QWidget) -> str:
    names = [f"{type(widget).__name__} {widget.objectName()}".strip()]
    while (widget := widget.parentWidget()) is not None and len(names) < 3:
        if widget.objectName() or type(widget).__module__.startswith("latentlab"):
            names.append(widget.objectName() or type(widget).__name__)
    return " in ".join(names)
