"""The landscape of a map: decoded where one looks, kept, renewed by training, dropped when it is unwanted."""

from __future__ import annotations

import copy
import gc
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, QThreadPool, Signal
from PySide6.QtWidgets import QApplication, QMenu

from latentlab.core.fields.tiles import Landscape, Tile
from latentlab.core.models.snapshot import Snapshot
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.canvas.layers.landscape_layer import LandscapeLayer
from latentlab.ui.explore import landscape as part
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.landscape import MapLandscape

NONE = Qt.KeyboardModifier.NoModifier


class Shown(QObject):
    """A model that is shown whatever it is; only one that has a plane can be explored."""

    shown_changed, map_changed, decoded, label_changed = Signal(object), Signal(object), Signal(object), Signal(int)
    shown = None

    def show(self, update):
        self.shown = update
        self.shown_changed.emit(update)

    def shut_down(self):
        pass


class Seen:
    """What a layer shows, beside what it should: of the model, the code and the label in force, where one looks."""

    def __init__(self, layer, exploration, sources):
        self.layer, self.exploration, self.sources = layer, exploration, sources
        self.viewport, self.code, self.label = None, None, 0
        layer.wanted.connect(lambda viewport: setattr(self, "viewport", viewport))
        exploration.decoded.connect(lambda decoded: setattr(self, "code", decoded and decoded.code))
        exploration.label_changed.connect(lambda label: setattr(self, "label", label))

    def wanted(self):
        return Landscape.of(self.exploration.shown, self.code, self.label)

    def whole(self):
        """Give the landscape of which all that is seen is there, and nothing else is drawn; else None."""
        tiles = self.layer.tiles()
        landscapes = {self.sources[tile] for tile in tiles}
        if len(landscapes) != 1 or self.viewport is None:
            return None
        (landscape,) = landscapes
        return landscape if {tile.address for tile in tiles} == {*landscape.addresses(self.viewport)} else None

    def is_whole(self):
        """Whether that is the landscape in force."""
        whole = self.whole()
        return whole is not None and whole.is_like(self.wanted())


class Scene(QObject):
    """A map with its landscape, and a hand on it."""

    def __init__(self, qtbot, exploration, sources):
        super().__init__()
        self.qtbot = qtbot
        self.canvas = LatentCanvas()
        self.canvas.resize(560, 480)
        qtbot.addWidget(self.canvas)
        self.layer = LandscapeLayer(self.canvas.view)
        self.exploration = Exploration(self) if exploration is None else exploration
        self.own = MapLandscape(self.exploration, self)
        self.seen = Seen(self.layer, self.exploration, sources)
        self.layer.wanted.connect(self.own.look)
        self.own.shown.connect(self.layer.set_tiles)
        self.own.progressed.connect(self.layer.set_progress)
        self.own.refused.connect(self.layer.show_problem)
        self.exploration.map_changed.connect(lambda points: points and self.canvas.set_points(points))
        with qtbot.waitExposed(self.canvas):
            self.canvas.show()
        self.canvas.show_standard()

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()))

    def turn_on(self, model):
        self.exploration.show(model)
        self.canvas.show_standard()
        self.layer.set_on(True)

    def is_whole(self):
        return self.seen.is_whole()

    def until_whole(self):
        self.until(self.is_whole)

    def until_idle(self):
        """Wait until nothing is decoded any more, and what came of it is told."""
        pools = self.own.findChildren(QThreadPool)
        self.until(lambda: not any(pool.activeThreadCount() for pool in pools))
        QApplication.processEvents()

    def levels(self):
        return {tile.address.level for tile in self.layer.tiles()}

    def bare(self, tiles):
        """What of the view no tile lies over."""
        wanted = self.seen.wanted()
        return wanted.bare(wanted.addresses(self.seen.viewport), tiles)

    def wheel(self, notches):
        self.qtbot.wheel(self.canvas.viewport(), notches)

    def pan(self, pixels):
        viewport = self.canvas.viewport()
        middle = viewport.rect().center()
        self.qtbot.mousePress(viewport, Qt.MouseButton.RightButton, pos=middle)
        self.qtbot.mouseMove(viewport, middle + pixels / 2)
        self.qtbot.mouseMove(viewport, middle + pixels)
        self.qtbot.mouseRelease(viewport, Qt.MouseButton.RightButton, pos=middle + pixels)


def further(model, step=1):
    """Give a model as if it were trained further."""
    snapshot = model.snapshot
    moved = copy.deepcopy(snapshot.model)
    for parameter in moved.parameters():
        parameter.data += 0.02 * step
    return replace(model, snapshot=Snapshot(model.run_id, snapshot.recipe, moved, snapshot.class_names))


