"""What is remembered between starts, offered again and put in force: runs, folders, looks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from latentlab.core.files import is_file, resource
from latentlab.core.runs.run import SUFFIX
from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.session import Session
from latentlab.ui.settings import THEMES, Settings
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain
from latentlab.ui.window.menus import Menus, add_entries

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

    def choose_theme(choice: str) -> None:
        settings.theme = choice
        theme.set_theme(choice)

    for signal in (session.opened, session.saved, session.kept):
        signal.connect(remember_run)
    session.library.folder_changed.connect(remember_folder)
    for choice in THEMES:
        menus[f"{choice}Theme"].triggered.connect(lambda _, choice=choice: choose_theme(choice))
    menus[f"{settings.theme}Theme"].setChecked(True)
    menus["largerText"].triggered.connect(lambda: theme.change_text_size(1))
    menus["normalText"].triggered.connect(
        lambda: theme.change_text_size(theme.normal_text_size() - QApplication.font().pointSizeF())
    )
    menus["smallerText"].triggered.connect(lambda: theme.change_text_size(-1))
    start.set_models([model for model in _models() if is_file(model[0])])
    menus["recentRuns"].setVisible(False)  # until they are found
    session.recent.runs_found.connect(list_recent)
    look_for_recent()


def _models() -> list[tuple[Path, str, str]]:
    """Give the pretrained models: the file, the title and a sentence of each."""
    return [
        (
            resource("models", f"mnist-vae-2d{SUFFIX}"),
            translate("Start", "VAE, 2-D, MNIST"),
            translate("Start", "Walk the map of ten thousand handwritten digits."),
        ),
        (
            resource("models", f"mnist-cvae-2d{SUFFIX}"),
            translate("Start", "CVAE, 2-D, MNIST"),
            translate("Start", "One place, ten digits: the map holds the style."),
        ),
    ]
