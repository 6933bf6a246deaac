"""The plane of a model's codes beside the one that PCA finds, with the angles between them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.pca import BesidePca, BesidePcaQuestion
from latentlab.ui.canvas.scatter import ScatterPair
from latentlab.ui.style.texts import rich_label
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate

_WRITTEN_OUT = 3  # angles; of more the first and the last


class BesidePcaPanel(ViewPanel):
    """Shows where the images lie by the model's codes and by PCA; a click on a point picks its image."""

    NAME = "pcaView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("BesidePcaPanel", "PCA"),
            translate(
                "BesidePcaPanel",
                "Where the images lie by the model's codes, and by the plainest map there is: principal components.",
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content: _Content | None = None
        self._is_quick = True  # at first
        show_all = QToolButton(text=self.tr("Show all"), autoRaise=True, objectName="pcaShowAllButton")
        show_all.setToolTip(self.tr("Show all points on both sides, and follow them (Home or 0)"))
        show_all.clicked.connect(self._show_all)
        self.bar.addWidget(show_all)

    def set_model(self, facts: ModelFacts | None) -> None:
        """Begin with few images again."""
        super().set_model(facts)
        self._is_quick = True

    def question(self) -> BesidePcaQuestion:
        """Ask for the comparison: of few images, and once that is shown of all."""
        return BesidePcaQuestion(self._is_quick)

    def prepare(self) -> _Content:
        """Make both sides, if there are none."""
        if self._content is None:
            self._content = _Content()
            self._content.pair.point_picked.connect(self.point_picked)
            self.set_content(self._content)
        return self._content

    def show_answer(self, answer: BesidePca) -> None:
        """Show the points, the angles, and how well both rebuild the images."""
        content = self.prepare()
        pair = content.pair
        pair.set_points(answer.points, answer.principal_points)
        text = self.tr("<b>{name}</b> · error {error:.1f} · {share:.0%} explained")
        pair.set_titles(
            text.format(name=self.tr("model"), error=answer.error, share=answer.explained),
            text.format(name=self.tr("PCA"), error=answer.principal_error, share=answer.principal_explained),
        )
        angles = self._written(answer.angles.tolist())
        content.headline.setText(f'<b style="font-size: x-large">{angles}</b>')
        super().show_answer(answer)
        self.caption.setText(
            self.tr(
                "Codes are laid onto the components by the nearest affine map. Error: squared, sum over pixels. "
                "{count:,} images."
            ).format(count=len(answer.points.points))
        )
        if answer.is_quick:
            self._is_quick = False
            self.ask()

    def _written(self, angles: list[float]) -> str:
        if not angles:
            return self.tr("The decoder takes no notice of the code")
        if len(angles) > _WRITTEN_OUT:
            return self.tr("Angles between the {count}-D spaces: {low:.1f}° to {high:.1f}°").format(
                count=len(angles), low=angles[0], high=angles[-1]
            )
        written = ", ".join(f"{angle:.1f}°" for angle in angles)
        return self.tr("Angles between the planes: {angles}").format(angles=written)

    @Slot()
    def _show_all(self) -> None:
        if self._content is not None:
            self._content.pair.show_all()


class _Content(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.headline = rich_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, objectName="pcaHeadline")
        self.headline.setToolTip(self.tr("Principal angles between what the decoder spans and the components"))
        self.pair = ScatterPair(shares_scale=True)
        self.pair.setToolTip(self.tr("Click on a point to pick its image on the map"))
        column(self.headline, (self.pair, 1), spacing=4, on=self)
