"""The ELBO taken apart: what of the KL divergence tells images apart, and what the prior does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QCheckBox, QWidget

from latentlab.core.map.projection import dimension_name
from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.elbo import Elbo, ElboQuestion
from latentlab.ui.plots.bar_plot import BarPlot, Bars
from latentlab.ui.style.texts import rich_label
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.view_panel import ViewPanel

if TYPE_CHECKING:
    from latentlab.core.measures.likelihood import Likelihoods

translate = QCoreApplication.translate


class ElboPanel(ViewPanel):
    """Shows the ELBO as a sum, and bars of what its KL divergence is the sum of."""

    NAME = "elboView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("ElboPanel", "ELBO"),
            translate(
                "ElboPanel",
                "What the bound on the likelihood is the sum of: what codes tell of images, and what it costs.",
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content: _Content | None = None
        self._is_quick = True  # at first
        self._likelihood = QCheckBox(self.tr("beside the likelihood"), objectName="elboLikelihoodBox")
        self._likelihood.setToolTip(
            self.tr(
                "Also the importance-weighted bound (Burda et al., 2016), and of one to three latent dimensions "
                "log p(x), integrated over the latent space: of a thousand images, which takes some seconds"
            )
        )
        self._likelihood.toggled.connect(self.ask)
        self.bar.addWidget(self._likelihood)

    def set_model(self, facts: ModelFacts | None) -> None:
        """Begin with few images again."""
        super().set_model(facts)
        self._is_quick = True

    def question(self) -> ElboQuestion:
        """Ask for the parts: of few images, and once that is shown of all, with the likelihood where it is chosen."""
        return ElboQuestion(self._likelihood.isChecked(), self._is_quick)

    def prepare(self) -> _Content:
        """Make the plot, if there is none."""
        if self._content is None:
            self._content = _Content()
            self.set_content(self._content)
        return self._content

    def show_answer(self, answer: Elbo) -> None:
        """Show the sum, and its parts as bars."""
        self.prepare().show_parts(answer)
        super().show_answer(answer)
        self.caption.setText(
            self.tr(
                "q(z) is the mean of the posteriors of {images:,} images; means over {samples:,} samples of it "
                "(Hoffman and Johnson, 2016; Chen et al., 2018). T\u00a0=\u00a01, β\u00a0=\u00a01."
            ).format(images=answer.parts.images, samples=answer.parts.samples)
        )
        if answer.is_quick:
            self._is_quick = False
            self.ask()


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
                "the marginal KL, which a better prior would save; one whose dimensions depend on each other saves "
                "what it knows of that."
            )
        )
        self._plot = BarPlot("", self.tr("nats"))
        self._plot.setAccessibleName(self.tr("Parts of the KL divergence"))
        self._beside = rich_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, objectName="elboLikelihood")
        column(self._headline, self._beside, self._sums, (self._plot, 1), margins=(8, 0, 8, 0), spacing=4, on=self)

    def show_parts(self, answer: Elbo) -> None:
        """Show the parts of an ELBO."""
        parts = answer.parts
        text = self.tr("ELBO {elbo} ± {error:.2f} nats: reconstruction {reconstruction:.2f}, KL {kl:.2f}").format(
            elbo=_nats(answer.elbo),
            error=answer.elbo_error,
            reconstruction=answer.reconstruction,
            kl=answer.kl,
        )
        self._headline.setText(f'<b style="font-size: x-large">{text}</b>')
        sums = self.tr(
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
        if parts.prior_correlation:
            sums += self.tr(" {known:+.2f} ± {error:.2f} that the prior knows of dimensions together").format(
                known=-parts.prior_correlation, error=parts.prior_error
            )
        self._sums.setText(sums)
        self._beside.setVisible(answer.likelihoods is not None)
        if answer.likelihoods is not None:
            self._beside.setText(self._written(answer.likelihoods))
        names = tuple(dimension_name(dimension) for dimension in range(len(parts.by_dimension)))
        values, known = [parts.mutual_information, parts.total_correlation], [self.tr("mutual information")]
        known.append(self.tr("total correlation"))
        if parts.prior_correlation:
            values.append(-parts.prior_correlation)
            known.append(self.tr("known to the prior"))
        heights = np.array([*values, *parts.by_dimension], np.float32)
        strong = np.arange(len(heights)) == 0
        edges = np.arange(len(heights) + 1, dtype=np.float32)
        self._plot.name_axes(self.tr("what the KL is the sum of"), self.tr("nats"))
        self._plot.set_bars(Bars(edges, heights, strong, (*known, *names)))

    def _written(self, likelihoods: Likelihoods) -> str:
        """Write bounds and likelihood of the same images, one after the other, from the lowest bound on."""
        told = likelihoods.summary()
        known = [
            (self.tr("ELBO"), told["elbo"], told["elbo_standard_error"]),
            (self.tr("bound of {k} samples").format(k=likelihoods.k), told["iwae"], told["iwae_standard_error"]),
        ]
        if likelihoods.log_p is not None:
            known.append((self.tr("log p(x)"), told["log_p"], told["standard_error"]))
        words = [
            f"{name} {_nats(value)}" + ("" if error is None else f" ± {error:.2f}") for name, value, error in known
        ]
        return self.tr("Of {images:,} of these images: {figures} nats").format(
            images=told["images"], figures=" · ".join(words)
        )


def _nats(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
