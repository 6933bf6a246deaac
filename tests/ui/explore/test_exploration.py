"""Exploring a model in the window: clicks, drags and keys on the map, temperature, labels, and the sketch."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QSlider, QToolButton

from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.widgets.images.image_strip import ImageStrip

CVAE = {"model__kind": "cvae"}
DEEP = {"model__latent": 5}


def strip(lab, name):
    return next(strip for strip in lab.window.findChildren(ImageStrip) if strip.accessibleName() == name)


def answers(lab):
    """Collect what is decoded."""
    found = []
    lab.session.exploration.decoded.connect(found.append)
    return found


def last(lab, found, ask):
    """Give what is decoded after something is done."""
    found.clear()
    ask()
    lab.until(lambda: found)
    return found[-1]


def slide(lab, name, value):
    """Move a slider by clicking where the value lies."""
    slider = lab.child(name, QSlider)
    lab.qtbot.mouseClick(
        slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.x_of(value), slider.handle().center().y())
    )
    assert slider.value() == pytest.approx(value, abs=max(1, (slider.maximum() - slider.minimum()) // 50))


# Before, while and after training


def test_there_is_nothing_to_decode_before_there_is_a_model(lab):
    assert not lab.child("temperatureSlider").isEnabled()
    assert not lab.child("newNoiseButton").isEnabled()
    assert "train" in lab.child("labelSlider").toolTip()
    exploration = lab.session.exploration
    exploration.pick(0.5, 0.5)
    exploration.set_dimension(0, 1.0)
    exploration.sample_prior()
    exploration.preview(0.1, 0.1)
    exploration.end_preview()
    assert lab.decoded() is None
    assert lab.canvas.picked() is None


def test_clicks_decode_while_a_model_trains_and_afterwards(lab):
    lab.begin()
    lab.action("showStandard").trigger()
    lab.click(-3, -3)
    lab.until(lambda: lab.decoded() is not None)
    picked, image = lab.canvas.picked(), lab.decoded()
    assert image.dtype == np.float32
    assert image.shape == (28, 28)
    assert 0 <= image.min() <= image.max() <= 1
    lab.until(lambda: not np.array_equal(lab.decoded(), image))  # the model learns under a pick that stays
    assert lab.canvas.picked() == pytest.approx(picked)
    lab.pick(60, -40)
    assert lab.canvas.picked() != pytest.approx(picked)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("stopButton")
    lab.pick(-50, 30)
    expected = lab.session.run.snapshot.decode(np.array([lab.canvas.picked()], np.float32))[0]
    assert np.allclose(lab.decoded(), expected, atol=1e-5)


# The pick


def test_a_click_picks_what_lies_under_it(lab, run_file):
    lab.open(run_file())
    lab.click(1.2, -0.7)
    lab.until(lambda: lab.decoded() is not None)
    view = lab.pixel(*lab.canvas.picked()) - lab.pixel(1.2, -0.7)
    assert view.manhattanLength() <= 8  # as near as the point of the data that may lie there
    expected = lab.session.run.snapshot.decode(np.array([lab.canvas.picked()], np.float32))[0]
    assert np.allclose(lab.decoded(), expected, atol=1e-5)


def test_a_drag_decodes_all_along_the_line(lab, run_file):
    lab.open(run_file())
    found = answers(lab)
    places = [lab.pixel(-1 + 0.2 * i, 0.5 - 0.1 * i) for i in range(11)]
    lab.drag(lab.canvas.viewport(), places)
    lab.until(lambda: found and np.allclose(found[-1].position, lab.canvas.picked(), atol=1e-4))
    assert len(found) >= 2
    assert (lab.pixel(*lab.canvas.picked()) - places[-1]).manhattanLength() <= 2
    assert not np.array_equal(found[0].image, found[-1].image)


def test_arrow_keys_walk(lab, run_file):
    lab.open(run_file())
    lab.pick()
    x, y = lab.canvas.picked()
    lab.canvas.setFocus()
    with lab.changes(lab.decoded):
        lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_Right)
    assert lab.canvas.picked()[0] > x
    assert lab.canvas.picked()[1] == pytest.approx(y, abs=1e-5)
    with lab.changes(lab.decoded):
        lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert lab.canvas.picked()[1] < y


def test_a_preview_comes_with_shift_and_goes_without(lab, run_file):
    lab.open(run_file())
    lab.pick()
    picked, image = lab.canvas.picked(), lab.decoded()
    viewport = lab.canvas.viewport()
    away = viewport.rect().center() + QPoint(90, 60)
    lab.canvas.setFocus()
    lab.qtbot.mouseMove(viewport, away)
    with lab.changes(lab.decoded):
        lab.qtbot.keyPress(lab.canvas, Qt.Key.Key_Shift)
    assert lab.canvas.picked() == picked
    lab.qtbot.keyRelease(lab.canvas, Qt.Key.Key_Shift)
    lab.until(lambda: np.array_equal(lab.decoded(), image))


def test_a_preview_outlasts_the_steps_of_a_training(lab):
    lab.begin()
    lab.pick()
    found, exploration = answers(lab), lab.session.exploration
    updates = []
    lab.session.training.map_updated.connect(updates.append)
    exploration.preview(3.0, 3.0)
    lab.until(lambda: found)
    lab.until(lambda: len(updates) >= 3)
    assert {decoded.position == pytest.approx((3.0, 3.0), abs=1e-3) for decoded in found} == {True}
    exploration.end_preview()
    assert found[-1].position == pytest.approx(lab.canvas.picked(), abs=1e-3)


def test_more_dimensions_are_shown_in_a_plane_and_moved_by_sliders(lab, run_file):
    lab.open(run_file(**DEEP))
    assert all(
        "PC" in lab.canvas.axes[side].labelText and "%" in lab.canvas.axes[side].labelText
        for side in ("bottom", "left")
    )
    lab.pick()
    code = lab.session.exploration.code
    assert code.shape == (5,)
    from latentlab.ui.widgets.section import Section

    next(part for part in lab.window.findChildren(Section) if part.button.text() == "Dimensions of z").set_open(True)
    slider = lab.child("dimensionSlider3", QSlider)
    assert slider.value() / 100 == pytest.approx(float(code[3]), abs=0.02)
    before = lab.canvas.picked()
    with lab.changes(lab.decoded):
        slider.setFocus()
        for _ in range(4):
            lab.qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    assert lab.canvas.picked() != pytest.approx(before)
    moved = lab.session.exploration.code
    assert np.allclose(np.delete(moved, 3), np.delete(code, 3))
    assert moved[3] == pytest.approx(code[3] + 2, abs=0.02)
    lab.pick(40, 40)
    offset = lab.session.exploration.code - moved
    projection = lab.session.exploration.shown.projection
    assert np.allclose(offset - (projection.directions @ offset) @ projection.directions, 0, atol=1e-4)


def test_a_model_of_another_kind_takes_the_pick_away(lab, run_file):
    lab.open(run_file())
    lab.pick()
    lab.open(run_file(**DEEP))
    assert lab.canvas.picked() is None
    assert lab.decoded() is None


# Temperature, noise, prior


def test_temperature_spreads_the_samples_of_the_same_noise(lab, run_file):
    lab.open(run_file())
    found = answers(lab)
    warm = last(lab, found, lambda: lab.click(0.4, 0.4))
    cold = last(lab, found, lambda: slide(lab, "temperatureSlider", 0))
    assert cold.temperature == 0
    assert np.allclose(cold.samples, cold.image[None], atol=1e-6)
    hot = last(lab, found, lambda: slide(lab, "temperatureSlider", 200))
    assert np.allclose((hot.sample_codes - hot.code), 2 * (warm.sample_codes - warm.code), rtol=1e-2, atol=1e-3)
    assert np.array_equal(hot.image, warm.image)
    again = last(lab, found, lambda: lab.press("newNoiseButton"))
    assert not np.allclose(again.sample_codes, hot.sample_codes)
    assert np.array_equal(again.image, hot.image)


def test_the_prior_is_sampled_and_a_sample_is_moved_to(lab, run_file):
    lab.open(run_file())
    found = answers(lab)
    around = last(lab, found, lambda: lab.click(0.4, 0.4))
    prior = last(lab, found, lambda: lab.press("priorButton"))
    assert (around.samples_are_prior, prior.samples_are_prior) == (False, True)
    assert prior.sample_codes.std() > 0.5
    other = last(lab, found, lambda: lab.press("priorButton"))
    assert not np.allclose(other.sample_codes, prior.sample_codes)
    samples = strip(lab, "Samples")
    moved = last(
        lab,
        found,
        lambda: lab.qtbot.mouseClick(samples, Qt.MouseButton.LeftButton, pos=samples.tile(2).center()),
    )
    assert np.allclose(moved.code, other.sample_codes[2])
    assert lab.canvas.picked() == pytest.approx(tuple(other.sample_codes[2].tolist()), abs=1e-4)
    assert np.allclose(lab.decoded(), other.samples[2], atol=1e-5)
    assert not moved.samples_are_prior


# Labels


def test_a_model_without_labels_has_no_label_slider_and_says_why(lab, run_file):
    lab.open(run_file())
    slider = lab.child("labelSlider")
    assert not slider.isEnabled()
    assert "takes no label" in slider.toolTip()


def test_the_label_slider_decodes_the_pick_under_another_label(lab, run_file):
    lab.open(run_file(**CVAE))
    found = answers(lab)
    zero = last(lab, found, lambda: lab.click(0.3, 0.3))
    slider = lab.child("labelSlider")
    assert slider.isEnabled()
    assert slider.maximum() == 9
    picked = lab.canvas.picked()
    seven = last(lab, found, lambda: slide(lab, "labelSlider", 7))
    assert seven.label == 7
    assert not np.array_equal(seven.image, zero.image)
    assert np.allclose(lab.decoded(), seven.by_label[7], atol=1e-5)
    assert lab.canvas.picked() == picked
    row = strip(lab, "The same code under every label")
    assert row.isVisible()
    assert row.image_count() == 10
    four = last(lab, found, lambda: lab.qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.tile(4).center()))
    assert (four.label, slider.value()) == (4, 4)


def test_a_point_of_the_data_brings_its_own_label(lab, run_file):
    lab.open(run_file(**CVAE))
    lab.click(*lab.canvas.points()[11])
    lab.until(lambda: lab.child("dataPointImage").pixels() is not None)
    row = int(np.argmin(np.abs(lab.canvas.points() - lab.canvas.picked()).sum(1)))
    assert lab.child("labelSlider").value() == lab.canvas.labels()[row]


# The sketch

THREE = [(0.3, 0.25), (0.5, 0.17), (0.67, 0.3), (0.48, 0.47), (0.69, 0.61), (0.57, 0.81), (0.3, 0.72)]


def test_an_image_that_stays_picked_brings_its_label_to_a_model_with_labels(lab, run_file):
    lab.open(run_file())
    lab.until(lambda: lab.session.exploration.shown.images is not None)
    row = int((lab.canvas.labels() == 7).argmax())
    lab.session.exploration.pick_point(row)
    lab.open(run_file(model__kind="cvae"))
    lab.until(lambda: lab.session.exploration.shown.images is not None and lab.decoded() is not None)
    lab.until_idle()
    assert lab.session.exploration.point == row
    assert lab.child("labelSlider", QSlider).value() == 7
    update = lab.session.exploration.shown
    expected = update.snapshot.decode(update.means[[row]], [7])[0, 0]
    assert lab.decoded() == pytest.approx(expected, abs=1e-5)
    slide(lab, "labelSlider", 2)  # one may decode it under another label, and see that in the next model too
    lab.open(run_file(model__kind="cvae", training__epochs=5))
    assert lab.child("labelSlider", QSlider).value() == 2


def said(lab):
    labels = lab.window.findChild(SketchPanel).findChildren(QLabel)
    return " ".join(label.text() for label in labels if label.isVisible())


def test_a_sketch_without_a_model_says_what_to_do_and_is_read_once_there_is_one(lab, run_file):
    lab.child("pages").setCurrentIndex(1)  # there is no way there by hand before there is a model
    lab.child("side").show()
    assert "Train or open a model first" in said(lab)
    with lab.qtbot.assertNotEmitted(lab.session.exploration.sketched, wait=50):  # nothing comes
        lab.stroke(THREE)
    assert lab.canvas.sketch_point() is None
    assert lab.child("sketchInput").pixels() is None
    lab.open(run_file())
    lab.until(lambda: lab.canvas.sketch_point() is not None)
    assert "first" not in said(lab)


def test_a_sketch_is_read_at_each_stroke_and_cleared_with_all_that_came_of_it(lab, run_file):
    lab.open(run_file())
    lab.stroke(THREE[:4])
    lab.until(lambda: lab.canvas.sketch_point() is not None)
    seen, rebuilt = lab.child("sketchInput").pixels(), lab.child("sketchReconstruction").pixels()
    for pixels in (seen, rebuilt):
        assert pixels.dtype == np.float32
        assert pixels.shape == (28, 28)
        assert 0 <= pixels.min() <= pixels.max() <= 1
    mean, _ = lab.session.run.snapshot.encode(seen[None])
    assert lab.canvas.sketch_point() == pytest.approx(tuple(mean[0].tolist()), abs=1e-4)
    lab.until(lambda: "−ELBO, 16 samples" in said(lab))
    assert "15 nearest" in said(lab)
    with lab.changes(lab.child("sketchInput").pixels):
        lab.stroke(THREE[3:])
    lab.press("sketchClearButton")
    lab.until(lambda: lab.canvas.sketch_point() is None)
    assert lab.child("sketchInput").pixels() is None
    assert lab.child("sketchReconstruction").pixels() is None
    assert "−ELBO" not in said(lab)
    lab.until_idle()
    assert lab.canvas.sketch_point() is None


def test_a_sketch_follows_the_model_that_trains(lab):
    lab.begin()
    lab.stroke(THREE)
    lab.until(lambda: lab.canvas.sketch_point() is not None)
    with lab.changes(lab.child("sketchReconstruction").pixels):
        pass


def test_a_label_is_proposed_for_a_sketch_and_the_slider_overrules_it(lab, run_file):
    lab.open(run_file(**CVAE))
    read = []
    lab.session.exploration.sketched.connect(read.append)
    lab.stroke(THREE)
    lab.until(lambda: read)
    proposed = int(np.argmax(read[-1].label_probabilities))
    assert read[-1].label == proposed
    assert read[-1].label_probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert lab.child("labelSlider").value() == proposed
    lab.until(lambda: f"Most likely label: {proposed}" in said(lab))
    other = (proposed + 4) % 10
    read.clear()
    slide(lab, "labelSlider", other)
    lab.until(lambda: read and read[-1].label == other)
    lab.until(lambda: f"The label slider says {other}" in said(lab))
    lab.stroke([(0.2, 0.9), (0.8, 0.9)])
    lab.until(lambda: len(read) > 1)
    assert lab.child("labelSlider").value() == other, "a stroke more takes nothing back"
    read.clear()
    lab.press("sketchClearButton")
    lab.stroke(THREE)
    lab.until(lambda: read and read[-1] is not None)
    assert lab.child("labelSlider").value() == proposed


def test_a_model_whose_file_says_not_how_sure_it_is_is_calibrated_for_its_first_sketch(lab, run_file, tmp_path):
    from latentlab.core.runs.run import Run

    run = Run.open(run_file(**CVAE))
    kept, run.snapshot.calibration = run.snapshot.calibration, None
    assert kept is not None
    run.save(tmp_path / "run.safetensors")
    read = []
    lab.session.exploration.sketched.connect(read.append)
    lab.open(tmp_path / "run.safetensors")
    lab.stroke(THREE)
    lab.until(lambda: read and read[-1].calibration is not None)
    assert read[0].calibration is None
    assert read[-1].calibration.images == kept.images
    assert read[-1].calibration.temperature == pytest.approx(kept.temperature, rel=1e-3)
    assert read[-1].label == read[0].label
    assert f"Most likely label: {read[-1].label} ({100 * read[-1].label_probabilities.max():.0f} %)" in said(lab)


def test_a_calibration_that_failed_is_told_once_and_tried_again_with_the_next_drawing(
    lab, run_file, tmp_path, monkeypatch
):
    from latentlab.core.runs.run import Run
    from latentlab.core.training.training_images import TrainingImages

    run = Run.open(run_file(**CVAE))
    run.snapshot.calibration = None
    run.save(tmp_path / "run.safetensors")
    read, told = [], []
    lab.session.exploration.sketched.connect(read.append)
    lab.session.message.connect(lambda sentence, is_problem: told.append(is_problem))
    lab.open(tmp_path / "run.safetensors")
    lab.until_idle()
    with monkeypatch.context() as patch:
        patch.setattr(TrainingImages, "calibrate", lambda *each: 1 / 0)
        lab.stroke(THREE)
        lab.until(lambda: told == [True])
        lab.stroke(THREE)
        lab.until_idle()
        assert told == [True]
    lab.press("sketchClearButton")
    lab.stroke(THREE)
    lab.until(lambda: read and read[-1] is not None and read[-1].calibration is not None)


def test_a_neighbour_that_is_clicked_is_picked_on_the_map(lab, run_file):
    lab.open(run_file())
    lab.stroke(THREE)
    lab.until(lambda: lab.canvas.sketch_point() is not None)
    buttons = lab.window.findChild(SketchPanel).findChildren(QAbstractButton)
    button = next(button for button in buttons if hasattr(button, "row"))
    lab.until(lambda: button.row is not None)
    lab.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    lab.until(lambda: lab.child("dataPointImage").pixels() is not None)
    assert lab.canvas.picked() == pytest.approx(tuple(lab.canvas.points()[button.row].tolist()), abs=1e-4)


# Without a window


def test_intents_out_of_range_change_nothing(qapp, run_file):
    from latentlab.core.map.live_map import map_of
    from latentlab.core.runs.run import Run

    exploration = Exploration()
    exploration.show(map_of(Run.open(run_file()), None))
    exploration.pick(0.0, 0.0)
    code = exploration.code
    for index in (-1, 10**6):
        exploration.pick_point(index)
        exploration.pick_sample(index)
        exploration.set_dimension(index, 1.0)
    assert exploration.code is code
    exploration.shut_down()


def test_the_end_of_a_preview_brings_back_no_picture_of_another_model(lab, run_file):
    lab.open(run_file())
    lab.pick()
    lab.open(run_file(**DEEP))
    found = answers(lab)
    lab.session.exploration.preview(0.1, 0.1)
    lab.session.exploration.end_preview()
    lab.until(lambda: found)
    assert found[-1] is None


def test_the_decoder_is_asked_where_a_sketch_lands_while_that_is_wanted(lab, run_file):
    lab.open(run_file(**DEEP))
    lab.stroke(THREE)
    lab.until(lambda: lab.canvas.sketch_point() is not None)
    box = lab.child("sketchRefineButton", QToolButton)
    assert not box.isVisible()  # no table of five dimensions
    read = []
    lab.session.exploration.sketched.connect(read.append)
    lab.open(run_file())
    lab.until(lambda: read and read[-1] is not None and len(read[-1].mean) == 2)
    lab.until_idle()
    assert box.isVisible()
    assert not box.isChecked()
    encoded = lab.canvas.sketch_point()
    assert "refined" not in said(lab)
    box.click()
    lab.until(lambda: read[-1].amortisation is not None)
    assert lab.canvas.sketch_point() == pytest.approx(read[-1].position)
    assert lab.canvas.sketch_point() != pytest.approx(encoded, abs=1e-4)
    assert "−ELBO refined" in said(lab)
    lab.open(run_file(**DEEP))  # where it cannot be asked, the encoder says it
    lab.until(lambda: read[-1] is not None and read[-1].amortisation is None)
    lab.open(run_file())
    lab.until(lambda: read[-1] is not None and read[-1].amortisation is not None)
    box.click()
    lab.until(lambda: read[-1].amortisation is None)
    assert "refined" not in said(lab)
