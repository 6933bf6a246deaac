"""The part of the session's state that is a second model beside the one explored: its run, its map, its cursor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Position
from latentlab.core.events import EpochEnded, Finished, Started
from latentlab.core.map import comparing
from latentlab.core.map.axes import PlaneAxes
from latentlab.core.map.comparability import figure_of_tests, why_no_nats, why_no_tests
from latentlab.core.map.comparing import Beside
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.plane import map_along
from latentlab.core.map.results import DataPoint, MapPoints
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.fields import Fields, MapFields
from latentlab.ui.session.run_files import RunFiles
from latentlab.ui.threads.latest import Latest

if TYPE_CHECKING:
    from latentlab.core.runs.run import Run

Meeting = Literal["image", "place"]


class _SecondMap(QObject):
    shown_changed = Signal(object)  # MapUpdate

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.shown: MapUpdate | None = None

    def show(self, update: MapUpdate) -> None:
        self.shown = update
        self.shown_changed.emit(update)


class Comparison(QObject):
    """Owns the second run and where the two models meet: at the same image, or at the same coordinates.

    The cursor is the exploration's own pick; what the second model makes of it follows. Nothing is decoded while
    nobody looks.
    """

    second_changed = Signal(object)  # MapPoints or None
    first_named = Signal(str, str, object)  # title, name of the run, Figure of the test images or None
    second_named = Signal(str, str, object)
    meeting_changed = Signal(str, bool)  # "image" or "place"; whether the maps share their images
    judged = Signal(str, str)
    """Why no nats of the two models are compared, and why no test figures; empty where they are."""
    followed = Signal(object)  # Beside or None
    waiting_changed = Signal(bool)
    """Whether what was told is not yet of the cursor."""
    failed = Signal(str)  # sentence

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration = exploration
        self._first_name = ""
        self._history: list[EpochEnded] = []
        self._has_ended = False
        self._run: Run | None = None
        self._run_name = ""
        self._given: MapUpdate | None = None  # the second model, along its own axes
        self._second = _SecondMap(self)
        self._mapped_with: ImageIds | None = None  # the first map's images, when the second map was asked for
        self._wanted: Meeting = "image"
        self._position: Position | None = None
        self._row: int | None = None
        self._label = 0
        self._is_looked_at = False
        self._told: tuple[object, ...] | None = None
        self._files = RunFiles(self)
        self._files.opened.connect(self._take_opened)
        self._files.map_made.connect(self._take_map)
        self._files.failed.connect(self.failed)
        self._answers = Latest(self, self._take, self.failed.emit)
        self._answers.waiting_changed.connect(self.waiting_changed)
        self.first_gaps, self.second_gaps = MapFields(exploration, self, "gaps"), Fields(self._second, self, "gaps")
        for gaps in (self.first_gaps, self.second_gaps):
            gaps.failed.connect(self.failed)
        exploration.shown_changed.connect(self._follow_model)
        exploration.axes_changed.connect(self._lay_out)
        exploration.pick_changed.connect(self._follow_pick)
        exploration.pointed.connect(self._follow_point)
        exploration.label_changed.connect(self._follow_label)

    @property
    def second(self) -> MapUpdate | None:
        """The second model, on its map."""
        return self._second.shown

    @property
    def meeting(self) -> Meeting:
        """Where the models meet; at the same image only where their maps share them."""
        return self._wanted if self._shares_images() else "place"

    def shut_down(self) -> None:
        """Drop what is under way."""
        self._files.shut_down()
        self._answers.shut_down()
        self.first_gaps.shut_down()
        self.second_gaps.shut_down()

    # The second run

    def open(self, path: Path) -> None:
        """Read a run from a file and put it beside the first; the second one stays if that fails."""
        self._files.open(path)

    def keep(self, run: Run, name: str) -> None:
        """Put a run beside whatever is explored from now on."""
        self._files.forget_questions()
        self._run, self._run_name = run, name
        self._answers.drop()
        self._told = None
        self._make_map()

    @Slot(Path, object)
    def _take_opened(self, path: Path, run: Run) -> None:
        self.keep(run, path.stem)

    def _make_map(self) -> None:
        first = self._exploration.shown
        if self._run is None or first is None:
            return
        self._mapped_with = first.ids
        self._files.make_map(self._run, comparing.images_for_second(self._run, first))

    @Slot(object)
    def _take_map(self, update: MapUpdate) -> None:
        assert self._run is not None
        if update.snapshot is not self._run.snapshot:
            return
        self._given, run = update, self._run
        self._lay_out()
        figure = figure_of_tests(run.recipe, run.history, run.epochs, is_ended=True)
        self.second_named.emit(run.recipe.title or run.recipe.name, self._run_name, figure)
        self._judge()

    @Slot()
    def _lay_out(self) -> None:
        """Show the second model along the first one's axes where it has them: the same coordinates mean the same."""
        if self._given is None:
            return
        axes = self._exploration.axes
        if axes.rows() and not self._shares_images():
            axes = PlaneAxes()
        update = map_along(axes, self._given)
        self._second.show(update)
        self.second_changed.emit(MapPoints.of(update, update.projection.to_plane(update.means)))
        self._tell_meeting()

    # The first run

    @Slot(object)
    def _follow_model(self, update: MapUpdate | None) -> None:
        self._name_first()
        if update is None:
            return
        if self._run is not None and (self.second is None or self._mapped_with != update.ids):
            self._make_map()
        self._tell_meeting()

    @Slot(str, bool)
    def set_first_name(self, name: str, is_unsaved: bool) -> None:
        """Name the run that is explored."""
        self._first_name = name
        self._name_first()

    @Slot(object, object)
    def set_history(self, history: tuple[EpochEnded, ...], changes: object) -> None:
        """Take the losses of the run that is explored."""
        self._history, self._has_ended = list(history), True
        self._name_first()

    @Slot(object)
    def begin_epochs(self, started: Started) -> None:
        """Follow the losses of a training."""
        self._history = [epoch for epoch in self._history if epoch.epoch <= started.first_epoch]
        self._has_ended = False

    @Slot(object)
    def add_epoch(self, epoch: EpochEnded) -> None:
        """Take the losses of one more epoch."""
        self._history.append(epoch)
        self._name_first()

    @Slot(object)
    def end_epochs(self, finished: Finished) -> None:
        """Take it that the training has ended."""
        self._has_ended = True
        self._name_first()

    def _name_first(self) -> None:
        first = self._exploration.shown
        if first is None:
            self.first_named.emit("", "", None)
            return
        recipe, done = first.snapshot.recipe, first.epochs_done
        figure = figure_of_tests(recipe, self._history, done, is_ended=self._has_ended)
        self.first_named.emit(recipe.title or recipe.name, self._first_name or recipe.name, figure)
        self._judge()

    def _judge(self) -> None:
        """Say whether what both models cost may be compared."""
        first, second = self._exploration.shown, self._given
        if first is None or second is None:
            self.judged.emit("", "")
            return
        recipes = first.snapshot.recipe, second.snapshot.recipe
        self.judged.emit(why_no_nats(*recipes), why_no_tests(*recipes))

    # The cursor

    @Slot(str)
    def meet(self, meeting: Meeting) -> None:
        """Meet at the same image, or at the same coordinates."""
        self._wanted = meeting
        self._tell_meeting()

    @Slot(float, float)
    def pick_on_first(self, x: float, y: float) -> None:
        """Move the cursor on the first map: to the image nearest to a place, or to the place itself."""
        self._pick(self._exploration.shown, (x, y))

    @Slot(float, float)
    def pick_on_second(self, x: float, y: float) -> None:
        """Move the cursor on the second map."""
        self._pick(self.second, (x, y))

    @Slot(int)
    def pick_point(self, row: int) -> None:
        """Move the cursor to an image, where the models meet at images."""
        if self.meeting == "image" and row != self._row:
            self._exploration.pick_point(row)

    @Slot(bool)
    def set_looked_at(self, is_looked_at: bool) -> None:
        """Follow the cursor, or rest."""
        self._is_looked_at = is_looked_at
        self._meet_an_image()
        self._follow()

    def _pick(self, model: MapUpdate | None, position: Position) -> None:
        if model is None:
            return
        if self.meeting == "place":
            self._exploration.pick(*position)
        elif (row := comparing.nearest_image(model, position)) is not None:
            self.pick_point(row)

    @Slot(object)
    def _follow_pick(self, position: Position | None) -> None:
        self._position = position
        self._follow()

    @Slot(object)
    def _follow_point(self, point: DataPoint | None) -> None:
        self._row = None if point is None else point.index
        self._follow()

    @Slot(int)
    def _follow_label(self, label: int) -> None:
        self._label = label
        self.second_gaps.set_label(label)
        self._follow()

    def _follow(self) -> None:
        """Tell what the second model makes of the cursor, where that has changed."""
        second = self.second
        if second is None or not self._is_looked_at:
            return
        position, row, label = self._position, self._row, self._label
        by_image = self.meeting == "image"
        key = (second, row) if by_image else (second, position, label if second.snapshot.uses_labels else 0)
        if key == self._told:
            return
        self._told = key
        if (row if by_image else position) is None:
            self._answers.drop()
            self.followed.emit(None)
            return
        self.second_gaps.set_code(second.means[row] if by_image else second.projection.origin)

        def look() -> Beside:
            if by_image:
                assert row is not None
                return comparing.at_image(second, row)
            assert position is not None
            return comparing.at_place(second, position, label)

        self._answers.ask(look, second.operations.encode + second.operations.decode)

    def _take(self, beside: Beside | None) -> None:
        if beside is None:
            self._told = None  # so that it can be asked again
            self.followed.emit(None)
        elif self.second is not None and beside.run_id == self.second.run_id and self._told is not None:
            self.followed.emit(beside)

    def _shares_images(self) -> bool:
        first, second = self._exploration.shown, self._given
        return first is not None and second is not None and first.ids == second.ids

    def _tell_meeting(self) -> None:
        self.meeting_changed.emit(self._wanted if self.second is None else self.meeting, self._shares_images())
        self._meet_an_image()
        self._follow()

    def _meet_an_image(self) -> None:
        """Where the models meet at images and none is picked, pick the one nearest to the cursor, or to the middle."""
        first = self._exploration.shown
        if first is None or self.second is None or not self._is_looked_at or self.meeting == "place":
            return
        if self._exploration.point is None:
            row = comparing.nearest_image(first, self._position or (0.0, 0.0))
            if row is not None:
                self._exploration.pick_point(row)
