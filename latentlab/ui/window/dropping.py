"""What is dropped on the window: a folder, a file of images, a run or a recipe is opened as its menu would do it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QCoreApplication, QMimeData, QObject, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QGraphicsView, QLineEdit, QMainWindow, QWidget

from latentlab.core.data.pictures import picture_files
from latentlab.core.files import is_folder
from latentlab.core.runs.run_header import SUFFIX, is_run
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.drop_hint import DropHint
from latentlab.ui.window.images import array_name, folder_name

translate = QCoreApplication.translate

Kind = Literal["folder", "array", "run", "recipe", "nothing"]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a person means by dropping something.

    Attributes
    ----------
    kind : "folder", "array", "run", "recipe" or "nothing"
    sentence : str
        What dropping will do, or why it does nothing.
    path : Path
        Of what is opened.
    """

    kind: Kind
    sentence: str
    path: Path = Path()


class Dropping(QObject):
    """Says while something is dragged over a window what dropping it will do, and does it.

    Parameters
    ----------
    session : Session
    window : QMainWindow
        It passes on what is dragged over it, but for what its sketch pad takes.
    """

    def __init__(self, session: Session, window: QMainWindow) -> None:
        super().__init__(window)
        self._session = session
        self._hint = DropHint(window)
        window.setAcceptDrops(True)
        for view in window.findChildren(QGraphicsView):
            _refuse(view, view.viewport())  # they take everything, and do nothing with it
        for field in window.findChildren(QLineEdit):
            _refuse(field)  # they would take the name of a file as what is typed

    def enter(self, event: QDragEnterEvent) -> None:
        """Say what dropping will do."""
        dropped = self._meaning(event.mimeData())
        if dropped is not None:
            event.acceptProposedAction()
            self._hint.show_hint(dropped.sentence, is_problem=dropped.kind == "nothing")

    @Slot()
    def leave(self) -> None:
        """Say nothing any more."""
        self._hint.hide()

    def drop(self, event: QDropEvent) -> None:
        """Open what is dropped, or say why it cannot be."""
        self.leave()
        dropped = self._meaning(event.mimeData())
        if dropped is None:
            return
        event.acceptProposedAction()
        session, path = self._session, dropped.path
        session.message.emit("", False)  # why the last one could not be opened
        if dropped.kind == "nothing":
            session.message.emit(f"{dropped.sentence}.", True)
        elif dropped.kind == "run":
            session.open_run(path)
        elif dropped.kind == "recipe":
            session.recipes.open(path)
        else:
            session.opened_images.open(folder_name(path) if dropped.kind == "folder" else array_name(path))

    def _meaning(self, data: QMimeData) -> Dropped | None:
        """Give what is meant; None where it is not for the window to say, such as a text that is dragged."""
        if not data.hasUrls():
            pad = translate("Dropping", "A picture without a file goes onto the sketch pad")
            return Dropped("nothing", pad) if data.hasImage() else None
        if self._session.state != "idle":
            return Dropped("nothing", translate("Dropping", "A model is training: stop or discard it, then drop this"))
        if not all(url.isLocalFile() for url in data.urls()):
            far = translate("Dropping", "Only files on this machine can be opened: save it first, then drop the file")
            return Dropped("nothing", far)
        return meaning_of([Path(url.toLocalFile()) for url in data.urls()])


def meaning_of(paths: list[Path]) -> Dropped:
    """Give what a person means by dropping files or folders."""
    path, *others = paths
    pictures = picture_files.among(paths)
    if pictures and len(pictures) == len(paths) == sum(each.parent == path.parent for each in paths):
        if others:
            text = translate("Dropping", "Drop to see the pictures of their folder, {name}")
        else:
            text = translate("Dropping", "Drop to see the pictures of its folder, {name}, or draw it on the sketch pad")
        return Dropped("folder", text.format(name=path.parent.name), path.parent)
    if others:
        text = translate(
            "Dropping",
            "Only one thing can be opened at a time: drop one folder, file, run or recipe, or pictures of one folder",
        )
        return Dropped("nothing", text)
    texts: dict[Kind, str] = {
        "folder": translate("Dropping", "Drop to see the pictures in {name}"),
        "array": translate("Dropping", "Drop to see the images in {name}"),
        "run": translate("Dropping", "Drop to open the run {name}"),
        "recipe": translate("Dropping", "Drop to use the recipe {name}"),
    }
    kind = _kind_of(path)
    return Dropped(kind, texts[kind].format(name=path.name), path)


def _kind_of(path: Path) -> Kind:
    suffix = path.suffix.lower()
    if is_folder(path):
        return "folder"
    if suffix == ".toml":
        return "recipe"
    if suffix == SUFFIX:
        return "run" if is_run(path) else "array"
    return "array"


def _refuse(*widgets: QWidget) -> None:
    for widget in widgets:
        widget.setAcceptDrops(False)
