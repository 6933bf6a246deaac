"""The window of all runs, and which signal goes to which slot in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QGuiApplication,
    QHideEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from latentlab.core.errors import printable
from latentlab.core.runs.kept_run import KeptRun
from latentlab.ui.panels.runs import RunsPanel
from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.run_collection import Arranged, Wanted
from latentlab.ui.session.run_pictures import RunPicture
from latentlab.ui.session.session import Session
from latentlab.ui.settings import Settings
from latentlab.ui.widgets.boxes import column
from latentlab.ui.window.images import shown
from latentlab.ui.window.menus import Menus
from latentlab.ui.window.run_list import join_run_list
from latentlab.ui.window.sweep import join_sweeps
from latentlab.ui.window.window_beside import WindowBeside

_SIZE = QSize(1300, 720)  # in which all columns are seen whole
translate = QCoreApplication.translate


class RunsWindow(WindowBeside):
    """Where all runs are listed.

    Parameters
    ----------
    owner : QWidget
        The main window.

    Attributes
    ----------
    panel : RunsPanel
    """

    looked_at = Signal(bool)
    """Whether it is open."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setObjectName("runsWindow")
        self.setWindowTitle(self.tr("All runs – latentlab"))
        self.panel = RunsPanel()
        column(self.panel, on=self)
        self.resize(_SIZE.boundedTo(self.screen().availableSize()))

    def showEvent(self, event: QShowEvent) -> None:
        """Say that somebody looks at it, and let one type what to find."""
        super().showEvent(event)
        if not event.spontaneous():
            self.panel.search.setFocus()
            self.looked_at.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that nobody looks at it any more."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.looked_at.emit(False)


def join_collection(
    session: Session,
    owner: QWidget,
    start: StartPage,
    menus: Menus,
    settings: Settings,
    branch_from: Callable[[Path], None],
) -> Callable[[], None]:
    """List the runs in a window of their own, which is made when it is first wanted; gives what closes it."""
    made: list[RunsWindow] = []

    def come() -> None:
        if not made:
            made.append(RunsWindow(owner))
            _join(session, made[0])
            made[0].panel.branch_asked.connect(branch_from)
            join_run_list(settings, made[0].panel, made[0].looked_at)
        made[0].come()

    def close() -> None:
        for window in made:
            window.close()

    menus["allRuns"].triggered.connect(come)
    start.all_runs_requested.connect(come)
    return close


def _join(session: Session, window: RunsWindow) -> None:
    """Show what the collection tells, and do to the runs what is wanted there."""
    collection, pictures, panel = session.collection, session.run_pictures, window.panel
    panel.set_data_names(shown)
    wanted = Wanted()
    asked, is_asked = set[Path](), translate("Collection", "The training was asked to stop; its model is kept.")

    def want(**changes: object) -> None:
        nonlocal wanted
        wanted = replace(wanted, **changes)
        collection.want(wanted)

    def show_runs(arranged: Arranged) -> None:
        panel.set_folder(printable(str(session.folder)))
        panel.show_runs(arranged.runs, arranged.of, arranged.placed)
        take_back()

    def look(runs: Sequence[KeptRun]) -> None:
        pictures.look(runs, panel.table.picture_side(), panel.devicePixelRatioF())

    def show_picture(picture: RunPicture) -> None:
        panel.table.rows.set_picture(picture.path, picture.stamp, picture.image)
        show_map()

    def show_map() -> None:
        run = panel.details.run
        found = None if run is None else pictures.map_of(run)
        if found is not None:
            panel.details.show_map(found)

    def tell_done(what: str, paths: list[Path]) -> None:
        if sentence := _sentence(what, paths):
            panel.tell(sentence, False, can_undo=what in ("deleted", "restored", "renamed"))
        if what in ("restored", "undone"):
            panel.table.choose([path for path in paths if path.parent == session.folder])

    def show_folder(path: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    def stop(paths: list[Path]) -> None:
        asked.update(paths)
        session.following.ask_to_stop(paths)
        panel.tell(is_asked, False)

    def take_back() -> None:
        """Say no more that a training was asked to stop once it has: its state says so."""
        if asked and not any(run.path in asked and run.state == "training" for run in collection.runs):
            asked.clear()
            if panel.messages.text() == is_asked:
                panel.tell("", False)

    def let_open() -> None:
        panel.set_can_open(session.state == "idle")

    window.looked_at.connect(collection.watch)
    panel.words_changed.connect(lambda words: want(words=words))
    panel.order_asked.connect(lambda by, is_reversed: want(by=by, is_reversed=is_reversed))
    panel.tree_asked.connect(lambda is_tree: want(is_tree=is_tree))
    panel.pictures_wanted.connect(look)
    panel.table.chosen.connect(show_map)
    panel.opened.connect(session.open_run)
    panel.renamed.connect(collection.rename)
    panel.noted.connect(collection.note)
    panel.delete_asked.connect(collection.delete)
    panel.restore_asked.connect(collection.restore)
    panel.empty_asked.connect(collection.empty_trash)
    panel.undo_asked.connect(collection.undo)
    panel.compare_asked.connect(session.many_runs.compare)
    panel.copy_asked.connect(lambda text: QGuiApplication.clipboard().setText(text))
    panel.folder_asked.connect(show_folder)
    panel.stop_asked.connect(stop)
    collection.arranged.connect(show_runs)
    collection.trash_changed.connect(panel.show_deleted)
    collection.done.connect(tell_done)
    collection.failed.connect(lambda sentence: panel.tell(sentence, True))
    collection.index_told.connect(lambda sentence: panel.tell(sentence, bool(sentence)))
    pictures.painted.connect(show_picture)
    session.training.state_changed.connect(let_open)
    join_sweeps(session, panel)
    let_open()


def _sentence(what: str, paths: list[Path]) -> str:
    """Say what was done to runs."""
    name = printable(paths[0].stem) if paths else ""
    if not paths and what in ("deleted", "restored"):  # none could be
        return ""
    texts = {
        "deleted": (
            translate("Collection", "{name} was moved to the trash."),
            translate("Collection", "{n:,} runs were moved to the trash."),
        ),
        "restored": (
            translate("Collection", "{name} is back."),
            translate("Collection", "{n:,} runs are back."),
        ),
        "renamed": (translate("Collection", "{name} has another title."), ""),
        "emptied": (translate("Collection", "The trash is empty."), ""),
        "undone": (translate("Collection", "Undone."), translate("Collection", "Undone.")),
        "nothing": (translate("Collection", "There is nothing to undo."), ""),
    }
    one, several = texts.get(what, ("", ""))
    return (several if len(paths) > 1 else one).format(name=name, n=len(paths))
