"""The card on which the axes of the map are chosen: a box for each, found by typing."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRectF, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QFrame, QGridLayout, QWidget

from latentlab.core.arrays import Integers
from latentlab.core.map.axes import (
    MOST_COMPONENTS,
    Axis,
    BetweenClasses,
    BetweenImages,
    Component,
    Dimension,
    PlaneAxes,
    axis_name,
    image_name,
)
from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.dimension_use import DimensionUse
from latentlab.ui.style import theme
from latentlab.ui.style.paint import paint_card
from latentlab.ui.style.texts import plain_label, rich_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import STRETCH, row
from latentlab.ui.widgets.forms.search_box import SearchBox
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard

_MARGIN = 8
_NARROW, _WIDEST = 420, 640  # pixels
_THROUGH = 3  # selected images that an axis is offered through: A → B and A → C span the plane of three


class AxesCard(QFrame):
    """Lies over the map, shows the axes in force and asks for others; it is closed by Esc or its button.

    Parameters
    ----------
    panel : QWidget
        Over which it lies.
    """

    chosen = Signal(object)
    """Show these axes: a PlaneAxes."""
    opened = Signal()

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        self.setObjectName("axesCard")
        self.setAccessibleName(self.tr("Axes of the map"))
        self._facts: ModelFacts | None = None
        self._use: DimensionUse | None = None
        self._rows: Integers = np.empty(0, np.int64)
        self._axes = PlaneAxes()
        close = bar_button("✕", self.tr("Close this (Esc)"), "axesCloseButton")
        close.setAccessibleName(self.tr("Close"))
        close.clicked.connect(self.close)
        self._x, self._y = _AxisRow("x", "axesX", self), _AxisRow("y", "axesY", self)
        self._swap = bar_button("⇄", self.tr("Exchange x and y"), "axesSwapButton")
        self._swap.setAccessibleName(self.tr("Swap"))
        self._swap.clicked.connect(self._exchange)
        self._reset = bar_button(
            self.tr("As before"),
            self.tr("The map's own axes: z₁ and z₂, or the first two principal components of a larger code"),
            "axesResetButton",
        )
        self._reset.clicked.connect(lambda: self.chosen.emit(PlaneAxes()))
        self._problem = rich_label(wordWrap=True, objectName="axesProblem")
        self._problem.setForegroundRole(theme.WARNING)
        self._problem.hide()
        top = Qt.AlignmentFlag.AlignTop
        buttons = row((self._swap, 0, top), (self._reset, 0, top), STRETCH, spacing=2)
        for axis in (self._x, self._y):
            axis.chosen.connect(self._choose)
        self._line = row((self._x.layout, 1), (self._y.layout, 1), buttons, spacing=8)
        layout = QGridLayout(self)
        layout.setContentsMargins(10, 6, 6, 6)
        layout.setColumnStretch(0, 1)
        layout.addLayout(self._line, 0, 0)
        layout.addWidget(close, 0, 1, top)
        layout.addWidget(self._problem, 1, 0, 1, 2)
        self.hide()
        panel.installEventFilter(self)

    def set_model(self, facts: ModelFacts | None) -> None:
        """Offer what fits another kind of model; without one, close."""
        if facts != self._facts:
            self._facts, self._use = facts, None
            self._list()
        if facts is None:
            self.close()

    def set_use(self, use: DimensionUse) -> None:
        """Order the dimensions by how much each tells."""
        self._use = use
        self._list()

    def set_selected(self, rows: Integers) -> None:
        """Offer directions through the first of these images: int64 (K,), A first."""
        self._rows = rows
        if self.isVisible():
            self._list()

    def set_axes(self, axes: PlaneAxes) -> None:
        """Show which axes are in force."""
        self._axes = axes
        self._problem.hide()
        self._list()

    def show_problem(self, sentence: str) -> None:
        """Say why the axes that were chosen cannot be; those in force stay."""
        self._list()
        self._problem.setText(escape(sentence))
        self._problem.show()
        self._place()

    @Slot()
    def toggle(self) -> None:
        """Open, or close."""
        if self.isVisible():
            self.close()
        elif self._facts is not None:
            self._problem.hide()
            self._list()
            self.show()
            self._place()
            self.raise_()
            self._x.box.setFocus(Qt.FocusReason.PopupFocusReason)
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # taken by the boxes; nothing of the map's
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay on the panel as it changes its size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def hideEvent(self, event: QEvent) -> None:
        """Give the keyboard back to the map."""
        super().hideEvent(event)
        if self.parentWidget().isVisible() and self.isAncestorOf(self.window().focusWidget() or self.window()):
            self.parentWidget().canvas.setFocus(Qt.FocusReason.PopupFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a card."""
        painter = QPainter(self)
        paint_card(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _place(self) -> None:
        """Lie along the lower edge of the map, above the names of the axes, which tell what is chosen."""
        canvas = self.parentWidget().canvas
        left, bottom = canvas.axes["left"].width(), canvas.axes["bottom"].height()
        width = min(canvas.width() - round(left) - 2 * _MARGIN, _WIDEST)
        is_narrow = width < _NARROW
        self._line.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)
        self._line.activate()
        self.layout().activate()
        height = (
            self.layout().totalHeightForWidth(width) if self.layout().hasHeightForWidth() else self.sizeHint().height()
        )
        corner = canvas.mapTo(self.parentWidget(), canvas.rect().bottomLeft())
        top = corner.y() - round(bottom) - height - _MARGIN
        self.setGeometry(
            corner.x() + round(left) + _MARGIN, max(0, top), max(width, self.minimumSizeHint().width()), height
        )

    def _list(self) -> None:
        if self._facts is None:
            return
        x, y = self._axes.pair(self._facts.latent)
        offers = self._offers()
        self._x.show_axes(offers, x, self._facts.class_names)
        self._y.show_axes(offers, y, self._facts.class_names)
        self._swap.setEnabled(y is not None)
        self._reset.setEnabled(self._axes != PlaneAxes())
        if self.isVisible():
            self._place()

    def _offers(self) -> list[tuple[str, Axis | None]]:
        """Give texts and axes in groups, an empty text between two."""
        assert self._facts is not None
        latent, classes = self._facts.latent, self._facts.class_names
        images: list[Axis] = []
        if len(self._rows) > 1:
            for place in range(1, min(len(self._rows), _THROUGH)):
                first, other = int(self._rows[0]), int(self._rows[place])
                images.append(
                    BetweenImages(first, other, (image_name(first, self._rows), image_name(other, self._rows)))
                )
        between = [BetweenClasses(0, 1)] if len(classes) > 1 else []
        components = [Component(index) for index in range(min(latent, MOST_COMPONENTS))]
        groups = (
            [(axis_name(axis, classes), axis) for axis in images],
            [(self.tr("class → class"), axis) for axis in between],
            [(axis_name(axis, classes), axis) for axis in components],
            [self._told(index) for index in (range(latent) if self._use is None else self._use.order.tolist())],
        )
        offers: list[tuple[str, Axis | None]] = []
        for group in groups:
            if group:
                offers += [("", None), *group] if offers else group
        return offers

    def _told(self, index: int) -> tuple[str, Axis]:
        axis, use = Dimension(index), self._use
        name = axis_name(axis, ())
        if use is None:
            return name, axis
        if not use.used[index]:
            return self.tr("{name} · unused").format(name=name), axis
        text = self.tr("{name} · {amount:.1f} nats") if use.is_kl else self.tr("{name} · variance {amount:.3g}")
        return text.format(name=name, amount=float(use.amounts[index])), axis

    @Slot(object)
    def _choose(self, axis: Axis) -> None:
        assert self._facts is not None
        x, y = self._axes.pair(self._facts.latent)
        other = {self._x: y, self._y: x}[self.sender()]
        # What the other axis already is is exchanged, not shown twice.
        pair = (y, x) if axis == other else (axis, y) if self.sender() is self._x else (x, axis)
        self._problem.hide()
        self.chosen.emit(PlaneAxes(*pair))

    @Slot()
    def _exchange(self) -> None:
        assert self._facts is not None
        x, y = self._axes.pair(self._facts.latent)
        self.chosen.emit(PlaneAxes(y, x))


