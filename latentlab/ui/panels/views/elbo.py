"""The ELBO taken apart: what of the KL divergence tells images apart, and what the prior does not fit."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from latentlab.core.map.projection import dimension_name
from latentlab.core.views.elbo import Elbo, ElboQuestion
from latentlab.ui.plots.bar_plot import BarPlot, Bars
from latentlab.ui.style.texts import rich_label
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.view_panel import ViewPanel


class ElboPanel(ViewPanel):
    """Shows the ELBO as a sum, and bars of what its KL divergence is the sum of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("elboView")
        self.introduce(
            self.tr("ELBO"),
            self.tr("What the bound on the likelihood is the sum of: what codes tell of images, and what it costs."),
        )
        self._content: _Content | None = None

    def question(self) -> ElboQuestion:
        """Ask for the parts."""
        return ElboQuestion()

    def show_answer(self, answer: Elbo) -> None:
        """Show the sum, and its parts as bars."""
        if self._content is None:  # not before it is looked at: plots take long to make
            self._content = _Content()
            self.set_content(self._content)
        self._content.show_parts(answer)
        super().show_answer(answer)
        self.caption.setText(
            self.tr(
                "q(z) is the mean of the posteriors of {images:,} images; means over {samples:,} samples of it "
                "(Hoffman and Johnson, 2016; Chen et al., 2018). T\u00a0=\u00a01, β\u00a0=\u00a01."
            ).format(images=answer.parts.images, samples=answer.parts.samples)
        )


class _Content(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._headline = rich_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, objectName="elboHeadline")
        self._sums = rich_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, objectName="elboSums")
        self._sums.setToolTip(
            self.tr(
                "Mutual information: how much a code tells which of the images it is of: at most the log of their "
                "number. Total correlation: how far the aggregate posterior q(z) is from dimensions that know nothing "
                "of each other. Dimensions: the KL of each one's aggregate posterior from the prior. The last two are "
                "the marginal KL, which a better prior would save."
            )
        )
        self._plot = BarPlot("", self.tr("nats"))
        self._plot.setAccessibleName(self.tr("Parts of the KL divergence"))
        column(self._headline, self._sums, (self._plot, 1), margins=(8, 0, 8, 0), spacing=4, on=self)

    def show_parts(self, answer: Elbo) -> None:
        """Show the parts of an ELBO."""
        parts = answer.parts
        text = self.tr("ELBO {elbo} ± {error:.2f} nats: reconstruction {reconstruction:.2f}, KL {kl:.2f}").format(
            elbo=f"{answer.elbo:.2f}".replace("-", "−"),
            error=answer.elbo_error,
            reconstruction=answer.reconstruction,
            kl=answer.kl,
        )
        self._headline.setText(f'<b style="font-size: x-large">{text}</b>')
        self._sums.setText(
            self.tr(
                "KL {kl:.2f}, by samples {sampled:.2f} = mutual information {information:.2f} ± {first:.2f} + total "
                "correlation {correlation:.2f} ± {second:.2f} + dimensions {dimensions:.2f} ± {third:.2f}"
            ).format(
                kl=answer.kl,
                sampled=parts.kl,
                information=parts.mutual_information,
                first=parts.errors[0],
                correlation=parts.total_correlation,
                second=parts.errors[1],
                dimensions=float(parts.by_dimension.sum()),
                third=parts.dimensions_error,
            )
        )
        names = tuple(dimension_name(dimension) for dimension in range(len(parts.by_dimension)))
        heights = np.array([parts.mutual_information, parts.total_correlation, *parts.by_dimension], np.float32)
        strong = np.arange(len(heights)) == 0
        edges = np.arange(len(heights) + 1, dtype=np.float32)
        known = (self.tr("mutual information"), self.tr("total correlation"))
        self._plot.name_axes(self.tr("what the KL is the sum of"), self.tr("nats"))
        self._plot.set_bars(Bars(edges, heights, strong, (*known, *names)))
