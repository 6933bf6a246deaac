"""The legend of classes over a corner of the map, which hides and shows them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from latentlab.core.arrays import Integers
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture, paint_card
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import column

EDGE_GAP = 8  # pixels to the edges of the map
_SWATCH = 12
_PADDING = 6
_LONGEST_NAME = 150
_FEWEST = 3  # lines of classes, where there are as many
_MANY = 60  # classes: of more only some are listed, and found by their names


def around(size: QSize) -> tuple[float, float]:
    """Give what a card in a corner of the map takes with the gaps around it, in pixels; 0 for an empty one."""
    return (0.0, 0.0) if size.isEmpty() else (size.width() + 2.0 * EDGE_GAP, size.height() + 2.0 * EDGE_GAP)


class ClassButton(QCheckBox):
    """A class: its colour and name; a filled disc when it is shown, a ring when it is hidden."""

    isolated = Signal()

    def __init__(self, name: str, colour: QColor, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._colour = colour
        self._kept = KeptPicture()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_colour(self, colour: QColor) -> None:
        """Take another colour."""
        self._colour = colour
        self.update()

    def sizeHint(self) -> QSize:
        """Fit the swatch and the name."""
        metrics = self.fontMetrics()
        width = min(metrics.horizontalAdvance(self.text()), _LONGEST_NAME)
        return QSize(width + _SWATCH + 3 * _PADDING, metrics.height() + 4)

    def minimumSizeHint(self) -> QSize:
        """Never hide part of the name."""
        return self.sizeHint()

    def hitButton(self, pos: object) -> bool:
        """Take clicks anywhere, as everything here is the button."""
        return True

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Ask for this class alone."""
        # The release that follows is no click.
        self.setDown(False)
        if event.button() == Qt.MouseButton.LeftButton:
            self.isolated.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Take the release after a double click too."""
        super().mouseReleaseEvent(event)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter do what a double click does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.isolated.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture, which is kept: the map below is painted sixty times a second, and this with it."""
        named = (self._colour, self.text(), self.font().key(), theme.current())
        looks = (*named, self.isChecked(), self.underMouse(), self.hasFocus())
        painter = QPainter(self)
        self._kept.paint(painter, QRectF(self.rect()), looks, self._draw)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        """Draw the disc or ring, the name, and where the focus is."""
        colours = theme.current()
        painter.setFont(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.grid) if self.underMouse() else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 4, 4)
        disc = QRectF(_PADDING, (self.height() - _SWATCH) / 2, _SWATCH, _SWATCH)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colour)
            painter.drawEllipse(disc)
        else:
            painter.setPen(QPen(self._colour, 1.8))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(disc.adjusted(1, 1, -1, -1))
        painter.setPen(QColor(colours.foreground if self.isChecked() else colours.muted))
        place = self.rect().adjusted(_SWATCH + 2 * _PADDING, 0, -_PADDING, 0)
        name = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), name)


