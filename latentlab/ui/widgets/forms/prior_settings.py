"""What the form of a recipe shows of the prior."""

from __future__ import annotations

from PySide6.QtCore import QObject


class PriorSettings(QObject):
    """The texts, in the language in force."""

    def group(self) -> tuple[str, tuple[tuple[str, str, str], ...]]:
        """Give a heading, and the dotted key, label and tip of each setting below it."""
        return self.tr("Prior"), (
            (
                "model.prior",
                self.tr("Prior"),
                self.tr(
                    "What codes of a vae are drawn to. normal: the standard normal. vamp: a mixture of the posteriors "
                    "of pseudo-inputs, which are learned, so that codes lie where the data want them."
                ),
            ),
            (
                "model.components",
                self.tr("Pseudo-inputs"),
                self.tr("How many a vamp prior has: the map shows the Gaussian of each."),
            ),
            (
                "training.fit_prior",
                self.tr("Fit prior"),
                self.tr(
                    "At the end, fit a mixture of so many Gaussians to the codes, e.g. 20, which is the prior from "
                    "then on, or 'none'. It raises the likelihood and moves nothing on the map."
                ),
            ),
        )
