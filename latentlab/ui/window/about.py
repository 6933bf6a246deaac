"""About the program: its version, those of what it stands on, and under which licences they are."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Slot, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from latentlab import __version__
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.letters_dialog import LettersDialog

_SIZE = QSize(72, 32)  # average letters and lines
_EXTRAS = re.compile(r"extra == ['\"](?!hdf5|tensorboard)")  # those of who develops it are no part of it
_ICON = 48  # pixels


class Part(NamedTuple):
    """Something that the program stands on."""

    name: str
    version: str
    licence: str


def parts() -> list[Part]:
    """Give the program itself, then what it stands on and is there; licences as each package tells its own."""
    return [
        Part("latentlab", __version__, "MIT"),
        Part("Python", platform.python_version(), "PSF-2.0"),
        Part("Qt", qVersion(), "LGPL-3.0-only"),
        *_packages(),
    ]


def _packages() -> Iterator[Part]:
    try:
        required = metadata.requires("latentlab") or []
    except metadata.PackageNotFoundError:  # it runs from its source
        return
    wanted = {re.match(r"[\w.-]+", each)[0].lower() for each in required if not _EXTRAS.search(each)}
    for name in sorted(wanted):
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:  # what is extra need not be there
            continue
        yield Part(about["Name"].replace("_", "-"), about["Version"], _licence(about))


def _licence(about: metadata.PackageMetadata) -> str:
    """Give the name of a licence: some packages have its whole text there instead, or classify themselves."""
    classified = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier", []) if each.startswith("License")]
    told = about.get("License-Expression") or about.get("License") or ""
    if classified and (not told or "\n" in told):
        told = ", ".join(classified)
    return told.partition("\n")[0] or "?"


class AboutDialog(LettersDialog):
    """Shows all of it, to be copied."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(_SIZE, parent)
        self.setObjectName("aboutDialog")
        self.setWindowTitle(self.tr("About latentlab"))
        self._parts = parts()
        name = plain_label(f"latentlab {__version__}", objectName="aboutName")
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        name.setFont(font)
        what = plain_label(self.tr("A desktop laboratory for latent spaces, under the MIT licence."), wordWrap=True)
        picture = plain_label()
        picture.setPixmap(QGuiApplication.windowIcon().pixmap(QSize(_ICON, _ICON), self.devicePixelRatioF()))
        table = QTreeWidget(objectName="aboutTable", columnCount=3, rootIsDecorated=False, uniformRowHeights=True)
        table.setHeaderLabels([self.tr("It stands on"), self.tr("Version"), self.tr("Licence")])
        table.setAccessibleName(self.tr("Versions and licences"))
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        for part in self._parts[1:]:
            QTreeWidgetItem(table, list(part)).setToolTip(2, part.licence)
        for place in (0, 1):
            table.header().setSectionResizeMode(place, QHeaderView.ResizeMode.ResizeToContents)
        copy = QPushButton(self.tr("&Copy"), objectName="aboutCopy")
        copy.setDefault(True)
        copy.clicked.connect(self._copy)
        close = QPushButton(self.tr("Close"), autoDefault=False)
        close.clicked.connect(self.accept)
        top = Qt.AlignmentFlag.AlignTop
        head = row((picture, 0, top), (column(name, what, spacing=2), 1), spacing=12)
        column(head, (table, 1), row(STRETCH, copy, close), margins=(16, 16, 16, 12), spacing=10, on=self)
        copy.setFocus()

    @Slot()
    def _copy(self) -> None:
        lines = [f"{part.name} {part.version} ({part.licence})" for part in self._parts]
        lines.append(f"{platform.platform()}, {QGuiApplication.platformName()}")
        QGuiApplication.clipboard().setText("\n".join(lines))
