"""What the form of a recipe shows of what is learned from beside the images of its set."""

from __future__ import annotations

from PySide6.QtCore import QObject


class BesideSettings(QObject):
    """The texts, in the language in force."""

    def group(self) -> tuple[str, tuple[tuple[str, str, str], ...]]:
        """Give the heading, and of each setting the dotted key, label and tip."""
        return self.tr("Learned from as well"), (
            (
                "data.beside",
                self.tr("Second image set"),
                self.tr(
                    "Name of a set whose training images are learned from as well, e.g. strokes:pen/strokes.unipen in "
                    "the data folder. Empty: none."
                ),
            ),
            (
                "data.beside_repeat",
                self.tr("Repeat its images"),
                self.tr("How often an epoch goes through the training images of the second set."),
            ),
            (
                "loss.labels",
                self.tr("Labels"),
                self.tr(
                    "Weight, in training, of how well a small network tells the label from z, e.g. 10: classes keep "
                    "together on the map. 0: labels are not told."
                ),
            ),
        )
