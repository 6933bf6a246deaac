"""The export of selected images: where to, as what, and that it is done."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication

from latentlab.ui.panels.browse import BrowsePanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_export(session: Session, page: BrowsePanel, menus: Menus, dialogs: FileDialogs) -> None:
    """Ask where to, by the menu or by a page of images, which says whether a picture has reconstructions."""
    exporting = session.map.exporting

    def write(path: Path) -> None:
        exporting.write(path, session.library.data, with_reconstructions=page.are_pairs())

    def ask() -> None:
        dialogs.save("exportSelection", "selected.npz", write)

    def tell(count: int, path: str) -> None:
        text = translate("Export", "{n:,} selected images are exported to {path}.")
        session.message.emit(text.format(n=count, path=path), False)

    for asked in (menus["exportSelection"].triggered, page.export_requested):
        asked.connect(ask)
    exporting.written.connect(tell)
