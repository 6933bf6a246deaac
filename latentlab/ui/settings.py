"""What is remembered between starts; a value that is broken counts as not there."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from latentlab.core.files import absolute, is_file, is_folder

THEMES = ("system", "light", "dark")
_RECENT = 8


class Settings:
    """Remembers, in a file, what a person would not want to choose again.

    Parameters
    ----------
    path : Path, optional
        The file; else what LATENTLAB_SETTINGS names, else the place where the system keeps settings.
    """

    def __init__(self, path: Path | None = None) -> None:
        chosen = path or os.environ.get("LATENTLAB_SETTINGS")
        if chosen:
            self._store = QSettings(str(chosen), QSettings.Format.IniFormat)
        else:
            scope = QSettings.Scope.UserScope
            self._store = QSettings(QSettings.Format.IniFormat, scope, "latentlab", "latentlab")

    def save(self) -> None:
        """Write to the disk now."""
        self._store.sync()

    @property
    def theme(self) -> str:
        """``system``, ``light`` or ``dark``."""
        theme = self._text("theme")
        return theme if theme in THEMES else "system"

    @theme.setter
    def theme(self, theme: str) -> None:
        self._store.setValue("theme", theme)

    @property
    def data_dir(self) -> Path | None:
        """Where the image sets lie, if it was chosen and is still there."""
        text = self._text("data_dir")
        return Path(text) if text and is_folder(Path(text)) else None

    @data_dir.setter
    def data_dir(self, folder: Path | None) -> None:
        self._store.setValue("data_dir", "" if folder is None else str(folder))

    @property
    def recent_runs(self) -> list[Path]:
        """The runs that were last opened or saved and still exist, latest first, at most eight."""
        paths = [Path(text) for text in self._texts("recent_runs")]
        return [path for path in dict.fromkeys(paths) if is_file(path)][:_RECENT]

    def add_recent_run(self, path: Path) -> None:
        """Put a run at the head of `recent_runs`."""
        first = absolute(path)
        others = [recent for recent in self.recent_runs if recent != first]
        self._store.setValue("recent_runs", [str(recent) for recent in [first, *others][:_RECENT]])

    @property
    def recent_images(self) -> list[str]:
        """The image sets of one's own that were used last, as recipes name them, latest first, at most eight.

        They may have gone since: a disk that is not there today may be back tomorrow.
        """
        return list(dict.fromkeys(self._texts("recent_images")))[:_RECENT]

    def add_recent_images(self, name: str) -> None:
        """Put an image set at the head of `recent_images`."""
        others = [recent for recent in self.recent_images if recent != name]
        self._store.setValue("recent_images", [name, *others][:_RECENT])

    def layout(self, name: str) -> QByteArray:
        """Give what ``saveGeometry`` or ``saveState`` of the part called `name` answered; empty if unknown."""
        value = self._store.value(f"layout/{name}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_layout(self, name: str, state: QByteArray) -> None:
        """Remember the geometry or state of a window or splitter; Qt ignores it if it no longer fits."""
        self._store.setValue(f"layout/{name}", state)

    def _texts(self, key: str) -> list[str]:
        value = self._store.value(key)
        # An INI file gives back a list of one as a plain string.
        texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [text for text in texts if isinstance(text, str) and text]

    def _text(self, key: str) -> str:
        value = self._store.value(key)
        return value if isinstance(value, str) else ""
