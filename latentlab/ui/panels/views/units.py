"""Which latent dimensions a model uses: those of a VAE by their KL, units of an autoencoder by who switches them on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QWidget

from latentlab.core.map.projection import dimension_name
from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.units import FiringUnits, UnitsQuestion, UsedDimensions
from latentlab.ui.plots.bar_plot import BarPlot, Bars
from latentlab.ui.plots.heat_map import HeatMap
from latentlab.ui.style.texts import plain_label, rich_label
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate

_DRAWN = 12


class UnitsPanel(ViewPanel):
    """Shows bars of the KL per dimension, or how often units are on, for which class, and what they draw."""

    NAME = "unitsView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("UnitsPanel", "Units"),
            translate(
                "UnitsPanel", "Which latent dimensions the model uses, and which units of an autoencoder are on."
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._class = QComboBox(objectName="unitsClassBox", accessibleName=self.tr("Class of the units that are drawn"))
        self._class.setToolTip(self.tr("Draw the units that fire more for this class than for others"))
        self._class.currentIndexChanged.connect(self.ask)
        self._class.hide()
        self.bar.addWidget(self._class)
        self._content: _Content | None = None

    def set_model(self, facts: ModelFacts | None) -> None:
        """Offer the classes to an autoencoder."""
        super().set_model(facts)
        names = () if facts is None or facts.is_variational else facts.class_names
        with QSignalBlocker(self._class):
            self._class.clear()
            self._class.addItems([self.tr("class {name}").format(name=name) for name in names])
        self._class.setVisible(bool(names))

    def question(self) -> UnitsQuestion:
        """Ask for the units."""
        return UnitsQuestion(max(0, self._class.currentIndex()))

    def prepare(self) -> _Content:
        """Make the plots, if there are none."""
        if self._content is None:
            self._content = _Content()
            self.set_content(self._content)
        return self._content

    def show_answer(self, answer: UsedDimensions | FiringUnits) -> None:
        """Show what this kind of model has."""
        content = self.prepare()
        if isinstance(answer, UsedDimensions):
            content.show_used(answer)
            text = self.tr(
                "Active: the variance of its mean exceeds 0.01 (Burda et al., 2016). {count:,} images."
            ).format(count=answer.images)
        else:
            content.show_firing(answer, self.facts.class_names if self.facts else ())
            text = self.tr("A unit is on where it exceeds a hundredth of the code's largest value.")
        super().show_answer(answer)
        self.caption.setText(text)


class _Content(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._headline = rich_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, objectName="unitsHeadline")
        self._first, self._second = BarPlot("", ""), BarPlot(self.tr("units on, %"), self.tr("images, %"))
        self._heat_text = plain_label(self.tr("Share of each class that switches a unit on, a column per unit"))
        self._heat = HeatMap()
        self._drawn_text = plain_label(wordWrap=True)
        self._drawn = ImageStrip(_DRAWN)
        self._drawn.setAccessibleName(self.tr("What units of a class draw"))
        self._drawn.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._drawn.setToolTip(
            self.tr("Units that fire more for this class than for others, each decoded alone: white adds, black takes")
        )
        plots = row((self._first, 1), (self._second, 1), spacing=0)
        heat, drawn = (self._heat_text, (self._heat, 2)), (self._drawn_text, self._drawn)
        column(self._headline, (plots, 3), *heat, *drawn, margins=(8, 0, 8, 0), spacing=4, on=self)

    def show_used(self, used: UsedDimensions) -> None:
        """Show bars of the KL per dimension."""
        for widget in (self._second, self._heat_text, self._heat, self._drawn_text, self._drawn):
            widget.hide()
        self._headline.setText(
            _large(self.tr("{active} of {count} dimensions active")).format(
                active=int(used.active.sum()), count=len(used.kl)
            )
            + " · "
            + self.tr("KL {kl:.1f} nats").format(kl=float(used.kl.sum()))
        )
        names = tuple(dimension_name(dimension) for dimension in used.dimensions.tolist())
        self._first.name_axes(self.tr("dimensions, the most telling first"), self.tr("KL, nats"))
        self._first.set_bars(Bars(np.arange(len(used.kl) + 1, dtype=np.float32), used.kl, used.active, names))

    def show_firing(self, firing: FiringUnits, names: tuple[str, ...]) -> None:
        """Show how often units are on, for which class, and what those of one class draw."""
        count, on = len(firing.by_unit), firing.by_class.shape[1]
        self._headline.setText(
            _large(self.tr("{share:.1%} of {count:,} units are on for an image")).format(
                share=firing.share, count=count
            )
            + (" · " + self.tr("{silent:,} never").format(silent=count - on) if on < count else "")
        )
        self._first.name_axes(self.tr("units, the most often on first"), self.tr("images, %"))
        edges = np.arange(count + 1, dtype=np.float32)
        self._first.set_bars(Bars(edges, 100 * firing.by_unit, np.ones(count, bool)))
        self._second.set_bars(Bars(100 * firing.edges, 100 * firing.counts, np.ones(len(firing.counts), bool)))
        self._second.show()
        for widget in (self._heat_text, self._heat):
            widget.setVisible(bool(names))
        for widget in (self._drawn_text, self._drawn):
            widget.setVisible(bool(len(firing.telling)))
        self._heat.set_shares(firing.by_class, names)
        if len(firing.telling):
            self._drawn_text.setText(
                self.tr("What units of {name} draw, and the share of its images that have them on").format(
                    name=names[firing.label]
                )
            )
            self._drawn.set_images(firing.drawn)
            self._drawn.set_names([f"{share:.0%}" for share in firing.telling_shares.tolist()], captions=True)


def _large(text: str) -> str:
    return f'<b style="font-size: x-large">{text}</b>'