@pytest.fixture
def sources(monkeypatch):
    """Note of which landscape each tile was decoded."""
    found, decode = {}, Landscape.decode

    def note(self, addresses):
        tiles = decode(self, addresses)
        found.update(dict.fromkeys(tiles, self))
        return tiles

    monkeypatch.setattr(Landscape, "decode", note)
    return found


@pytest.fixture
def scene(request, qtbot, digits, sources):  # with the digits, the search for leaks is spared all modules
    made = Scene(qtbot, getattr(request, "param", lambda: None)(), sources)
    yield made
    made.own.shut_down()
    made.exploration.shut_down()


@pytest.fixture
def decoded(monkeypatch):
    """Note the tiles that are decoded."""
    found, decode = [], Landscape.decode

    def note(self, addresses):
        found.extend(addresses)
        return decode(self, addresses)

    monkeypatch.setattr(Landscape, "decode", note)
    return found


@pytest.fixture
def held(monkeypatch):
    """Let nothing be decoded until the event that this gives is set, or five seconds have passed."""
    go_on, decode = threading.Event(), Landscape.decode

    def hold(self, addresses):
        go_on.wait(5)
        return decode(self, addresses)

    monkeypatch.setattr(Landscape, "decode", hold)
    yield go_on
    go_on.set()


@pytest.fixture
def on(scene, tiny_model):
    """Give a scene with a landscape."""
    scene.turn_on(tiny_model())
    scene.until_whole()
    return scene


def test_zooming_in_shows_finer_steps_and_zooming_out_coarser_ones(on, decoded):
    (before,) = on.levels()
    on.wheel(12)  # 1.2^12: nearly nine times
    on.until_whole()
    (level,) = on.levels()
    assert level in (before + 3, before + 4)
    assert max(address.level for address in decoded) == level
    on.wheel(-20)
    on.until_whole()
    assert on.levels() <= {before - 3, before - 2, before - 1}


def test_panning_keeps_what_is_decoded(on, decoded):
    shown = len(on.layer.tiles())
    on.pan(QPoint(220, 0))
    on.until_whole()
    assert 0 < len(decoded) < shown / 2
    decoded.clear()
    on.pan(QPoint(-220, 0))
    assert on.is_whole()
    assert not decoded


def test_what_is_seen_stays_until_what_takes_its_place_is_there(on, held):
    before = on.layer.tiles()
    on.wheel(8)
    assert set(on.layer.tiles()) <= set(before)
    assert not on.bare(on.layer.tiles())
    on.until(lambda: "decoding" in on.layer.note.text())
    held.set()
    on.until_whole()
    assert on.layer.note.text() == ""


def test_zooming_out_keeps_the_middle_until_all_of_it_is_there(on, held):
    on.wheel(-4)
    middle = on.canvas.view.to_position(on.canvas.view.box.rect().center())
    extents = np.array([tile.extent for tile in on.layer.tiles()])
    assert ((extents[:, 0] <= middle[0]) & (middle[0] <= extents[:, 1])).any()
    held.set()
    on.until_whole()


def test_a_slow_model_begins_coarse_and_where_one_looks(scene, tiny_model, monkeypatch, decoded):
    monkeypatch.setattr(part, "_QUICK_SECONDS", 0.0)
    monkeypatch.setattr(part, "_BATCH_SECONDS", 0.0)  # a tile at a time
    scene.turn_on(tiny_model())
    scene.until_whole()
    levels = np.array([address.level for address in decoded])
    coarse = int((levels == levels.min()).sum())
    assert levels.min() == levels.max() - 2
    assert (levels[:coarse] == levels.min()).all()
    middles = np.array([scene.seen.wanted().extent(address) for address in decoded])[coarse:]
    distances = np.hypot(middles[:, :2].mean(1), middles[:, 2:].mean(1))
    assert (np.diff(distances) > -0.2).all()


def test_what_is_looked_at_last_is_decoded_next(scene, tiny_model, monkeypatch, decoded):
    monkeypatch.setattr(part, "_BATCH_SECONDS", 0.0)
    scene.turn_on(tiny_model())
    scene.until(lambda: len(decoded) > 2)
    scene.wheel(12)
    count = len(decoded)
    scene.until_whole()
    (level,) = scene.levels()
    assert {address.level for address in decoded[count + 1 :]} <= {level, level - 2}  # one may have been under way


