"""The landscape behind a map, decoded off the GUI thread: what is seen, coarse first, and again when the model moves.

One batch of tiles is decoded at a time, so small that it is soon done; then it is looked anew what is wanted most.
What was seen stays until what takes its place is there.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.fields.tiles import Landscape, Tile, TileAddress, Viewport
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.results import Decoded
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.threads.asking import Asking

_BATCH_SECONDS = 0.04
_REST = 3  # times as long as a batch took: a model that trains keeps three quarters of the time
_QUICK_SECONDS = 0.06  # what is whole by then needs no coarse beginning
_COARSER, _COARSEST, _FINER = 2, 5, 2  # levels: decoded at first; shown in place of what is missing
_MOST_BYTES = 32_000_000  # of all tiles that are kept: those of some forty views
_MOST_LANDSCAPES = 16  # labels and planes that one may come back to


@dataclass(frozen=True, slots=True, eq=False)
class _Decoded:
    landscape: Landscape
    tiles: list[Tile]
    cost: float


class MapLandscape(MapPart):
    """Decodes the part of the map's plane that is looked at, under the label in force, and keeps what it has decoded.

    A training model is followed from whole picture to whole picture: a newer one is taken up when the last one is
    all there, so that the parts of a picture belong together.
    """

    shown = Signal(object)  # tuple of Tile, to be drawn one above the other
    progressed = Signal(float)
    """Which share of what is looked at is there."""
    refused = Signal(str)  # why there is no landscape, in a sentence

    def __init__(self, exploration: Exploration, parent: QObject) -> None:
        super().__init__(parent)
        self._exploration = exploration
        self._run: str | None = None
        self._code: Floats | None = None
        self._label = 0
        self._is_training = False
        self._viewport: Viewport | None = None
        self._landscape: Landscape | None = None
        self._known: list[Landscape] = []
        self._kept: OrderedDict[tuple[Landscape, TileAddress], Tile] = OrderedDict()
        self._bytes = 0
        self._shown: tuple[Tile, ...] = ()
        self._is_whole = False
        self._seconds_per_tile: float | None = None
        exploration.shown_changed.connect(self._follow_map)
        exploration.decoded.connect(self._use_decoded)
        exploration.label_changed.connect(self.set_label)
        # What a map that has moved on means for the picture under way is for `_follow` to say.
        self.asking = self._own(Asking(exploration, self._question, self, rest=0, asks_again=False))
        self.asking.answered.connect(self._take)
        self.asking.refused.connect(self._refuse)
        self.asking.failed.connect(self._refuse)

    @Slot(object)
    def look(self, viewport: Viewport | None) -> None:
        """Decode this part of the plane; None while nobody looks."""
        was_closed, self._viewport = self._viewport is None, viewport
        if viewport is None:
            self.asking.drop()
        elif was_closed:
            self._follow(at_once=True)
        else:
            self._go_on()

    @Slot(int)
    def set_label(self, label: int) -> None:
        """Decode under another label, with a CVAE."""
        self._label = label
        self._follow(at_once=True)

    @Slot(str)
    def set_state(self, state: str) -> None:
        """Leave most of the time to the model while it is ``training``."""
        self._is_training = state == "training"
        if not self._is_training:
            self._follow(at_once=True)
        self.asking.rest = _REST if self._is_training else 0

    def shut_down(self) -> None:
        """Drop what is being decoded."""
        self._viewport = None
        super().shut_down()

    @Slot(object)
    def _follow_map(self, model: MapUpdate | None) -> None:
        run = None if model is None else model.run_id
        if run != self._run:
            self._run = run
            self._forget()
        self._follow(at_once=not self._is_training)

    @Slot(object)
    def _use_decoded(self, decoded: Decoded | None) -> None:
        self._code = None if decoded is None else decoded.code
        if decoded is not None and len(decoded.code) > 2:
            self._follow(at_once=not self._is_training)

    def _follow(self, *, at_once: bool) -> None:
        """Decode what is in force now; with a picture under way only if it must be `at_once`."""
        if self._viewport is None:
            return
        if at_once or self._landscape is None or self._is_next_due():
            self._take_up_shown()
        self._go_on()

    def _is_next_due(self) -> bool:
        return self._is_whole or not (self._kept or self.asking.is_waiting)

    def _take_up_shown(self) -> None:
        model = self._exploration.shown
        if model is not None:
            try:
                self._take_up(Landscape.of(model, self._code, self._label))
            except LatentlabError as error:
                self._refuse(str(error))

    def _take_up(self, wanted: Landscape) -> None:
        before = self._landscape
        if before is not None and wanted.is_like(before):
            return
        if before is not None and wanted.snapshot is not before.snapshot:
            self._clear_kept()
        known = next((each for each in self._known if each.is_like(wanted)), wanted)
        self._known = [known, *(each for each in self._known if each is not known)][:_MOST_LANDSCAPES]
        self._landscape = known

    def _go_on(self) -> None:
        """Show what is there, and have the next batch decoded after the one under way."""
        if self.asking.is_waiting or self.asking.is_resting:
            self._update()
        self.asking.ask_when_rested()

    def _question(self, model: MapUpdate) -> Callable[[MapUpdate], _Decoded] | None:
        if self._landscape is not None and self._is_next_due():
            self._take_up_shown()
        landscape, missing = self._landscape, self._update()
        if landscape is None or not missing:
            return None
        addresses = self._batch(landscape, missing)
        return lambda model: _decode(landscape, addresses)

    def _update(self) -> list[TileAddress]:
        """Show what is there, and give what is missing."""
        landscape, viewport = self._landscape, self._viewport
        if landscape is None or viewport is None:
            return []
        addresses = landscape.addresses(viewport)
        there = {address: tile for address in addresses if (tile := self._tile(landscape, address)) is not None}
        missing = [address for address in addresses if address not in there]
        self._is_whole = not missing
        below = self._below(landscape, missing, there) if missing else []
        self._show((*below, *there.values()))
        has_picture = {tile.address for tile in below} if self._is_training else set()
        self.progressed.emit(
            1 - sum(address not in has_picture for address in missing) / len(addresses) if addresses else 1.0
        )
        return missing

    def _below(self, landscape: Landscape, missing: list[TileAddress], there: dict[TileAddress, Tile]) -> list[Tile]:
        """Give what may be seen in place of missing tiles: of this landscape above what was there before."""
        level = missing[0].level
        levels = range(level - _COARSEST, level + _FINER + 1)
        left, right, bottom, top = self._viewport.extent
        older, own = [], {}
        for tile in self._shown:
            far_left, far_right, far_bottom, far_top = tile.extent
            is_seen = far_left < right and left < far_right and far_bottom < top and bottom < far_top
            if tile.address in there or tile.address.level not in levels or not is_seen:
                continue
            if self._kept.get((landscape, tile.address)) is tile:
                own[tile.address] = tile
            else:
                older.append(tile)
        for address in missing:
            for coarser in range(1, _COARSEST + 1):
                tile = self._tile(landscape, address.ancestor(coarser))
                if tile is not None:
                    own[tile.address] = tile
                    break
        return older + sorted(own.values(), key=lambda tile: tile.address.level)

    def _batch(self, landscape: Landscape, missing: list[TileAddress]) -> list[TileAddress]:
        """Choose what is decoded next: as much as there is time for, where nothing is seen a coarse picture first."""
        seconds = self._seconds_per_tile
        focus = self._viewport.focus
        addresses = landscape.nearest_first(missing, focus)
        if seconds is None or seconds * len(missing) > _QUICK_SECONDS:
            coarse = {address.ancestor(_COARSER) for address in landscape.bare(missing, self._shown)}
            addresses = landscape.nearest_first(coarse, focus) + addresses
        return addresses[: 1 if seconds is None else max(1, int(_BATCH_SECONDS / seconds))]

    @Slot(object)
    def _take(self, answer: _Decoded) -> None:
        if self._landscape is not None and answer.landscape.snapshot is self._landscape.snapshot:
            for tile in answer.tiles:
                self._keep(answer.landscape, tile)
            # Of this thread alone, and the quickest: whatever else the machine does says nothing of the model.
            cost, known = answer.cost / len(answer.tiles), self._seconds_per_tile
            self._seconds_per_tile = cost if known is None else min(cost, known)
        self._go_on()

    @Slot(str)
    def _refuse(self, sentence: str) -> None:
        """Say why nothing is shown, and try no more before something else is to be decoded."""
        self._landscape = None
        self._show(())
        self.refused.emit(sentence)

    # What is kept

    def _tile(self, landscape: Landscape, address: TileAddress) -> Tile | None:
        tile = self._kept.get((landscape, address))
        if tile is not None:
            self._kept.move_to_end((landscape, address))
        return tile

    def _keep(self, landscape: Landscape, tile: Tile) -> None:
        before = self._kept.pop((landscape, tile.address), None)
        self._kept[landscape, tile.address] = tile
        self._bytes += tile.pixels.nbytes - (0 if before is None else before.pixels.nbytes)
        while self._bytes > _MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.pixels.nbytes

    def _clear_kept(self) -> None:
        self._kept.clear()
        self._known.clear()
        self._bytes = 0

    def _show(self, tiles: tuple[Tile, ...]) -> None:
        if tiles != self._shown:
            self._shown = tiles
            self.shown.emit(tiles)

    def _forget(self) -> None:
        self.asking.drop()
        self._clear_kept()
        self._landscape, self._is_whole = None, False
        self._seconds_per_tile = None
        self._shown = ()
        self.shown.emit(())
        self.progressed.emit(1.0)


def _decode(landscape: Landscape, addresses: list[TileAddress]) -> _Decoded:
    """Decode tiles on one thread, whatever others use.

    Threads of a product wait for each other where cores are busy, as they are beside a window and a training: with
    two, 2 ms became 100.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        begin = time.thread_time()
        return _Decoded(landscape, landscape.decode(addresses), time.thread_time() - begin)
    finally:
        torch.set_num_threads(threads)  # threads that begin later take it over
