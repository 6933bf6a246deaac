"""The export of chosen images: where to, as what, and that it is done."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from latentlab.core.arrays import Integers
from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.panels.browse import BrowsePanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.menus import Menus


class ExportOfChosen(QObject):
    """Asks where to, without ever blocking the window's event loop.

    Parameters
    ----------
    page : BrowsePanel
        It says whether reconstructions are wanted in a picture.
    """

    def __init__(self, session: Session, panel: CanvasPanel, page: BrowsePanel, menus: Menus) -> None:
        super().__init__(panel)
        self._session, self._panel, self._page = session, panel, page
        self._suffixes = {
            self.tr("Image set to train on (*.npz)"): "npz",
            self.tr("Table (*.csv)"): "csv",
            self.tr("Picture (*.png)"): "png",
        }
        self._action = menus.map.addAction(self.tr("Expor&t the chosen images…"))
        self._action.setObjectName("exportChosenAction")
        self._action.setEnabled(False)
        self._action.triggered.connect(self._ask)
        page.export_requested.connect(self._ask)
        session.choosing.changed.connect(self._enable)
        session.map.exporting.written.connect(self._tell)

    @Slot(object)
    def _enable(self, rows: Integers) -> None:
        self._action.setEnabled(bool(len(rows)))

    @Slot()
    def _ask(self) -> None:
        dialog = QFileDialog(self._panel.window(), self.tr("Export the chosen images"))
        dialog.setObjectName("exportChosenDialog")
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(self._suffixes))
        dialog.setDefaultSuffix("npz")
        dialog.selectFile("chosen.npz")
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(self._suffixes[chosen]))
        dialog.fileSelected.connect(self._write)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _write(self, path: str) -> None:
        session = self._session
        session.map.exporting.write(Path(path), session.library.data, with_reconstructions=self._page.are_pairs())

    @Slot(int, str)
    def _tell(self, count: int, path: str) -> None:
        text = self.tr("{n:,} chosen images are exported to {path}.")
        self._session.message.emit(text.format(n=count, path=path), False)
