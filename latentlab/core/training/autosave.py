"""Keeping a training on the disk as it goes: the trainer waits for a copy, and never for the disk."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from latentlab.core import log
from latentlab.core.errors import LatentlabError, reason_of
from latentlab.core.events import Changed, EpochEnded, Event, Finished
from latentlab.core.runs.run import SUFFIX, Run, RunError, dated_name
from latentlab.core.runs.workspace import Presence
from latentlab.core.training.trainer import Trainer

SECONDS = 10.0  # between two saves
_SHARE = 0.02  # of the time, at most, that the trainer waits and the saving computes


class Autosave:
    """Saves a training at intervals, at each best epoch, and when it ends.

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
        Of the file, where there is one already; else a new one.

    Attributes
    ----------
    path : Path
        Of the file.
    kept : Path or None
        Where the training was saved last, if it could be.
    waited : float
        Seconds that the trainer has waited for copies.
    written : list of float
        Seconds that each save took, off the trainer's thread.
    """

    def __init__(self, trainer: Trainer, folder: Path, tell: Callable[[str], None], path: Path | None = None) -> None:
        self._trainer, self._tell = trainer, tell
        self.path = path or folder / f"{dated_name(trainer.recipe, trainer.run_id)}{SUFFIX}"
        self.kept: Path | None = None
        self.waited, self.written = 0.0, list[float]()
        self._told: set[str] = set()
        self._cost = 0.0  # seconds of the last save, of the trainer and of the one that saves
        self._last = time.perf_counter()
        self._saving: threading.Thread | None = None
        self._presence = self._take_place()

    def take(self, event: Event) -> None:
        """Save if it is time to; to be called with each event, on the thread that trains."""
        if isinstance(event, Changed | Finished) or (self._saving is not None and self._saving.is_alive()):
            return
        since = time.perf_counter() - self._last
        is_best = isinstance(event, EpochEnded) and event.is_best
        if since < self._cost / _SHARE or (since < SECONDS and not is_best):
            return
        begin = time.perf_counter()
        run = self._trainer.result(with_codes=False)
        self._last = time.perf_counter()
        self._cost = self._last - begin
        self.waited += self._cost
        self._saving = threading.Thread(target=self._save_beside, args=(run,), name="autosave", daemon=True)
        self._saving.start()

    def finish(self, run: Run) -> Path | None:
        """Save a training that ends, and wait until that is done.

        Returns
        -------
        Path or None
            Where it is now; None where no place takes it.
        """
        self._wait()
        self._save(run)
        return self.kept

    def end(self) -> None:
        """Wait for what is being saved, and train no more."""
        self._wait()
        self._presence.end()

    def _wait(self) -> None:
        if self._saving is not None:
            self._saving.join()
            self._saving = None

    def _save_beside(self, run: Run) -> None:
        begin, busy = time.perf_counter(), time.thread_time()
        try:
            self._save(run)
        except Exception as error:  # of a library: no reason to lose the training
            log.write(error, "saving a training")
        self._cost += time.thread_time() - busy
        self.written.append(time.perf_counter() - begin)

    def _save(self, run: Run) -> None:
        """Save in the workspace, or among temporary files; told is only what has not been told."""
        problem: RunError | None = None
        for path in (self.path, Path(tempfile.gettempdir()) / "latentlab-runs" / self.path.name):
            try:
                _make_folder(path.parent)
                run.save(path)
            except RunError as error:
                problem = problem or error
            else:
                self._move_to(path)
                break
        else:
            self.kept = None
        if problem is not None:
            told = str(problem).partition("; ")[0]  # without the advice to choose another place: nobody may be there
            where = f"it is kept as {self.kept}" if self.kept else "the training goes on, and is kept in memory alone"
            self._tell_once(f"{told}; {where}.")

    def _move_to(self, path: Path) -> None:
        if self.kept not in (None, path, self.path):  # among temporary files, while the workspace did not take it
            with suppress(OSError):
                self.kept.unlink()
        self.kept = path

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._tell(sentence)

    def _take_place(self) -> Presence:
        try:
            _make_folder(self.path.parent)
        except LatentlabError as error:
            self._tell_once(f"{str(error)[:-1]}; the training goes on.")
        presence = Presence(self.path)
        if not presence.is_first:
            raise RunError(f"{self.path} is being trained already, by another program: wait until it has ended.")
        return presence


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise RunError(f"The run could not be kept in {folder}: {reason_of(error)}.") from error
