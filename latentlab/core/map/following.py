"""A training that another program does, here or on a machine whose folder is mounted, read from what it saves."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from latentlab.core.errors import reason_of
from latentlab.core.events import Losses, Progress, Started
from latentlab.core.map.live_map import LiveMap, map_of
from latentlab.core.map.map_images import MapImages
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.runs import asked, workspace
from latentlab.core.runs.run import Run, RunError
from latentlab.core.runs.training_state import TrainingState
from latentlab.core.sketch.preparation import Preparation
from latentlab.core.training.clock import TrainingClock
from latentlab.core.training.epoch_losses import EpochLosses

State = Literal["training", "broken off", "silent", "stopped", "finished"]

_ASK_SECONDS = 1.0  # between two times that frequent saves are asked for
_MAP_SECONDS = 0.1  # for the map of each save: who trains may need the same processor
_SILENT_SECONDS = 30.0  # without a save, where no lock says that a program lives


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What there is of a training at a look.

    Attributes
    ----------
    state : "training", "broken off", "silent", "stopped" or "finished"
        Broken off is one whose program ended without a word; silent one that may have, where no lock can tell.
    epochs, of_epochs : int
        Whole ones, and how many there are when it is finished.
    age : float
        Seconds since it was saved, by the clock of the folder where that can be asked.
    problem : str
        Why there is nothing newer, in a sentence; empty where nothing is wrong.
    run : Run or None
        As it was saved, where that is another than at the look before.
    update : MapUpdate or None
        Its map, while it trains.
    steps : Progress or None
        The mean losses of the steps since the save before, of the epoch that is going on, at the middle of them.
    now : Progress or None
        How far it is, with the losses of its last steps, or where an epoch has just begun, of the one before.
    started : Started or None
        What is trained, and where.
    """

    state: State
    epochs: int
    of_epochs: int
    age: float
    problem: str = ""
    run: Run | None = None
    update: MapUpdate | None = None
    steps: Progress | None = None
    now: Progress | None = None
    started: Started | None = None


class Follower:
    """Looks at a run's file again and again; each look takes some milliseconds, and may be on another thread.

    Parameters
    ----------
    path : Path
    run : Run
        As it was read there last: what is told is what has come since.
    """

    def __init__(self, path: Path, run: Run) -> None:
        self.path = path
        self._run, self._is_first = run, True
        self._stamp: tuple[int, int, int] | None = None
        self._saved = math.nan  # when the file was written, in seconds since 1970
        self._ahead = time.time() - time.monotonic()  # of the clock of the folder
        self._asked = self._moved = -math.inf
        self._has_lock = False
        self._shown: MapImages | None = None
        self._live: LiveMap | None = None

    def look(self, shown: MapImages | None) -> Seen:
        """Look at it.

        Parameters
        ----------
        shown : MapImages or None
            What its map shows; None where the data set is not on this machine.

        Raises
        ------
        RunError
            When another run has its place.
        """
        run, problem = None, ""
        try:
            run = self._newer()
        except RunError as error:
            problem = str(error)
        except OSError as error:
            problem = f"{self.path} cannot be looked at any more: {reason_of(error)}."
        if run is not None and run.snapshot.run_id != self._run.snapshot.run_id:
            raise RunError(f"{self.path} is another run now: what is shown is the one that was there before.")
        before, is_first = self._run, self._is_first
        if run is not None:
            self._is_first = False
            self._run = run
        state = self._state()
        seen = Seen(state, self._run.epochs, _last_epoch(self._run), self._age(), problem)
        if run is None:
            return seen
        steps = steps_between(None if is_first else before, run)
        update = self._map(run, shown) if state == "training" else None
        return replace(seen, run=run, update=update, steps=steps, now=_now(run, steps), started=_started(run))

    def end(self) -> None:
        """Ask for nothing any more."""
        asked.follow_no_more(self.path)

    def _newer(self) -> Run | None:
        """Read the file if it is another one than at the look before."""
        found = os.stat(self.path)  # noqa: PTH116
        stamp = (found.st_size, found.st_mtime_ns, found.st_ino)
        if stamp == self._stamp:
            return None
        run = Run.open(self.path)
        if self._stamp is not None:
            self._moved = time.monotonic()
        self._stamp, self._saved = stamp, found.st_mtime
        return run

    def _state(self) -> State:
        training = self._run.training
        state = "finished" if training is None else training.state
        if state == "finished":
            return "finished"
        if self._is_trained(state == "training"):
            self._ask()
            return "training"
        if state == "stopped":
            return "stopped"
        return "broken off" if self._has_lock or self._moved == -math.inf else "silent"

    def _is_trained(self, says_so: bool) -> bool:
        """Whether a program trains it: by its lock, or where the folder has none, by its saves."""
        if workspace.is_training(self.path):
            self._has_lock = True
            return True
        return says_so and not self._has_lock and time.monotonic() - self._moved < _SILENT_SECONDS

    def _ask(self) -> None:
        """Say that somebody follows it, and learn which time it is where the file lies."""
        if time.monotonic() - self._asked < _ASK_SECONDS:
            return
        self._asked = time.monotonic()
        now = asked.follow(self.path)
        if now is not None:
            self._ahead = now - self._asked

    def _age(self) -> float:
        age = time.monotonic() + self._ahead - self._saved
        return max(0.0, age) if math.isfinite(age) else 0.0

    def _map(self, run: Run, shown: MapImages | None) -> MapUpdate:
        if shown is None:
            return map_of(run, None)
        if self._live is None or shown is not self._shown:
            self._shown, self._live = shown, LiveMap(shown)
        return self._live.update(_Moment(run), _MAP_SECONDS)


