"""What an image's true posterior says of its encoding: how probable the image is, and what is lost, and by what."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from latentlab.core.map.true_posterior import Found
from latentlab.ui.style.texts import plain


class PosteriorFigures(QLabel):
    """Tells log p(x), the ELBO and both gaps; hidden where there are none."""

    def __init__(self) -> None:
        super().__init__(textFormat=Qt.TextFormat.PlainText, wordWrap=True, objectName="posteriorFigures")
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setToolTip(
            plain(
                self.tr(
                    "log p(x), integrated over the latent space, at temperature 1 and β = 1. The ELBO of the encoder "
                    "lies below it by the amortisation gap, what the encoder loses against the best diagonal Gaussian, "
                    "and by the approximation gap, what that one loses against the true posterior: Cremer et al. "
                    "(2018), Inference suboptimality in variational autoencoders, section 3."
                )
            )
        )
        self.hide()

    def show_figures(self, found: Found | None, class_names: tuple[str, ...] = ()) -> None:
        """Tell what was measured of an image; of a CVAE (whose class names are given) under which label."""
        known = None if found is None else found.gaps
        self.setVisible(known is not None)
        if found is None or known is None:
            self.clear()
            return
        text = self.tr(
            "log p(x) {log_p:.1f}, ELBO {elbo:.1f} nats: the encoder loses {amortisation:.2f}, a Gaussian "
            "{approximation:.2f}"
        ).format(log_p=known.log_p, elbo=known.elbo, amortisation=known.amortisation, approximation=known.approximation)
        label = found.subject.label
        if label is not None and 0 <= label < len(class_names):
            text = self.tr("{text}, under {name}").format(text=text, name=class_names[label])
        self.setText(text.replace("-", "−"))
