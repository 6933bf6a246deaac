"""The clipboard: the decoded image goes to it, a picture comes from it onto the sketch pad."""

from __future__ import annotations

from latentlab.core.map.results import Decoded
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


def join_clipboard(session: Session, decoder: DecoderPanel, sketch: SketchPanel, menus: Menus) -> None:
    """Copy what is decoded, where something is, and paste to the pad, which says what is wrong with what is pasted."""

    def show_decoded(decoded: Decoded | None) -> None:
        menus.tell(has_image=decoded is not None)

    def paste() -> None:
        menus["showSide"].setChecked(True)  # where the pad is
        sketch.pad.paste()

    menus["copyImage"].triggered.connect(decoder.copy_image)
    menus["pasteToPad"].triggered.connect(paste)
    session.exploration.decoded.connect(show_decoded)
