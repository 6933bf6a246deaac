"""Every click, drag, preview and stroke is answered, and no image is shown for a place that it is not of."""

import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from hypothesis.strategies import floats, integers, sampled_from
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QPoint, Qt

from latentlab.core.errors import LatentlabError
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.widgets.images.image_strip import ImageStrip
from tests.ui.hand import PATIENCE

CONVOLUTIONAL = {
    "model.encoder.kind": "conv",
    "model.encoder.layers": (32, 64),
    "model.decoder.kind": "conv",
    "model.decoder.layers": (64, 32),
    "model.decoder.planes": 32,
}
SHIFT = Qt.KeyboardModifier.ShiftModifier


@contextmanager
def beside(what):
    """Have another process compute meanwhile, or none."""
    if what == "nothing":
        yield
        return
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            yield
        finally:
            busy.kill()


class Watch:
    """A hand on the map of a window whose model has been trained, and an eye on what is shown beside it."""

    def __init__(self, lab, seed=0):
        self.lab = lab
        self.image, self.point = lab.child("decodedImage"), lab.child("dataPointImage")
        self.model = lab.session.run.snapshot
        self.random = np.random.default_rng(seed)

    def place(self):
        """Give a place of the map, far from what lies at its edges."""
        rect = self.lab.canvas.viewport().rect()
        x, y = self.random.uniform(0.25, 0.75, 2)
        return QPoint(round(x * rect.width()), round(y * rect.height()))

    def is_true(self, position):
        """Whether the image shown is what the model decodes at a position."""
        expected = self.model.decode(np.array([position], np.float32))[0]
        return self.image.pixels() is not None and np.allclose(self.image.pixels(), expected, atol=1e-4)

    def until_answered(self, position):
        """Wait until the image of a position is shown; it says that it waits as long as it is another one."""
        self.lab.until(lambda: not self.image.is_waiting())
        assert self.is_true(position())

    def point_at(self, place):
        """Move the mouse with Shift held."""
        self.lab.qtbot.mouseMove(self.lab.canvas.viewport(), place, SHIFT)


@pytest.fixture(params=["a fully connected model", "a convolutional model"])
def watch(request, lab):
    lab.train(CONVOLUTIONAL if "conv" in request.param else {}, {"training.epochs": 1})
    lab.action("showStandard").trigger()
    return Watch(lab)


@pytest.mark.parametrize("company", ["nothing", "a busy process"])
def test_two_hundred_clicks_are_answered(watch, company):
    lab = watch.lab
    with beside(company):
        for _ in range(200):
            before = lab.canvas.picked()
            lab.qtbot.mouseClick(lab.canvas.viewport(), Qt.MouseButton.LeftButton, pos=watch.place())
            assert lab.canvas.picked() != before
            watch.until_answered(lab.canvas.picked)
            row = lab.session.exploration.point
            if row is not None:
                lab.until(lambda: not watch.point.is_waiting())
                image = lab.session.exploration.shown.images[row, 0]
                assert np.array_equal(np.rint(255 * watch.point.pixels()), image)


@pytest.mark.parametrize("company", ["nothing", "a busy process"])
def test_drags_previews_and_strokes_are_answered_to_the_last(watch, company):
    lab = watch.lab
    with beside(company):
        for _ in range(10):
            lab.drag(lab.canvas.viewport(), [watch.place() for _ in range(10)])
            watch.until_answered(lab.canvas.picked)
        shown, at = lab.session.exploration.shown, []
        lab.canvas.intents.hovered.connect(lambda x, y: at.append((x, y)))
        for _ in range(50):
            watch.point_at(watch.place())
            watch.until_answered(lambda: at[-1])
        lab.session.exploration.end_preview()
        watch.until_answered(lab.canvas.picked)
        read = lab.child("sketchReconstruction")
        for number in range(20):
            lab.stroke([(0.3, 0.2 + number / 40), (0.7, 0.3 + number / 40)])
            lab.until(lambda: not read.is_waiting() and lab.canvas.sketch_point() is not None)
            mean, _ = shown.snapshot.encode(lab.child("sketchInput").pixels()[None, None])
            assert lab.canvas.sketch_point() == pytest.approx(tuple(mean[0].tolist()), abs=1e-3)
            assert np.allclose(read.pixels(), shown.snapshot.decode(mean)[0, 0], atol=1e-4)


