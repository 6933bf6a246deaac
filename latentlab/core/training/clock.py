"""What is told of a training's time; nothing that is learned depends on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from latentlab.core.runs.training_state import TrainingState

_COUNTED = ("images", "step_seconds", "epoch_seconds", "tests", "test_seconds")


class TrainingClock:
    """Counts the seconds of a training's steps and of its tests, without those of whoever drives it.

    Attributes
    ----------
    images : int
        Images in the steps so far.
    step_seconds : float
        What these took.
    tests : int
        Whole tests so far.
    test_seconds : float
        What these took, and parts of others.
    epoch_seconds : float or None
        Of the steps, what those of the epoch that is going on took; None where an earlier version began it.
    """

    epoch_seconds: float | None

    def __init__(self) -> None:
        self.images, self.step_seconds, self.epoch_seconds = 0, 0.0, 0.0
        self.tests, self.test_seconds = 0, 0.0
        self._mark = time.perf_counter()  # what came before is counted

    def counted(self) -> dict[str, Any]:
        """Give what is counted, by the names of `TrainingState`."""
        return {name: getattr(self, name) for name in _COUNTED}

    def go_on(self, state: TrainingState) -> None:
        """Count on from what another has counted."""
        for name in _COUNTED:
            setattr(self, name, getattr(state, name))

    def start(self) -> None:
        """Count from now on."""
        self._mark = time.perf_counter()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave out what passes within."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._mark += time.perf_counter() - begin

    def uncounted(self) -> float:
        """Give the seconds since steps or a test were last counted."""
        return time.perf_counter() - self._mark

    def count_steps(self, images: int) -> None:
        """Count the time since the last count to steps with so many images."""
        seconds = self._taken()
        self.step_seconds += seconds
        self.images += images
        if self.epoch_seconds is not None:
            self.epoch_seconds += seconds

    def count_test(self, *, is_whole: bool) -> None:
        """Count the time since the last count to a test, or to a part of it that is not the last."""
        self.test_seconds += self._taken()
        self.tests += is_whole

    def end_epoch(self) -> float | None:
        """Give the seconds of the steps of the epoch that is done, where they are known; the next begins."""
        seconds, self.epoch_seconds = self.epoch_seconds, 0.0
        return seconds

    @property
    def seconds(self) -> float:
        """Spent so far."""
        return self.step_seconds + self.test_seconds

    @property
    def images_per_second(self) -> float:
        """In steps."""
        return self.images / self.step_seconds if self.step_seconds else 0.0

    def seconds_left(self, images: float, tests: int) -> float:
        """Estimate what steps with so many images, and so many tests, will take."""
        speed = self.images_per_second
        of_steps = images / speed if speed else 0.0
        of_tests = self.test_seconds / self.tests * tests if self.tests else 0.0
        return of_steps + of_tests

    def _taken(self) -> float:
        seconds = self.uncounted()
        self._mark += seconds
        return seconds
