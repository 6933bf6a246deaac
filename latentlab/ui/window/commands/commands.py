"""Joins what is done by typing and by keys: the palette, and the page of keys; both are made when first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from latentlab.ui.settings import Settings
from latentlab.ui.window.menus import Menus, without_mnemonic

if TYPE_CHECKING:
    from latentlab.ui.window.commands.key_map import KeyMap
    from latentlab.ui.window.commands.keys_dialog import Listed
    from latentlab.ui.window.commands.palette import Command, Palette

translate = QCoreApplication.translate


def join_palette(window: QMainWindow, menus: Menus, settings: Settings) -> None:
    """Open the palette, and remember what was used."""
    palette: Palette | None = None

    def open_or_close() -> None:
        nonlocal palette
        from latentlab.ui.window.commands.palette import Palette

        if palette is None:
            palette = Palette(window)
            palette.used.connect(settings.add_recent_command)
        if palette.isVisible():
            palette.close_palette()
        else:
            palette.open(_commands(window, menus), settings.recent_commands)

    menus["palette"].triggered.connect(open_or_close)


def join_keys(window: QMainWindow, menus: Menus, settings: Settings) -> None:
    """Put the keys in force that were chosen, and open the page on which they are."""
    if settings.keys:
        menus.set_keys(_key_map(menus, settings).all_keys())

    def show() -> None:
        from latentlab.ui.window.commands.keys_dialog import KeysDialog

        keys = _key_map(menus, settings)
        bar = window.menuBar().actions()
        letters = {QKeySequence.mnemonic(entry.text()).toString() for entry in bar}

        def use() -> None:
            settings.set_keys(keys.changed)
            menus.set_keys(keys.all_keys())

        dialog = KeysDialog(_listed(menus), keys, letters, window)
        dialog.changed.connect(use)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    menus["keys"].triggered.connect(show)


def _key_map(menus: Menus, settings: Settings) -> KeyMap:
    from latentlab.ui.window.commands.key_map import KeyMap, one_key

    first = {
        action.id: tuple(filter(None, (one_key(keys.toString()) for keys in action.sequences())))
        for _, action in menus.actions.listed()
    }
    return KeyMap(first, settings.keys)


def _listed(menus: Menus) -> Iterator[Listed]:
    from latentlab.ui.window.commands.keys_dialog import Listed

    for path, action in menus.actions.listed():
        group, *further = map(without_mnemonic, path or (translate("Keys", "On the map"),))
        name = " › ".join((*further, without_mnemonic(action.text)))
        yield Listed(action.id, group, name, action.heard == "window", can_change=action.keys != ("Shift",))


def _commands(window: QMainWindow, menus: Menus) -> Iterator[Command]:
    """Give what is in the menus now, with what persons have put there, but for the palette itself."""
    from latentlab.ui.window.commands.palette import Command

    def walk(entries: list[QAction], path: tuple[str, ...], is_enabled: bool) -> Iterator[Command]:
        for entry in entries:
            name, can = without_mnemonic(entry.text()), is_enabled and entry.isEnabled()
            if entry.isSeparator() or not entry.isVisible() or entry is menus["palette"]:
                continue
            if (menu := entry.menu()) is not None:
                yield from walk(menu.actions(), (*path, name), can)
            else:
                yield Command.of(entry, name, " › ".join(path), is_enabled=can)

    return walk(window.menuBar().actions(), (), is_enabled=True)
