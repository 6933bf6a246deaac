"""What is remembered between starts, offered again and put in force: runs, folders, looks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from latentlab.core.files import resource
from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.session import Session
from latentlab.ui.settings import Settings
from latentlab.ui.style import theme
from latentlab.ui.window.menus import Menus


class Remembering(QObject):
    """Writes to the settings what is opened and chosen, and offers it on the start page and in the menus.

    Parameters
    ----------
    settings : Settings
    session : Session
    start : StartPage
    menus : Menus
    """

    def __init__(self, settings: Settings, session: Session, start: StartPage, menus: Menus) -> None:
        super().__init__(menus)
        self._settings, self._start, self._menus = settings, start, menus
        for signal in (session.opened, session.saved, session.kept):
            signal.connect(self._remember_run)
        session.library.folder_changed.connect(self._remember_data_dir)
        menus.theme_chosen.connect(self._choose_theme)
        menus.text_size_requested.connect(self._change_text_size)
        menus.set_theme(settings.theme)
        self._offer_models()

    def _offer_models(self) -> None:
        cards = {
            "mnist-vae-2d": (self.tr("VAE, 2-D, MNIST"), self.tr("Walk the map of ten thousand handwritten digits.")),
            "mnist-cvae-2d": (self.tr("CVAE, 2-D, MNIST"), self.tr("One place, ten digits: the map holds the style.")),
        }
        models = [(resource("models", f"{name}.safetensors"), *texts) for name, texts in cards.items()]
        self._start.set_models([model for model in models if model[0].is_file()])
        self._list_recent()

    def _list_recent(self) -> None:
        recent = self._settings.recent_runs
        self._start.set_recent(recent)
        self._menus.set_recent(recent)

    @Slot(Path)
    def _remember_run(self, path: Path) -> None:
        if path.parent != resource("models"):
            self._settings.add_recent_run(path)
            self._list_recent()

    @Slot(Path)
    def _remember_data_dir(self, folder: Path) -> None:
        self._settings.data_dir = folder

    @Slot(str)
    def _choose_theme(self, choice: str) -> None:
        self._settings.theme = choice
        theme.set_theme(choice)

    @Slot(int)
    def _change_text_size(self, step: int) -> None:
        theme.change_text_size(step)
