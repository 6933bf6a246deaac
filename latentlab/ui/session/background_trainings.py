"""Trainings in processes of their own: begun here, or found at the start; they go on when the window closes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from latentlab.core.errors import LatentlabError, printable
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.runs.kept_run import KeptRun
from latentlab.ui.threads.background import Report, Task
from latentlab.ui.threads.in_turn import InTurn

if TYPE_CHECKING:
    from latentlab.core.training.background import Begun

_MILLISECONDS = 500  # between two looks at those that are known
# Processes that may still run: Python warns of one that is forgotten, and these are to outlive the window.
_alive: set[Popen[bytes]] = set()
_ENDED = (0, 129, 130, 143)  # exit statuses of one that came to its end, or was asked to


@dataclass(frozen=True, slots=True)
class Going:
    """A training that goes on in another program.

    Attributes
    ----------
    path : Path
    run : KeptRun or None
        As it was saved some time ago; None before the first time.
    """

    path: Path
    run: KeptRun | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        return self.run.name if self.run else printable(self.path.stem)


@dataclass(frozen=True, slots=True)
class _Looked:
    """Those that go on, and of those that failed the file and what was said, or nothing; all others are as before."""

    going: list[Going]
    failed: list[tuple[Path, str]]
    over: set[Path]


class BackgroundTrainings(QObject):
    """Begins them, and knows those that it has begun and those that went on when the program was started."""

    changed = Signal(object)  # list of Going, the latest first
    broke_off = Signal(Path, str)  # the file of a run, and the sentence that its program has said, or nothing
    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._going: list[Going] = []
        self._processes: dict[Path, Popen[bytes]] = {}
        self._beginning, self._looking = InTurn(self), InTurn(self)
        self._beginning.done.connect(self._take_begun)
        self._beginning.failed.connect(self.failed)
        self._looking.done.connect(self._take)
        self._looking.failed.connect(self._fail)
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(self._look)

    @property
    def going(self) -> list[Going]:
        """Those that are known to go on."""
        return self._going

    def begin(self, recipe: Recipe, folder: Path, data_dir: Path, threads: int | None) -> None:
        """Train a recipe in a process of its own, with so many threads, or as many as the window can spare."""

        def work(cancelled: threading.Event, report: Report) -> Begun:
            from latentlab.core.training import background
            from latentlab.ui.threads.torch_threads import threads_beside_the_window

            begun = background.begin(recipe, folder, data_dir, threads or threads_beside_the_window())
            _alive.add(begun.process)
            return begun

        self._beginning.start(work)

    @Slot(Path, object)
    def find(self, folder: Path, runs: Sequence[KeptRun]) -> None:
        """Find those that go on among the runs of a workspace, and what others that failed have left there."""
        going = [Going(run.path, run) for run in runs if run.state == "training"]

        def look(cancelled: threading.Event, report: Report) -> _Looked:
            from latentlab.core.training import background

            return _Looked(going, [(path, said) for path, said in background.left_words(folder) if said], set())

        self._looking.start(look)

    def shut_down(self) -> None:
        """Look no more; the processes go on."""
        self._timer.stop()
        Task.shut_down_all((self._beginning, self._looking))

    @Slot(object)
    def _take_begun(self, begun: Begun) -> None:
        self._processes[begun.path] = begun.process
        self._tell([Going(begun.path), *self._going])
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        if self._looking.is_busy:
            return
        known, processes = list(self._going), dict(self._processes)
        self._looking.start(lambda cancelled, report: _looked_at(known, processes))

    @Slot(object)
    def _take(self, looked: _Looked) -> None:
        found = {each.path for each in looked.going}
        others = [each for each in self._going if each.path not in looked.over | found]
        self._tell([*others, *looked.going])
        for path in looked.over:
            if (process := self._processes.pop(path, None)) is not None:
                _alive.discard(process)
        if self._going:
            self._timer.start()
        else:
            self._timer.stop()
        for path, said in looked.failed:
            self.broke_off.emit(path, said)

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        self._timer.stop()  # what nobody foresaw is told once
        self.failed.emit(sentence)

    def _tell(self, going: list[Going]) -> None:
        if going != self._going:
            self._going = going
            self.changed.emit(going)


def _looked_at(known: list[Going], processes: dict[Path, Popen[bytes]]) -> _Looked:
    """Look at those that are known, on another thread."""
    from latentlab.core.training import background

    looked = _Looked([], [], set())
    for each in known:
        process = processes.get(each.path)
        status = None if process is None else process.poll()
        if status is None and (process is not None or workspace.is_training(each.path)):
            looked.going.append(Going(each.path, _head(each)))
            continue
        looked.over.add(each.path)
        said = background.forget_words(each.path)
        if (said and status not in _ENDED) or status not in (None, *_ENDED):
            looked.failed.append((each.path, said))
    return looked


def _head(each: Going) -> KeptRun | None:
    """Read what is said of a run, once: a long history takes a moment."""
    if each.run is not None:
        return each.run
    try:
        return workspace.known_of(each.path)
    except LatentlabError:  # there is none yet
        return None
