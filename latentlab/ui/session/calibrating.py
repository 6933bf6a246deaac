"""How sure one may be of the label of a sketch: found off the GUI thread of a model whose file does not say it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from latentlab.core.map.results import Sketched
from latentlab.core.progress import GivenUp, watched
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.session.image_library import ImageLibrary
from latentlab.ui.session.live_training import LiveTraining
from latentlab.ui.session.run_files import RunFiles
from latentlab.ui.threads.background import Report, Task
from latentlab.ui.threads.training_thread import Result

if TYPE_CHECKING:
    from latentlab.core.models.label_calibration import LabelCalibration
    from latentlab.core.models.snapshot import Snapshot
    from latentlab.core.runs.run import Run

_Found = tuple["Snapshot", "LabelCalibration | None"]


class Calibrating(MapPart):
    """Has a CVAE calibrated when a sketch is read by it, its images are loaded and nothing trains.

    Parameters
    ----------
    exploration : Exploration
    library : ImageLibrary
    files : RunFiles
        Which tells what is opened.
    training : LiveTraining
    """

    def __init__(
        self,
        exploration: Exploration,
        library: ImageLibrary,
        files: RunFiles,
        training: LiveTraining,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._exploration, self._library, self._training = exploration, library, training
        self._run: Run | None = None
        self._asked: Snapshot | None = None
        self._is_wanted = self._has_failed = False
        self._calibrating = self._own(Task(self))
        self._calibrating.done.connect(self._take)
        self._calibrating.failed.connect(self._fail)
        files.opened.connect(self._take_opened)
        training.result_made.connect(self._take_result)
        library.loaded.connect(self._ask)
        exploration.sketched.connect(self._look)

    @Slot(Path, object)
    def _take_opened(self, path: Path, run: Run) -> None:
        self._run = run

    @Slot(object)
    def _take_result(self, result: Result) -> None:
        if result.is_final:
            self._run = result.run

    @Slot(object)
    def _look(self, sketched: Sketched | None) -> None:
        self._is_wanted = sketched is not None and sketched.label_probabilities is not None
        if sketched is None and self._has_failed:  # it is tried again with the next drawing, not with each stroke
            self._asked, self._has_failed = None, False
        self._ask()

    @Slot()
    def _ask(self) -> None:
        shown, run, data = self._exploration.shown, self._run, self._library.data
        if not self._is_wanted or shown is None or run is None or data is None or self._training.state != "idle":
            return
        snapshot, preparation = shown.snapshot, shown.preparation
        if snapshot.calibration is not None or snapshot is self._asked or snapshot.run_id != run.snapshot.run_id:
            return
        if not data.is_for(run.recipe.data) or run.changed_images(data):
            return
        self._asked = snapshot

        def calibrate(cancelled: threading.Event, report: Report) -> _Found | None:
            from latentlab.core.training.training_images import TrainingImages

            try:
                with watched(report, cancelled.is_set):
                    return snapshot, TrainingImages.of(data, run.recipe, run).calibrate(snapshot, preparation)
            except GivenUp:
                return None

        self._calibrating.start(calibrate)

    @Slot()
    def _fail(self) -> None:
        self._has_failed = True

    @Slot(object)
    def _take(self, found: _Found | None) -> None:
        if found is None:
            return
        snapshot, calibration = found
        snapshot.calibration = calibration
        shown = self._exploration.shown
        if calibration is not None and shown is not None and shown.snapshot is snapshot:
            self._exploration.read_sketch()
