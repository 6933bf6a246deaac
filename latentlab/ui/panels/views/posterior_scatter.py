"""Means of the images' posteriors beside their standard deviations."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from latentlab.core.views.posterior_scatter import Deviations, DeviationsQuestion
from latentlab.ui.canvas.scatter import ScatterPair
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate


class DeviationsPanel(ViewPanel):
    """Shows where the encoder puts images, and beside it how sure it is; a click on a point picks its image."""

    NAME = "deviationsView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("DeviationsPanel", "Spread: deviations"),
            translate(
                "DeviationsPanel",
                "Where the encoder puts each image, its mean μ, and how sure it is of that, its deviation σ.",
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answer: Deviations | None = None
        self._pair: ScatterPair | None = None
        show_all = QToolButton(text=self.tr("Show all"), autoRaise=True, objectName="deviationsShowAllButton")
        show_all.setToolTip(self.tr("Show all points on both sides, and follow them (Home or 0)"))
        show_all.clicked.connect(self._show_all)
        self.bar.addWidget(show_all)

    def question(self) -> DeviationsQuestion:
        """Ask for means and deviations."""
        return DeviationsQuestion()

    def prepare(self) -> ScatterPair:
        """Make both sides, if there are none."""
        if self._pair is None:
            self._pair = ScatterPair()
            self._pair.scatters[1].view.set_from_zero()
            self._pair.set_titles(self.tr("<b>means μ</b>"), self.tr("<b>deviations σ</b>"))
            self._pair.setToolTip(self.tr("Click on a point to pick its image on the map"))
            self._pair.point_picked.connect(self._pick)
            self.set_content(self._pair)
        return self._pair

    def show_answer(self, answer: Deviations) -> None:
        """Show the points, and say which dimensions and how many images these are."""
        self._answer = answer
        self.prepare().set_points(answer.means, answer.deviations)
        super().show_answer(answer)
        text = self.tr("{count:,} of {total:,} images").format(count=len(answer.rows), total=answer.total)
        if self.facts is not None and self.facts.latent > 2:
            text += " · " + self.tr("the two of {count} dimensions with the highest KL").format(count=self.facts.latent)
        self.caption.setText(text)

    @Slot()
    def _show_all(self) -> None:
        if self._pair is not None:
            self._pair.show_all()

    @Slot(int)
    def _pick(self, point: int) -> None:
        if self._answer is not None:
            self.point_picked.emit(int(self._answer.rows[point]))
