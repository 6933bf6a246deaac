"""Damage in the decoder panel: done to what was picked or drawn last, live, and only while it is looked at."""

import copy
import dataclasses
import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QLabel

from latentlab.core.measures.image_quality import peak_signal_to_noise
from latentlab.core.views.restored import Damage, RestoredImage
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.slider import Slider


def found(quality=15.0):
    images = np.random.default_rng(0).random((3, 1, 6, 6), np.float32)
    return RestoredImage("run", "sketch", Damage("gaussian", 0.2, 0), *images, 10.0, quality)


@pytest.fixture
def panel(qtbot):
    panel = qtbot.show(DecoderPanel(), 380, 420)
    panel.set_model(2, (), False)
    return panel


@pytest.fixture
def asked(panel):
    asked = []
    panel.damage_asked.connect(asked.append)
    return asked


def part(panel, name):
    return panel.findChild(object, name)


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_the_section_is_closed_until_it_is_asked_for(qtbot, panel, asked):
    assert not part(panel, "damageKindBox").isVisible()
    click(qtbot, part(panel, "damageButton"))
    assert part(panel, "damageKindBox").isVisible()
    slider = panel.findChild(Slider, "damageAmountSlider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    click(qtbot, part(panel, "damageNoiseButton"))
    click(qtbot, part(panel, "damageButton"))
    assert not part(panel, "damageKindBox").isVisible()
    assert asked == [
        Damage("salt_and_pepper", 0.1, 0),
        Damage("salt_and_pepper", 0.2, 0),
        Damage("salt_and_pepper", 0.2, 1),
        None,
    ]


def test_what_is_done_and_what_came_of_it_is_shown(panel, asked):
    panel.show_damage(Damage("gaussian", 0.25, 3), False)
    assert part(panel, "damageKindBox").currentData() == "gaussian"
    assert part(panel, "damageAmountText").text() == "σ = 0.25"
    result = found()
    panel.show_restored(result)
    for name, pixels in (("Clean", result.clean), ("Noisy", result.noisy), ("Restored", result.restored)):
        np.testing.assert_array_equal(part(panel, f"damage{name}").pixels(), pixels[0])
    texts = {label.text() for label in panel.findChildren(QLabel)}
    assert {"Sketch", "Noisy 10.0 dB", "Restored 15.0 dB"} <= texts
    panel.show_restored(found(quality=float("inf")))
    assert "Restored" in {label.text() for label in panel.findChildren(QLabel)}
    panel.show_restored(None)
    assert part(panel, "damageNoisy").pixels() is None
    panel.show_damage(None, False)
    assert not part(panel, "damageKindBox").isVisible()
    assert asked == [], "setters ask nothing"


def test_for_a_denoising_model_damage_comes_first(qtbot, panel):
    box = part(panel, "damageButton")
    samples = next(strip for strip in panel.findChildren(ImageStrip) if strip.accessibleName() == "Samples")

    def is_first():
        return box.mapTo(panel, QPoint()).y() < samples.mapTo(panel, QPoint()).y()

    panel.show_damage(Damage("training", 0, 0), True)
    assert part(panel, "damageKindBox").currentData() == "training"
    qtbot.waitUntil(is_first)
    panel.show_damage(None, False)
    qtbot.waitUntil(lambda: not is_first())


def test_a_low_panel_scrolls_to_the_damage(qtbot, panel):
    panel.resize(380, 300)
    panel.verticalScrollBar().setValue(panel.verticalScrollBar().maximum())
    click(qtbot, part(panel, "damageButton"))
    restored = part(panel, "damageRestored")
    top = restored.mapTo(panel, QPoint()).y()
    assert 0 <= top <= panel.height() - restored.height()


# With a model


class Bench:
    """A decoder panel whose damage is done by a real model, without the rest of the window."""

    def __init__(self, qtbot, panel, exploration):
        from latentlab.ui.session.restoration import Restoration
        from latentlab.ui.window.exploring import join_damage

        self.exploration, self.panel = exploration, panel
        self.restoration = Restoration(exploration, exploration)
        join_damage(self.restoration, panel)
        exploration.decoded.connect(panel.show_decoded)
        click(qtbot, part(panel, "damageButton"))

    def shown(self):
        return [part(self.panel, f"damage{name}").pixels() for name in ("Clean", "Noisy", "Restored")]

    def names(self):
        return {label.text() for label in self.panel.findChildren(QLabel)}


@pytest.fixture
def exploration(qtbot, digits, run_file):
    from latentlab.core.map.live_map import map_of
    from latentlab.core.map.map_images import MapSource, choose
    from latentlab.core.runs.run import Run
    from latentlab.ui.explore.exploration import Exploration

    exploration = Exploration()
    exploration.show(map_of(Run.open(run_file()), choose(digits, MapSource())))
    yield exploration
    exploration.shut_down()


@pytest.fixture
def bench(qtbot, panel, exploration):
    bench = Bench(qtbot, panel, exploration)
    yield bench
    bench.restoration.shut_down()


def drawing():
    ink = np.zeros((60, 60), np.float32)
    ink[10:50, 27:33] = 1
    return ink


def test_the_picked_code_the_data_and_the_sketch_are_damaged_in_turn(bench):
    exploration, inputs = bench.exploration, []
    exploration.sketched.connect(lambda found: inputs.append(found.input if found else None))
    assert bench.shown() == [None, None, None]
    exploration.pick(0.5, 0.5)
    clean, noisy, restored = bench.shown()
    np.testing.assert_array_equal(clean, part(bench.panel, "decodedImage").pixels())
    assert 0.02 < (noisy != clean).mean() < 0.15
    np.testing.assert_allclose(restored, exploration.shown.snapshot.restore(noisy[None, None])[0, 0], atol=1e-6)
    assert f"Noisy {peak_signal_to_noise(clean[None], noisy[None]):.1f} dB" in bench.names()
    assert "Decoded" in bench.names()

    exploration.pick_point(5)
    image = exploration.shown.images[5, 0] / 255
    np.testing.assert_allclose(bench.shown()[0], image, atol=1e-6)
    assert "Image" in bench.names()

    exploration.set_sketch(drawing())
    np.testing.assert_array_equal(bench.shown()[0], inputs[-1][0])
    assert "Sketch" in bench.names()
    exploration.pick_point(5)
    np.testing.assert_allclose(bench.shown()[0], image, atol=1e-6)
    exploration.set_sketch(drawing())
    exploration.clear_sketch()
    np.testing.assert_allclose(bench.shown()[0], image, atol=1e-6)

    exploration.pick(-0.5, 1)
    np.testing.assert_array_equal(bench.shown()[0], part(bench.panel, "decodedImage").pixels())
    exploration.show(None)
    assert bench.shown() == [None, None, None]


def test_it_is_live_while_the_slider_is_dragged(qtbot, bench):
    bench.exploration.pick_point(0)
    slider = bench.panel.findChild(Slider, "damageAmountSlider")
    middle, shares = slider.height() // 2, []
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.x_of(20), middle))
    for amount in (40, 70, 100):
        qtbot.mouseMove(slider, QPoint(slider.x_of(amount), middle))
        clean, noisy, _ = bench.shown()
        shares.append((clean != noisy).mean())
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.x_of(100), middle))
    assert 0 < shares[0] < shares[1] < shares[2]


