"""Keeping the epochs of a training on the disk as it goes, to look back at and to branch from."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from latentlab.core import log
from latentlab.core.errors import LatentlabError, reason_of
from latentlab.core.events import EpochEnded, Event, Finished
from latentlab.core.runs import epochs_on_disk
from latentlab.core.training.trainer import Trainer

_SHARE = 0.015  # of the time, at most, that the trainer waits and the writing computes
_AT_ONCE = 0.05  # seconds of that which come first: so of a short training the first epochs are kept, too
_QUEUE = 4  # epochs that wait for a slow disk; others are passed over
_LOOK_EACH = 30_000_000  # bytes that are written between two looks at what all runs take
_HEAD = 200  # bytes of a file that tell of a tensor, at most


class KeptEpochs:
    """Writes the weights of epochs beside the run's file: the trainer waits for a copy, and never for the disk.

    Where epochs pass so quickly that more than 1.5 % of the time would go into it, some are passed over. Of a run of a
    single epoch nothing is written: it is the run itself.

    Parameters
    ----------
    trainer : Trainer
    path : Path
        Of the run's file.
    tell : callable
        Takes a sentence, on the thread that writes, or on that which ends this.
    is_told : callable
        Whether it is told already that the folder does not take the run itself; then it is not told of epochs as well.
    most, most_of_all : int
        Bytes, of this run and of all in its folder.

    Attributes
    ----------
    waited : float
        Seconds that the trainer has waited for copies.
    computed : float
        Seconds that writing has computed beside it.
    """

    def __init__(
        self,
        trainer: Trainer,
        path: Path,
        tell: Callable[[str], None],
        is_told: Callable[[], bool] = lambda: False,
        most: int = epochs_on_disk.MOST,
        most_of_all: int = epochs_on_disk.MOST_OF_ALL,
    ) -> None:
        self._trainer, self._path, self._tell = trainer, path, tell
        self._most, self._most_of_all = most, most_of_all
        self._place = epochs_on_disk.folder_of(path.parent, trainer.run_id)
        self._own = {epochs_on_disk.name_of(ended) for ended in trainer.history}
        self._sizes: dict[str, int] | None = None  # of the files that are there, once they were looked at
        self._since_look = _LOOK_EACH
        self.waited, self.computed = 0.0, 0.0
        self._begun = time.perf_counter()
        self._is_first, self._last = True, 0
        self._waiting: deque[tuple[EpochEnded, dict[str, Tensor]]] = deque()
        self._lock = threading.Lock()
        self._writing: threading.Thread | None = None
        self._told, self._problem = False, ""
        self._is_told = is_told
        self._has_told_thinned = False  # where all runs take what they may each training lets some go, again and again

    def take(self, event: Event) -> None:
        """Keep an epoch that has ended; to be called with each event, on the thread that trains."""
        if isinstance(event, EpochEnded):
            spent = self.waited + self.computed
            if spent <= _AT_ONCE + _SHARE * (time.perf_counter() - self._begun):
                self._take(event)
        elif isinstance(event, Finished) and self._has_last():
            self._take(self._trainer.history[-1])

    def end(self) -> None:
        """Wait for what is being written, and tell what could not be."""
        if self._writing is not None:
            self._writing.join()
            self._writing = None
        if self._problem and not self._is_told():
            self._tell_once(self._problem)

    def _has_last(self) -> bool:
        """Whether the model is that of the last epoch, which was passed over."""
        history = self._trainer.history
        is_so = bool(history) and self._trainer.epochs_done == history[-1].epoch != self._last
        return is_so and self._last > 0 and self._trainer.recipe.training.patience is None

    def _take(self, ended: EpochEnded) -> None:
        begin = time.perf_counter()
        self._own.add(epochs_on_disk.name_of(ended))
        try:
            if self._place is not None and len(self._waiting) < _QUEUE:
                # A tensor's own layout is kept: nothing is put in another order here.
                state = self._trainer.model.state_dict()
                copy = {name: each.detach().to("cpu", copy=True) for name, each in state.items()}
                self._last = ended.epoch
                with self._lock:
                    self._waiting.append((ended, copy))
                    is_first, self._is_first = self._is_first, False
                    if not is_first and self._writing is None:
                        self._writing = threading.Thread(target=self._write_all, name="epochs", daemon=True)
                        self._writing.start()
        except Exception as error:  # no memory for a copy, no thread: no reason to lose the training
            self._tell_failed(error)
        self.waited += time.perf_counter() - begin

    def _write_all(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._writing = None
                    return
                ended, weights = self._waiting[0]
            busy = time.thread_time()
            try:
                self._write(ended, weights)
            except Exception as error:
                self._tell_failed(error)
            self.computed += time.thread_time() - busy
            with self._lock:
                self._waiting.popleft()

    def _write(self, ended: EpochEnded, weights: dict[str, Tensor]) -> None:
        place, name = self._place, epochs_on_disk.name_of(ended)
        assert place is not None
        size = max(epochs_on_disk.LEAST_SIZE, sum(each.nbytes for each in weights.values()) + _HEAD * len(weights))
        if 2 * size > self._most:
            self._tell_once(f"Its earlier epochs are not kept: two of them take more than {self._most / 1e6:,.0f} MB.")
            return
        if self._since_look >= _LOOK_EACH:
            self._since_look = 0
            said = epochs_on_disk.thin_all(self._path.parent, self._most_of_all, self._most, place)
            if said and not self._has_told_thinned:
                self._has_told_thinned = True
                self._tell(said)
        if self._sizes is None:
            self._sizes = epochs_on_disk.sizes_in(place)
        sizes = epochs_on_disk.in_order({**self._sizes, name: size})
        gone = self._of_another_way(sizes)
        gone += epochs_on_disk.to_let_go(
            {each: size for each, size in sizes.items() if each not in gone},
            self._most,
            self._trainer.recipe.training.checkpoint_every,
        )
        epochs_on_disk.remove(place, gone)
        if name not in gone:
            epochs_on_disk.check_room(self._path.parent, size)
            sizes[name] = epochs_on_disk.write(place, self._trainer.run_id, ended, weights)
            self._since_look += size
        self._sizes = {each: size for each, size in sizes.items() if each not in gone}

    def _of_another_way(self, sizes: dict[str, int]) -> list[str]:
        """Choose those to let go first: of a training that was ended, and goes on otherwise here."""
        total, gone = sum(sizes.values()), list[str]()
        for name, size in sizes.items():
            if total > self._most and name not in self._own:
                gone.append(name)
                total -= size
        return gone

    def _tell_failed(self, error: Exception) -> None:
        if not isinstance(error, LatentlabError):
            log.write(error, "keeping an epoch")
        self._problem = f"Earlier epochs could not be kept ({_reason(error)})."

    def _tell_once(self, sentence: str) -> None:
        if not self._told:
            self._told = True
            self._tell(sentence)


def _reason(error: Exception) -> str:
    """Say what went wrong without the advice to choose another place: there is none."""
    said = str(error) if isinstance(error, LatentlabError) else f"{type(error).__name__}: {reason_of(error)}"
    return said.removesuffix("; choose another place.").removesuffix(".")
