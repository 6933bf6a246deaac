"""The part of the session's state that is looked at: the model shown, what is picked on its map, and the sketch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.map import explore
from latentlab.core.map.axes import AxesChoice
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.map.plane import have_same_labels
from latentlab.core.map.results import DataPoint, Decoded, Sketched
from latentlab.core.sketch import preparation
from latentlab.ui.explore.plane import LaidOut, Plane
from latentlab.ui.threads.latest import Latest

INLINE_SECONDS = 0.008  # half a frame: the other half is for painting
_INLINE_SKETCH_SECONDS = 0.003  # of decoding: reading a sketch takes some times as long


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    decoded: Decoded
    is_preview: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    update: MapUpdate
    sketched: Sketched | None


class Exploration(QObject):
    """Owns the pick, the label, the temperature, the noise and the sketch; answers with what the model makes of them.

    Every intent goes in through a slot and comes back as the results that follow from it: at once where a model
    decodes a handful of images in a part of a frame, else when another thread has done it.
    """

    shown_changed = Signal(object)  # MapUpdate or None
    model_changed = Signal(object)  # Snapshot or None
    map_changed = Signal(object)  # MapPoints or None
    pick_changed = Signal(object)  # (x, y) or None
    decoded = Signal(object)  # Decoded or None
    pointed = Signal(object)  # DataPoint or None
    sketched = Signal(object)  # Sketched or None
    label_changed = Signal(int)
    temperature_changed = Signal(float)
    axes_changed = Signal(object)  # AxesChoice
    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: MapUpdate | None = None
        self._code: np.ndarray | None = None
        self._point: int | None = None
        self._label = 0
        self._temperature = 1.0
        self._seed = 0
        self._prior = False
        self._decoded: Decoded | None = None
        self._previews = False
        self._drawing: Any = None
        self._drew_last = False
        self._label_is_overruled = False
        self.plane = Plane(self)
        self.plane.laid_out.connect(self._show)
        self.plane.changed.connect(self.axes_changed)
        self.plane.failed.connect(self.failed)
        self._decodings = Latest(self)
        self._decodings.answered.connect(self._take_decoded)
        self._decodings.failed.connect(self.failed)
        self._points = Latest(self)
        self._points.answered.connect(self._take_point)
        self._points.failed.connect(self.failed)
        self._sketches = Latest(self)
        self._sketches.answered.connect(self._take_sketched)
        self._sketches.failed.connect(self.failed)

    @property
    def shown(self) -> MapUpdate | None:
        """What is explored."""
        return self._shown

    @property
    def axes(self) -> AxesChoice:
        """The axes of the map."""
        return self.plane.axes

    @property
    def code(self) -> np.ndarray | None:
        """What is picked: float32 (L,)."""
        return self._code

    @property
    def point(self) -> int | None:
        """The image of the data that is picked, by its row on the map."""
        return self._point

    @property
    def latest(self) -> Literal["point", "sketch", "decoded"]:
        """What was picked or drawn last: a point of the data, the sketch, or a code that was decoded."""
        if self._drew_last and self._drawing is not None:
            return "sketch"
        return "decoded" if self._point is None else "point"

    def show(self, update: MapUpdate | None) -> None:
        """Explore another model, or the same one further trained, once its codes are laid out along the axes."""
        self.plane.show(update)
        if update is None:
            self._shown = self._code = self._point = self._decoded = None
            for emptied in (
                self.model_changed, self.map_changed, self.pick_changed, self.decoded, self.pointed, self.sketched,
                self.shown_changed,
            ):  # fmt: skip
                emptied.emit(None)

    @Slot(object)
    def choose_axes(self, choice: AxesChoice) -> None:
        """Show the map along other axes; the pick keeps its code."""
        self.plane.choose(choice)

    @Slot(object)
    def _show(self, laid_out: LaidOut) -> None:
        """Show a model; the pick stays where that makes sense."""
        update = laid_out.update
        before, self._shown = self._shown, update
        if before is None or not _is_same_kind(before, update):
            self._code = self._decoded = None
            self._label = min(self._label, max(0, len(update.snapshot.class_names) - 1))
            self.model_changed.emit(update.snapshot)
            self.label_changed.emit(self._label)
            self.pick_changed.emit(None)
            self.decoded.emit(None)
        same_images = before is not None and have_same_labels(before, update)
        if not same_images and self._point is not None:
            self._point = None
            self.pointed.emit(None)
        self.map_changed.emit(laid_out.points(glide=same_images))
        if self._point is not None and np.isfinite(update.means[self._point]).all():  # it may not be encoded yet
            self._code = update.means[self._point]
        self._decode()
        self._describe_point()
        self._sketch()
        self.shown_changed.emit(update)

    def shut_down(self) -> None:
        """Drop what is being decoded."""
        self.plane.shut_down()
        self._decodings.shut_down()
        self._points.shut_down()
        self._sketches.shut_down()

    # The pick

    @Slot(float, float)
    def pick(self, x: float, y: float) -> None:
        """Pick a place of the map: within its plane, through the current code."""
        if self._shown is None:
            return
        self._code = self._shown.projection.moved(self._current_code(), (x, y))
        self._leave_point()
        self._prior = False
        self._decode()

    @Slot(int)
    def pick_point(self, index: int) -> None:
        """Pick an image of the data: its mean, under its own label."""
        if self._shown is None or not 0 <= index < len(self._shown.means):
            return
        self._point = index
        self._drew_last = False
        self._code = self._shown.means[index]
        self._prior = False
        label = int(self._shown.labels[index])
        if self._shown.snapshot.uses_labels and label >= 0:
            self._label_is_overruled = self._drawing is not None
            self._put_label_in_force(label)
            self._sketch()
        self._decode()
        self._describe_point()

    @Slot(object)
    def pick_code(self, code: np.ndarray) -> None:
        """Pick a code, float32 (L,), wherever on or off the plane of the map it is."""
        if self._shown is None or len(code) != self._shown.snapshot.latent:
            return
        self._code = np.asarray(code, np.float32)
        self._leave_point()
        self._prior = False
        self._decode()

    @Slot(int)
    def pick_sample(self, index: int) -> None:
        """Move to one of the samples shown."""
        if self._decoded is None or not 0 <= index < len(self._decoded.sample_codes):
            return
        self.pick_code(self._decoded.sample_codes[index])

    @Slot(int, float)
    def set_dimension(self, index: int, value: float) -> None:
        """Move the code along one latent dimension."""
        if self._shown is None or not 0 <= index < self._shown.snapshot.latent:
            return
        code = self._current_code().copy()
        code[index] = value
        self._code = code
        self._leave_point()
        self._decode()

    @Slot(float, float)
    def preview(self, x: float, y: float) -> None:
        """Show what lies at a place, without picking it."""
        if self._shown is not None:
            self._previews = True
            self._ask_for(self._shown.projection.moved(self._current_code(), (x, y)), is_preview=True)

    @Slot()
    def end_preview(self) -> None:
        """Show what is picked again."""
        self._previews = False
        self.decoded.emit(self._decoded)

    # Decoding

    @Slot(float)
    def set_temperature(self, temperature: float) -> None:
        """Set T of the samples."""
        self._temperature = temperature
        self.temperature_changed.emit(temperature)
        self._decode()

    @Slot(int)
    def set_label(self, label: int) -> None:
        """Decode under another label; a sketch is then read under it too."""
        self._label_is_overruled = self._drawing is not None
        self._put_label_in_force(label)
        self._decode()
        self._sketch()

    @Slot()
    def draw_noise(self) -> None:
        """Draw the noise of the samples anew."""
        self._seed += 1
        self._decode()

    @Slot()
    def sample_prior(self) -> None:
        """Show samples of the prior; asked again, other ones."""
        if self._shown is None:
            return
        if self._code is None:
            self._code = self._current_code()
        if self._prior:
            self._seed += 1
        self._prior = True
        self._decode()

    # The sketch

    @Slot(object, bool)
    def set_sketch(self, drawing: Any, is_whole: bool = True) -> None:
        """Encode what is drawn; a stroke that is done is answered at once where the model is quick."""
        self._drawing = drawing
        self._drew_last = True
        self._sketch(at_once=is_whole)

    @Slot()
    def clear_sketch(self) -> None:
        """Forget the sketch."""
        self._drawing = None
        self._label_is_overruled = False
        self._sketches.drop()
        self.sketched.emit(None)

    def _sketch(self, *, at_once: bool = False) -> None:
        update, drawing = self._shown, self._drawing
        if update is None or drawing is None:
            return
        label = self._label if self._label_is_overruled else None

        def read() -> _Read:
            image = preparation.prepare(drawing, update.preparation)
            if image is None:
                return _Read(update, None)
            result = explore.sketched(
                update.snapshot,
                update.projection,
                image,
                label=label,
                means=update.means,
                labels=update.labels,
                images=update.images,
                posed=update.preparation.stroke > 0 and not update.snapshot.takes_any_size,
            )
            return _Read(update, result)

        if at_once and update.decode_seconds < _INLINE_SKETCH_SECONDS:
            self._sketches.drop()  # an earlier state of the drawing must not come after this one
            self._take_sketched(read())
        else:
            self._sketches.ask(read)

    @Slot(object)
    def _take_sketched(self, read: _Read) -> None:
        if self._shown is None or self._drawing is None or read.update.run != self._shown.run:
            return
        label = None if read.sketched is None else read.sketched.label
        if label is not None and not self._label_is_overruled and label != self._label:
            self._put_label_in_force(label)
            self._decode()
        self.sketched.emit(read.sketched)

    # What follows from the state

    def _current_code(self) -> np.ndarray:
        assert self._shown is not None
        if self._code is not None:
            return self._code
        return self._shown.projection.origin.copy()

    def _decode(self) -> None:
        if self._shown is None or self._code is None:
            return
        self.pick_changed.emit(self._shown.projection.position(self._code))
        self._ask_for(self._code, is_preview=False)

    def _ask_for(self, code: np.ndarray, *, is_preview: bool) -> None:
        """Have a code decoded: here and now where that takes a part of a frame, else on another thread."""
        update = self._shown
        assert update is not None
        label, temperature, prior = self._label, self._temperature, self._prior
        noise = explore.new_noise(self._seed, update.snapshot.latent)

        def decode() -> _Answer:
            decoded = explore.decode(
                update.snapshot,
                update.projection,
                code,
                label=label,
                temperature=temperature,
                noise=noise,
                prior=prior,
            )
            return _Answer(decoded, is_preview)

        if update.decode_seconds < INLINE_SECONDS:
            self._take_decoded(decode())
        else:
            self._decodings.ask(decode)

    @Slot(object)
    def _take_decoded(self, answer: _Answer) -> None:
        if self._shown is None or answer.decoded.run != self._shown.run:
            return
        if not answer.is_preview:
            self._decoded = answer.decoded
        if answer.is_preview == self._previews:
            self.decoded.emit(answer.decoded)

    def _describe_point(self) -> None:
        if self._shown is None or self._point is None:
            return
        update, images, row = self._shown, self._shown.images, self._point

        def describe() -> DataPoint:
            image = None if images is None else (images[row] / 255).astype(np.float32)
            return explore.data_point(
                update.snapshot, update.projection, row, update.means[row], int(update.labels[row]), image
            )

        if update.decode_seconds < INLINE_SECONDS:
            self._take_point(describe())
        else:
            self._points.ask(describe)

    @Slot(object)
    def _take_point(self, point: DataPoint) -> None:
        if self._shown is not None and (point.run, point.index) == (self._shown.run, self._point):
            self.pointed.emit(point)

    def _leave_point(self) -> None:
        self._drew_last = False
        if self._point is not None:
            self._point = None
            self.pointed.emit(None)

    def _put_label_in_force(self, label: int) -> None:
        if label != self._label:
            self._label = label
            self.label_changed.emit(label)


def _is_same_kind(before: MapUpdate, after: MapUpdate) -> bool:
    """Whether a code of one model means something in the other."""
    old, new = before.snapshot, after.snapshot
    return (old.latent, old.uses_labels, old.class_names) == (new.latent, new.uses_labels, new.class_names)
