"""The bar above everything: which run this is, what can be done with it, and how far it is."""

from __future__ import annotations

import math
from typing import Literal

from PySide6.QtCore import QElapsedTimer, QEvent, Qt, Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QSizePolicy, QToolButton, QWidget

from latentlab.core.events import Finished, Progress, Started
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.elided_label import ElidedLabel
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.forms.live_field import LiveField
from latentlab.ui.widgets.primary_button import PrimaryButton

State = Literal["idle", "training", "paused"]

_SAID_MILLISECONDS = 250  # numbers that change more often cannot be read
_HEIGHT = 44  # pixels, of one line
_FIELD, _PROGRESS = 8, 18  # characters that a live field, and the bar of progress, have room for
_SPARE = 2  # characters more than what is said takes now


class RunBar(QWidget):
    """Buttons, live settings and progress of training; only what can be done now is there."""

    home_requested = Signal()
    train_requested = Signal(bool)
    """Train: whether the model that is there, instead of a new one."""
    pause_requested = Signal()
    resume_requested = Signal()
    stop_requested = Signal()
    discard_requested = Signal()
    learning_rate_changed = Signal(float)
    beta_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runBar")
        self._state: State = "idle"
        self._why_invalid = ""
        self._can_go_further, self._why_no_further = False, ""
        self._busy = ""
        self._run: Started | None = None
        self._since_said = QElapsedTimer()
        self._make_names()
        self._make_buttons()
        self._make_live_fields()
        self._make_progress()
        self._line = Flow(self.home_button, self._name, margins=(6, 6, 10, 6), spacing=8)
        self._line.add_spare(self._details)
        for part in (
            self.train_button,
            self.ways_button,
            self.further_button,
            self.pause_button,
            self.stop_button,
            self.discard_button,
            self._progress,
            self._speed,
        ):
            self._line.addWidget(part)
        self._line.add_stretch()
        self._line.addWidget(self._live)
        line = QWidget()
        line.setLayout(self._line)
        column(line, self._note, spacing=0, on=self)
        self.show_run("", False)
        self._show_progress(0, 1, "")
        self._say("")
        self._refresh()

    def add(self, widget: QWidget) -> None:
        """Show something more of the run, at the end of the bar."""
        self._line.addWidget(widget)

    def show_run(self, name: str, is_unsaved: bool) -> None:
        """Name the run that is shown; an empty name for none."""
        mark = self.tr("{name} •").format(name=name) if is_unsaved else name
        self._name.setText(mark or self.tr("No run yet"))
        about = self.tr("Not saved as a file of its own yet") if is_unsaved else ""
        self._name.setToolTip(plain(about or name))

    def show_details(self, text: str) -> None:
        """Say what it is, such as "VAE · MNIST · 2-D"."""
        if text != self._details.text():  # it is told again with each map of a training
            self._details.setText(text)
        self._details.setVisible(bool(text))

    def show_home(self, is_home: bool) -> None:
        """Offer the way home, or the way back from there to the map."""
        self.home_button.setText(self.tr("← Map") if is_home else "☰")
        self.home_button.setAccessibleName(self.tr("Back to the map") if is_home else self.tr("Home"))

    def set_state(self, state: State) -> None:
        """Offer what can be done now."""
        self._state = state
        if state == "idle":
            # What was typed and never applied would look as if it were in force.
            self.learning_rate.restore()
            self.beta.restore()
        self._refresh()

    def set_valid(self, valid: bool, why: str = "") -> None:
        """Allow training or not, and say why not."""
        self._why_invalid = "" if valid else why or self.tr("A setting is wrong: look for the red frame in Setup.")
        self._refresh()

    def set_can_continue(self, can: bool, why: str = "") -> None:
        """Offer to train the current model further, or say why that cannot be; without a reason there is none."""
        self._can_go_further, self._why_no_further = can, why
        self._refresh()

    def set_live_values(self, learning_rate: float, beta: float) -> None:
        """Show the settings in force."""
        self.learning_rate.set_value(learning_rate)
        self.beta.set_value(beta)

    def set_busy(self, text: str | None) -> None:
        """Show that something is being prepared, e.g. loaded; None when it is done."""
        self._busy = text or ""
        self._show_progress(0, 0 if self._busy else 1, "")
        self._say(self._busy)
        self._refresh()

    def show_started(self, started: Started) -> None:
        """Show that training begins."""
        self._run = started
        self._show_epoch(float(started.first_epoch))
        self._since_said.invalidate()
        self._say("")
        self._refresh()

    def show_progress(self, progress: Progress) -> None:
        """Show how far training is, the time left, and the loss; its speed where the mouse rests."""
        if self._run is None or not len(progress.epochs_done):
            return
        epochs_done = float(progress.epochs_done[-1])
        is_due = not self._since_said.isValid() or self._since_said.hasExpired(_SAID_MILLISECONDS)
        # A bar that is given a value paints itself at once, whatever else waits.
        if is_due or self._epoch_text(self._run, epochs_done) != self._progress.text():
            self._show_epoch(epochs_done)
        if not is_due:
            return
        self._since_said.start()
        parts = []
        if math.isfinite(progress.seconds_left):
            parts.append(self.tr("{time} left").format(time=self._time(progress.seconds_left)))
        loss = float(progress.losses[-1, 0])
        if math.isfinite(loss):
            parts.append(self.tr("training loss {loss:.1f} nats").format(loss=loss))
        self._say(" · ".join(parts))
        if math.isfinite(progress.images_per_second) and progress.images_per_second > 0:
            speed = self.tr("{n:,.0f} images/s").format(n=progress.images_per_second)
            self._speed.setToolTip(plain(f"{speed} · {self._place(self._run)}"))

    def show_finished(self, finished: Finished) -> None:
        """Show what came out."""
        total = self._run.epochs if self._run else finished.epochs
        said = self.tr("stopped after epoch {n} of {total}") if finished.stopped else self.tr("{n} epochs done")
        self._show_progress(finished.epochs, max(total, 1), said.format(n=finished.epochs, total=total))
        text = self._time(finished.seconds)
        if finished.test is not None and math.isfinite(finished.test.loss):
            error = finished.test.standard_error
            said = self.tr("test loss {loss:.1f} nats · {time}")
            if error is not None:
                said = self.tr("test loss {loss:.1f} ± {error:.1f} nats · {time}")
            text = said.format(loss=finished.test.loss, error=error, time=text)
        self._say(text)
        self._run = None

    def clear(self) -> None:
        """Forget what was trained last: something else is shown."""
        self._run = None
        self._show_progress(0, 1, "")
        self._say("")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        if event.type() == QEvent.Type.FontChange:
            self._size()
        super().changeEvent(event)

    # Parts

    def _make_names(self) -> None:
        self.home_button = QToolButton(text="☰", objectName="homeButton", autoRaise=True)
        self.home_button.setAccessibleName(self.tr("Home"))
        self.home_button.setToolTip(self.tr("Home: models to open, your own images, recent runs; and back to the map"))
        self.home_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.home_button.clicked.connect(self.home_requested)
        self._name, self._details = ElidedLabel(), ElidedLabel()
        self._name.setObjectName("runName")
        bold = self._name.font()
        bold.setBold(True)
        self._name.setFont(bold)
        self._details.setObjectName("runDetails")
        self._details.setForegroundRole(theme.MUTED)

    def _make_buttons(self) -> None:
        self.train_button = PrimaryButton(self.tr("Train"), objectName="trainButton")
        self.train_button.clicked.connect(lambda: self.train_requested.emit(False))
        self.ways_button = QToolButton(objectName="trainWaysButton", autoRaise=True)
        self.ways_button.setArrowType(Qt.ArrowType.DownArrow)
        self.ways_button.setAccessibleName(self.tr("Other ways to train"))
        self.ways_button.setToolTip(self.tr("Other ways to train"))
        self.ways_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.ways_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.further_button = QPushButton(self.tr("Train further"), objectName="trainFurtherButton")
        self.further_button.clicked.connect(lambda: self.train_requested.emit(True))
        self.pause_button = QPushButton(objectName="pauseButton")
        self.pause_button.clicked.connect(self._pause_or_resume)
        self.stop_button = QPushButton(self.tr("Stop"), objectName="stopButton")
        self.stop_button.setToolTip(self.tr("End training now and keep the model as far as it has learned."))
        self.stop_button.clicked.connect(self.stop_requested)
        self.discard_button = QPushButton(self.tr("Discard"), objectName="discardButton")
        self.discard_button.setToolTip(self.tr("End training now and go back to the model that was there before it."))
        self.discard_button.clicked.connect(self.discard_requested)

    def _make_live_fields(self) -> None:
        recipe = Recipe()
        self.learning_rate = LiveField("training.learning_rate", recipe)
        self.learning_rate.setObjectName("liveLearningRate")
        self.learning_rate.setAccessibleName(self.tr("Learning rate, live"))
        self.learning_rate.applied.connect(self.learning_rate_changed)
        self.beta = LiveField("loss.beta", recipe)
        self.beta.setObjectName("liveBeta")
        self.beta.setAccessibleName(self.tr("β, live"))
        self.beta.applied.connect(self.beta_changed)
        for field in (self.learning_rate, self.beta):
            field.problem_changed.connect(self._refresh)
            field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        rate_label, beta_label = plain_label(self.tr("Learning rate")), plain_label(self.tr("β"))
        rate_label.setBuddy(self.learning_rate)
        beta_label.setBuddy(self.beta)
        self._live = QWidget()
        row(rate_label, self.learning_rate, 4, beta_label, self.beta, spacing=6, on=self._live)

    def _make_progress(self) -> None:
        self._progress = QProgressBar(objectName="trainingProgress", textVisible=True)
        self._progress.setAccessibleName(self.tr("Progress of training"))
        self._progress.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._speed = plain_label(objectName="trainingSpeed", role=theme.MUTED)
        self._note = plain_label(wordWrap=True, objectName="trainingMessage", role=theme.WARNING)
        self._note.setContentsMargins(10, 0, 10, 6)

    # What is shown

    def _pause_or_resume(self) -> None:
        if self._state == "paused":
            self.resume_requested.emit()
        else:
            self.pause_requested.emit()

    def _refresh(self) -> None:
        idle, paused = self._state == "idle", self._state == "paused"
        can_begin = idle and not self._why_invalid and not self._busy
        for button in (self.train_button, self.ways_button):
            button.setEnabled(can_begin)
        self.further_button.setEnabled(can_begin and self._can_go_further)
        self.train_button.setVisible(idle)
        self.ways_button.setVisible(idle)
        self.further_button.setVisible(idle and (self._can_go_further or bool(self._why_no_further)))
        problem = self._busy or self._why_invalid
        self.train_button.setToolTip(plain(problem or self.tr("Train a new model with the settings of Setup.")))
        self.further_button.setToolTip(
            plain(
                problem
                or self._why_no_further
                or self.tr("Train the model on the map for as many epochs more, with the settings of Setup.")
            )
        )
        self.pause_button.setText(self.tr("Resume") if paused else self.tr("Pause"))
        tip = self.tr("Go on training.") if paused else self.tr("Wait after the current step; resume at any time.")
        self.pause_button.setToolTip(tip)
        for widget in (self.pause_button, self.stop_button, self.discard_button, self._live):
            widget.setVisible(not idle)
            widget.setEnabled(not idle)
        for field in (self.learning_rate, self.beta):
            field.setToolTip(plain(field.problem() or self.tr("Takes effect at the next step: type and press Enter.")))
        text = self.learning_rate.problem() or self.beta.problem() or (self._why_invalid if idle else "")
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _show_epoch(self, epochs_done: float) -> None:
        if self._run is None:
            return
        first, total = self._run.first_epoch, self._run.epochs
        self._show_progress(epochs_done - first, max(total - first, 1), self._epoch_text(self._run, epochs_done))

    def _epoch_text(self, run: Started, epochs_done: float) -> str:
        return self.tr("epoch {n} of {total}").format(n=min(int(epochs_done) + 1, run.epochs), total=run.epochs)

    def _show_progress(self, done: float, total: float, text: str) -> None:
        """Show a share of the whole with its text; a whole of 0 shows that something runs, nothing at all hides it."""
        self._progress.setVisible(bool(text) or not total)
        self._progress.setRange(0, 1000 if total else 0)
        self._progress.setValue(max(0, min(1000, round(1000 * done / total))) if total else 0)
        self._progress.setFormat(text)
        self._size()

    def _say(self, text: str) -> None:
        self._fit(text)
        self._speed.setText(text)
        self._speed.setToolTip("")
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

    # Looks

    def _size(self) -> None:
        """Give what tells numbers a width of its own, so that nothing moves while they change."""
        digit = self.fontMetrics().horizontalAdvance("0")
        text = self.fontMetrics().horizontalAdvance(self._progress.text())
        self._progress.setFixedWidth(max(_PROGRESS * digit, text + 2 * digit))
        for field in (self.learning_rate, self.beta):
            field.setFixedWidth(_FIELD * digit)
        self._fit(self._speed.text())
        self.setMinimumHeight(_HEIGHT)

    def _fit(self, text: str) -> None:
        """Give a text room, with some to spare: told again with other numbers, it has nothing laid out anew."""
        metrics = self._speed.fontMetrics()
        spare = _SPARE * metrics.horizontalAdvance("0")
        room, wide, high = self._speed.maximumSize(), metrics.horizontalAdvance(text), metrics.height()
        if room.height() != high or not wide <= room.width() <= wide + 2 * spare:
            self._speed.setFixedSize(wide + spare, high)
