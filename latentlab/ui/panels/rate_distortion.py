"""Rate and distortion of runs in one plot (Alemi et al., 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from latentlab.core.runs.kept_run import KeptRun
from latentlab.core.runs.rate_distortion import rate_distortion
from latentlab.ui.plots.rate_plot import RateDot, RatePlot
from latentlab.ui.style import theme
from latentlab.ui.style.run_colours import run_colour
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import column, row


class RateDistortionPanel(QWidget):
    """Shows the runs that are compared, or all that are listed, where their test images put them."""

    picked = Signal(object)
    """The run whose dot is clicked: Path."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rateDistortion")
        self._compared: Sequence[KeptRun] = ()
        self._all: Sequence[KeptRun] = ()
        self._all_button = bar_button(self.tr("All runs"), self.tr("Show all runs of the list"), "rateAllButton")
        self._all_button.setCheckable(True)
        self._all_button.toggled.connect(self._draw)
        about = plain_label(
            self.tr(
                "Rate is the KL from the prior, distortion the reconstruction at T = 1, both in nats per test image; "
                "on a line the ELBO is the same (Alemi et al., 2018)."
            ),
            wordWrap=True,
            role=theme.MUTED,
        )
        self.plot = RatePlot()
        self.plot.name_axes(self.tr("rate: KL (nats)"), self.tr("distortion: reconstruction (nats)"))
        self.plot.setAccessibleName(self.tr("Rate and distortion of the runs"))
        self.plot.clicked.connect(self.picked)
        self._notes = plain_label(wordWrap=True, role=theme.MUTED, objectName="rateNotes")
        bar = row((about, 1), self._all_button, margins=(8, 6, 8, 0), spacing=6)
        column(bar, (self.plot, 1), row(self._notes, margins=(8, 0, 8, 6)), spacing=4, on=self)

    @Slot(object)
    def show_runs(self, runs: Sequence[KeptRun]) -> None:
        """Show the runs that are compared."""
        self._compared = runs
        self._draw()

    @Slot(object)
    def set_all(self, runs: Sequence[KeptRun]) -> None:
        """Take all runs that there are."""
        self._all = runs
        if self._all_button.isChecked():
            self._draw()

    @Slot(object)
    def set_picked(self, path: Path | None) -> None:
        """Single a run out."""
        self.plot.set_picked(path)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_notes"):
            self._draw()

    @Slot()
    def _draw(self) -> None:
        numbers = {str(run.path): number for number, run in enumerate(self._compared)}  # a text has its hash at hand
        others = [run for run in self._all if str(run.path) not in numbers] if self._all_button.isChecked() else []
        found = rate_distortion([*self._compared, *others])
        muted = QColor(theme.current().muted)
        first = [numbers.get(str(point.path)) for point in found.points[: len(numbers)]]
        compared = [number for number in first if number is not None]
        crowd = [RateDot(point, muted) for point in found.points[len(compared) :]]
        coloured = [
            RateDot(point, run_colour(number, len(numbers)))
            for point, number in zip(found.points, compared, strict=False)
        ]
        self.plot.set_dots([*crowd, *coloured])  # those compared above the others
        reasons = (f"{reason} ({count:,})" for reason, count in found.left_out)
        text = self.tr("{n:,} runs are shown. Left out: {reasons}.") if found.left_out else self.tr("{n:,} runs.")
        self._notes.setText(text.format(n=len(found.points), reasons="; ".join(reasons)))