class _Moment:
    """A run as a training between two steps: what a map is made of."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.run_id = run.snapshot.run_id
        self.epochs_done = _epochs_done(run)

    @property
    def preparation(self) -> Preparation:
        return self._run.preparation

    def snapshot(self) -> Snapshot:
        return self._run.snapshot


def steps_between(before: Run | None, after: Run) -> Progress | None:
    """Give the mean losses of the steps between two saves of a training.

    Parameters
    ----------
    before : Run or None
        None for those since the epoch began; so it is, too, where that was another epoch.
    after : Run

    Returns
    -------
    Progress or None
        Of one position, the mean of theirs; None where there were no steps, or nobody knows how long an epoch is.
    """
    state, per_epoch = after.training, _steps_per_epoch(after)
    if state is None or per_epoch is None:
        return None
    own = EpochLosses.of(state)
    begun, sums, images = 0, np.zeros(4), 0
    if before is not None and before.training is not None and before.epochs == after.epochs:
        earlier = EpochLosses.of(before.training)
        begun, sums, images = before.training.steps_done, earlier.sums, earlier.images
    if state.steps_done <= begun or own.images <= images:
        return None
    between = EpochLosses(tuple((own.sums - sums).tolist()), own.images - images)
    # Steps are counted from 1: the first lies at one step, the last at all of them.
    position = after.epochs + (begun + 1 + state.steps_done) / 2 / per_epoch
    return _progress(after, state, position, between.means(after.recipe.loss.beta), between.objective())


def _now(run: Run, steps: Progress | None) -> Progress | None:
    state, position = run.training, _epochs_done(run)
    if state is None or _steps_per_epoch(run) is None:
        return None
    if steps is not None:
        return replace(steps, epochs_done=np.array([position], np.float32))
    last = run.history[-1] if run.history else None
    return _progress(run, state, position, last.train, last.objective) if last else None


def _progress(run: Run, state: TrainingState, position: float, losses: Losses, objective: float | None) -> Progress:
    clock = TrainingClock()
    clock.go_on(state)
    images = (_steps_per_epoch(run) or 0) * run.recipe.training.batch_size  # of an epoch, or a few more
    row = [losses.loss, losses.reconstruction, losses.kl, losses.penalty]
    is_own = objective is not None and not math.isclose(objective, losses.loss, rel_tol=1e-6)
    return Progress(
        run.snapshot.run_id,
        np.array([position], np.float32),
        np.array([row], np.float32),
        clock.images_per_second,
        clock.seconds,
        clock.seconds_left((state.last_epoch - position) * images, state.last_epoch - run.epochs),
        np.array([objective], np.float32) if is_own else None,
    )


def _started(run: Run) -> Started | None:
    state, per_epoch = run.training, _steps_per_epoch(run)
    if state is None or per_epoch is None:
        return None
    epochs, images = run.epochs - state.first_epoch, per_epoch * run.recipe.training.batch_size
    if epochs > 0:
        images = (state.images - state.summed) // epochs
    return Started(
        run.snapshot.run_id,
        state.last_epoch,
        state.first_epoch,
        per_epoch,
        images,
        state.device,
        state.threads,
    )


def _steps_per_epoch(run: Run) -> int | None:
    return run.training.steps_per_epoch if run.training else None


def _last_epoch(run: Run) -> int:
    return run.training.last_epoch if run.training else run.epochs


def _epochs_done(run: Run) -> float:
    per_epoch = _steps_per_epoch(run)
    return run.epochs + (run.training.steps_done / per_epoch if run.training and per_epoch else 0.0)
