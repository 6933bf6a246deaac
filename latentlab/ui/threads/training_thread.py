"""The only file with a QThread: drives the training generator and keeps what it tells until somebody asks."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QThread, Slot

from latentlab.core import log
from latentlab.core.events import Diverged, EpochEnded, Event, Failed, Finished
from latentlab.core.map.checkpoints import SpacedEpochs, most_epochs
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.training.control import Control, Setting
from latentlab.ui.threads import torch_threads
from latentlab.ui.threads.planned_training import PlannedTraining

if TYPE_CHECKING:
    from latentlab.core.map.live_map import LiveMap
    from latentlab.core.map.map_images import MapImages
    from latentlab.core.runs.run import Run
    from latentlab.core.training.autosave import Autosave
    from latentlab.core.training.kept_epochs import KeptEpochs
    from latentlab.core.training.trainer import Trainer

_STACK_BYTES = 8 * 1024 * 1024  # macOS gives a Qt thread 512 KB, too little for torch


@dataclass(frozen=True, slots=True, eq=False)
class EpochModel:
    """The model at the end of an epoch, with its whole map."""

    epoch: int
    update: MapUpdate


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The run so far, made on request or at the end; then `kept` is its file in the workspace, if that took it."""

    run: Run
    is_final: bool
    kept: Path | None = None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something is wrong, and training goes on: a sentence."""

    sentence: str


Post = Event | EpochModel | Result | Warned


class TrainingThread(QThread):
    """Trains one model.

    Nothing is signalled from here: a flood of signals would queue up in front of the window's own events. What must
    not be lost waits in a queue, of the map only the latest is kept, and the session takes both when it is ready.

    Parameters
    ----------
    planned : PlannedTraining
    """

    def __init__(self, planned: PlannedTraining) -> None:
        super().__init__()
        self.setStackSize(_STACK_BYTES)
        self._planned = planned
        self._autosave: Autosave | None = None
        self._epochs: KeptEpochs | None = None
        self._shown = self._wanted = planned.shown
        self._live: LiveMap  # made on the thread: putting a million images in order takes a moment
        self._control = Control()
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._abandoned = threading.Event()
        self._discarded = threading.Event()
        self._map_failed = False
        self._result_wanted = threading.Event()
        self._has_enough = threading.Event()
        self._kept = SpacedEpochs(planned.recipe.training.checkpoint_every)
        self._lock = threading.Lock()
        self._posts: deque[Post] = deque()
        self._update: MapUpdate | None = None

    def pause(self) -> None:
        """Wait before the next step."""
        self._may_go_on.clear()

    def resume(self) -> None:
        """Go on after a pause."""
        self._may_go_on.set()

    def ask_to_stop(self) -> None:
        """Stop before the next step, and post the result."""
        self._control.stop.set()
        self._may_go_on.set()

    @Slot()
    def abandon(self) -> None:
        """Stop before the next step, and keep the training as one that broke off; nobody waits for the result."""
        self._abandoned.set()
        self.ask_to_stop()

    def discard(self) -> None:
        """Abandon it as one that was stopped: nobody wants to go on with it."""
        self._discarded.set()
        self.abandon()

    def ask_for_result(self) -> None:
        """Post a `Result` of the run as it is now, as soon as it can be made."""
        self._result_wanted.set()

    def change(self, setting: Setting, value: float) -> None:
        """Put a learning rate or beta in force at the next step."""
        self._control.change(setting, value)

    def show_on_map(self, shown: MapImages) -> None:
        """Show other images on the map from the next update on."""
        self._wanted = shown

    def leave_map(self) -> None:
        """Leave the map as far as it is encoded, where the whole of it is being encoded."""
        self._has_enough.set()

    @property
    def is_kept(self) -> bool:
        """Whether what is trained so far is on the disk, or will be when this ends."""
        return self._autosave is None or not self._autosave.problem

    def take(self) -> tuple[list[Post], MapUpdate | None]:
        """Give what was told since the last call, oldest first, and the latest map if it is new."""
        with self._lock:
            posts, update = list(self._posts), self._update
            self._posts.clear()
            self._update = None
        return posts, update

    def run(self) -> None:
        """Train; called by Qt on the new thread."""
        torch_threads.leave_a_core(self._planned.threads)
        try:
            self._train()
        except BaseException as error:  # of SystemExit Qt would make nothing at all
            kept = self._end_saving()
            self._post(Failed(self._planned.run_id, log.told(error, "Training failed"), str(kept or "")))
        else:
            self._end_saving()

    def _end_saving(self) -> Path | None:
        """Wait for what is being saved; give where the training is kept."""
        if self._epochs is not None:
            self._epochs.end()
        if self._autosave is None:
            return None
        self._autosave.end()
        return self._autosave.kept

    def _train(self) -> None:
        from latentlab.core.training.autosave import Autosave
        from latentlab.core.training.kept_epochs import KeptEpochs
        from latentlab.core.training.trainer import Trainer

        planned, control = self._planned, self._control
        if planned.unfinished is not None:
            trainer = Trainer.resumed(planned.unfinished, planned.data, control=control)
        else:
            trainer = Trainer(planned.recipe, planned.data, run_id=planned.run_id, control=control, start=planned.start)
        self._autosave = autosave = Autosave(trainer, planned.folder, self._warn, planned.path, planned.save_seconds)
        self._epochs = epochs = KeptEpochs(trainer, autosave.path, self._warn, lambda: autosave.kept != autosave.path)
        self._guarded(lambda: self._show_wanted(trainer))
        for event in trainer.events():
            epochs.take(event)
            if self._abandoned.is_set():
                self._leave(trainer, autosave)
                return
            if isinstance(event, Finished):
                self._finish(trainer, autosave, event)
                return
            self._post(event)
            autosave.take(event)
            self._guarded(lambda event=event: self._map(trainer, event))
            if isinstance(event, Diverged):
                self.pause()
            self._answer(trainer)
            self._rest(trainer)

    def _map(self, trainer: Trainer, event: Event) -> None:
        if isinstance(event, EpochEnded) and self._is_kept(event.epoch):
            update = self._map_whole(trainer, self._is_over)
            if update is not None:
                self._kept.most = most_epochs(update)
                self._kept.add(event.epoch)
                self._post(EpochModel(event.epoch, update))
        elif self._live.is_due():
            self._put(self._live.update(trainer))

    def _guarded(self, work: Callable[[], object]) -> None:
        """Do something with the map, which never ends a training."""
        try:
            work()
        except Exception as error:
            log.write(error, "drawing the map of a training")
            if not self._map_failed:
                self._map_failed = True
                is_memory = isinstance(error, MemoryError)
                reason = self.tr("there is not enough memory") if is_memory else f"{type(error).__name__}: {error}"
                told = self.tr("The map could not be brought up to date ({reason}); the training goes on.")
                self._warn(told.format(reason=reason))

    def _is_kept(self, epoch: int) -> bool:
        """Whether the map of an epoch is made whole and kept: a large one would take the time that is for training."""
        return self._kept.is_marked(epoch) or (self._kept.wants(epoch) and self._live.affords_whole())

    def _finish(self, trainer: Trainer, autosave: Autosave, event: Finished) -> None:
        run = _result_of(trainer)
        kept = autosave.finish(run)  # before the map, which may take long
        if self._epochs is not None:
            self._epochs.end()
        self._guarded(lambda: self._map_whole(trainer, self._abandoned.is_set))
        if not self._abandoned.is_set():
            self._post(Result(run, is_final=True, kept=kept))
        self._post(event)

    def _leave(self, trainer: Trainer, autosave: Autosave) -> None:
        """Keep an abandoned training as it is.

        The trainer may have heard of the end already, and call itself stopped, which only one is that nobody wants.
        """
        from latentlab.core.training.autosave import FEW_CODES

        run = trainer.copy()(FEW_CODES)
        if run.training is not None and run.training.state != "finished":
            state = "stopped" if self._discarded.is_set() else "training"
            run = replace(run, training=run.training.model_copy(update={"state": state}))
        autosave.finish(run)

    def _rest(self, trainer: Trainer) -> None:
        """While paused make the map whole, and do what is asked for."""
        mapped: MapImages | None = None
        if not self._may_go_on.is_set() and self._autosave is not None:
            self._autosave.take_now()
        while not self._may_go_on.is_set():
            if mapped is self._shown:
                self._may_go_on.wait(0.05)
            else:
                whole: list[MapUpdate | None] = []
                self._guarded(lambda whole=whole: whole.append(self._map_whole(trainer, self._is_called)))
                if whole != [None] or self._has_enough.is_set():  # it is made, or cannot be
                    mapped = self._shown
            self._answer(trainer)

    def _is_over(self) -> bool:
        return self._control.stop.is_set() or self._wanted is not self._shown

    def _is_called(self) -> bool:
        is_asked = self._result_wanted.is_set() or self._wanted is not self._shown
        return is_asked or self._may_go_on.is_set()

    def _map_whole(self, trainer: Trainer, is_given_up: Callable[[], bool]) -> MapUpdate | None:
        """Encode all images of the map with the model as it is, and show it on the way; None where that was ended."""
        self._has_enough.clear()
        update = None
        for update in self._live.whole(trainer, lambda: self._has_enough.is_set() or is_given_up()):
            self._put(update)
        return update if update is not None and not update.pending else None

    def _answer(self, trainer: Trainer) -> None:
        """Do what was asked for between two steps."""
        if self._wanted is not self._shown:
            self._guarded(lambda: self._show_wanted(trainer))
        if self._result_wanted.is_set():
            self._result_wanted.clear()
            try:
                self._post(Result(_result_of(trainer), is_final=False))
            except Exception as error:  # no memory for a copy: no reason to end the training
                self._warn(log.told(error, "The run could not be saved as it is now; the training goes on"))

    def _show_wanted(self, trainer: Trainer) -> None:
        from latentlab.core.map.live_map import LiveMap

        self._shown = self._wanted
        self._live = LiveMap(self._shown)
        self._put(self._live.update(trainer))

    def _warn(self, sentence: str) -> None:
        self._post(Warned(sentence))

    def _post(self, post: Post) -> None:
        with self._lock:
            self._posts.append(post)

    def _put(self, update: MapUpdate) -> None:
        with self._lock:
            self._update = update


def _result_of(trainer: Trainer) -> Run:
    """Give the run so far, without the codes of its images where those cannot be made: the model counts."""
    try:
        return trainer.result()
    except Exception as error:
        log.write(error, "encoding the images of a run")
        return trainer.result(with_codes=False)