def test_a_training_model_is_followed_from_whole_to_whole_without_a_gap(on, tiny_model, monkeypatch):
    monkeypatch.setattr(part, "_BATCH_SECONDS", 0.0)
    bare, count = [], len(on.seen.sources)
    on.own.set_state("training")
    on.own.shown.connect(lambda tiles: bare.extend(on.bare(tiles)))
    models = [further(tiny_model(), step) for step in (1, 2, 3)]
    before = on.layer.tiles()
    for model in models:  # faster than they can be followed
        on.exploration.show(model)
    on.until_whole()
    assert not bare
    first, last = before[0], next(tile for tile in on.layer.tiles() if tile.address == before[0].address)
    assert np.abs(first.pixels.astype(int) - last.pixels).max() > 0
    followed = [landscape.snapshot for landscape in on.seen.sources.values()][count:]
    assert followed == sorted(followed, key=[model.snapshot for model in models].index)
    assert models[1].snapshot not in followed  # the latest wins


def test_beside_a_training_it_rests(scene, tiny_model, monkeypatch):
    spent, decode = [], Landscape.decode

    def slow(self, addresses):
        begin = time.perf_counter()
        time.sleep(0.01)
        found = decode(self, addresses)
        spent.append((begin, time.perf_counter()))
        return found

    monkeypatch.setattr(Landscape, "decode", slow)
    monkeypatch.setattr(part, "_BATCH_SECONDS", 0.0)
    scene.own.set_state("training")
    scene.turn_on(tiny_model())
    scene.until(lambda: len(spent) > 4)
    begins, ends = np.array(spent).T
    assert (begins[1:] - ends[:-1] >= 2.9 * (ends - begins)[:-1] - 0.005).all()
    scene.own.set_state("idle")
    scene.until_whole()


def test_turned_off_it_does_nothing(on, decoded):
    on.layer.set_on(False)
    assert on.layer.tiles() == ()
    with on.qtbot.assertNotEmitted(on.own.shown, wait=50):  # nothing comes
        on.wheel(12)
        on.canvas.show_all()
    assert not decoded
    on.layer.set_on(True)
    on.until_whole()
    assert decoded


def test_hidden_it_does_nothing(on, decoded, tiny_model):
    on.canvas.hide()
    with on.qtbot.assertNotEmitted(on.own.shown, wait=50):  # nothing comes
        on.exploration.show(further(tiny_model()))
    assert not decoded
    on.canvas.show()
    on.until_whole()
    assert decoded


def test_turned_off_while_decoding_the_answer_is_dropped(scene, tiny_model, held):
    scene.turn_on(tiny_model())
    scene.layer.set_on(False)
    held.set()
    scene.until_idle()
    dropped = {*scene.seen.sources}
    assert dropped
    assert scene.layer.tiles() == ()
    scene.layer.set_on(True)
    scene.until_whole()
    assert dropped.isdisjoint(scene.layer.tiles())


def test_an_answer_for_another_model_is_dropped(scene, tiny_model, held):
    scene.turn_on(tiny_model())
    other = tiny_model(model__kind="cvae")
    scene.exploration.show(other)
    held.set()
    scene.until_whole()
    assert scene.seen.whole().snapshot is other.snapshot


def test_it_follows_the_label_of_a_cvae(scene, tiny_model, decoded):
    scene.turn_on(tiny_model(model__kind="cvae"))
    scene.until_whole()
    first = scene.layer.tiles()
    scene.exploration.set_label(2)
    scene.until_whole()
    assert scene.seen.whole().label == 2
    assert not np.array_equal(scene.layer.tiles()[0].pixels, first[0].pixels)
    decoded.clear()
    scene.exploration.set_label(0)
    assert scene.is_whole()
    assert scene.layer.tiles() == first
    assert not decoded


def test_it_lies_on_the_plane_through_the_picked_code(scene, tiny_model):
    scene.turn_on(tiny_model(model__latent=5))
    scene.until_whole()
    first, tiles = scene.seen.whole(), scene.layer.tiles()
    scene.exploration.pick(0.5, -0.5)
    scene.until(lambda: scene.seen.code is not None)
    scene.until_idle()
    assert scene.layer.tiles() == tiles  # of the same plane
    direction = np.linalg.svd(first.directions)[2][-1].astype(np.float32)  # off the plane
    scene.exploration.pick_code(first.base + 2 * direction)
    scene.until(lambda: scene.layer.tiles() != tiles)
    scene.until_whole()
    np.testing.assert_allclose(scene.seen.whole().base, first.base + 2 * direction, atol=1e-4)
    scene.exploration.show(tiny_model(model__kind="cvae"))  # where nothing is picked
    scene.exploration.show(tiny_model(model__latent=5))
    scene.until_whole()
    assert scene.seen.whole().is_like(first)


def test_other_images_of_the_same_model_change_nothing(on, decoded):
    shown = on.exploration.shown
    fewer = shown.ids.taken(np.arange(50))
    on.exploration.show(replace(shown, means=shown.means[:50], labels=shown.labels[:50], ids=fewer))
    on.canvas.show_standard()
    assert on.is_whole()
    assert not decoded


