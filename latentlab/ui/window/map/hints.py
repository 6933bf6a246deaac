"""Hints on the map: what one may try next, each told once in all."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from latentlab.core.arrays import Position
from latentlab.core.map.map_update import MapUpdate
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.session.session import Session
from latentlab.ui.settings import Settings
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_hints(session: Session, panel: CanvasPanel, settings: Settings, menus: Menus) -> None:
    """Tell on the first map that it can be clicked on, then of the preview; and of a CVAE why its classes mix."""
    hint, exploration = panel.hint, session.exploration
    sentences = {
        "click": translate("Hints", "Click a point, or any place, to decode it."),
        "shift": translate("Hints", "Hold Shift and move for a preview."),
        "style": translate("Hints", "Classes mix here: the map holds the style."),
    }
    told = set(settings.hints_seen)
    shown = ""

    def tell(name: str) -> None:
        nonlocal shown
        if name in told:
            return
        told.add(name)
        settings.add_hint_seen(name)
        shown = name
        hint.say(sentences[name])

    def done(*names: str) -> None:
        told.update(names)  # who has found it needs no hint
        if shown in names:
            hint.hide()

    def show_map(update: MapUpdate | None) -> None:
        if update is None:
            hint.hide()
        elif update.snapshot.uses_labels:
            tell("style")
        else:
            if shown == "style":  # it is not of this model
                hint.hide()
            tell("click")

    def show_pick(position: Position | None) -> None:
        if position is not None:
            done("click")
            tell("shift")

    for name in ("rectangle", "lasso", "path", "arrow"):  # a click does now what the tool is for
        menus[name].toggled.connect(hint.hide)
    exploration.shown_changed.connect(show_map)
    exploration.pick_changed.connect(show_pick)
    panel.canvas.intents.hovered.connect(lambda: done("shift"))
