"""Joins what is done by typing and by keys: the palette, and the page of keys; both are made when first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from latentlab.ui.settings import Settings
from latentlab.ui.window.menus import Menus, without_mnemonic

if TYPE_CHECKING:
    from latentlab.ui.window.commands.palette import Command, Palette


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
                yield Command(entry, name, " › ".join(path), can)

    return walk(window.menuBar().actions(), (), is_enabled=True)
