"""The part of the session's state that is the training going on: its thread, and what the thread tells."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QDeadlineTimer, QObject, QTimer, Signal, Slot

from latentlab.core.events import Changed, Diverged, EpochEnded, Failed, Finished, Progress, Started
from latentlab.core.sketch import preparation
from latentlab.core.training.control import Setting
from latentlab.ui.session.current_run import unsaved_name
from latentlab.ui.threads.background import Report, Task
from latentlab.ui.threads.planned_training import PlannedTraining
from latentlab.ui.threads.training_thread import EpochModel, Post, Result, TrainingThread, Warned

if TYPE_CHECKING:
    from latentlab.core.map.map_images import MapImages

State = Literal["idle", "training", "paused"]

_DRAIN_MILLISECONDS = 33
_CLOSE_MILLISECONDS = 2000
_EXIT_MILLISECONDS = 10_000  # a slow disk may need them for what is being kept, and no window waits any more

# Threads that may still run: referenced until they end, since destroying a running QThread aborts the program.
_alive: set[TrainingThread] = set()


@atexit.register
def _end_all() -> None:
    """End what a program has left running that never closed its window."""
    for thread in _alive:
        thread.abandon()
    limit = QDeadlineTimer(_EXIT_MILLISECONDS)
    for thread in _alive:
        thread.wait(limit)


def _warm_up(cancelled: threading.Event, report: Report) -> None:
    preparation.get_ready()


class LiveTraining(QObject):
    """Idle, training or paused; emits what the thread tells, in its order, the latest map last.

    When `ended` or `failed` is emitted the thread is gone and the state is idle.
    """

    state_changed = Signal(str)
    begun = Signal(object, object)  # Recipe and ImageSet
    started = Signal(object)
    progressed = Signal(object)
    epoch_ended = Signal(object)
    setting_changed = Signal(object)
    epoch_kept = Signal(object)  # EpochModel
    map_updated = Signal(object)  # MapUpdate
    result_made = Signal(object)  # Result
    diverged = Signal(object)
    warned = Signal(str)  # sentence; training goes on
    noted = Signal(str)  # sentence on the images
    ended = Signal(object)  # Finished
    failed = Signal(object)  # Failed

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state: State = "idle"
        self._thread: TrainingThread | None = None
        self._name = ""
        self._warming_up = Task(self)
        self._timer = QTimer(self, interval=_DRAIN_MILLISECONDS)
        self._timer.timeout.connect(self._drain)

    @property
    def state(self) -> State:
        """``"idle"``, ``"training"`` or ``"paused"``."""
        return self._state

    @property
    def name(self) -> str:
        """What is trained: the recipe, and of a branch the epoch that it began at."""
        return self._name

    @property
    def is_kept(self) -> bool:
        """Whether nothing would be lost by ending it."""
        return self._thread is None or self._thread.is_kept

    def start(self, planned: PlannedTraining) -> None:
        """Train on a thread of its own."""
        _alive.difference_update([thread for thread in _alive if thread.isFinished()])
        # No child of anybody: whoever destroys a window that was never closed must not destroy a running thread.
        self._thread = TrainingThread(planned)
        chain = planned.unfinished.chain if planned.unfinished else planned.start.trainings() if planned.start else ()
        self._name = unsaved_name(planned.recipe, chain)
        _alive.add(self._thread)
        self.destroyed.connect(self._thread.abandon)
        self.begun.emit(planned.recipe, planned.data)
        self._thread.start()
        self._timer.start()
        self._set_state("training")

    def pause(self) -> None:
        """Wait before the next step."""
        if self._thread is not None and self._state == "training":
            self._thread.pause()
            self._set_state("paused")

    def resume(self) -> None:
        """Go on."""
        if self._thread is not None and self._state == "paused":
            self._thread.resume()
            self._set_state("training")

    def stop(self) -> None:
        """End after the current step; `ended` follows, the result before it."""
        if self._thread is not None:
            self._thread.ask_to_stop()

    def abandon(self) -> None:
        """End without a result, kept as one that broke off; nothing more is told."""
        if self._thread is not None:
            self._end_thread()
            self._set_state("idle")

    def discard(self) -> None:
        """End without a result, kept as one that was stopped; nothing more is told."""
        if self._thread is not None:
            self._thread.discard()
            self.abandon()

    def get_ready(self) -> None:
        """Load in the background what the first sketch will need."""
        self._warming_up.start(_warm_up)

    def shut_down(self) -> None:
        """End without a result, and wait for what was being loaded."""
        self.abandon()
        self._warming_up.shut_down()

    def change(self, setting: Setting, value: float) -> None:
        """Put a setting in force from the next step on."""
        if self._thread is not None:
            self._thread.change(setting, value)

    @Slot(float)
    def set_learning_rate(self, value: float) -> None:
        """Learn at another rate from the next step on."""
        self.change("learning_rate", value)

    @Slot(float)
    def set_beta(self, value: float) -> None:
        """Weigh the KL otherwise from the next step on."""
        self.change("beta", value)

    def show_on_map(self, shown: MapImages) -> None:
        """Show other images on the map."""
        if self._thread is not None:
            self._thread.show_on_map(shown)

    def leave_map(self) -> None:
        """Leave the map as far as it is encoded, at a pause or at the end."""
        if self._thread is not None:
            self._thread.leave_map()

    def ask_for_result(self) -> None:
        """Have the run so far made; `result_made` follows."""
        if self._thread is not None:
            self._thread.ask_for_result()

    @Slot()
    def _drain(self) -> None:
        thread = self._thread
        if thread is None:
            return
        posts, update = thread.take()
        last = posts.pop() if posts and isinstance(posts[-1], Finished | Failed) else None
        for post in posts:
            self._tell(post)
            if self._thread is not thread:
                return  # whoever heard it has ended this training
        if update is not None:
            self.map_updated.emit(update)
        if last is not None and self._thread is thread:
            self._end_thread()
            self._set_state("idle")
            (self.ended if isinstance(last, Finished) else self.failed).emit(last)

    def _tell(self, post: Post) -> None:
        match post:
            case Started():
                self.started.emit(post)
                if post.note:
                    self.noted.emit(post.note)
            case Progress():
                self.progressed.emit(post)
            case EpochEnded():
                self.epoch_ended.emit(post)
            case Changed():
                self.setting_changed.emit(post)
            case EpochModel():
                self.epoch_kept.emit(post)
            case Result():
                self.result_made.emit(post)
            case Warned():
                self.warned.emit(post.sentence)
            case Diverged():
                self._set_state("paused")
                self.diverged.emit(post)

    def _end_thread(self) -> None:
        """Stop the thread and wait for it; between two steps that is a moment."""
        thread, self._thread = self._thread, None
        self._timer.stop()
        if thread is None:
            return
        thread.abandon()
        # Never terminate(): one that takes longer ends by itself.
        if thread.wait(_CLOSE_MILLISECONDS):
            _alive.discard(thread)

    def _set_state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)
