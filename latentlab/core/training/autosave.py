"""Keeping a training on the disk as it goes: the trainer waits for a copy, and never for the disk."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from statistics import median_low

from latentlab.core import log
from latentlab.core.errors import reason_of
from latentlab.core.events import Changed, EpochEnded, Event, Finished
from latentlab.core.runs import workspace
from latentlab.core.runs.asked import Asked
from latentlab.core.runs.run import SUFFIX, Run, RunError, dated_name
from latentlab.core.training.trainer import Trainer

SECONDS = 10.0  # between two saves, where nobody has chosen another time
FOLLOWED_SECONDS = 1.25  # where somebody follows it: what is shown there is to be no older than two seconds
FEW_CODES = 256  # test images that have their codes in what is saved on the way: enough to see the map
_SHARE = 0.02  # of the time, at most, that the trainer waits and the saving computes


class Autosave:
    """Saves a training at intervals, at each best epoch, and when it ends; often where somebody follows it.

    It hears what others ask of the training (`core.runs.asked`), so also that it is to end.

    What it costs is at most 2 % of the time: where saving takes long, or best epochs come quickly, it is done less
    often. Where the workspace does not take it, that is told once, and it is tried among temporary files.

    Parameters
    ----------
    trainer : Trainer
    folder : Path
        The workspace.
    tell : callable
        Takes a sentence, on the thread that saves.
    path : Path, optional
        Of the file, where there is one already; else a new one. One among temporary files comes back to the folder.
    seconds : float, optional
        Between two saves; `SECONDS` where nobody has chosen.

    Attributes
    ----------
    path : Path
        Of the file.
    kept : Path or None
        Where the training was saved last, if it could be; that may have been some time ago, see `problem`.
    problem : str
        Why it could not be saved anywhere, the last time; empty where it could.
    waited : float
        Seconds that the trainer has waited for copies.
    computed : float
        Seconds that saving has computed beside it.
    written : list of float
        Seconds that each save took, off the trainer's thread.
    """

    def __init__(
        self,
        trainer: Trainer,
        folder: Path,
        tell: Callable[[str], None],
        path: Path | None = None,
        seconds: float | None = None,
    ) -> None:
        self._trainer, self._tell = trainer, tell
        self._seconds = SECONDS if seconds is None else seconds
        is_spare = path is not None and path.parent == workspace.spare_folder()
        new = folder / f"{dated_name(trainer.recipe, trainer.run_id)}{SUFFIX}"
        self.path = new if path is None or is_spare else path
        self.kept = path if is_spare else None  # it goes when the folder has it again
        self.problem = ""
        self.waited, self.computed, self.written = 0.0, 0.0, list[float]()
        self._told: set[Path | None] = set()  # where it was kept instead, when that was told
        # Seconds of the last saves, of the trainer and of the one that saves: one alone, that another program held up
        # for a fifth of a second, would put the next off by ten.
        self._costs, self._costs_beside = deque[float](maxlen=3), deque[float](maxlen=3)
        self._last = time.perf_counter()
        self._saver = _Saver(self._save_beside)
        self._has_saved = False  # or tried to
        self._presence = self._take_place()
        self._asked = Asked(self.path)
        if self._asked.problem:
            tell(self._asked.problem)

    def take(self, event: Event) -> None:
        """Save if it is time to; to be called with each event, on the thread that trains."""
        now = time.perf_counter()
        self._asked.look(now)
        if self._asked.is_to_stop:
            self._trainer.control.stop.set()
        if isinstance(event, Changed | Finished) or self._saver.is_busy:
            return
        since = now - self._last
        is_best = isinstance(event, EpochEnded) and event.is_best
        cost = median_low(self._costs or [0.0]) + median_low(self._costs_beside or [0.0])
        if since < cost / _SHARE or (since < self._interval() and not is_best):
            return
        self.take_now()

    def take_now(self) -> None:
        """Save what there is, unless that is being done: to be called on the thread that trains, at an event."""
        if self._saver.is_busy:
            return
        begin, self._has_saved = time.perf_counter(), True
        try:
            self._saver.start(self._trainer.copy())
        except Exception as error:  # no memory for a copy, no thread: no reason to lose the training
            self._tell_failed(error)
        self._last = time.perf_counter()
        self._costs.append(self._last - begin)
        self.waited += self._costs[-1]

    def finish(self, run: Run) -> Path | None:
        """Save a training that ends, and wait until that is done.

        Returns
        -------
        Path or None
            Where it is now; None where no place takes it.
        """
        self._wait()
        try:
            self._save(run)
        except Exception as error:  # no memory to write it from
            self._tell_failed(error)
        return None if self.problem else self.kept

    def end(self) -> None:
        """Wait for what is being saved, and train no more."""
        self._saver.end()
        self._asked.end()
        self._presence.end()

    def _interval(self) -> float:
        """Give the seconds between two saves: who follows it does not wait for the first."""
        if not self._asked.is_followed:
            return self._seconds
        return min(self._seconds, FOLLOWED_SECONDS if self._has_saved else 0.0)

    def _wait(self) -> None:
        self._saver.wait()

    def _save_beside(self, make_run: Callable[[int], Run]) -> None:
        try:
            _ = self._trainer.preparation  # measured once, and no measure of what the next save costs
            begin, busy = time.perf_counter(), time.thread_time()
            self._save(make_run(FEW_CODES))
            self._costs_beside.append(time.thread_time() - busy)
            self.computed += self._costs_beside[-1]
            self.written.append(time.perf_counter() - begin)
        except Exception as error:  # of a library: no reason to lose the training
            self._tell_failed(error)

    def _tell_failed(self, error: Exception) -> None:
        self.problem = f"The training could not be saved as it goes ({type(error).__name__}: {reason_of(error)})"
        log.write(error, "saving a training")
        self._tell_once(self.problem, None)

    def _save(self, run: Run) -> None:
        kept, problem = workspace.keep(run, self.path)
        if kept == self.path and self.kept not in (None, kept):  # among temporary files, while that did not take it
            with suppress(OSError):
                self.kept.unlink()
        self.kept, self.problem = kept or self.kept, "" if kept else problem
        if problem:
            self._tell_once(problem, kept)

    def _tell_once(self, problem: str, kept: Path | None) -> None:
        """Tell where it is kept instead: a disk that fails may say why in other words each time."""
        if kept not in self._told:
            self._told.add(kept)
            where = f"it is kept as {kept}" if kept else "it is kept in memory alone, and saving is tried again"
            self._tell(f"{problem}; {where}.")

    def _take_place(self) -> workspace.Presence:
        with suppress(RunError):  # which is told when it is saved
            workspace.make_folder(self.path.parent)
        return workspace.Presence(self.path)


class _Saver:
    """A thread that saves what it is given, one after the other.

    It is begun with the first and stays: whoever begins a thread waits until that has a processor, and where all are
    busy that takes longer than the copy.
    """

    def __init__(self, save: Callable[[Callable[[int], Run]], None]) -> None:
        self._save = save
        self._given = SimpleQueue[Callable[[int], Run] | None]()
        self._is_idle = threading.Event()
        self._is_idle.set()
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being saved."""
        return not self._is_idle.is_set()

    def start(self, make_run: Callable[[int], Run]) -> None:
        """Save this, while nothing else is being saved."""
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._work, name="autosave", daemon=True)
            thread.start()
            self._thread = thread
        self._is_idle.clear()
        self._given.put(make_run)

    def wait(self) -> None:
        """Wait until it is saved."""
        self._is_idle.wait()

    def end(self) -> None:
        """Wait until it is saved, and end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._given.put(None)
            thread.join()

    def _work(self) -> None:
        while (make_run := self._given.get()) is not None:
            try:
                self._save(make_run)
            finally:
                del make_run  # a copy of the weights
                self._is_idle.set()
