"""What is remembered between starts: plain values in a TOML file; one that is broken counts as not there."""

from __future__ import annotations

import base64
import csv
import os
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import platformdirs
import tomli_w
from PySide6.QtCore import QObject, Signal

from latentlab.core.errors import LatentlabError, printable, reason_of
from latentlab.core.files import absolute, is_file, is_folder, named
from latentlab.core.writing import make_way, whole_file
from latentlab.ui.style import languages

THEMES = ("system", "light", "dark")
TEXT_SIZES = (8, 24)  # points
THREADS = (1, 1024)
SAVE_SECONDS = (1, 3600)

_RECENT = 8
_LARGEST_LAYOUT = 64 * 1024  # bytes
_LARGEST_FILE = 512 * 1024
_MOST_DOTS = 200  # in a line: time and memory of a dotted key grow with the square of its parts
_OTHERWISE = "let LATENTLAB_SETTINGS name another file for the settings"

# What is taken of an earlier version's file.
_EARLIER_TEXTS = ("theme", "data_dir")
_EARLIER_LISTS = ("recent_runs", "recent_images")


class SettingsError(LatentlabError):
    """Settings that cannot be read or written; the message says which file it is, and what to do."""


class Settings(QObject):
    """Remembers, in a file, what a person would not want to choose again.

    What is set is in force at once, and written at once. Other windows write to the file, too: it is read again
    before, and only what was set here is changed in it. A file that cannot be read is left as it is.

    Parameters
    ----------
    path : Path, optional
        The file; else what LATENTLAB_SETTINGS names, else the place where the system keeps settings.

    Attributes
    ----------
    problem : str
        Why what is set is not remembered, in a sentence; empty where it is.
    """

    failed = Signal(str)  # `problem`, when it comes up

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        chosen = path or os.environ.get("LATENTLAB_SETTINGS")
        self._path = Path(chosen) if chosen else _own_file()
        self._earlier = None if chosen else _earlier_file()
        self._values: dict[str, Any] = {}
        self._changes: list[Callable[[dict[str, Any]], object]] = []  # those that are not in the file
        self.problem = ""
        try:
            self._values = self._read()
        except SettingsError as error:
            self.problem = str(error)

    def save(self) -> None:
        """Write what was set to the disk; `failed` tells if that cannot be, once."""
        if not self._changes:
            return
        try:
            values = self._read()
            for change in self._changes:
                change(values)
            make_way(self._path, SettingsError, ("remove it", _OTHERWISE))
            with whole_file(self._path, "The settings", SettingsError) as partial:
                partial.write_text(tomli_w.dumps(values), encoding="utf-8")
        except SettingsError as error:
            if not self.problem:
                self.problem = str(error)
                self.failed.emit(self.problem)
            return
        self._values = values
        self._changes.clear()
        self.problem = ""

    @property
    def theme(self) -> str:
        """``system``, ``light`` or ``dark``."""
        theme = self._values.get("theme")
        return theme if theme in THEMES else "system"

    @theme.setter
    def theme(self, theme: str) -> None:
        self._set("theme", theme)
        self.save()

    @property
    def language(self) -> str:
        """``system``, or a code such as ``de``: whether there is such a translation shows when it is to be spoken."""
        language = self._values.get("language")
        is_code = isinstance(language, str) and languages.CODE.fullmatch(language)
        return language if is_code else languages.SYSTEM

    @language.setter
    def language(self, language: str) -> None:
        self._set("language", language)
        self.save()

    @property
    def text_size(self) -> float | None:
        """In points; None where it is as the system has it."""
        return self._number("text_size", *TEXT_SIZES)

    @text_size.setter
    def text_size(self, points: float | None) -> None:
        self._set_number("text_size", points)

    @property
    def threads(self) -> int | None:
        """That trainings compute with; None for as many as the window can spare."""
        return self._whole_number("threads", *THREADS)

    @threads.setter
    def threads(self, threads: int | None) -> None:
        self._set_number("threads", threads)

    @property
    def save_seconds(self) -> int | None:
        """Between two times that a training is saved as it goes; None where nobody has chosen."""
        return self._whole_number("save_seconds", *SAVE_SECONDS)

    @save_seconds.setter
    def save_seconds(self, seconds: int) -> None:
        self._set_number("save_seconds", seconds)

    @property
    def data_dir(self) -> Path | None:
        """Where the image sets lie, if it was chosen and is still there."""
        return self._folder("data_dir")

    @data_dir.setter
    def data_dir(self, folder: Path | None) -> None:
        self._set("data_dir", "" if folder is None else printable(str(folder)))
        self.save()

    @property
    def workspace(self) -> Path | None:
        """Where trainings are kept, if it was chosen and is still there."""
        return self._folder("workspace")

    @workspace.setter
    def workspace(self, folder: Path) -> None:
        self._set("workspace", printable(str(folder)))
        self.save()

    @property
    def recent_runs(self) -> list[Path]:
        """The runs that were last opened or saved and still exist, latest first, at most eight.

        To look for them may take long: where a disk is far away it is done on another thread.
        """
        paths = map(named, _texts(self._values, "recent_runs"))
        return [path for path in dict.fromkeys(paths) if is_file(path)][:_RECENT]

    def add_recent_run(self, path: Path) -> None:
        """Put a run at the head of `recent_runs`."""
        self._put_first("recent_runs", printable(str(absolute(path))))

    @property
    def recent_images(self) -> list[str]:
        """The image sets of one's own that were used last, as recipes name them, latest first, at most eight.

        They may have gone since: a disk that is not there today may be back tomorrow.
        """
        return list(dict.fromkeys(_texts(self._values, "recent_images")))[:_RECENT]

    def add_recent_images(self, name: str) -> None:
        """Put an image set at the head of `recent_images`."""
        self._put_first("recent_images", printable(name))

    @property
    def hints_seen(self) -> list[str]:
        """The names of the hints that were told already."""
        return _texts(self._values, "hints_seen")

    def add_hint_seen(self, name: str) -> None:
        """Remember that a hint was told, with the next `save`."""
        self._change(lambda values: values.update({"hints_seen": [*_texts(values, "hints_seen"), name]}))

    @property
    def recent_commands(self) -> list[str]:
        """The ids of what was last done by the palette, latest first, at most eight."""
        return list(dict.fromkeys(_texts(self._values, "recent_commands")))[:_RECENT]

    def add_recent_command(self, name: str) -> None:
        """Put a command at the head of `recent_commands`, with the next `save`; one without a name is none."""
        if name:
            self._put_first("recent_commands", printable(name), saved=False)

    @property
    def keys(self) -> dict[str, list[str]]:
        """The keys that were chosen instead of those that actions have at first, by the ids of the actions."""
        found = _table(self._values, "keys")
        return {name: _texts(found, name) for name, keys in found.items() if isinstance(keys, list)}

    def set_keys(self, keys: Mapping[str, Sequence[str]]) -> None:
        """Remember these, and no others."""
        self._change(lambda values: values.update(keys={name: list(its) for name, its in keys.items()}))
        self.save()

    @property
    def run_list(self) -> dict[str, Any]:
        """How all runs are listed: plain values, which whoever takes them looks through."""
        return dict(_table(self._values, "run_list"))

    def set_run_list(self, state: Mapping[str, Any]) -> None:
        """Remember how all runs are listed."""
        if self.run_list != state:
            self._change(lambda values: values.update(run_list=dict(state)))
            self.save()

    def layout(self, name: str) -> bytes:
        """Give what ``saveGeometry`` or ``saveState`` of the part called `name` answered; empty if unknown."""
        text = _table(self._values, "layout").get(name)
        if not isinstance(text, str) or len(text) > 2 * _LARGEST_LAYOUT:
            return b""
        try:
            state = base64.b64decode(text, validate=True)
        except ValueError:
            return b""
        return state if len(state) <= _LARGEST_LAYOUT else b""

    def set_layout(self, name: str, state: bytes) -> None:
        """Remember the geometry or state of a window or splitter, with the next `save`."""
        text = base64.b64encode(state).decode()

        def change(values: dict[str, Any]) -> None:
            values["layout"] = _table(values, "layout") | {name: text}

        if self.layout(name) != state:
            self._change(change)

    def _folder(self, key: str) -> Path | None:
        text = self._values.get(key)
        folder = named(text) if isinstance(text, str) and text else None
        return folder if folder and is_folder(folder) else None

    def _number(self, key: str, least: float, most: float) -> float | None:
        value = self._values.get(key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number and least <= value <= most else None

    def _whole_number(self, key: str, least: int, most: int) -> int | None:
        value = self._number(key, least, most)
        return None if value is None else int(value)

    def _set_number(self, key: str, value: float | None) -> None:
        """Remember a number; None is none."""
        self._change(lambda values: values.pop(key, None) if value is None else values.update({key: value}))
        self.save()

    def _put_first(self, key: str, text: str, *, saved: bool = True) -> None:
        def change(values: dict[str, Any]) -> None:
            others = [other for other in _texts(values, key) if other != text]
            values[key] = [text, *others][:_RECENT]

        self._change(change)
        if saved:
            self.save()

    def _set(self, key: str, value: str) -> None:
        self._change(lambda values: values.update({key: value}))

    def _change(self, change: Callable[[dict[str, Any]], object]) -> None:
        self._changes.append(change)
        change(self._values)

    def _read(self) -> dict[str, Any]:
        """Give what the file holds now."""
        if os.path.lexists(self._path):
            return _read(self._path)
        if self._earlier and is_file(self._earlier):
            try:
                return _read(self._earlier)
            except SettingsError:  # it is not written to either, so that nothing of it is lost
                return {}
        return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        if not is_file(path):  # to read from a pipe would not end
            raise SettingsError(_unreadable(path, "it is no file"))
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE or any(line.count(b".") > _MOST_DOTS for line in content.splitlines()):
            raise SettingsError(_unreadable(path, "it is too large"))
        text = content.decode()
        return _read_earlier(text) if _is_earlier(text) else tomllib.loads(text)
    except OSError as error:
        raise SettingsError(_unreadable(path, reason_of(error))) from error
    except (ValueError, RecursionError) as error:  # numbers of too many digits are ValueErrors, too
        raise SettingsError(_unreadable(path, "it is no TOML")) from error


def _unreadable(path: Path, reason: str) -> str:
    return f"The settings in {path} cannot be read ({reason}), so nothing is remembered: mend or remove the file."


def _is_earlier(text: str) -> bool:
    return text.startswith("[General]") or (text.startswith("[layout]") and "=@" in text)


def _read_earlier(text: str) -> dict[str, Any]:
    """Take the plain texts from a file of QSettings, which builds objects of what begins with an @."""
    values: dict[str, Any] = {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key in (*_EARLIER_TEXTS, *_EARLIER_LISTS):
            try:
                texts = next(csv.reader([value], skipinitialspace=True, doublequote=False, escapechar="\\"), [])
            except csv.Error:
                continue
            plain = [text for text in texts if not text.startswith("@")]
            values[key] = plain if key in _EARLIER_LISTS else ", ".join(plain)
    return values


def _texts(values: dict[str, Any], key: str) -> list[str]:
    found = values.get(key)
    return [text for text in found if isinstance(text, str) and text] if isinstance(found, list) else []


def _table(values: dict[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}


def _own_file() -> Path:
    return platformdirs.user_config_path("latentlab", appauthor=False) / "latentlab.toml"


def _earlier_file() -> Path:
    """Give the place of the file that earlier versions kept, as QSettings chose it."""
    if sys.platform == "win32":
        folder = platformdirs.user_config_path(appauthor=False, roaming=True)
    else:
        folder = named(os.environ.get("XDG_CONFIG_HOME") or "~/.config")
    return folder / "latentlab" / "latentlab.ini"
