"""What is shown: the latest map of a model, without the images that are excluded, laid along the axes in force."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.axes import AxesError, AxesPending, PlaneAxes
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.plane import components_for, is_quick, projection_of, still_shown
from latentlab.core.map.projection import Components
from latentlab.core.map.results import MapPoints
from latentlab.core.map.selected_images import without
from latentlab.ui.threads.latest import Latest


@dataclass(frozen=True, slots=True, eq=False)
class _LaidOut:
    """A map with the projection along chosen axes, and its codes on that plane: float32 (N, 2)."""

    given: MapUpdate
    update: MapUpdate
    positions: Floats
    axes: PlaneAxes
    components: Components | None


@dataclass(frozen=True, slots=True, eq=False)
class _Refusal:
    given: MapUpdate
    axes: PlaneAxes
    sentence: str


class ShownMap(QObject):
    """Owns the map that is shown; everybody else reads it here.

    Maps are laid out at once where that takes a part of a frame, else on another thread; each is told once. Axes that
    a model does not have are left for the map's own ones; axes that a person chooses in vain leave everything as it
    was.
    """

    shown_changed = Signal(object)  # MapUpdate or None
    axes_changed = Signal(object)  # PlaneAxes
    refused = Signal(str)  # why the axes that were chosen cannot be, in a sentence
    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._whole: MapUpdate | None = None  # with what is excluded
        self._given: MapUpdate | None = None  # without it, along its own axes
        self._shown: _LaidOut | None = None
        self._excluded: dict[str, tuple[int, ...]] = {}
        self._axes = self._wanted = PlaneAxes()
        self._components: Components | None = None
        self._layouts = Latest(self, self._take, self.failed.emit)

    @property
    def shown(self) -> MapUpdate | None:
        """What is shown."""
        return None if self._shown is None else self._shown.update

    @property
    def points(self) -> MapPoints | None:
        """The points of what is shown."""
        return None if self._shown is None else MapPoints.of(self._shown.update, self._shown.positions)

    @property
    def axes(self) -> PlaneAxes:
        """The axes in force."""
        return self._axes

    @property
    def excluded(self) -> int:
        """How many images are left out of what is shown."""
        return 0 if self._whole is None or self._given is None else len(self._whole.labels) - len(self._given.labels)

    def excluded_from(self, dataset: str) -> tuple[int, ...]:
        """Give which images of a data set are left out of its maps, by their rows in it."""
        return self._excluded.get(dataset, ())

    def show(self, update: MapUpdate | None) -> None:
        """Show another model, or the same one further trained."""
        self._whole = update
        if update is None:
            self._give(None)
        else:
            self._give(without(update, self.excluded_from(update.snapshot.recipe.data.dataset), self._given))

    def exclude(self, dataset: str, rows: tuple[int, ...]) -> None:
        """Leave images of a data set, by their rows in it, out of its maps from now on."""
        before = self.excluded_from(dataset)
        self._excluded[dataset] = rows
        if rows != before and self._whole is not None and self._whole.snapshot.recipe.data.dataset == dataset:
            self.show(self._whole)

    def _give(self, update: MapUpdate | None) -> None:
        before, self._given = self._given, update
        if update is None or before is None or update.run_id != before.run_id:
            self._layouts.drop()
        if update is None:
            if self._wanted.rows():  # nobody can tell whether the next map shows these images
                self._put_in_force(PlaneAxes())
            self._shown = None
            self.shown_changed.emit(None)
            return
        if before is not None and not still_shown(self._wanted, before, update):
            self._fall_back(self.tr("The images that an axis of the map led through are no longer shown."))
        self._lay_out()

    @Slot(object)
    def set_axes(self, axes: PlaneAxes) -> None:
        """Lay the model out along other axes."""
        if self._given is not None and axes != self._wanted:
            self._wanted = axes
            self._lay_out()

    @Slot(object)
    def name_images(self, rows: Integers) -> None:
        """Name images that axes lead through as they are selected now: their rows, A first."""
        self.set_axes(self._wanted.named_after(rows))

    def shut_down(self) -> None:
        """Drop what is being laid out."""
        self._layouts.shut_down()

    def _lay_out(self) -> None:
        given, axes, components = self._given, self._wanted, self._components
        assert given is not None

        def lay() -> _LaidOut | _Refusal:
            found = None
            try:
                found = components_for(axes, given, components)
                projection = projection_of(axes, given, found)
            except AxesPending:
                projection = given.projection
            except AxesError as error:
                return _Refusal(given, axes, str(error))
            update = given if projection is given.projection else replace(given, projection=projection)
            return _LaidOut(given, update, projection.to_plane(given.means), axes, found)

        if is_quick(axes, given):
            self._layouts.drop()  # an earlier model must not come after this one
            self._take(lay())
        else:
            self._layouts.ask(lay)

    def _take(self, answer: _LaidOut | _Refusal | None) -> None:
        given = self._given
        if answer is None or given is None or answer.given.run_id != given.run_id or answer.axes != self._wanted:
            return
        if isinstance(answer, _Refusal):
            if answer.axes == self._axes:
                self._fall_back(answer.sentence)
            else:
                self._wanted = self._axes
                self.refused.emit(answer.sentence)
            if self._shown is None or self._shown.given is not self._given or self._wanted != self._axes:
                self._lay_out()
            return
        self._shown = answer
        self._components = answer.components or self._components
        self.shown_changed.emit(answer.update)
        self._put_in_force(answer.axes)

    def _put_in_force(self, axes: PlaneAxes) -> None:
        before, self._axes = self._axes, axes
        self._wanted = axes
        if axes != before:
            self.axes_changed.emit(axes)

    def _fall_back(self, sentence: str) -> None:
        self._wanted = PlaneAxes()
        self.failed.emit(self.tr("{problem} The map is back to its own axes.").format(problem=sentence))
