"""The clipboard: the decoded image goes to it, a picture comes from it onto the sketch pad."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLabel, QWidget

from latentlab.core.map.results import Decoded
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_clipboard(session: Session, window: QWidget, decoder: DecoderPanel, sketch: SketchPanel, menus: Menus) -> None:
    """Copy what is decoded, where something is, and paste to the pad, which says what is wrong with what is pasted."""

    def show_decoded(decoded: Decoded | None) -> None:
        menus.tell(has_image=decoded is not None)

    def paste() -> None:
        menus["showSide"].setChecked(True)  # where the pad is
        sketch.pad.paste()

    menus["copyImage"].triggered.connect(decoder.copy_image)
    menus["pasteToPad"].triggered.connect(paste)
    session.exploration.decoded.connect(show_decoded)
    _MarkedText(window)


class _MarkedText(QObject):
    """Leaves the key that copies to a label with marked text: fields claim it by themselves, labels do not."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        for label in window.findChildren(QLabel):
            if label.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse:
                label.installEventFilter(self)

    def eventFilter(self, watched: QLabel, event: QEvent) -> bool:
        """Claim the key where there is something to copy."""
        is_key = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and event.matches(QKeySequence.StandardKey.Copy) and watched.hasSelectedText():
            event.accept()
            return True
        return False
