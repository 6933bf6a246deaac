"""The sweeps that go on, or are not finished: how far each is, with what stops it and goes on with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QToolButton, QWidget

from latentlab.core.training.sweep_folder import SweepProgress
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row

_MOST = 4  # that are shown, those that go on first
_BAR = 14  # average letters


class SweepStrip(QWidget):
    """A row for each sweep; there is nothing to be seen where there is none."""

    group_asked = Signal(str)
    stop_asked = Signal(str)
    go_on_asked = Signal(str)
    forget_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sweepStrip")
        self._rows: list[_Row] = []
        self._column = column(spacing=4, on=self)
        self.hide()

    def show_sweeps(self, sweeps: Sequence[SweepProgress]) -> None:
        """Show how far these are."""
        ordered = sorted(sweeps, key=lambda each: not (each.kept.is_going or each.training))[:_MOST]
        while len(self._rows) < len(ordered):
            made = _Row(self)
            self._rows.append(made)
            self._column.addWidget(made)
        for each in self._rows[len(ordered) :]:
            each.hide()
        for each, progress in zip(self._rows, ordered, strict=False):
            each.show_progress(progress)
            each.show()
        self.setVisible(bool(ordered))


class _Row(QWidget):
    def __init__(self, strip: SweepStrip) -> None:
        super().__init__(strip)
        self._name = ""
        self._group = QToolButton(objectName="sweepGroup", autoRaise=True)
        self._group.setToolTip(self.tr("Show only the runs of this sweep"))
        self._group.clicked.connect(lambda: strip.group_asked.emit(self._name))
        self._bar = QProgressBar(objectName="sweepBar", textVisible=False)
        self._bar.setAccessibleName(self.tr("Runs of the sweep that are finished"))
        self._bar.setMaximumWidth(_BAR * self.fontMetrics().averageCharWidth())
        self._far = plain_label(role=theme.MUTED, objectName="sweepProgress")
        self._stop = QPushButton(self.tr("Stop sweep"), objectName="sweepStop")
        self._stop.setToolTip(self.tr("Each run that is being trained is saved, and can be gone on with"))
        self._stop.clicked.connect(lambda: strip.stop_asked.emit(self._name))
        self._go_on = QPushButton(self.tr("Go on"), objectName="sweepGoOn")
        self._go_on.setToolTip(self.tr("Train what is not finished; what broke off goes on where it was"))
        self._go_on.clicked.connect(lambda: strip.go_on_asked.emit(self._name))
        self._forget = QToolButton(text="✕", autoRaise=True, objectName="sweepForget")
        self._forget.setToolTip(self.tr("Leave the sweep as it is; its runs stay"))
        self._forget.setAccessibleName(self.tr("Leave the sweep as it is"))
        self._forget.clicked.connect(lambda: strip.forget_asked.emit(self._name))
        row(self._group, self._bar, self._far, STRETCH, self._stop, self._go_on, self._forget, spacing=8, on=self)

    def show_progress(self, progress: SweepProgress) -> None:
        kept = progress.kept
        self._name = kept.name
        self._group.setText(kept.name)
        self._bar.setRange(0, kept.of)
        self._bar.setValue(progress.finished)
        goes_on = kept.is_going or (kept.is_of_slurm and not kept.is_asked_to_stop)
        text = self.tr("{n:,} of {of:,} runs").format(n=progress.finished, of=kept.of)
        if kept.is_asked_to_stop and (kept.is_going or progress.training):
            text += self.tr(", stopping …")
        elif progress.training:
            text += self.tr(", {n:,} in training").format(n=progress.training)
        elif not goes_on:
            text += self.tr(", stopped")
        self._far.setText(text + self.tr(", by Slurm") if kept.is_of_slurm and goes_on else text)
        by_slurm = self.tr(
            "Slurm trains its runs. It alone knows which of them wait, and which run where this folder does not tell "
            "the locks of other machines; Go on asks it, and submits what is missing."
        )
        self._far.setToolTip(by_slurm if kept.is_of_slurm else "")
        self._stop.setVisible(goes_on)
        self._stop.setEnabled(not kept.is_asked_to_stop)
        self._go_on.setVisible(not kept.is_going)
        self._forget.setVisible(not goes_on)
