"""The part of the session's state that is the plane of the map: its axes, and every model laid out along them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats, Integers
from latentlab.core.map.axes import AxesChoice, AxesError, AxesPending
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.map.plane import components_for, is_quick, projection_of, still_shown
from latentlab.core.map.projection import Components
from latentlab.core.map.results import MapPoints
from latentlab.ui.threads.latest import Latest


@dataclass(frozen=True, slots=True, eq=False)
class LaidOut:
    """A model with the projection along chosen axes, and its codes on that plane: float32 (N, 2)."""

    given: MapUpdate
    update: MapUpdate
    positions: Floats
    choice: AxesChoice
    components: Components | None

    def points(self, *, glide: bool) -> MapPoints:
        """Give what the map shows of it; see `MapPoints` for `glide`."""
        update = self.update
        names, axes = update.snapshot.class_names, update.projection.axes
        return MapPoints(update.run, self.positions, update.labels, names, axes, glide)


@dataclass(frozen=True, slots=True, eq=False)
class _Refusal:
    given: MapUpdate
    choice: AxesChoice
    sentence: str


class Plane(QObject):
    """Owns the axes; lays models out at once where that takes a part of a frame, else on another thread.

    Axes that a model does not have are left for the map's own ones; axes that a person chooses in vain leave
    everything as it was.
    """

    laid_out = Signal(object)  # LaidOut
    changed = Signal(object)  # AxesChoice
    refused = Signal(str)  # why the axes that were chosen cannot be, in a sentence
    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._given: MapUpdate | None = None
        self._last: MapUpdate | None = None  # what was laid out, as it was given
        self._axes = self._wanted = AxesChoice()
        self._components: Components | None = None
        self._layouts = Latest(self)
        self._layouts.answered.connect(self._take)
        self._layouts.failed.connect(self.failed)

    @property
    def axes(self) -> AxesChoice:
        """The axes in force."""
        return self._axes

    def show(self, update: MapUpdate | None) -> None:
        """Lay out another model, or the same one further trained."""
        before, self._given = self._given, update
        if update is None or before is None or update.run != before.run:
            self._layouts.drop()
        if update is None:
            if self._wanted.rows():  # nobody can tell whether the next map shows these images
                self._put_in_force(AxesChoice())
            return
        if before is not None and not still_shown(self._wanted, before, update):
            self._fall_back(self.tr("The images that an axis of the map led through are no longer shown."))
        self._lay_out()

    @Slot(object)
    def choose(self, choice: AxesChoice) -> None:
        """Lay the model out along other axes."""
        if self._given is not None and choice != self._wanted:
            self._wanted = choice
            self._lay_out()

    @Slot(object)
    def name_images(self, rows: Integers) -> None:
        """Name images that axes lead through as they are chosen now: their rows, A first."""
        self.choose(self._wanted.named_after(rows))

    def shut_down(self) -> None:
        """Drop what is being laid out."""
        self._layouts.shut_down()

    def _lay_out(self) -> None:
        given, choice, components = self._given, self._wanted, self._components
        assert given is not None

        def lay() -> LaidOut | _Refusal:
            found = None
            try:
                found = components_for(choice, given, components)
                projection = projection_of(choice, given, found)
            except AxesPending:
                projection = given.projection
            except AxesError as error:
                return _Refusal(given, choice, str(error))
            update = given if projection is given.projection else replace(given, projection=projection)
            return LaidOut(given, update, projection.to_plane(given.means), choice, found)

        if is_quick(choice, given):
            self._layouts.drop()  # an earlier model must not come after this one
            self._take(lay())
        else:
            self._layouts.ask(lay)

    @Slot(object)
    def _take(self, answer: LaidOut | _Refusal) -> None:
        if self._given is None or answer.given.run != self._given.run or answer.choice != self._wanted:
            return
        if isinstance(answer, _Refusal):
            if answer.choice == self._axes:
                self._fall_back(answer.sentence)
            else:
                self._wanted = self._axes
                self.refused.emit(answer.sentence)
            if self._last is not self._given or self._wanted != self._axes:
                self._lay_out()
            return
        self._last = answer.given
        self._components = answer.components or self._components
        self.laid_out.emit(answer)
        self._put_in_force(answer.choice)

    def _put_in_force(self, choice: AxesChoice) -> None:
        before, self._axes = self._axes, choice
        self._wanted = choice
        if choice != before:
            self.changed.emit(choice)

    def _fall_back(self, sentence: str) -> None:
        self._wanted = AxesChoice()
        self.failed.emit(self.tr("{problem} The map is back to its own axes.").format(problem=sentence))
