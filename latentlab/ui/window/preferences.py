"""What is remembered between starts, offered again and put in force: runs, folders, looks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QMainWindow

from latentlab.core.files import is_file, resource
from latentlab.core.runs import workspace
from latentlab.core.runs.run_header import SUFFIX
from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.session import Session
from latentlab.ui.settings import THEMES, Settings
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain
from latentlab.ui.threads.background import when_let_go
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.keeping import keep_in
from latentlab.ui.window.menus import Menus, add_entries

if TYPE_CHECKING:
    from latentlab.ui.window.preferences_dialog import Preferences

translate = QCoreApplication.translate


def join_settings(settings: Settings, session: Session, start: StartPage, menus: Menus) -> None:
    """Write to the settings what is opened and chosen, and offer it on the start page and in the menus."""
    recent_menu = menus.menu("recentRuns")
    recent_menu.setToolTipsVisible(True)

    def look_for_recent() -> None:
        session.recent.look_for_runs(lambda: settings.recent_runs)

    def list_recent(recent: list[Path]) -> None:
        start.set_recent(recent)
        recent_menu.clear()
        added = add_entries(recent_menu, [(path.name, lambda path=path: session.open_run(path)) for path in recent])
        for action, path in zip(added, recent, strict=True):
            action.setToolTip(plain(str(path)))
        menus["recentRuns"].setVisible(bool(recent))

    def remember_run(path: Path) -> None:
        if path.parent != resource("models"):
            settings.add_recent_run(path)
            look_for_recent()

    def remember_folder(folder: Path) -> None:
        settings.data_dir = folder

    for signal in (session.opened, session.saved, session.kept):
        signal.connect(remember_run)
    session.library.folder_changed.connect(remember_folder)
    start.set_models([model for model in _models() if is_file(model[0])])
    menus["recentRuns"].setVisible(False)  # until they are found
    session.recent.runs_found.connect(list_recent)
    look_for_recent()


def join_look(settings: Settings, menus: Menus) -> None:
    """Choose the theme and the size of text by the menu."""

    def choose_theme(choice: str) -> None:
        settings.theme = choice
        theme.set_theme(choice)

    for choice in THEMES:
        menus[f"{choice}Theme"].triggered.connect(lambda _, choice=choice: choose_theme(choice))
    menus[f"{settings.theme}Theme"].setChecked(True)
    menus["largerText"].triggered.connect(lambda: _change_text_size(settings, 1))
    menus["normalText"].triggered.connect(lambda: _set_text_size(settings, theme.normal_text_size()))
    menus["smallerText"].triggered.connect(lambda: _change_text_size(settings, -1))


def join_preferences(settings: Settings, session: Session, window: QMainWindow, menus: Menus) -> None:
    """Put in force how to train, and open the dialog of preferences."""

    def plan() -> None:
        session.threads, session.save_seconds = settings.threads, settings.save_seconds

    def choose_language(language: str) -> None:
        settings.language = language

    def choose_threads(threads: int) -> None:
        settings.threads = threads or None
        plan()

    def choose_save_seconds(seconds: int) -> None:
        settings.save_seconds = seconds
        plan()

    def show() -> None:
        from latentlab.ui.window.preferences_dialog import PreferencesDialog

        dialog = PreferencesDialog(_preferences(settings, session), window)
        dialogs = FileDialogs(dialog)

        def browse(what: str) -> None:
            dialogs.open(what, session.library.consider_folder if what == "dataFolder" else use_workspace)

        def use_workspace(folder: Path) -> None:
            keep_in(folder, session, settings)
            dialog.set_workspace(folder)

        # The menu's own entries do it, so that they are ticked as it is.
        dialog.theme_chosen.connect(lambda choice: menus[f"{choice}Theme"].trigger())
        dialog.text_size_chosen.connect(lambda points: _set_text_size(settings, points))
        dialog.language_chosen.connect(choose_language)
        dialog.data_dir_chosen.connect(session.library.consider_folder)
        dialog.workspace_chosen.connect(use_workspace)
        dialog.browse_requested.connect(browse)
        dialog.threads_chosen.connect(choose_threads)
        dialog.save_seconds_chosen.connect(choose_save_seconds)
        session.library.folder_changed.connect(dialog.set_data_dir)
        session.training.state_changed.connect(dialog.set_state)
        dialog.set_state(session.state)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    plan()
    menus["preferences"].triggered.connect(lambda: when_let_go(show))  # torch says how many threads there are


def _preferences(settings: Settings, session: Session) -> Preferences:
    from latentlab.core.training.autosave import SECONDS
    from latentlab.ui.threads.torch_threads import threads_beside_the_window
    from latentlab.ui.window.preferences_dialog import Preferences

    named = [name for name in ("LATENTLAB_DATA", workspace.VARIABLE) if os.environ.get(name)]
    note = translate("Preferences", "{names} decides at each start.").format(names=", ".join(named))
    return Preferences(
        settings.theme,
        round(QApplication.font().pointSizeF()),
        round(theme.normal_text_size()),
        settings.language,
        session.library.data_dir,
        session.folder,
        settings.threads or 0,
        threads_beside_the_window(),
        round(SECONDS if session.save_seconds is None else session.save_seconds),
        note if named else "",
    )


def _change_text_size(settings: Settings, step: float) -> None:
    """Write everything larger or smaller, and remember the size unless it is the normal one."""
    theme.change_text_size(step)
    size = QApplication.font().pointSizeF()
    settings.text_size = None if size == theme.normal_text_size() else size


def _set_text_size(settings: Settings, points: float) -> None:
    _change_text_size(settings, points - QApplication.font().pointSizeF())


def _models() -> list[tuple[Path, str, str]]:
    """Give the pretrained models: the file, the title and a sentence of each."""
    return [
        (
            resource("models", f"mnist-vae-2d{SUFFIX}"),
            translate("Start", "VAE, 2-D, MNIST"),
            translate("Start", "Walk the map of ten thousand digits, which their labels helped to lay out."),
        ),
        (
            resource("models", f"mnist-cvae-2d{SUFFIX}"),
            translate("Start", "CVAE, 2-D, MNIST"),
            translate("Start", "One place, ten digits: the map holds the style."),
        ),
    ]
