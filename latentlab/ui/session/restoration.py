"""The part of the session's state that is damage: what is done to the image looked at, and what is restored of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.results import DataPoint, Decoded, Sketched
from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.restored import Damage, RestoredImage, restored_image
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.threads.latest import Latest


class _LookedAt(NamedTuple):
    source: Literal["point", "sketch", "decoded"]
    image: Floats
    label: int | None
    pair: npt.NDArray[np.uint8] | None


class Restoration(QObject):
    """Damages what was picked or drawn last, and tells what the model restores; at once where it is quick.

    Nothing is done while nobody looks. A model that was trained on damaged images is looked at from the beginning.
    """

    damage_changed = Signal(object, bool)  # Damage, or None while nobody looks; was the model trained on damaged images
    restored = Signal(object)  # RestoredImage or None
    waiting_changed = Signal(bool)
    """Whether what was told is not yet of what is looked at."""
    failed = Signal(str)

    def __init__(self, exploration: Exploration, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._exploration = exploration
        self._facts: ModelFacts | None = None
        self._damage: Damage | None = None
        self._decoded: Decoded | None = None
        self._point: DataPoint | None = None
        self._sketched: Sketched | None = None
        self._restorings = Latest(self, self._take, self.failed.emit)
        self._restorings.waiting_changed.connect(self.waiting_changed)
        exploration.decoded.connect(self._take_decoded)
        exploration.pointed.connect(self._take_point)
        exploration.sketched.connect(self._take_sketched)
        exploration.shown_changed.connect(self._fit)

    @Slot(object)
    def ask(self, damage: Damage | None) -> None:
        """Do this damage from now on; None when nobody looks."""
        self._damage = damage
        self._restore()

    def shut_down(self) -> None:
        """Drop what is being restored."""
        self._restorings.shut_down()

    @Slot(object)
    def _fit(self, update: MapUpdate | None) -> None:
        facts = None if update is None else update.snapshot.facts
        if facts == self._facts:
            return
        self._facts = facts
        is_denoising = facts is not None and facts.is_denoising
        if is_denoising:
            self._damage = Damage("training", 0.0, 0)
        elif self._damage is not None and self._damage.kind == "training":
            self._damage = None
        self.damage_changed.emit(self._damage, is_denoising)
        self._restore()

    @Slot(object)
    def _take_decoded(self, decoded: Decoded | None) -> None:
        self._decoded = decoded
        self._restore()

    @Slot(object)
    def _take_point(self, point: DataPoint | None) -> None:
        self._point = point
        self._restore()

    @Slot(object)
    def _take_sketched(self, sketched: Sketched | None) -> None:
        self._sketched = sketched
        self._restore()

    def _restore(self) -> None:
        """Have what is looked at damaged and restored: here and now where that takes a part of a frame."""
        update, damage, looked_at = self._exploration.shown, self._damage, self._looked_at()
        if update is None or damage is None or looked_at is None:
            self._restorings.drop()
            self.restored.emit(None)
            return
        source, image, label, pair = looked_at

        def restore() -> RestoredImage:
            return restored_image(update.snapshot, image, damage, label=label, pair=pair, source=source)

        self._restorings.ask(restore, update.operations.encode + update.operations.decode)

    def _looked_at(self) -> _LookedAt | None:
        """Give what was picked or drawn last, as far as there is an image of it."""
        update, latest = self._exploration.shown, self._exploration.latest
        run_id = None if update is None else update.run_id
        # What is left of another model may be an image that this one cannot take.
        found = (self._sketched, self._point, self._decoded)
        sketched, point, decoded = (each if each is not None and each.run_id == run_id else None for each in found)
        if latest == "sketch" and sketched is not None:
            return _LookedAt("sketch", sketched.input, sketched.label, None)
        if latest != "decoded" and update is not None and point is not None and point.image is not None:
            pair = None if update.noisy is None else update.noisy[point.index]
            return _LookedAt("point", point.image, point.label, pair)
        return None if decoded is None else _LookedAt("decoded", decoded.image, decoded.label, None)

    def _take(self, restored: RestoredImage | None) -> None:
        shown = self._exploration.shown
        if restored is None or (
            shown is not None and restored.run_id == shown.run_id and restored.damage == self._damage
        ):
            self.restored.emit(restored)
