"""The switch in the menu that has trainings written for TensorBoard, and where the window says so."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QLabel, QMainWindow

from latentlab.ui.session.session import Session


class TensorBoardSwitch(QObject):
    """Switches the writing on, once a folder was chosen, and off.

    Parameters
    ----------
    switch : QAction
        Checked while trainings are written.
    session : Session
    window : QMainWindow
        Over which the folder is asked for; its status bar names it.
    """

    def __init__(self, switch: QAction, session: Session, window: QMainWindow) -> None:
        super().__init__(window)
        self._switch, self._log, self._window = switch, session.tensorboard, window
        self._place = QLabel(objectName="tensorboardLabel")
        window.statusBar().addPermanentWidget(self._place)
        switch.triggered.connect(self._ask_or_end)
        self._log.folder_changed.connect(self._show)
        self._log.message.connect(session.message)
        self._show(None)

    @Slot(bool)
    def _ask_or_end(self, on: bool) -> None:
        if not on:
            self._log.switch_off()
            return
        self._switch.setChecked(False)  # until there is a folder that can be written to
        dialog = QFileDialog(self._window, self.tr("Folder for TensorBoard"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._use)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _use(self, path: str) -> None:
        self._log.choose(Path(path))

    @Slot(object)
    def _show(self, folder: Path | None) -> None:
        self._switch.setChecked(folder is not None)
        self._place.setVisible(folder is not None)
        if folder is None:
            about = self.tr("Losses, images and codes of trainings, for TensorBoard's own pages")
        else:
            about = self.tr("Trainings are written below {folder}").format(folder=folder)
            self._place.setText(self.tr("TensorBoard: {name}").format(name=folder.name))
        self._place.setToolTip(about)
        self._switch.setToolTip(about)
