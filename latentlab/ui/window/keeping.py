"""Where trainings are kept, and those that broke off: offered on the start page, and gone on with."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, Qt

from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.interrupted_trainings import Interrupted
from latentlab.ui.session.session import Session
from latentlab.ui.settings import Settings
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus

translate = QCoreApplication.translate


def join_keeping(session: Session, start: StartPage, settings: Settings, menus: Menus, dialogs: FileDialogs) -> None:
    """Choose the workspace; offer to finish what broke off, and what was stopped."""
    offered: list[Path] = []

    def show(found: Interrupted | None) -> None:
        offered[:] = [] if found is None else [found.run.path]
        if found is None:
            start.hide_interrupted()
        else:
            start.show_interrupted(_sentence(found), found.points, found.labels, found.classes)

    def finish() -> None:
        for path in offered:
            session.finish_run(path)

    def look_at() -> None:
        for path in offered:
            session.open_run(path)

    def give_up() -> None:
        for path in offered:
            session.interrupted.give_up(path)

    menus["chooseWorkspace"].triggered.connect(
        lambda: dialogs.open("workspace", lambda folder: keep_in(folder, session, settings))
    )
    session.interrupted.found.connect(show)
    start.finish_requested.connect(finish)
    start.look_requested.connect(look_at)
    start.give_up_requested.connect(give_up)
    menus["finishTraining"].triggered.connect(session.finish_training)
    session.can_finish_changed.connect(lambda can: menus.tell(can_finish=can))


def keep_in(folder: Path, session: Session, settings: Settings) -> None:
    """Keep trainings in a folder from the next one on, after the next start, too."""
    settings.workspace = folder
    session.use_workspace(folder)
    sentence = translate("Keeping", "Trainings are kept in {folder} from now on, and found there.")
    session.message.emit(sentence.format(folder=folder), False)


def _sentence(found: Interrupted) -> str:
    run = found.run
    text = translate("Start", "The training of {recipe} on {images} broke off after {done} of {all} epochs")
    text = text.format(recipe=run.recipe, images=run.dataset, done=run.epochs, all=run.of_epochs)
    moment = QDateTime.fromString(run.saved, Qt.DateFormat.ISODate)
    if moment.isValid():
        when = QLocale().toString(moment.toLocalTime(), QLocale.FormatType.ShortFormat)
        text = translate("Start", "{what} ({when})").format(what=text, when=when)
    if found.others:
        text = translate("Start", "{what}, and {n} before it").format(what=text, n=found.others)
    return f"{text}."
