"""A view box with an axis at the left and one below it."""

from __future__ import annotations

from collections.abc import Mapping

import pyqtgraph as pg
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QSizePolicy, QWidget


class Plot(pg.GraphicsView):
    """What every plot here begins with.

    pyqtgraph's own plot has a menu, a form of options, a button, a title and four axes besides: nobody would see them,
    and they take two thirds of the time in which such a plot is made.

    Parameters
    ----------
    axes : mapping of str to AxisItem
        ``"left"`` and ``"bottom"``.
    margins : (int, int, int, int)
        In pixels: left, top, right, bottom.
    takes_mouse : bool
        Whether wheel and mouse zoom and move, as pyqtgraph has it.

    Attributes
    ----------
    box : ViewBox
    axes : dict of str to AxisItem
    dressed : object
        How the axes look, as `axes.dress` left them.
    """

    accessible_role = QAccessible.Role.Chart

    def __init__(
        self,
        axes: Mapping[str, pg.AxisItem],
        margins: tuple[int, int, int, int],
        parent: QWidget | None = None,
        *,
        takes_mouse: bool = False,
    ) -> None:
        super().__init__(parent)
        self.enableMouse(False)  # the view box hears it, not the view around it
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=takes_mouse)
        self.axes = dict(axes)
        self.dressed: object = None
        layout = self.centralLayout
        layout.setContentsMargins(*margins)
        layout.setSpacing(0)
        layout.addItem(self.box, 0, 1)
        layout.setRowStretchFactor(0, 1)
        layout.setColumnStretchFactor(1, 1)
        for side, row, column in (("left", 0, 0), ("bottom", 1, 1)):
            axis = self.axes[side]
            axis.linkToView(self.box)
            axis.setZValue(0.5)  # its line above the curves; they are drawn on the same pixels
            layout.addItem(axis, row, column)

    def close(self) -> bool:
        """Close as every widget does: pyqtgraph's own takes the view apart, and fails the second time."""
        return QWidget.close(self)