def test_it_follows_a_model_that_trains(bench):
    from latentlab.core.models.snapshot import Snapshot

    bench.exploration.pick_point(0)
    before, shown = bench.shown()[2], bench.exploration.shown
    model = copy.deepcopy(shown.snapshot.model)
    for parameter in model.parameters():
        parameter.mul_(0.9)
    later = Snapshot(shown.run_id, shown.snapshot.recipe, model, shown.snapshot.class_names)
    bench.exploration.show(dataclasses.replace(shown, snapshot=later))
    _, noisy, restored = bench.shown()
    assert (restored != before).any()
    np.testing.assert_allclose(restored, later.restore(noisy[None, None])[0, 0], atol=1e-6)


def test_nothing_is_done_while_nobody_looks(qtbot, bench, monkeypatch):
    click(qtbot, part(bench.panel, "damageButton"))
    asked = []
    restore = "latentlab.ui.session.restoration.restored_image"
    monkeypatch.setattr(restore, lambda *arguments, **more: asked.append(arguments))
    bench.exploration.pick(1, 0)
    bench.exploration.pick_point(2)
    assert asked == []


def test_a_slow_model_is_asked_off_the_gui_thread_and_the_latest_answer_stays(qtbot, bench, monkeypatch, slow_models):
    from latentlab.ui.session import restoration

    threads, points = set(), []
    restore = restoration.restored_image

    def watched(*arguments, **more):
        threads.add(threading.current_thread())
        return restore(*arguments, **more)

    monkeypatch.setattr(restoration, "restored_image", watched)
    bench.exploration.pointed.connect(points.append)
    slider = bench.panel.findChild(Slider, "damageAmountSlider")
    bench.exploration.pick_point(7)
    bench.exploration.pick_point(1)
    for amount in (30, 50, 0):
        slider.setValue(amount)
    image = bench.exploration.shown.images[1] / 255

    def is_there():
        clean, noisy, _ = bench.shown()
        return clean is not None and np.allclose(clean, image, atol=1e-6) and np.array_equal(clean, noisy)

    qtbot.waitUntil(is_there)
    assert [point.index for point in points if point] == [1], "a point that was left is not told any more"
    assert threads
    assert threading.main_thread() not in threads


def test_in_the_window_a_denoising_run_opens_with_its_damage_and_another_closes_it(lab, run_file):
    def shown(name):
        return lab.child(f"damage{name}").pixels()

    lab.open(run_file(model__kind="autoencoder", corruption__salt_and_pepper=0.2))
    kind = lab.child("damageKindBox", QComboBox)
    assert kind.isVisible()
    assert kind.currentData() == "training"
    lab.until(lambda: lab.session.exploration.shown.images is not None)
    lab.session.exploration.pick_point(0)
    assert (shown("Clean") != shown("Noisy")).any()

    pad = lab.child("sketchPad")
    lab.qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(pad.width() // 2, 30))
    for y in (60, 90):
        with lab.changes(lambda: shown("Clean")):
            lab.qtbot.mouseMove(pad, QPoint(pad.width() // 2, y))
    lab.qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(pad.width() // 2, 90))
    lab.until(lambda: np.array_equal(shown("Clean"), lab.child("sketchInput").pixels()))

    lab.open(run_file())
    assert not kind.isVisible()
    assert kind.findData("training") < 0
    assert lab.window.height() <= 800


def test_a_sketch_read_by_another_model_is_not_put_to_this_one(lab, run_file):
    lab.open(run_file())
    click(lab.qtbot, lab.child("damageButton"))
    read = []
    lab.session.exploration.sketched.connect(read.append)
    lab.stroke([(0.3, 0.3), (0.7, 0.7)])
    lab.until(lambda: lab.child("damageRestored").pixels() is not None)
    of_pages = dataclasses.replace(read[-1], run_id="another", input=np.zeros((1, 60, 90), np.float32))
    lab.session.exploration.sketched.emit(of_pages)
    assert lab.child("damageRestored").pixels() is None
