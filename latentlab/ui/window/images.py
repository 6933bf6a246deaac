"""The images of one's own: opened from menus and recent ones, looked at in a card, and put in force."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication, QSize, Qt, Slot
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from latentlab.core.data import registry
from latentlab.core.data.image_set import DatasetError
from latentlab.core.errors import printable
from latentlab.core.files import absolute
from latentlab.ui.panels.images import ImagesPanel
from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.session import Session
from latentlab.ui.settings import Settings
from latentlab.ui.style.texts import plain
from latentlab.ui.widgets.boxes import column
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus, add_entries

if TYPE_CHECKING:
    from latentlab.core.data.description import Description
    from latentlab.core.data.first_recipe import FirstRecipe

Levels = npt.NDArray[np.uint8]

translate = QCoreApplication.translate


class ImagesCard(QDialog):
    """A card above the window, which waits for it: what is chosen on it is in force when it closes, or not at all.

    Attributes
    ----------
    panel : ImagesPanel or None
        Made when images are opened first.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("imagesCard")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(self.tr("Images – latentlab"))
        self.setSizeGripEnabled(True)
        self.panel: ImagesPanel | None = None

    def make(self) -> ImagesPanel:
        """Make what it holds."""
        self.panel = ImagesPanel()
        self.panel.cancel_requested.connect(self.reject)
        column(self.panel, on=self)
        return self.panel

    def come(self) -> None:
        """Lie over the window, as large as it needs and the window allows."""
        if not self.isVisible():
            wanted = self.sizeHint().expandedTo(self.panel.sizeHint())
            self.resize(wanted.boundedTo(self.parentWidget().size() - QSize(40, 40)))
            self.open()

    @Slot()
    def leave(self) -> None:
        """Close, as what was opened is used or given up."""
        self.done(QDialog.DialogCode.Accepted)


def join_images(
    session: Session, card: ImagesCard, start: StartPage, settings: Settings, menus: Menus, dialogs: FileDialogs
) -> None:
    """Open images of one's own, look at them, and use them."""
    opened = session.opened_images
    recent_menu = menus.menu("recentImages")
    recent_menu.setToolTipsVisible(True)
    start.set_image_sources(menus.menu("ownImages"))

    def ask_for_pairs() -> None:
        """Ask for a folder of dirty scans, then for the one of the same scans clean."""
        dialogs.open("dirtyScans", lambda dirty: dialogs.open("cleanScans", lambda clean: use_pairs(dirty, clean)))

    def use_pairs(dirty: Path, clean: Path) -> None:
        from latentlab.core.data.pictures import user_pairs

        try:
            opened.open(user_pairs.name_of(dirty.as_posix(), clean.as_posix()))
        except DatasetError as error:
            session.message.emit(str(error), True)

    def show_card(name: str, title: str, has_choices: bool) -> None:
        panel = card.panel or join_panel(card.make())
        panel.show_opened(name, title, has_choices=has_choices)
        card.come()

    def join_panel(panel: ImagesPanel) -> ImagesPanel:
        """Show on the card what comes of a set after it is opened."""

        def show_images(found: Description, images: Levels, names: tuple[str, ...], first: FirstRecipe) -> None:
            panel.show_images(found, images, names, first, session.recipe.name)

        panel.size_chosen.connect(opened.read_as)
        panel.use_requested.connect(opened.use)
        opened.reading.connect(panel.show_reading)
        opened.progressed.connect(panel.show_progress)
        opened.read.connect(show_images)
        opened.failed.connect(panel.show_problem)
        return panel

    def list_recent() -> None:
        names = settings.recent_images
        recent_menu.clear()
        entries = [(shown(name), lambda name=name: opened.open(name)) for name in names]
        for action, name in zip(add_entries(recent_menu, entries), names, strict=True):
            action.setData(name)
            action.setToolTip(plain(name.partition(":")[2]))
        menus["recentImages"].setVisible(bool(names))
        session.recent.look_for_images(names, session.library.data_dir)

    def show_problems(problems: dict[str, str]) -> None:
        for action in recent_menu.actions():
            if problem := problems.get(action.data()):
                action.setEnabled(False)
                action.setToolTip(plain(problem))

    def remember(name: str) -> None:
        if name not in registry.names():
            settings.add_recent_images(name)
            list_recent()

    def ask(name: str) -> None:
        """Ask whether the images that a run or a recipe names may be read."""
        if name in asking:
            return
        asking.add(name)
        text = translate("Images", "The run or the recipe learned from images of its own:\n\n{path}\n\nRead them?")
        question = QMessageBox(
            QMessageBox.Icon.Question,
            translate("Images", "Images that a file names"),
            plain(text.format(path=name.partition(":")[2])),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            card.parentWidget(),
        )
        question.setObjectName("ownImagesQuestion")
        question.setDefaultButton(QMessageBox.StandardButton.No)

        def take_answer(button: int) -> None:
            asking.discard(name)
            if button == QMessageBox.StandardButton.Yes:
                session.library.agree(name)
                remember(name)
            else:
                session.library.decline(name)

        question.finished.connect(take_answer)
        question.finished.connect(question.deleteLater)
        question.open()

    asking: set[str] = set()
    for name in settings.recent_images:
        session.library.agree(name)
    session.library.doubted.connect(ask)
    menus["chooseImageFolder"].triggered.connect(
        lambda: dialogs.open("imageFolder", lambda path: opened.open(folder_name(path)))
    )
    menus["chooseArray"].triggered.connect(lambda: dialogs.open("array", lambda path: opened.open(array_name(path))))
    menus["choosePairs"].triggered.connect(ask_for_pairs)
    menus["showImages"].triggered.connect(opened.open_chosen)
    session.recent.images_looked_at.connect(show_problems)
    recent_menu.aboutToShow.connect(list_recent)  # what is missing today may be there tomorrow
    card.rejected.connect(opened.give_up)
    opened.opened.connect(show_card)
    opened.used.connect(card.leave)
    opened.used.connect(remember)
    list_recent()


def shown(name: str) -> str:
    """Give how a menu names a set: the folder or file itself."""
    return Path(name.partition(":")[2]).name or name


def folder_name(path: Path) -> str:
    """Give the name that recipes have for a folder of pictures, or of shards."""
    from latentlab.core.data.shards import packed_set

    if packed_set.is_pack(path):
        return packed_set.name_of(path)
    return f"folder:{printable(absolute(path).as_posix())}"


def array_name(path: Path) -> str:
    """Give the name that recipes have for a file of images."""
    return f"array:{printable(absolute(path).as_posix())}"