class _AxisRow(QObject):
    """The boxes of one axis: what it is, and between which classes."""

    chosen = Signal(object)

    def __init__(self, letter: str, name: str, card: QWidget) -> None:
        super().__init__(card)
        name_label = rich_label(f"<b>{letter}</b>")
        self.box = SearchBox()
        self.box.setObjectName(f"{name}Box")
        self.box.setAccessibleName(self.tr("{axis} axis").format(axis=letter))
        self.box.setToolTip(self.tr("Choose from the list, or type: z7, PC 3, A->B"))
        self.box.taken.connect(self._take)
        WheelGuard(self.box)
        self._classes = QWidget()
        self._from, self._to = QComboBox(), QComboBox()
        for each, part, text in (
            (self._from, "From", self.tr("From this class")),
            (self._to, "To", self.tr("To this class")),
        ):
            each.setObjectName(f"{name}{part}Box")
            each.setAccessibleName(text)
            each.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            each.setMinimumContentsLength(1)
            each.activated.connect(self._take_classes)
            WheelGuard(each)
        row((self._from, 1), plain_label("→"), (self._to, 1), spacing=4, on=self._classes)
        self.layout = QGridLayout()
        self.layout.addWidget(name_label, 0, 0)
        self.layout.addWidget(self.box, 0, 1)
        self.layout.addWidget(self._classes, 1, 1)
        self.layout.setColumnStretch(1, 1)
        self.layout.setRowStretch(2, 1)
        self._offers: list[tuple[str, Axis | None]] = []

    def show_axes(
        self, offers: list[tuple[str, Axis | None]], current: Axis | None, class_names: tuple[str, ...]
    ) -> None:
        """List what can be chosen, and show what is."""
        if current is None:
            offers = [(self.tr("none: the code has one dimension"), None)]
        self.box.setEnabled(current is not None)
        kinds = [axis if not isinstance(axis, BetweenClasses) else BetweenClasses for _, axis in offers]
        wanted = BetweenClasses if isinstance(current, BetweenClasses) else current
        if wanted not in kinds:  # through images that are no longer selected, say
            offers = [(axis_name(current, class_names), current), ("", None), *offers]
            kinds = [wanted, None, *kinds]
        self._offers = offers
        self.box.set_entries([text for text, _ in offers], kinds.index(wanted))
        self._classes.setVisible(isinstance(current, BetweenClasses))
        if isinstance(current, BetweenClasses):
            for each, label in ((self._from, current.start), (self._to, current.end)):
                with QSignalBlocker(each):
                    each.clear()
                    each.addItems(class_names)
                    each.setCurrentIndex(label)

    @Slot(int)
    def _take(self, index: int) -> None:
        axis = self._offers[index][1]
        if axis is not None:
            self.chosen.emit(axis)

    @Slot()
    def _take_classes(self) -> None:
        self.chosen.emit(replace(BetweenClasses(0, 1), start=self._from.currentIndex(), end=self._to.currentIndex()))
