"""The true posterior of the image that is picked, drawn or under the mouse, worked out off the GUI thread."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Extent, to_floats
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.results import DataPoint, Sketched
from latentlab.core.map.true_posterior import Found, KeptTable, PosteriorOnPlane, Subject, find, look, measure, on_plane
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking

_Answer = tuple[Found, PosteriorOnPlane]


class TruePosteriors(MapPart):
    """Answers while it is on: first by a table of the model, then to scale, at last with what the encoder loses.

    The table is made for the first image that is asked about, and dropped when the model changes. What is under the
    mouse goes before what was picked or drawn last.
    """

    found = Signal(object)
    """PosteriorOnPlane of the image that is looked at; None where there is none."""
    measured = Signal(object)
    """Found with its gaps; None where there are none yet."""
    refused = Signal(str)
    """Why there is none, in a sentence."""

    def __init__(self, exploration: Exploration, parent: QObject) -> None:
        super().__init__(parent)
        self._exploration, self._kept = exploration, KeptTable()
        self._is_on = False
        self._label = 0
        self._point: Subject | None = None
        self._sketch: Subject | None = None
        self._hovered: Subject | None = None
        self._subject: Subject | None = None
        self._found: Found | None = None
        self._measured: Found | None = None  # what was picked or drawn, not what is under the mouse
        self._seen: tuple[Extent, float] | None = None
        exploration.shown_changed.connect(self._show)
        exploration.pointed.connect(self._take_point)
        exploration.sketched.connect(self._take_sketch)
        exploration.label_changed.connect(self._take_label)
        self._looking = self._own(Asking(exploration, self._to_look, self))
        self._finding = self._own(Asking(exploration, self._to_find, self, asks_again=False))
        self._measuring = self._own(Asking(exploration, self._to_measure, self, asks_again=False))
        self._laying = self._own(Asking(exploration, self._to_lay, self, rest=0, asks_again=False))
        self._looking.answered.connect(self._take_look)
        self._finding.answered.connect(self._take_found)
        self._measuring.answered.connect(self._take_measured)
        self._laying.answered.connect(self._take_laid)
        for asking in (self._looking, self._finding, self._measuring, self._laying):
            asking.refused.connect(self.refused)

    @Slot(bool)
    def set_on(self, is_on: bool) -> None:
        """Look for posteriors, or for none any more."""
        self._is_on = is_on
        self._ask()

    @Slot(int)
    def hover(self, row: int) -> None:
        """Look at the image in this row of the map while the mouse rests on it; -1 leads back to the other."""
        model = self._exploration.shown
        is_known = model is not None and model.images is not None and 0 <= row < len(model.images)
        if not is_known or model is None or model.images is None or (self._point and self._point.row == row):
            hovered = None
        else:
            hovered = Subject("hovered", row, to_floats(model.images[row]), self._under(int(model.labels[row])))
        if hovered is not None or self._hovered is not None:
            self._hovered = hovered
            self._follow()

    @Slot(object, float)
    def see(self, extent: Extent, pixel: float) -> None:
        """Take which part of the plane is seen, and how wide a pixel is there; what is known is laid on it anew."""
        self._seen = extent, pixel
        if self._found is not None and self._found.posterior.error is not None:
            self._laying.ask()

    def shut_down(self) -> None:
        """Drop the table, too."""
        super().shut_down()
        self._kept.drop()

    # What is looked at

    @Slot(object)
    def _show(self, model: MapUpdate | None) -> None:
        if model is None:
            self._point = self._sketch = self._hovered = None
            self._follow()
        if self._wanted() is None:  # else the next question makes that of the new model
            self._kept.drop()

    @Slot(object)
    def _take_point(self, point: DataPoint | None) -> None:
        before = self._point
        if point is None or point.image is None:
            self._point = None
        elif before is None or before.row != point.index or not np.array_equal(before.image, point.image):
            self._point = Subject("point", point.index, point.image, self._under(self._label))
        self._follow()

    @Slot(object)
    def _take_sketch(self, sketched: Sketched | None) -> None:
        before = self._sketch
        if sketched is None:
            self._sketch = None
        elif before is None or before.label != sketched.label or not np.array_equal(before.image, sketched.input):
            self._sketch = Subject("sketch", None, sketched.input, sketched.label)
        self._follow()

    @Slot(int)
    def _take_label(self, label: int) -> None:
        self._label = label
        under = self._under(label)
        if self._point is not None and self._point.label != under:
            self._point = Subject("point", self._point.row, self._point.image, under)
            self._follow()

    def _under(self, label: int) -> int | None:
        """Give a label to a model that uses labels."""
        model = self._exploration.shown
        return label if model is not None and model.snapshot.uses_labels else None

    def _follow(self) -> None:
        latest = self._sketch if self._exploration.latest == "sketch" else self._point
        subject = self._hovered or latest or self._point or self._sketch
        if subject is not self._subject:
            self._subject = subject
            self._ask()

    # Questions and answers

    def _ask(self) -> None:
        for asking in (self._looking, self._finding, self._measuring, self._laying):
            asking.drop()
        if not self._is_on:
            self._kept.drop()
        subject = self._wanted()
        self._found = self._measured if self._measured is not None and self._measured.subject is subject else None
        if self._current() is not None:  # back from what was under the mouse
            self._laying.ask()
            return
        if subject is None:
            self.found.emit(None)
        else:
            self._looking.ask()
        if subject is None or subject.kind != "hovered":  # what is told of a point stays while others are passed
            self._measured = None
            self.measured.emit(None)

    def _wanted(self) -> Subject | None:
        return self._subject if self._is_on else None

    def _to_look(self, model: MapUpdate) -> Callable[[MapUpdate], _Answer] | None:
        kept, subject = self._kept, self._wanted()
        if subject is None:
            return None

        def answer(model: MapUpdate) -> _Answer:
            found = look(model, kept, subject)
            return found, on_plane(model, kept, found)

        return answer

    def _to_find(self, model: MapUpdate) -> Callable[[MapUpdate], _Answer] | None:
        kept, subject, seen = self._kept, self._wanted(), self._seen
        if subject is None:
            return None

        def answer(model: MapUpdate) -> _Answer:
            found = find(model, kept, subject)
            return found, on_plane(model, kept, found, *(seen or ()))

        return answer

    def _to_measure(self, model: MapUpdate) -> Callable[[MapUpdate], _Answer] | None:
        kept, known, seen = self._kept, self._current(), self._seen
        if known is None:
            return None

        def answer(model: MapUpdate) -> _Answer:
            found = measure(model, kept, known)
            return found, on_plane(model, kept, found, *(seen or ()))

        return answer

    def _to_lay(self, model: MapUpdate) -> Callable[[MapUpdate], _Answer] | None:
        kept, known, seen = self._kept, self._current(), self._seen
        if known is None or seen is None:
            return None
        return lambda model: (known, on_plane(model, kept, known, *seen))

    def _current(self) -> Found | None:
        """Give what is known, if it is of the model that is shown: another one's may be laid on no map any more."""
        model, found = self._exploration.shown, self._found
        return found if found is not None and model is not None and found.snapshot is model.snapshot else None

    @Slot(object)
    def _take_look(self, answer: _Answer) -> None:
        found, plane = answer
        if found.subject is not self._wanted():
            return
        if self._found is None:
            self.found.emit(plane)
            self._finding.ask()
        else:  # of a model that trains the one before is shown until this one is to scale
            self._finding.ask_when_rested()

    @Slot(object)
    def _take_found(self, answer: _Answer) -> None:
        is_first = self._found is None
        if self._is_stale(answer):
            return
        if is_first:
            self._measuring.ask()
        else:
            self._measuring.ask_when_rested()

    @Slot(object)
    def _take_measured(self, answer: _Answer) -> None:
        if self._is_stale(answer):
            return
        if answer[0].subject.kind != "hovered":
            self._measured = answer[0]
            self.measured.emit(self._measured)

    @Slot(object)
    def _take_laid(self, answer: _Answer) -> None:
        if self._found is answer[0]:
            self.found.emit(answer[1])

    def _is_stale(self, answer: _Answer) -> bool:
        """Whether it is of another image; else it is shown."""
        found, plane = answer
        if found.subject is not self._wanted():
            return True
        self._found = found
        self.found.emit(plane)
        return False
