"""The losses of the runs that are compared, in one plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from latentlab.core.runs.comparable_sets import ComparableSets, comparable_sets
from latentlab.core.runs.run_record import Quantity, RunRecord, Split
from latentlab.ui.plots.run_plot import RunCurve, RunPlot
from latentlab.ui.style import theme
from latentlab.ui.style.run_colours import run_colour
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.runs.run_marks import RunMarks


class RunCurvesPanel(QWidget):
    """Draws a loss of each run by epoch, time or images, of test or training images or both."""

    picked = Signal(object)
    """The run whose curve is clicked: Path, or None beside all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runCurves")
        self._records: Sequence[RunRecord] = ()
        self._shown: set[Path] = set()
        self._quantity = QComboBox(objectName="curveQuantityBox")
        self._quantity.setAccessibleName(self.tr("Which loss"))
        self._quantity.addItem(self.tr("−ELBO"), "negative_elbo")
        self._quantity.addItem(self.tr("Loss"), "loss")
        self._quantity.addItem(self.tr("Reconstruction"), "reconstruction")
        self._quantity.addItem(self.tr("KL"), "kl")
        self._quantity.setToolTip(
            self.tr(
                "−ELBO is reconstruction + KL of VAEs, whatever the β that they were trained with; the loss has each "
                "run's own β and penalties"
            )
        )
        self._along = QComboBox(objectName="curveAlongBox")
        self._along.setAccessibleName(self.tr("Along what"))
        self._along.addItem(self.tr("by epoch"), "epochs")
        self._along.addItem(self.tr("by time"), "seconds")
        self._along.addItem(self.tr("by images"), "images")
        self._along.setToolTip(
            self.tr(
                "Time and images of all steps so far, tests left out; of a run of an earlier version, which told them "
                "of the whole alone, each epoch counts as an equal part"
            )
        )
        self._test, self._train = bar_button(self.tr("Test")), bar_button(self.tr("Training"))
        for button, name in ((self._test, "curveTestButton"), (self._train, "curveTrainButton")):
            button.setObjectName(name)
            button.setCheckable(True)
            button.toggled.connect(self._draw)
        self._test.setToolTip(self.tr("Losses of the test images: broad lines"))
        self._train.setToolTip(self.tr("Losses of the training images, as they were learned from: thin lines"))
        self.plot = RunPlot()
        self.plot.setAccessibleName(self.tr("Losses of the runs"))
        self.plot.run_clicked.connect(self._pick)
        self._notes = plain_label(wordWrap=True, role=theme.MUTED, objectName="curveNotes")
        for box in (self._quantity, self._along):
            box.currentIndexChanged.connect(self._draw)
        bar = Flow(self._quantity, self._along, self._test, self._train, margins=(8, 6, 8, 0), spacing=6)
        bar.add_stretch()
        column(bar, (self.plot, 1), row(self._notes, margins=(8, 0, 8, 6)), spacing=4, on=self)
        self._test.setChecked(True)

    def show_runs(self, records: Sequence[RunRecord], shown: Sequence[Path]) -> None:
        """Take these runs, and draw some of them."""
        self._records = records
        has_bound = any(record.recipe.model.kind != "autoencoder" for record in records)
        if records and not has_bound and self._quantity.currentData() == "negative_elbo":
            with QSignalBlocker(self._quantity):
                self._quantity.setCurrentIndex(self._quantity.findData("loss"))
        self.show_some(shown)

    @Slot(object)
    def show_some(self, paths: Sequence[Path]) -> None:
        """Draw these of them alone."""
        self._shown = set(paths)
        self._draw()

    @Slot(object)
    def set_picked(self, path: Path | None) -> None:
        """Single a run out."""
        paths = [record.path for record in self._records]
        self.plot.set_picked(paths.index(path) if path in paths else -1)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_notes"):
            self._draw()

    @Slot()
    def _draw(self) -> None:
        quantity: Quantity = self._quantity.currentData()
        along = self._along.currentData()
        sides: list[Split] = [
            side for side, button in (("train", self._train), ("test", self._test)) if button.isChecked()
        ]
        shown = [number for number, record in enumerate(self._records) if record.path in self._shown]
        sets = {side: comparable_sets([self._records[number] for number in shown], quantity, side) for side in sides}
        curves: list[RunCurve] = []
        lacking: set[str] = set()
        for side in sides:
            for place, number in enumerate(shown):
                record = self._records[number]
                places, values = record.curve(side, quantity, along)
                if not len(places):
                    lacking.add(record.kept.name)
                    continue
                colour, is_apart = run_colour(number, len(self._records)), sets[side].of[place] > 0
                curves.append(RunCurve(number, record.kept.name, places, values, colour, side == "train", is_apart))
        bottom = {"epochs": self.tr("epoch"), "seconds": self.tr("seconds"), "images": self.tr("training images")}
        self.plot.name_axes(bottom[along], self.tr("{loss} (nats per image)").format(loss=self._quantity.currentText()))
        self.plot.set_curves(curves)
        self._notes.setText(self._said(shown, sets, lacking))

    def _said(self, shown: list[int], sets: dict[Split, ComparableSets], lacking: set[str]) -> str:
        """Say which curves are dashed, and why, and which runs have none."""
        marks, lines = RunMarks(sets.values()), []
        apart: dict[str, list[str]] = {}
        for each in sets.values():
            for place, number in enumerate(shown):
                name = self._records[number].kept.name
                reason = marks.reason(each, place)
                if reason and name not in lacking:
                    names = apart.setdefault(reason, [])
                    if name not in names:
                        names.append(name)
        for reason, names in apart.items():
            text = self.tr("Dashed, not comparable with the others: {names} – {reason}.")
            lines.append(text.format(names=_listed(names), reason=reason))
        if len(sets) > 1:
            lines.insert(0, self.tr("Broad lines are of test images, thin ones of training images."))
        if lacking:
            text = self.tr("Without such a curve: {names}.")
            lines.append(text.format(names=_listed(sorted(lacking))))
        return "\n".join(lines)

    @Slot(int)
    def _pick(self, run: int) -> None:
        self.picked.emit(self._records[run].path if run >= 0 else None)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f", … ({len(names):,})" if len(names) > 4 else "")
