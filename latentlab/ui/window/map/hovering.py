"""The card beside the point that the mouse rests on, and the switch for it in the menu of the map."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Slot

from latentlab.ui.canvas.cards.hover_card import HoverCard
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus

_REST_MILLISECONDS = 120


def wire_hovering(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Join the card to the session and to the map."""
    _Resting(session, panel, menus)


class _Resting(QObject):
    """Waits until the mouse rests; what it only passes is never looked up."""

    def __init__(self, session: Session, panel: CanvasPanel, menus: Menus) -> None:
        super().__init__(panel)
        self._canvas, self._hovering = panel.canvas, session.map.hovering
        self._card = HoverCard(panel.canvas.view, panel.canvas.points_layer, self._legend)
        self._row = -1
        self._previews = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REST_MILLISECONDS)
        self._timer.timeout.connect(self._ask)
        self._action = menus.map.addAction(self.tr("Ho&ver shows the image"))
        self._action.setCheckable(True)
        self._action.setChecked(True)
        self._action.toggled.connect(self._hide)
        panel.canvas.point_hovered.connect(self._come)
        panel.canvas.hovered.connect(self._preview)
        panel.canvas.hover_ended.connect(self._end_preview)
        self._hovering.told.connect(self._card.show_point)

    @Slot(int, QPointF)
    def _come(self, row: int, place: QPointF) -> None:
        self._hide()
        self._row = row
        if row >= 0:
            self._timer.start()

    @Slot()
    def _ask(self) -> None:
        if self._action.isChecked() and not self._previews:
            self._hovering.rest(self._row)

    @Slot()
    def _hide(self) -> None:
        self._timer.stop()
        self._card.hide_point()
        self._hovering.rest(-1)

    @Slot(float, float)
    def _preview(self, x: float, y: float) -> None:
        if not self._previews:
            self._previews = True
            self._hide()

    @Slot()
    def _end_preview(self) -> None:
        self._previews = False

    def _legend(self) -> QRectF:
        """Give what the legend, or the scale in its place, covers, in pixels of the view box."""
        covered = QRectF()
        for widget in (self._canvas.legend, self._canvas.value_scale):
            if widget.isVisible():
                covered |= self._canvas.view.box.mapFromScene(QRectF(widget.geometry())).boundingRect()
        return covered
