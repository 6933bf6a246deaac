"""The card beside the point that the mouse rests on, and the switch for it in the menu of the map."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QTimer

from latentlab.ui.canvas.cards.hover_card import HoverCard
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus

_REST_MILLISECONDS = 120


def join_hovering(session: Session, panel: CanvasPanel, menus: Menus) -> None:
    """Wait until the mouse rests; what it only passes is never looked up."""
    canvas, hovering, switch = panel.canvas, session.map.hovering, menus["hover"]
    row, previews = -1, False
    timer = QTimer(panel, singleShot=True, interval=_REST_MILLISECONDS)

    def covered() -> list[QRectF]:
        """Give what the legend and the buttons cover, in pixels of the view box."""
        box = canvas.view.box
        return [box.mapFromScene(QRectF(card.geometry())).boundingRect() for card in canvas.cards()]

    card = HoverCard(canvas.view, canvas.points_layer, covered)

    def hide() -> None:
        timer.stop()
        card.hide_point()
        hovering.rest(-1)

    def come(found: int, place: QPointF) -> None:
        nonlocal row
        hide()
        row = found
        if row >= 0:
            timer.start()

    def ask() -> None:
        if switch.isChecked() and not previews:
            hovering.rest(row)

    def preview() -> None:
        nonlocal previews
        if not previews:
            previews = True
            hide()

    def end_preview() -> None:
        nonlocal previews
        previews = False

    timer.timeout.connect(ask)
    switch.toggled.connect(hide)
    canvas.point_hovered.connect(come)
    canvas.intents.hovered.connect(preview)
    canvas.intents.hover_ended.connect(end_preview)
    hovering.told.connect(card.show_point)
