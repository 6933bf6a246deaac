"""The switch in the menu that has trainings written for TensorBoard, and where the window says so."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel

from latentlab.ui.session.session import Session
from latentlab.ui.style.texts import plain
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_tensorboard(session: Session, menus: Menus, place: QLabel, dialogs: FileDialogs) -> None:
    """Switch the writing on, once a folder was chosen, and off; name the folder in `place`."""
    switch, log = menus["tensorBoard"], session.tensorboard
    menus.menu("run").setToolTipsVisible(True)

    def ask_or_end(on: bool) -> None:
        if on:
            switch.setChecked(False)  # until there is a folder that can be written to
            dialogs.open("tensorBoard", log.choose)
        else:
            log.switch_off()

    def show_folder(folder: Path | None) -> None:
        switch.setChecked(folder is not None)
        place.setVisible(folder is not None)
        if folder is None:
            about = translate("TensorBoard", "Losses, images and codes of trainings, for TensorBoard's own pages")
        else:
            about = translate("TensorBoard", "Trainings are written below {folder}").format(folder=folder)
            place.setText(translate("TensorBoard", "TensorBoard: {name}").format(name=folder.name))
        place.setToolTip(plain(about))
        switch.setToolTip(plain(about))

    switch.triggered.connect(ask_or_end)
    log.folder_changed.connect(show_folder)
    log.message.connect(session.message)
    show_folder(None)
