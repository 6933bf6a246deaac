"""The part of the session's state that is looked at: the model shown, what is picked on its map, and the sketch."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Position, to_floats
from latentlab.core.map.axes import PlaneAxes
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import has_table
from latentlab.core.map.results import DataPoint, Decoded, Sketched
from latentlab.core.map.true_posterior import KeptTable
from latentlab.core.sketch import preparation
from latentlab.ui.explore.shown_map import ShownMap
from latentlab.ui.threads import latest
from latentlab.ui.threads.latest import Latest


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
    axes_changed = Signal(object)  # PlaneAxes
    decoding_changed = Signal(bool)
    """Whether the image shown as decoded is not yet of the pick, or of the place pointed at."""
    describing_changed = Signal(bool)
    """Whether the image that is picked is still to be pointed out."""
    reading_changed = Signal(bool)
    """Whether what is shown of the sketch is not yet of what is drawn."""
    failed = Signal(str)  # sentence

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before: MapUpdate | None = None  # what was shown when the pick was last looked after
        self._code: np.ndarray | None = None
        self._point: int | None = None
        self._label = 0
        self._temperature = 1.0
        self._seed = 0
        self._prior = False
        self._decoded: Decoded | None = None
        self._previewed: Position | None = None  # shown in place of the pick
        self._is_decoding = False
        self._drawing: Any = None
        self._drew_last = False
        self._label_is_overruled = False
        self._asks_decoder = False
        self._kept = KeptTable()
        self.shown_map = ShownMap(self)
        self.shown_map.shown_changed.connect(self._follow)
        self.shown_map.axes_changed.connect(self.axes_changed)
        self.shown_map.failed.connect(self.failed)
        self._decodings = Latest(self, self._take_decoded, self.failed.emit)
        self._decodings.waiting_changed.connect(self._tell_decoding)
        # Apart: a preview takes no pick's place.
        self._previews = Latest(self, self.decoded.emit, self.failed.emit)
        self._previews.waiting_changed.connect(self._tell_decoding)
        self._points = Latest(self, self._take_point, self.failed.emit)
        self._points.waiting_changed.connect(self.describing_changed)
        self._sketches = Latest(self, self._take_sketched, self.failed.emit)
        self._sketches.waiting_changed.connect(self.reading_changed)

    @property
    def shown(self) -> MapUpdate | None:
        """What is explored."""
        return self.shown_map.shown

    @property
    def axes(self) -> PlaneAxes:
        """The axes of the map."""
        return self.shown_map.axes

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
        self.shown_map.show(update)

    @Slot(object)
    def set_axes(self, axes: PlaneAxes) -> None:
        """Show the map along other axes; the pick keeps its code."""
        self.shown_map.set_axes(axes)

    @Slot(object)
    def _follow(self, update: MapUpdate | None) -> None:
        """Look after the pick, which stays where that makes sense, and tell that another map is shown."""
        before, self._before = self._before, update
        if before is None or update is None or before.run_id != update.run_id:
            self._drop_questions()
        if update is None:
            self._code = self._point = self._decoded = self._previewed = None
            self._kept = KeptTable()
            for emptied in (
                self.model_changed, self.map_changed, self.pick_changed, self.decoded, self.pointed, self.sketched,
                self.shown_changed,
            ):  # fmt: skip
                emptied.emit(None)
            return
        if before is None or before.ids != update.ids:
            self._forget_point()
        if before is None or not _is_same_kind(before, update):
            self._code = self._decoded = self._previewed = None
            self._label = self._label_in(update)
            self.model_changed.emit(update.snapshot)
            self.label_changed.emit(self._label)
            self.pick_changed.emit(None)
            self.decoded.emit(None)
        self.map_changed.emit(self.shown_map.points)
        if self._point is not None and np.isfinite(update.means[self._point]).all():  # it may not be encoded yet
            self._code = update.means[self._point]
        self._decode()
        self._describe_point()
        self._sketch()
        self.shown_changed.emit(update)

    def shut_down(self) -> None:
        """Drop what is being decoded."""
        self.shown_map.shut_down()
        self._decodings.shut_down()
        self._previews.shut_down()
        self._points.shut_down()
        self._sketches.shut_down()

    # The pick

    @Slot(float, float)
    def pick(self, x: float, y: float) -> None:
        """Pick a place of the map: within its plane, through the current code."""
        if self.shown is None:
            return
        self._code = self.shown.projection.moved(self._current_code(), (x, y))
        self._leave_point()
        self._prior = False
        self._decode()

    @Slot(int)
    def pick_point(self, index: int) -> None:
        """Pick an image of the data: its mean, under its own label."""
        if self.shown is None or not 0 <= index < len(self.shown.means):
            return
        self._point = index
        self._drew_last = False
        self._code = self.shown.means[index]
        self._prior = False
        label = int(self.shown.labels[index])
        if self.shown.snapshot.uses_labels and label >= 0:
            self._label_is_overruled = self._drawing is not None
            self._put_label_in_force(label)
            self._sketch()
        self._decode()
        self._describe_point()

    @Slot(object)
    def pick_code(self, code: np.ndarray) -> None:
        """Pick a code, float32 (L,), wherever on or off the plane of the map it is."""
        if self.shown is None or len(code) != self.shown.snapshot.latent:
            return
        self._code = np.asarray(code, np.float32)
        self._leave_point()
        self._prior = False
        self._decode()

    @Slot(int)
    def pick_sample(self, index: int) -> None:
        """Move to one of the samples shown."""
        if self._decoded is None or self._decoded.samples is None:  # those that are shown are of another pick
            return
        if not 0 <= index < len(self._decoded.sample_codes):
            return
        self.pick_code(self._decoded.sample_codes[index])

    @Slot(int, float)
    def set_dimension(self, index: int, value: float) -> None:
        """Move the code along one latent dimension."""
        if self.shown is None or not 0 <= index < self.shown.snapshot.latent:
            return
        code = self._current_code().copy()
        code[index] = value
        self._code = code
        self._leave_point()
        self._decode()

    @Slot(float, float)
    def preview(self, x: float, y: float) -> None:
        """Show what lies at a place, without picking it."""
        if self.shown is not None:
            self._previewed = (x, y)
            self._decode_previewed()

    @Slot()
    def end_preview(self) -> None:
        """Show what is picked again."""
        self._previewed = None
        self._previews.drop()
        self.decoded.emit(self._decoded)
        self._tell_decoding()

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
        if self.shown is None:
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

    @Slot(bool)
    def ask_decoder(self, asks: bool) -> None:
        """Have a sketch land where the decoder would rather put it, of a model that has a table of its codes."""
        self._asks_decoder = asks
        if not asks:
            self._kept = KeptTable()  # the one before goes once nobody reads it
        self._sketch()

    def read_sketch(self) -> None:
        """Read the sketch once more: more is known of the model."""
        self._sketch()

    def _sketch(self, *, at_once: bool = False) -> None:
        update, drawing = self.shown, self._drawing
        if update is None or drawing is None:
            return
        from latentlab.core.map import explore
        from latentlab.core.measures.label_misfits import are_posed

        label = self._label if self._label_is_overruled else None
        kept = self._kept if self._asks_decoder and has_table(update.snapshot) else None

        def read() -> Sketched | None:
            image = preparation.prepare(drawing, update.preparation)
            if image is None:
                return None
            return explore.sketched(
                update.snapshot,
                update.projection,
                image,
                label=label,
                means=update.means,
                labels=update.labels,
                images=update.images,
                posed=are_posed(update.snapshot, update.preparation),
                table=None if kept is None else lambda label: kept.of(update, label),
            )

        # A table of codes that has still to be decoded is nothing for this thread.
        self._sketches.ask(read, explore.sketched_operations(update.operations), here=at_once and kept is None)

    def _take_sketched(self, sketched: Sketched | None) -> None:
        label = None if sketched is None else sketched.label
        if label is not None and not self._label_is_overruled and label != self._label:
            self._put_label_in_force(label)
            self._decode()
        self.sketched.emit(sketched)

    # What follows from the state

    def _current_code(self) -> np.ndarray:
        assert self.shown is not None
        if self._code is not None:
            return self._code
        return self.shown.projection.origin.copy()

    def _decode(self) -> None:
        """Decode what is picked; it counts as picked from now on, and as decoded once there is an answer."""
        if self.shown is not None and self._code is not None:
            self.pick_changed.emit(self.shown.projection.position(self._code))
            self._ask(self._decodings, self._code)
        if self._previewed is not None:
            self._decode_previewed()

    def _decode_previewed(self) -> None:
        if self.shown is not None and self._previewed is not None:
            self._ask(self._previews, self.shown.projection.moved(self._current_code(), self._previewed))

    def _ask(self, questions: Latest, code: np.ndarray) -> None:
        """Have a code decoded, under the label and at the temperature in force: if it takes long, its image first."""
        from latentlab.core.map import explore

        update = self.shown
        assert update is not None
        label, temperature, prior = self._label, self._temperature, self._prior
        noise = explore.new_noise(self._seed, update.snapshot.latent)

        def decode(*, image_alone: bool = False) -> Decoded:
            return explore.decode(
                update.snapshot,
                update.projection,
                code,
                label=label,
                temperature=temperature,
                noise=noise,
                prior=prior,
                image_alone=image_alone,
            )

        shown, part = self._decoded, None
        # Where a whole answer has this image already, as along the temperature, one looks at the samples.
        is_known = (
            shown is not None
            and shown.samples is not None
            and shown.label in (None, label)
            and np.array_equal(shown.code, code)
        )
        if not is_known and explore.image_operations(update.operations) <= latest.ALWAYS_INLINE:
            part = partial(decode, image_alone=True)
        questions.ask(decode, explore.decode_operations(update.operations), part=part)
        self._tell_decoding()

    def _take_decoded(self, decoded: Decoded | None) -> None:
        self._decoded = decoded
        if self._previewed is None:
            self.decoded.emit(decoded)

    @Slot()
    def _tell_decoding(self) -> None:
        asked = self._decodings if self._previewed is None else self._previews
        is_decoding = asked.is_waiting and not asked.has_part
        if is_decoding != self._is_decoding:
            self._is_decoding = is_decoding
            self.decoding_changed.emit(is_decoding)

    def _describe_point(self) -> None:
        if self.shown is None or self._point is None:
            return
        from latentlab.core.map import explore

        update, images, row = self.shown, self.shown.images, self._point

        def describe() -> DataPoint:
            image = None if images is None else to_floats(images[row])
            return explore.data_point(
                update.snapshot, update.projection, row, update.means[row], int(update.labels[row]), image
            )

        self._points.ask(describe, explore.data_point_operations(update.operations))

    def _take_point(self, point: DataPoint | None) -> None:
        if point is None or point.index == self._point:  # of those passed on the way to another nothing is shown
            self.pointed.emit(point)

    def _label_in(self, update: MapUpdate) -> int:
        """Give the label to decode under in a model of another kind: that of the image that stays picked."""
        own = -1 if self._point is None else int(update.labels[self._point])
        if update.snapshot.uses_labels and own >= 0:
            return own
        return min(self._label, max(0, len(update.snapshot.class_names) - 1))

    def _leave_point(self) -> None:
        self._drew_last = False
        self._forget_point()

    def _forget_point(self) -> None:
        if self._point is not None:
            self._point = None
            self._points.drop()
            self.pointed.emit(None)

    def _drop_questions(self) -> None:
        """Have nothing answered any more that was asked of the model shown."""
        for questions in (self._decodings, self._previews, self._points, self._sketches):
            questions.drop()

    def _put_label_in_force(self, label: int) -> None:
        if label != self._label:
            self._label = label
            self.label_changed.emit(label)


def _is_same_kind(before: MapUpdate, after: MapUpdate) -> bool:
    """Whether a code of one model means something in the other."""
    old, new = before.snapshot, after.snapshot
    return (old.latent, old.uses_labels, old.class_names) == (new.latent, new.uses_labels, new.class_names)
