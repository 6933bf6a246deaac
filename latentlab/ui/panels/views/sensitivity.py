"""How far codes move when noise is added to the images, and curves of other models to compare it with."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from latentlab.core.views.sensitivity import Sensitivity, SensitivityQuestion
from latentlab.ui.plots.line_plot import Line, LinePlot
from latentlab.ui.style.texts import rich_label
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate

_MOST_KEPT = 3


class SensitivityPanel(ViewPanel):
    """Shows a curve of movement over noise; curves that are kept stay while other models are looked at."""

    NAME = "sensitivityView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("SensitivityPanel", "Sensitivity"),
            translate(
                "SensitivityPanel",
                "How far the codes move when noise is added to the images: the less, the steadier the encoder.",
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: Sensitivity | None = None
        self._kept: tuple[Sensitivity, ...] = ()
        self._content: _Content | None = None
        self._keep = QToolButton(text=self.tr("Keep this curve"), enabled=False, objectName="sensitivityKeepButton")
        self._keep.setToolTip(self.tr("Let this curve stay, to compare other models with it"))
        self._keep.clicked.connect(self._keep_curve)
        self._forget = QToolButton(text=self.tr("Forget kept"), enabled=False, objectName="sensitivityForgetButton")
        self._forget.setToolTip(self.tr("Take away the curves that were kept"))
        self._forget.clicked.connect(self._forget_curves)
        self.bar.addWidget(self._keep)
        self.bar.addWidget(self._forget)

    def question(self) -> SensitivityQuestion:
        """Ask for the curve."""
        return SensitivityQuestion()

    def prepare(self) -> _Content:
        """Make the plot, if there is none."""
        if self._content is None:
            self._content = _Content()
            self.set_content(self._content)
        return self._content

    def show_answer(self, answer: Sensitivity) -> None:
        """Show the curve with those that are kept."""
        self.prepare()
        self._answer = answer
        self._draw()
        super().show_answer(answer)
        self._keep.setEnabled(True)
        self.caption.setText(
            self.tr(
                "Weight of the encoder's Jacobian in the loss: λ = {weight:g} (Rifai et al., 2011). Spread: root mean "
                "square distance of codes from their mean. {count:,} images."
            ).format(weight=answer.contraction, count=answer.images)
        )

    def show_problem(self, sentence: str) -> None:
        """Say why there is no curve."""
        super().show_problem(sentence)
        if hasattr(self, "_keep"):
            self._answer = None
            self._keep.setEnabled(False)

    def _draw(self) -> None:
        if self._content is None or self._answer is None:
            return
        now = self._answer
        shown = (now, *self._kept)
        self._content.plot.set_lines(tuple(Line(self._name(one), one.deviations, 100 * one.movements) for one in shown))
        text = self.tr("Noise of σ = {noise:.1f} moves a code by {share:.0%} of the spread").format(
            noise=float(now.deviations[-1]), share=float(now.movements[-1])
        )
        self._content.headline.setText(f'<b style="font-size: x-large">{text}</b>')

    def _name(self, sensitivity: Sensitivity) -> str:
        return self.tr("{name} · λ = {weight:g} · epoch {epochs:.0f}").format(
            name=sensitivity.name, weight=sensitivity.contraction, epochs=sensitivity.epochs
        )

    @Slot()
    def _keep_curve(self) -> None:
        if self._answer is not None:
            self._kept = (self._answer, *self._kept)[:_MOST_KEPT]
            self._forget.setEnabled(True)
            self._draw()

    @Slot()
    def _forget_curves(self) -> None:
        self._kept = ()
        self._forget.setEnabled(False)
        self._draw()


class _Content(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.headline = rich_label(wordWrap=True, objectName="sensitivityHeadline")
        self.headline.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.plot = LinePlot(self.tr("σ of the noise on each pixel"), self.tr("% of the spread"))
        self.plot.setAccessibleName(self.tr("Movement of codes over noise"))
        column(self.headline, (self.plot, 1), margins=(8, 0, 8, 0), spacing=4, on=self)
