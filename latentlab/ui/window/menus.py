"""The window's menus and shortcuts; each action is an intent of the session, of a panel or of the questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from latentlab.ui.settings import THEMES


class Menus(QObject):
    """Fills a window's menu bar; what is chosen comes out as signals."""

    open_requested = Signal()
    second_run_requested = Signal()
    save_requested = Signal()
    save_as_requested = Signal()
    recipe_file_requested = Signal()
    data_folder_requested = Signal()
    image_folder_requested = Signal()
    array_requested = Signal()
    pairs_requested = Signal()
    clean_page_requested = Signal()
    run_requested = Signal(str)
    train_requested = Signal()
    train_on_chosen_requested = Signal()
    pause_requested = Signal()
    stop_requested = Signal()
    discard_requested = Signal()
    show_all_requested = Signal()
    show_standard_requested = Signal()
    clear_sketch_requested = Signal()
    theme_chosen = Signal(str)
    text_size_requested = Signal(int)

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        bar = window.menuBar()
        self._file(bar.addMenu(self.tr("&File")))
        self._training(bar.addMenu(self.tr("&Training")))
        self.map = bar.addMenu(self.tr("&Map"))
        self._map()
        self._view(bar.addMenu(self.tr("&View")))
        self.set_state("idle")
        self.set_recent([])

    def set_state(self, state: str) -> None:
        """Enable what can be done now."""
        self._train.setEnabled(state == "idle")
        self._train_on_chosen.setEnabled(state == "idle")
        for action in self._choices:
            action.setEnabled(state == "idle")
        for action in (self._pause, self._stop, self._discard):
            action.setEnabled(state != "idle")
        self._pause.setText(self.tr("Resume") if state == "paused" else self.tr("Pause"))

    def set_can_save(self, can: bool) -> None:
        """Enable saving."""
        self._save.setEnabled(can)
        self._save_as.setEnabled(can)

    def set_recent(self, paths: Iterable[Path]) -> None:
        """List the runs that were opened or saved last."""
        self._recent.clear()
        for path in paths:
            action = self._recent.addAction(path.name.replace("&", "&&"))
            action.setData(str(path))
            action.setToolTip(str(path))
        self._recent.menuAction().setVisible(not self._recent.isEmpty())

    def set_theme(self, choice: str) -> None:
        """Mark the theme in force."""
        for action in self._themes.actions():
            action.setChecked(action.data() == choice)

    def _file(self, menu: QMenu) -> None:
        open_run = self._add(menu, self.tr("&Open run…"), self.open_requested.emit, QKeySequence.StandardKey.Open)
        self._recent = menu.addMenu(self.tr("Open &recent"))
        self._recent.setToolTipsVisible(True)
        self._recent.triggered.connect(self._choose_recent)
        self._second = self._add(menu, self.tr("Open a s&econd run…"), self.second_run_requested.emit)
        self._save = self._add(menu, self.tr("&Save run"), self.save_requested.emit, QKeySequence.StandardKey.Save)
        self._save_as = self._add(
            menu, self.tr("Save run &as…"), self.save_as_requested.emit, QKeySequence.StandardKey.SaveAs
        )
        menu.addSeparator()
        # What a training would be taken away under, or be told wrongly of.
        self._choices = [
            open_run,
            self._recent.menuAction(),
            self._add(menu, self.tr("Open re&cipe file…"), self.recipe_file_requested.emit),
            self._add(menu, self.tr("Folder of &downloaded image sets…"), self.data_folder_requested.emit),
            self._add(menu, self.tr("My own images: a &folder…"), self.image_folder_requested.emit),
            self._add(menu, self.tr("My own images: an arra&y file…"), self.array_requested.emit),
            self._add(menu, self.tr("My own scans: dirty and clea&n…"), self.pairs_requested.emit),
        ]
        menu.addSeparator()
        self._add(menu, self.tr("Clean a &page…"), self.clean_page_requested.emit)
        menu.addSeparator()
        self._add(menu, self.tr("&Quit"), self._window.close, QKeySequence.StandardKey.Quit)

    def _training(self, menu: QMenu) -> None:
        self._train = self._add(menu, self.tr("&Train"), self.train_requested.emit, QKeySequence("F5"))
        self._train_on_chosen = self._add(
            menu, self.tr("Train on the &chosen images"), self.train_on_chosen_requested.emit
        )
        self._pause = self._add(menu, self.tr("&Pause"), self.pause_requested.emit, QKeySequence("F6"))
        self._stop = self._add(menu, self.tr("&Stop, keep the model"), self.stop_requested.emit, QKeySequence("F7"))
        self._discard = self._add(menu, self.tr("&Discard, go back"), self.discard_requested.emit)
        menu.addSeparator()
        self.tensorboard = QAction(self.tr("&Write for TensorBoard…"), self, checkable=True)
        menu.setToolTipsVisible(True)
        menu.addAction(self.tensorboard)

    def _map(self) -> None:
        """Begin the menu of the map; its features add what is theirs."""
        self._add(self.map, self.tr("Show &all points"), self.show_all_requested.emit, QKeySequence("Ctrl+0"))
        self._add(self.map, self.tr("Show ±&4"), self.show_standard_requested.emit, QKeySequence("Ctrl+4"))

    def _view(self, menu: QMenu) -> None:
        self._add(menu, self.tr("&Clear the sketch"), self.clear_sketch_requested.emit, QKeySequence("Ctrl+K"))
        menu.addSeparator()
        self._add(menu, self.tr("&Larger text"), self._larger, QKeySequence.StandardKey.ZoomIn)
        self._add(menu, self.tr("S&maller text"), self._smaller, QKeySequence.StandardKey.ZoomOut)
        full = self._add(menu, self.tr("&Full screen"), self._toggle_full_screen, QKeySequence("F11"))
        full.setCheckable(True)
        menu.addSeparator()
        self._themes = QActionGroup(self)
        names = {"system": self.tr("As the s&ystem"), "light": self.tr("L&ight"), "dark": self.tr("&Dark")}
        for choice in THEMES:
            action = QAction(names[choice], self, checkable=True)
            action.setData(choice)
            self._themes.addAction(action)
            menu.addAction(action)
        self._themes.triggered.connect(self._choose_theme)

    def _add(
        self,
        menu: QMenu,
        text: str,
        intent: Callable[[], object],
        keys: QKeySequence | QKeySequence.StandardKey | None = None,
    ) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(intent)
        if keys is not None:
            action.setShortcut(keys)
        return action

    @Slot(QAction)
    def _choose_recent(self, action: QAction) -> None:
        self.run_requested.emit(action.data())

    @Slot(QAction)
    def _choose_theme(self, action: QAction) -> None:
        self.theme_chosen.emit(action.data())

    @Slot()
    def _larger(self) -> None:
        self.text_size_requested.emit(1)

    @Slot()
    def _smaller(self) -> None:
        self.text_size_requested.emit(-1)

    @Slot()
    def _toggle_full_screen(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()
