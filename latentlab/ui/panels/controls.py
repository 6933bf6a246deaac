"""The panel that drives training: start, pause, stop, discard, what may change meanwhile, and how far it is."""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QProgressBar,
    QPushButton,
    QWidget,
)

from latentlab.core.events import Finished, Progress, Started
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.forms.live_field import LiveField
from latentlab.ui.widgets.primary_button import PrimaryButton

State = Literal["idle", "training", "paused"]

_SAID_MILLISECONDS = 250  # numbers that change more often cannot be read, and each lays out the panel anew


class ControlsPanel(QWidget):
    """Buttons, live settings and progress of training."""

    train_requested = Signal(bool)
    pause_requested = Signal()
    resume_requested = Signal()
    stop_requested = Signal()
    discard_requested = Signal()
    learning_rate_changed = Signal(float)
    beta_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: State = "idle"
        self._why_invalid = ""
        self._why_no_continue = self.tr("There is no model yet.")
        self._busy = ""
        self._message = ""
        self._message_is_problem = False
        self._run: Started | None = None
        self._since_said = QElapsedTimer()

        self.train_button = PrimaryButton(self.tr("Train"), objectName="trainButton")
        self.train_button.clicked.connect(self._train)
        self.pause_button = QPushButton(objectName="pauseButton")
        self.pause_button.clicked.connect(self._pause_or_resume)
        self.stop_button = QPushButton(self.tr("Stop"), objectName="stopButton")
        self.stop_button.setToolTip(self.tr("End training now and keep the model as far as it has learned."))
        self.stop_button.clicked.connect(self.stop_requested)
        self.discard_button = QPushButton(self.tr("Discard"), objectName="discardButton")
        self.discard_button.setToolTip(self.tr("End training now and go back to the model that was there before it."))
        self.discard_button.clicked.connect(self.discard_requested)
        self.continue_box = QCheckBox(self.tr("Continue the current model"), objectName="continueBox")

        recipe = Recipe()
        self.learning_rate = LiveField("training.learning_rate", recipe)
        self.learning_rate.setObjectName("liveLearningRate")
        self.learning_rate.setAccessibleName(self.tr("Learning rate, live"))
        self.learning_rate.applied.connect(self.learning_rate_changed)
        self.learning_rate.problem_changed.connect(self._refresh)
        self.beta = LiveField("loss.beta", recipe)
        self.beta.setObjectName("liveBeta")
        self.beta.setAccessibleName(self.tr("β, live"))
        self.beta.applied.connect(self.beta_changed)
        self.beta.problem_changed.connect(self._refresh)

        self.progress = QProgressBar(objectName="trainingProgress", textVisible=True)
        self.progress.setAccessibleName(self.tr("Progress of training"))
        self._speed = plain_label(wordWrap=True, objectName="trainingSpeed", role=theme.MUTED)
        self._note = plain_label(wordWrap=True, objectName="trainingMessage")

        buttons = (self.pause_button, self.stop_button, self.discard_button)
        for button in buttons:
            button.setMinimumWidth(0)
        live = QGridLayout()
        live.setHorizontalSpacing(6)
        rate_label, beta_label = plain_label(self.tr("Learning rate")), plain_label(self.tr("β"))
        rate_label.setBuddy(self.learning_rate)
        beta_label.setBuddy(self.beta)
        live.addWidget(rate_label, 0, 0)
        live.addWidget(self.learning_rate, 0, 1)
        live.addWidget(beta_label, 0, 2)
        live.addWidget(self.beta, 0, 3)
        live.setColumnStretch(1, 1)
        live.setColumnStretch(3, 1)
        others = row(*((button, 1) for button in buttons), spacing=6)
        told = (self.progress, self._speed, self._note)
        column(self.train_button, others, self.continue_box, live, *told, margins=(10, 8, 10, 8), spacing=6, on=self)
        self._show_progress(0, 1, "")
        self._say("")
        self._refresh()

    def set_state(self, state: State) -> None:
        """Enable what can be done now."""
        self._state = state
        if state == "idle":
            # What was typed and never applied would look as if it were in force.
            self.learning_rate.restore()
            self.beta.restore()
        self._refresh()

    def set_valid(self, valid: bool, why: str = "") -> None:
        """Allow training or not, and say why not."""
        self._why_invalid = "" if valid else why or self.tr("A setting is wrong: look for the red frame above.")
        self._refresh()

    def set_can_continue(self, can: bool, why: str = "") -> None:
        """Allow to train the current model further or not, and say why not."""
        self._why_no_continue = "" if can else why or self.tr("There is no model yet.")
        if not can:
            self.continue_box.setChecked(False)
        self._refresh()

    def set_live_values(self, learning_rate: float, beta: float) -> None:
        """Show the settings in force."""
        self.learning_rate.set_value(learning_rate)
        self.beta.set_value(beta)

    def set_busy(self, text: str | None) -> None:
        """Show that something is being prepared, e.g. loaded; None when it is done."""
        self._busy = text or ""
        if self._busy:
            self._show_progress(0, 0, "")
            self._say(self._busy)
        else:
            self._show_progress(0, 1, "")
            self._say("")
        self._refresh()

    def show_started(self, started: Started) -> None:
        """Show that training begins."""
        self._run = started
        self.show_message("", False)
        self._show_epoch(float(started.first_epoch))
        self._since_said.invalidate()
        self._say("")

    def show_progress(self, progress: Progress) -> None:
        """Show how far training is, its speed, and the time left."""
        if self._run is None or not len(progress.epochs_done):
            return
        epochs_done = float(progress.epochs_done[-1])
        is_due = not self._since_said.isValid() or self._since_said.hasExpired(_SAID_MILLISECONDS)
        # A bar that is given a value paints itself at once, whatever else waits.
        if is_due or self._epoch_text(self._run, epochs_done) != self.progress.text():
            self._show_epoch(epochs_done)
        if not is_due:
            return
        self._since_said.start()
        parts = []
        if math.isfinite(progress.images_per_second) and progress.images_per_second > 0:
            parts.append(self.tr("{n:,.0f} images/s").format(n=progress.images_per_second))
            parts.append(self._place(self._run))
        if math.isfinite(progress.seconds_left):
            parts.append(self.tr("{time} left").format(time=self._time(progress.seconds_left)))
        self._say(" · ".join(parts))

    def show_finished(self, finished: Finished) -> None:
        """Show what came out."""
        total = self._run.epochs if self._run else finished.epochs
        said = self.tr("stopped after epoch {n} of {total}") if finished.stopped else self.tr("{n} epochs done")
        self._show_progress(finished.epochs, max(total, 1), said.format(n=finished.epochs, total=total))
        text = self._time(finished.seconds)
        if finished.test is not None and math.isfinite(finished.test.loss):
            text = self.tr("test loss {loss:.1f} nats · {time}").format(loss=finished.test.loss, time=text)
        self._say(text)
        self._run = None

    def clear(self) -> None:
        """Forget what was trained last: something else is shown."""
        self._run = None
        self._show_progress(0, 1, "")
        self._say("")

    def show_message(self, text: str, is_problem: bool) -> None:
        """Say what went wrong, or what is worth knowing; an empty text takes it back."""
        self._message, self._message_is_problem = text, is_problem
        self._refresh()

    def _train(self) -> None:
        self.train_requested.emit(self.continue_box.isChecked())

    def _pause_or_resume(self) -> None:
        if self._state == "paused":
            self.resume_requested.emit()
        else:
            self.pause_requested.emit()

    def _refresh(self) -> None:
        idle, paused = self._state == "idle", self._state == "paused"
        self.train_button.setEnabled(idle and not self._why_invalid and not self._busy)
        tip = self.tr("Train a model with the settings above.")
        if not idle:
            tip = self.tr("A model is training: stop or discard it first.")
        self.train_button.setToolTip(plain(self._busy or (self._why_invalid if idle else "") or tip))
        self.pause_button.setText(self.tr("Resume") if paused else self.tr("Pause"))
        tip = self.tr("Go on training.") if paused else self.tr("Wait after the current step; resume at any time.")
        self.pause_button.setToolTip(tip)
        for button in (self.pause_button, self.stop_button, self.discard_button):
            button.setEnabled(not idle)
        self.continue_box.setEnabled(idle and not self._why_no_continue)
        tip = self.tr("Train the model on the map further instead of beginning with a new one.")
        self.continue_box.setToolTip(plain(self._why_no_continue or tip))
        tip = self.tr("Takes effect at the next step: type and press Enter.")
        if idle:
            tip = self.tr("Can be changed here while a model trains; before, set it in the recipe above.")
        for field in (self.learning_rate, self.beta):
            field.setEnabled(not idle)
            field.setToolTip(plain(field.problem() or tip))
        live = self.learning_rate.problem() or self.beta.problem()
        text = live or self._message or (self._why_invalid if idle else "")
        self._note.setText(text)
        self._note.setVisible(bool(text))
        self._colour_note()

    def _show_epoch(self, epochs_done: float) -> None:
        if self._run is None:
            return
        first, total = self._run.first_epoch, self._run.epochs
        self._show_progress(epochs_done - first, max(total - first, 1), self._epoch_text(self._run, epochs_done))

    def _epoch_text(self, run: Started, epochs_done: float) -> str:
        return self.tr("epoch {n} of {total}").format(n=min(int(epochs_done) + 1, run.epochs), total=run.epochs)

    def _show_progress(self, done: float, total: float, text: str) -> None:
        """Show a share of the whole with its text; a whole of 0 shows that something runs, nothing at all hides it."""
        self.progress.setVisible(bool(text) or not total)
        self.progress.setRange(0, 1000 if total else 0)
        self.progress.setValue(max(0, min(1000, round(1000 * done / total))) if total else 0)
        self.progress.setFormat(text)

    def _say(self, text: str) -> None:
        self._speed.setText(text)
        self._speed.setVisible(bool(text))

    def _place(self, run: Started) -> str:
        if run.device != "cpu":
            return run.device
        return self.tr("1 thread") if run.threads == 1 else self.tr("{n} threads").format(n=run.threads)

    def _time(self, seconds: float) -> str:
        whole = max(0, round(seconds))
        hours, minutes = whole // 3600, whole % 3600 // 60
        if hours:
            return self.tr("{h} h {m} min").format(h=hours, m=minutes)
        if minutes:
            return self.tr("{m} min {s} s").format(m=minutes, s=whole % 60)
        return self.tr("{s} s").format(s=whole)

    def _colour_note(self) -> None:
        is_problem = self._message_is_problem or self._note.text() != self._message
        self._note.setForegroundRole(theme.WARNING if is_problem else QPalette.ColorRole.WindowText)
