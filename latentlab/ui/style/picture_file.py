"""Pictures of Qt as files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QCoreApplication, QIODevice
from PySide6.QtGui import QImage

from latentlab.core.errors import LatentlabError
from latentlab.core.writing import whole_file

translate = QCoreApplication.translate


class PictureError(LatentlabError):
    """A picture that cannot be saved; the message says why."""


def save_picture(picture: QImage, path: Path) -> None:
    """Write a picture, as what the file's ending says; it appears whole or not at all.

    Raises
    ------
    PictureError
        When it cannot be written, or Qt has no such files.
    """
    content = QBuffer()
    content.open(QIODevice.OpenModeFlag.WriteOnly)
    if not picture.save(content, path.suffix[1:]):
        told = translate("Pictures", "The picture could not be saved as {path}: choose a name that ends in .png.")
        raise PictureError(told.format(path=path))
    with whole_file(path, "The picture", PictureError) as partial:
        partial.write_bytes(content.data().data())