def test_a_slow_model_says_that_it_waits_where_the_image_is_looked_for(opened, slow_models):
    lab = opened
    watch = Watch(lab)
    for _ in range(20):
        place = watch.place()
        lab.qtbot.mouseClick(lab.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert watch.image.is_waiting()
        assert watch.image.accessibleDescription()
        watch.until_answered(lab.canvas.picked)
        assert not watch.image.accessibleDescription()


def test_a_model_whose_samples_take_long_shows_the_image_at_once(opened, slow_samples):
    lab = opened
    watch, samples = Watch(lab), lab.window.findChild(DecoderPanel).findChild(ImageStrip)
    before = lab.session.exploration.shown
    for _ in range(20):
        lab.qtbot.mouseClick(lab.canvas.viewport(), Qt.MouseButton.LeftButton, pos=watch.place())
        assert not watch.image.is_waiting()
        assert watch.is_true(lab.canvas.picked())
        assert samples.is_waiting()
        picked = lab.canvas.picked()
        lab.session.exploration.pick_sample(0)  # of another pick: it goes nowhere
        assert lab.canvas.picked() == picked
        lab.until(lambda: not samples.is_waiting())
    assert lab.session.exploration.shown is before
    lab.session.exploration.pick_sample(0)
    assert lab.canvas.picked() != picked


def test_a_decoding_that_fails_leaves_no_image_of_another_place(opened, slow_models, monkeypatch):
    from latentlab.core.map import explore

    lab = opened
    lab.pick(60, -40)

    def fail(*arguments, **more):
        raise LatentlabError("The decoder is broken.")

    monkeypatch.setattr(explore, "decode", fail)
    lab.qtbot.mouseClick(lab.canvas.viewport(), Qt.MouseButton.LeftButton, pos=Watch(lab).place())
    lab.until(lambda: lab.message() == "The decoder is broken.")
    lab.until(lambda: not lab.child("decodedImage").is_waiting())  # pressing asks, and letting go again
    assert lab.decoded() is None


def kind_of(model):
    """Tell in what models differ of which one cannot take over the other's codes."""
    return model and (model.snapshot.latent, model.snapshot.uses_labels)


class Exploring(RuleBasedStateMachine):
    """Any order of picking, previewing, drawing and changing models, each answered whenever the threads get to it."""

    updates: tuple = ()  # of models, some of them of one run

    def __init__(self):
        super().__init__()
        self.exploration = Exploration()
        self.picked = self.decoded = self.point = self.sketched = self.previewed = self.model = None
        self.waits = {"decoding": False, "describing": False, "reading": False}
        exploration = self.exploration
        exploration.pick_changed.connect(lambda position: setattr(self, "picked", position))
        exploration.decoded.connect(lambda decoded: setattr(self, "decoded", decoded))
        exploration.pointed.connect(lambda point: setattr(self, "point", point))
        exploration.sketched.connect(lambda sketched: setattr(self, "sketched", sketched))
        for name in self.waits:
            getattr(exploration, f"{name}_changed").connect(lambda waits, name=name: self.waits.update({name: waits}))

    @rule(number=integers(-1, 3))
    def show(self, number):
        before, self.model = self.model, None if number < 0 else self.updates[number]
        self.exploration.show(self.model)
        if kind_of(before) != kind_of(self.model):
            self.previewed = None

    @rule(x=floats(-2, 2, width=16), y=floats(-2, 2, width=16))
    def pick(self, x, y):
        self.exploration.pick(x, y)

    @rule(row=integers(0, 30))
    def pick_point(self, row):
        self.exploration.pick_point(row)

    @rule(x=floats(-2, 2, width=16), y=floats(-2, 2, width=16))
    def preview(self, x, y):
        self.exploration.preview(x, y)
        if self.model is not None:
            self.previewed = (x, y)

    @rule()
    def end_preview(self):
        self.exploration.end_preview()
        self.previewed = None

    @rule(label=integers(0, 2), temperature=sampled_from([0.0, 1.0]))
    def change(self, label, temperature):
        self.exploration.set_label(label)
        self.exploration.set_temperature(temperature)

    @rule(width=integers(2, 20))
    def draw(self, width):
        drawing = np.zeros((64, 64), np.float32)
        drawing[20:40, 20 : 20 + width] = 1
        self.exploration.set_sketch(drawing, width % 2 == 0)

    @rule()
    def clear(self):
        self.exploration.clear_sketch()

    @rule()
    def let_events_come(self):
        QCoreApplication.processEvents()

    @invariant()
    def what_does_not_wait_is_of_the_model_and_the_place(self):
        if self.model is None:
            assert (self.picked, self.decoded, self.point) == (None, None, None)
            assert not any(self.waits.values())
            return
        place = self.picked if self.previewed is None else self.previewed
        if not self.waits["decoding"] and place is not None:
            assert self.decoded is not None
            assert self.decoded.run_id == self.model.run_id
            assert self.decoded.position == pytest.approx(place, abs=1e-4)
            code, label = self.decoded.code[None], self.decoded.label
            labels = None if label is None else np.array([label])
            assert np.allclose(self.model.snapshot.decode(code, labels)[0], self.decoded.image, atol=1e-4)
        if not self.waits["describing"]:
            assert (None if self.point is None else self.point.index) == self.exploration.point
            assert self.point is None or self.point.run_id == self.model.run_id
        if not self.waits["reading"] and self.sketched is not None:
            assert self.sketched.run_id == self.model.run_id

    def teardown(self):
        clock = QElapsedTimer()
        clock.start()
        while any(self.waits.values()) and clock.elapsed() < PATIENCE:
            QCoreApplication.processEvents()
        assert not any(self.waits.values())
        self.what_does_not_wait_is_of_the_model_and_the_place()
        self.exploration.shut_down()


@pytest.mark.parametrize("speed", ["quick", "slow", "slow samples"])
def test_no_order_of_intents_and_answers_shows_an_image_of_another_place(qapp, request, tiny_model, speed):
    from dataclasses import replace

    if speed != "quick":
        request.getfixturevalue({"slow": "slow_models", "slow samples": "slow_samples"}[speed])
    first, cvae = tiny_model(), tiny_model(model__kind="cvae")
    further = replace(first, means=first.means + np.float32(0.25), epochs_done=first.epochs_done + 1)
    deep = tiny_model(model__latent=3)
    machine = type("Exploring", (Exploring,), {"updates": (first, further, cvae, deep)})
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))