class Legend(QFrame):
    """Lists the classes in as many columns as its height asks for; scrolls when even those are too many."""

    toggled = Signal(int, bool)
    isolated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mapLegend")
        self.setAccessibleName(self.tr("Classes on the map"))
        self._buttons: dict[int, ClassButton] = {}  # by their classes, of which only some are listed where many are
        self._card = KeptPicture()
        self._names: tuple[str, ...] = ()
        self._counts: tuple[int, ...] = ()
        self._visible: set[int] = set()
        self._room = QSize()
        self._search = QLineEdit(clearButtonEnabled=True)
        self._search.setObjectName("legendSearch")
        self._search.setAccessibleName(self.tr("Search classes"))
        self._search.textChanged.connect(self._list)
        self._more = plain_label()
        self._more.setContentsMargins(_PADDING, 0, _PADDING, 2)
        self._content = QWidget()
        self._content.setAutoFillBackground(False)
        self._grid = QGridLayout(self._content)
        self._grid.setContentsMargins(2, 2, 2, 2)
        self._grid.setHorizontalSpacing(2)
        self._grid.setVerticalSpacing(0)
        self._area = QScrollArea()
        self._area.setWidget(self._content)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.viewport().setAutoFillBackground(False)
        column(self._search, self._area, self._more, margins=(2, 2, 2, 2), spacing=2, on=self)
        self.hide()

    def set_classes(self, names: tuple[str, ...], labels: Integers) -> None:
        """List these classes, with the number of points of each, whose labels are given: int64 (N,)."""
        labels = labels[(labels >= 0) & (labels < len(names))]
        counts = tuple(np.bincount(labels, minlength=len(names)).tolist())
        if (names, counts) == (self._names, self._counts):
            return
        is_anew = names != self._names
        self._names, self._counts = names, counts
        if is_anew:
            self._visible = set(range(len(names)))
            self._clear()
            with QSignalBlocker(self._search):
                self._search.clear()
            self._search.setPlaceholderText(self.tr("Search {n:,} classes").format(n=len(names)))
        self._list()

    def set_visible_classes(self, visible: set[int]) -> None:
        """Show which classes are shown."""
        self._visible = set(visible)
        for label, button in self._buttons.items():
            with QSignalBlocker(button):
                button.setChecked(label in visible)

    def button(self, label: int) -> ClassButton:
        """Give the button of a class that is listed."""
        return self._buttons[label]

    def fit(self, width: int, height: int) -> QSize:
        """Lay the buttons out within a width and height; give the size that this takes."""
        self._room = QSize(width, height)
        if not self._names:
            return QSize(0, 0)
        are_many = len(self._names) > _MANY
        around = sum(part.sizeHint().height() + 2 for part in (self._search, self._more)) if are_many else 0
        hints = [button.sizeHint() for button in self._buttons.values()]
        row = max((hint.height() for hint in hints), default=0)
        column = max((hint.width() for hint in hints), default=0)
        if are_many:
            column = max(column, _LONGEST_NAME + _SWATCH, self._more.sizeHint().width())
        frame = 2 * (2 + 2) + 2
        rows_that_fit = max((height - frame - around) // max(row, 1), 1)
        columns = 1 if are_many else -(-len(hints) // rows_that_fit)
        columns = min(columns, max((width - frame) // column, 1))
        rows = -(-len(hints) // columns)
        for index, button in enumerate(self._buttons.values()):
            self._grid.addWidget(button, index % rows, index // rows)
        scrolls = rows > rows_that_fit
        bar = self._area.verticalScrollBar().sizeHint().width() if scrolls else 0
        return QSize(columns * (column + 2) + frame + bar, min(rows * row + frame + around, height))

    def place(self, rect: QRect, height: int, *, is_wanted: bool = True) -> QSize:
        """Lie in the upper right corner of a rectangle of the parent's, within a height, if it is wanted.

        Give the size that it takes: nothing where it is not shown.
        """
        size = self.fit(rect.width() // 2, height)
        # In a map that is lower than a few lines of text it would be in the way of everything else.
        lines = min(_FEWEST, len(self._buttons)) * self.fontMetrics().lineSpacing()
        is_shown = is_wanted and not size.isEmpty() and size.height() >= lines
        self.setVisible(is_shown)
        if not is_shown:
            return QSize(0, 0)
        self.resize(size)
        self.move(rect.right() - size.width() - EDGE_GAP, rect.top() + EDGE_GAP)
        return size

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a card, so that names stay readable above points."""
        rect = QRectF(self.rect())
        painter = QPainter(self)
        self._card.paint(
            painter, rect, (theme.current(),), lambda pen: paint_card(pen, rect.adjusted(0.5, 0.5, -0.5, -0.5))
        )
        painter.end()

    def _list(self) -> None:
        """List all classes, or, of very many, those with the most points among the ones that are searched for."""
        names, typed = self._names, self._search.text().casefold().strip()
        are_many = len(names) > _MANY
        found = (
            [label for label, name in enumerate(names) if typed in name.casefold()] if are_many else range(len(names))
        )
        listed = sorted(sorted(found, key=lambda label: -self._counts[label])[:_MANY]) if are_many else list(found)
        self._search.setVisible(are_many)
        self._more.setVisible(are_many)
        self._more.setText(self.tr("and {n:,} more").format(n=len(found) - len(listed)))
        if listed != list(self._buttons):
            self._clear()
            self._buttons = {label: self._button(label) for label in listed}
            for before, button in pairwise((self._search, *self._buttons.values())):
                self.setTabOrder(before, button)  # made long after the rest of the window, they would come last
            self._colour()
        tip = self.tr("{name}: {count:,} points. Click to hide or show, double-click or Enter for this alone.")
        for label, button in self._buttons.items():
            button.setToolTip(plain(tip.format(name=names[label], count=self._counts[label])))
        if typed and not self._room.isEmpty():  # it stays as large as it was
            self.fit(self._room.width(), self._room.height())

    def _clear(self) -> None:
        for button in self._buttons.values():
            button.hide()
            self._grid.removeWidget(button)
            button.deleteLater()
        self._buttons = {}

    def _button(self, label: int) -> ClassButton:
        button = ClassButton(self._names[label], QColor(), self._content)
        button.setChecked(label in self._visible)
        button.toggled.connect(lambda shown: self.toggled.emit(label, shown))
        button.isolated.connect(lambda: self.isolated.emit(label))
        button.show()
        return button

    def _colour(self) -> None:
        palette = theme.class_colours(len(self._names), dark=theme.current().dark)
        for label, button in self._buttons.items():
            button.set_colour(QColor(*palette[label].tolist()))
