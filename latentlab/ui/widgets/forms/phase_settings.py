"""What the form of a recipe shows of the last part of a training, in which it does something more, or less."""

from __future__ import annotations

from PySide6.QtCore import QObject


class PhaseSettings(QObject):
    """The texts, in the language in force."""

    def group(self) -> tuple[str, tuple[tuple[str, str, str], ...]]:
        """Give the heading, and of each setting the dotted key, label and tip."""
        return self.tr("Last part of the training"), (
            (
                "training.modes",
                self.tr("Seek modes"),
                self.tr(
                    "Last share of the training, e.g. 0.5, in which the mode of each image's posterior is sought on a "
                    "grid: the encoder learns to find it, and the decoder learns from it where the encoder does not. "
                    "Images become more probable, and the encoder falls further behind. For a VAE of one or two "
                    "dimensions; steps take more than twice as long."
                ),
            ),
            (
                "training.refine",
                self.tr("Refine encoder"),
                self.tr(
                    "Last share of the training in which the encoder learns alone, e.g. 0.2: it catches up with the "
                    "decoder."
                ),
            ),
        )
