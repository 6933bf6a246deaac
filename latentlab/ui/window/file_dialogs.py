"""The questions for files and folders: what is opened, and where something is saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QImageReader
from PySide6.QtWidgets import QFileDialog, QWidget

from latentlab.core.data.pictures import picture_files
from latentlab.core.output.animation import ANIMATION, STRIP, VIDEO
from latentlab.core.runs.run_header import SUFFIX

Then = Callable[[Path], object]


class FileDialogs(QObject):
    """Asks, without ever blocking the window's event loop, and hands the answer to a function.

    What is asked for has a name: ``"run"`` or ``"picture"``. The dialog is named after it, ``runDialog``.

    Parameters
    ----------
    window : QWidget
        Over which the questions appear.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        runs = self.tr("Runs of latentlab (*{suffix})").format(suffix=SUFFIX)
        pictures, anything = self.tr("Pictures (*.png)"), self.tr("All files (*)")
        drawn = {f".{kind.data().decode()}" for kind in QImageReader.supportedImageFormats()}  # by the sketch pad
        readable, drawable = (
            (self.tr("Pictures ({endings})").format(endings=" ".join(f"*{each}" for each in sorted(endings))), anything)
            for endings in (picture_files.SUFFIXES, drawn)
        )
        # What is asked for: the title, and the kinds of files that are offered; folders have none.
        self._questions: dict[str, tuple[str, ...]] = {
            "run": (self.tr("Open a run"), runs),
            "secondRun": (self.tr("Open a second run"), runs),
            "recipe": (self.tr("Open a recipe"), self.tr("Recipes (*.toml)")),
            "array": (
                self.tr("File of images and, if there are, their labels"),
                self.tr("Files of images (*.npz *.npy *.csv *.gz *ubyte* *.pt *.pth *.h5 *.hdf5 *.mat *.safetensors)"),
                anything,
            ),
            "page": (self.tr("Picture of a page"), *readable),
            "sketchPicture": (self.tr("Picture for the sketch pad"), *drawable),
            "dataFolder": (self.tr("Folder that sets are downloaded to, or lie in already"),),
            "workspace": (self.tr("Folder that trainings are kept in as they go"),),
            "imageFolder": (self.tr("Folder of images, its sub-folders are the classes"),),
            "dirtyScans": (self.tr("Folder of the dirty scans"),),
            "cleanScans": (self.tr("Folder of the same scans clean, under the same names"),),
            "tensorBoard": (self.tr("Folder for TensorBoard"),),
            "runToSave": (self.tr("Save the run"), runs),
            "picture": (self.tr("Save the picture"), pictures),
            STRIP: (self.tr("Save the film strip"), pictures),
            ANIMATION: (self.tr("Save the animation"), self.tr("GIF files (*.gif)")),
            VIDEO: (self.tr("Save the video"), self.tr("MP4 videos (*.mp4)")),
            "exportSelection": (
                self.tr("Export the selected images"),
                self.tr("Image set to train on (*.npz)"),
                self.tr("Table (*.csv)"),
                self.tr("Picture (*.png)"),
            ),
            "comparison": (self.tr("Save the table"), self.tr("Table (*.csv)")),
            "cleanedPage": (self.tr("Save the cleaned page"), pictures),
        }

    def open(self, what: str, then: Then) -> None:
        """Ask for a file, or a folder, that is there."""
        self._ask(what, then).open()

    def save(self, what: str, name: str, then: Then, otherwise: Callable[[], object] | None = None) -> None:
        """Ask where to save something, a name suggested; `otherwise` is called where that is given up."""
        dialog = self._ask(what, then)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(name).suffix)
        dialog.selectFile(name)
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(_suffix(chosen)))
        if otherwise is not None:
            dialog.rejected.connect(otherwise)
        dialog.open()

    def save_film(self, name: str, then: Then) -> None:
        """Ask where to save a film, as what the name's ending says."""
        self.save(Path(name).suffix, name, then)

    def _ask(self, what: str, then: Then) -> QFileDialog:
        title, *kinds = self._questions[what]
        dialog = QFileDialog(self._window, title)
        dialog.setObjectName(f"{what}Dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile if kinds else QFileDialog.FileMode.Directory)
        if kinds:
            dialog.setNameFilters(kinds)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        return dialog


def _suffix(kind: str) -> str:
    """Give the ending that a kind of files names first: ``npz`` of "Image set to train on (*.npz)"."""
    return kind.partition("(*.")[2].rstrip(")")
