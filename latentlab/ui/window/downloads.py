"""The folder of downloads: chosen by a dialog, and never by mistake."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from latentlab.ui.session.session import Session
from latentlab.ui.style.texts import plain
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.images import folder_name
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_downloads(session: Session, window: QWidget, menus: Menus, dialogs: FileDialogs) -> None:
    """Choose where downloaded sets lie; where somebody chooses a folder of pictures, ask whether they mean these."""
    library = session.library

    def ask(folder: Path) -> None:
        question = QMessageBox(
            QMessageBox.Icon.Question,
            translate("Downloads", "These are pictures"),
            translate(
                "Downloads",
                "{name} holds pictures, and none of the sets that are downloaded. Open the pictures as images to train "
                "on, or download sets into this folder from now on?",
            ).format(name=plain(folder.name or str(folder))),
            parent=window,
        )
        question.setObjectName("picturesQuestion")
        images = question.addButton(translate("Downloads", "&Open as images"), QMessageBox.ButtonRole.AcceptRole)
        downloads = question.addButton(translate("Downloads", "Use for &downloads"), QMessageBox.ButtonRole.ApplyRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        question.setDefaultButton(images)

        def take_answer() -> None:
            if question.clickedButton() is images:
                session.opened_images.open(folder_name(folder))
            elif question.clickedButton() is downloads:
                library.use_folder(folder)

        question.finished.connect(take_answer)
        question.finished.connect(question.deleteLater)
        question.open()

    def tell(folder: Path) -> None:
        sentence = translate("Downloads", "Sets are downloaded to {folder} from now on, and found there.")
        session.message.emit(sentence.format(folder=folder), False)

    menus["chooseDataFolder"].triggered.connect(lambda: dialogs.open("dataFolder", library.consider_folder))
    library.folder_doubted.connect(ask)
    library.folder_changed.connect(tell)