def test_what_is_kept_is_bounded(on, monkeypatch):
    view = sum(tile.pixels.nbytes for tile in on.layer.tiles())
    monkeypatch.setattr(part, "_MOST_BYTES", 3 * view)
    for factor in (0.4, 0.4, 3.0, 4.0):
        on.canvas.view.zoom(factor)
        on.until_whole()
    made = {id(tile) for tile in on.seen.sources}
    on.seen.sources.clear()
    gc.collect()
    left = [
        found for found in gc.get_objects() if type(found) is Tile and id(found) in made
    ]  # isinstance asks objects of torch, which warn
    assert view < sum(tile.pixels.nbytes for tile in left) <= 3 * view


@pytest.mark.parametrize("scene", [Shown], indirect=True)
def test_a_code_that_is_no_point_is_refused_in_the_map(on, tiny_model):
    class AnySize:
        takes_any_size = True
        latent = 4

    on.exploration.show(replace(tiny_model(), run_id="another", snapshot=AnySize()))
    assert "stack of planes" in on.layer.note.text()
    assert on.layer.tiles() == ()
    on.exploration.show(tiny_model())
    on.until_whole()
    assert on.layer.note.text() == ""


def test_what_fails_is_told_and_not_tried_again_and_again(scene, tiny_model, monkeypatch):
    tried = []

    def fail(self, addresses):
        tried.append(addresses)
        raise MemoryError("too large")

    monkeypatch.setattr(Landscape, "decode", fail)
    scene.turn_on(tiny_model())
    scene.until(lambda: "too large" in scene.layer.note.text())
    with scene.qtbot.assertNotEmitted(scene.own.failed, wait=50):  # nothing comes
        scene.wheel(3)
    assert len(tried) == 1


def test_no_model_has_no_landscape(on):
    on.exploration.show(None)
    assert on.layer.tiles() == ()


# In the window


def layer_of(lab):
    (layer,) = [item for item in lab.canvas.scene().items() if isinstance(item, LandscapeLayer)]
    return layer


@pytest.fixture
def seen(lab, sources):
    return Seen(layer_of(lab), lab.session.exploration, sources)


def test_a_button_a_key_and_a_menu_show_it_where_it_belongs(lab, seen, run_file):
    lab.open(run_file())
    lab.child("mapLandscapeBox").click()
    lab.until(seen.is_whole)
    for label in range(10):
        lab.canvas.set_class_visible(label, False)
    lab.qtbot.wheel(lab.canvas.viewport(), 3)  # so that a cell has more pixels than its image
    lab.until(seen.is_whole)
    width, height = seen.whole().cell(layer_of(lab).tiles()[0].address.level)
    view = lab.canvas.view
    x, y = view.to_position(0.45 * view.box.rect().bottomRight())
    left, bottom = x // width * width, y // height * height
    code = np.float32([left + width / 2, bottom + height / 2])
    image = lab.session.run.snapshot.decode(code[None])[0, 0]
    screen = lab.canvas.viewport().grab().toImage()
    places = view.to_pixels(
        [(left + (x + 0.5) / 28 * width, bottom + (27.5 - y) / 28 * height) for y in range(28) for x in range(28)]
    )
    places = [lab.canvas.mapFromScene(view.box.mapToScene(QPointF(*place))) for place in places]
    ink = np.array([255.0 - screen.pixelColor(place).lightness() for place in places]).reshape(28, 28)
    # Of a model this short of training single pixels are noise, which drawing at another size evens out.
    ink, image = (pixels.reshape(7, 4, 7, 4).mean((1, 3)).ravel() for pixels in (ink, image))
    assert np.corrcoef(ink, image)[0, 1] > 0.95

    lab.canvas.setFocus()
    lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_D)
    assert layer_of(lab).tiles() == ()
    assert not lab.child("mapLandscapeBox").isChecked()
    (entry,) = [action for action in lab.child("shownMenu", QMenu).actions() if action.text() == "&Landscape"]
    entry.trigger()
    lab.until(seen.is_whole)
    assert lab.child("mapLandscapeBox").isChecked()


def test_it_follows_a_training_and_closes_with_the_window(lab, seen, held):
    held.set()
    lab.begin()
    lab.child("mapLandscapeBox").click()
    wholes = set()

    def is_another():
        wholes.add(seen.whole())
        return len(wholes - {None}) > 2

    lab.until(is_another)
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")
    lab.until(seen.is_whole)
    held.clear()
    lab.qtbot.wheel(lab.canvas.viewport(), 12)
    lab.until(lambda: lab.session.map.landscape.asking.is_waiting)
    lab.session.shut_down()
    held.set()
