"""What the form of a recipe shows of the random changes that training images meet."""

from __future__ import annotations

from PySide6.QtCore import QObject


class AugmentationSettings(QObject):
    """The texts, in the language in force."""

    def group(self) -> tuple[str, tuple[tuple[str, str, str], ...]]:
        """Give the heading, and of each setting the dotted key, label and tip."""
        texts = (
            ("rotation", self.tr("Rotation"), self.tr("Images are turned at random by up to so many degrees.")),
            ("scale", self.tr("Scale"), self.tr("Images are scaled at random by up to this share: 0.1 is 10 %.")),
            ("shear", self.tr("Slant"), self.tr("Images are slanted at random by up to this amount.")),
            ("shift", self.tr("Shift"), self.tr("Images are moved at random by up to so many pixels.")),
            (
                "mirror",
                self.tr("Mirror"),
                self.tr("Share of the images that are mirrored at random: 0.5 for photographs."),
            ),
            ("until", self.tr("Until"), self.tr("Share of the run after which images are left as they are: 1 is all.")),
            (
                "target",
                self.tr("Target"),
                self.tr(
                    "What the decoder is asked for. image: the image as it is, so that codes depend less on the hand "
                    "that wrote it. changed: what the encoder sees, as if there were more images."
                ),
            ),
        )
        settings = tuple((f"training.augmentation.{leaf}", label, tip) for leaf, label, tip in texts)
        return self.tr("Random changes of the training images"), settings
