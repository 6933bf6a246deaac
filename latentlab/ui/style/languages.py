"""The languages that the window can speak: English, of its sources, and what it was translated into.

A translation is a file of Qt's, such as ``latentlab_de.qm``. It lies among the program's own, or in a folder of one's
own, so that one can try it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from latentlab.core.errors import printable
from latentlab.core.files import inside, is_file, resource

SYSTEM = "system"
ENGLISH = "en"
CODE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|\d{3}))?")
"""Of a language, as Qt has it: ``de``, ``pt_BR``, ``sr_Latn``."""

_NAME = re.compile(rf"latentlab_({CODE.pattern})\.qm")
_FILLED_IN = re.compile(r"\{[^{}]*\}")

_installed: list[QTranslator] = []
_spoken = ENGLISH
_problem = ""


@dataclass(frozen=True, slots=True)
class Language:
    """One that the window can speak.

    Attributes
    ----------
    code : str
    name : str
        As it calls itself.
    file : Path or None
        Its translation; English needs none.
    """

    code: str
    name: str
    file: Path | None = None


_ENGLISH = Language(ENGLISH, "English")


class _Translation(QTranslator):
    """Leaves in English what would not be filled in: a text with other names in braces than its English has."""

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:  # of what is not translated: an empty text would be taken for its translation
        """Give the translation of a text."""
        text = super().translate(context, source, disambiguation, n)
        return text if text and is_filled_alike(source, text) else None


def is_filled_alike(source: str, translation: str) -> bool:
    """Whether all that stands in braces in a translation stands so in the source."""
    if "{" not in translation and "}" not in translation:
        return True
    is_known = set(_FILLED_IN.findall(translation)) <= set(_FILLED_IN.findall(source))
    return is_known and not set("{}") & set(_FILLED_IN.sub("", translation))


def own_folder() -> Path:
    """Give the folder in which translations of one's own are looked for; it need not be there."""
    return platformdirs.user_data_path("latentlab", appauthor=False) / "translations"


def available() -> list[Language]:
    """Give what can be spoken: English, then the others by their names; a file that Qt cannot read is left out."""
    files = {code: file for code, file in _files().items() if _read(file) is not None}
    names = [QLocale(code).nativeLanguageName() for code in files]
    found = []
    for (code, file), name in zip(files.items(), names, strict=True):
        is_one_of_two = names.count(name) > 1 and "_" in code
        place = f" ({QLocale(code).nativeTerritoryName()})" if is_one_of_two else ""
        found.append(Language(code, f"{name[:1].upper()}{name[1:]}{place}", file))
    return [_ENGLISH, *sorted(found, key=lambda language: language.name.casefold())]


def left_out() -> list[str]:
    """Give the names of the files of one's own that end like translations, and cannot be used."""
    named = sorted(file for file in inside(own_folder()) if file.suffix == ".qm")
    known = {language.file for language in available()}
    return [file.name for file in named if file not in known]


def of_system(codes: list[str] | None = None) -> str:
    """Give the code of the first language that the system asks for and the window can speak; else of English.

    Parameters
    ----------
    codes : list of str, optional
        What the system asks for, such as ``de-AT``, the dearest first.
    """
    files = _files()
    for code in QLocale.system().uiLanguages() if codes is None else codes:
        wanted = code.replace("-", "_")
        for each in (wanted, wanted.partition("_")[0]):
            if each == ENGLISH or (each in files and _read(files[each]) is not None):
                return each
    return ENGLISH


def spoken() -> str:
    """Give the code of the language in force."""
    return _spoken


def problem() -> str:
    """Give the sentence on why it is English, and not what was chosen; empty where it is what was chosen."""
    return _problem


def speak(choice: str) -> None:
    """Have whatever is made from now on speak a language; where this cannot be it is English, and `problem` says why.

    Parameters
    ----------
    choice : str
        ``system``, or a code.
    """
    global _spoken, _problem
    while _installed:
        before = _installed.pop()
        QCoreApplication.removeTranslator(before)
        before.setParent(None)
    _spoken, _problem = ENGLISH, ""
    code = of_system() if choice == SYSTEM else choice
    if code == ENGLISH:
        return
    file = _files().get(code)
    translation = None if file is None else _read(file)
    if translation is None:
        _problem = _why_not(code, file)
        return
    qt, own = QTranslator(), QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if qt.load(QLocale(code), "qtbase", "_", own):  # the words of Qt's own buttons and dialogs
        _installed.append(qt)
    _installed.append(translation)
    for each in _installed:  # the last one is asked first
        each.setParent(QCoreApplication.instance())  # which keeps it
        QCoreApplication.installTranslator(each)
    _spoken = code


def _why_not(code: str, file: Path | None) -> str:
    if file is None:
        place = printable(str(own_folder() / f"latentlab_{code}.qm"))
        return (
            f"There is no translation into '{code}', so the window speaks English: choose another language in the "
            f"preferences, or put the translation at {place}."
        )
    return (
        f"The translation {printable(str(file))} is damaged, so the window speaks English: make it anew with "
        "pyside6-lrelease, or choose another language in the preferences."
    )


def _files() -> dict[str, Path]:
    """Give the translations by their codes; where there are two, one's own."""
    found = {}
    for folder in (resource("translations"), own_folder()):
        for file in inside(folder):
            named = _NAME.fullmatch(file.name)
            if named and named[1] != ENGLISH and QLocale(named[1]).language() != QLocale.Language.C and is_file(file):
                found[named[1]] = file
    return found


def _read(file: Path) -> _Translation | None:
    translation = _Translation()
    return translation if translation.load(str(file)) and not translation.isEmpty() else None
