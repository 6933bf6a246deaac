"""Two models at one cursor: with the mouse on both maps, at the same image and at the same place, and their gaps."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QFileDialog

from latentlab.core.measures.image_losses import SAMPLES, image_terms
from latentlab.core.runs.run import Run

AUTOENCODER = {"model__kind": "autoencoder"}
CVAE = {"model__kind": "cvae"}


class Two:
    """A window whose compare view is looked at, and what a person does there."""

    def __init__(self, lab):
        self.lab = lab
        self.panel = lab.look_at("compareView")
        self.comparison = lab.session.comparison
        self.first, self.second = lab.child("compareFirstCanvas"), lab.child("compareSecondCanvas")

    def open(self, path):
        with self.lab.qtbot.waitSignal(self.comparison.second_changed):
            self.comparison.open(path)
        self.lab.until(self.second.isVisible)

    def click(self, canvas, x, y):
        place = canvas.pixel_of(x, y)
        assert canvas.viewport().rect().contains(place), "out of sight"
        self.lab.qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def meet(self, key):
        box = self.lab.child("compareMeetingBox", QComboBox)
        self.lab.qtbot.keyClick(box, key)
        return box.currentData()

    def image(self, name):
        return self.lab.child(f"compare{name}Image").pixels()

    def words(self, side):
        return " ".join(self.lab.child(f"compare{side.title()}Image").parentWidget().words())


@pytest.fixture
def two(lab, run_file):
    """A VAE at the left and an autoencoder of the same images at the right."""
    lab.open(run_file())
    two = Two(lab)
    two.open(run_file(**AUTOENCODER))
    return two


# The second run


def test_only_what_is_comparable_is_set_side_by_side(lab, run_file):
    lab.open(run_file())
    two = Two(lab)
    two.open(run_file(loss__beta=4.0))
    with lab.changes(lambda: two.words("first")):
        two.comparison.pick_point(11)
    lab.until(lambda: "here" in two.words("first") and "here" in two.words("second"))
    for side, model in (("first", lab.session.exploration.shown), ("second", two.comparison.second)):
        reconstruction, kl, _ = image_terms(model.snapshot, model.images[11][None], model.labels[11:12], SAMPLES)
        assert f"here −ELBO {reconstruction[0] + kl[0]:.1f} nats" in two.words(side), "whatever β it learned with"
        assert "here PSNR" in two.words(side)
        assert "test −ELBO" in two.words(side)
    assert two.panel.caption.text() == ""
    two.open(run_file(**CVAE))
    lab.until(lambda: "told the class" in two.panel.caption.text())
    lab.until(lambda: "here PSNR" in two.words("second"))
    assert "nats" not in two.words("first") + two.words("second")


def test_a_run_kept_as_the_second_stays_while_another_one_trains_on_the_same_images(lab):
    lab.train()
    unsaved = lab.session.run
    two = Two(lab)
    assert two.first.points() == pytest.approx(lab.canvas.points())
    assert not two.second.isVisible()
    assert lab.child("compareOpenButton").isVisible()
    assert not lab.child("compareMeetingBox").isEnabled()
    lab.press("compareKeepButton")
    lab.until(two.second.isVisible)
    assert two.second.points() == pytest.approx(two.first.points())
    assert two.words("first") == two.words("second")
    lab.set_up({"model.kind": "autoencoder", "training.epochs": 100_000})
    with lab.qtbot.waitSignal(lab.session.training.epoch_ended):
        lab.press("trainButton")
        assert lab.child("compareKeepButton").text() == "Keep the run before this training"
    lab.until(
        lambda: (
            two.lab.session.exploration.shown.run_id != unsaved.snapshot.run_id and two.comparison.meeting == "image"
        )
    )
    with lab.changes(two.first.points):
        two.comparison.pick_point(11)
    assert two.second.points() == pytest.approx(unsaved.codes, abs=1e-4)
    assert two.second.picked() == pytest.approx(tuple(two.second.points()[11].tolist()))
    lab.until(lambda: two.first.picked() == pytest.approx(tuple(two.first.points()[11].tolist())))
    lab.until(lambda: two.panel.caption.text() == "Nats are not compared: an autoencoder has no ELBO.")
    assert "nats" not in two.words("first") + two.words("second")
    with lab.qtbot.waitSignals([lab.session.training.ended, lab.session.kept]):  # the unsaved one is put aside as ever
        lab.press("stopButton")
    assert two.comparison.second.snapshot is unsaved.snapshot


def test_a_second_run_is_opened_from_the_menu_and_meets_at_coordinates_where_its_images_are_others(
    lab, run_file, monkeypatch, tmp_path
):
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)
    action = next(a for a in lab.window.findChildren(QAction) if a.text().replace("&", "") == "Open a second run…")
    action.trigger()
    assert "first" in lab.message()  # there is none yet
    assert not lab.window.findChildren(QFileDialog)
    lab.open(run_file())
    run = Run.open(run_file(**AUTOENCODER))
    recipe = run.recipe.with_changes({"data.dataset": "kmnist"})
    other = replace(run, snapshot=type(run.snapshot)("other", recipe, run.snapshot.model, ("x",) * 10))
    other.save(tmp_path / "other.safetensors")
    action.trigger()
    (dialog,) = lab.window.findChildren(QFileDialog)
    with lab.qtbot.waitSignal(lab.session.comparison.second_changed):
        dialog.fileSelected.emit(str(tmp_path / "other.safetensors"))
        dialog.done(QFileDialog.DialogCode.Accepted)
    two = Two(lab)
    assert two.second.isVisible()
    assert len(lab.canvas.points())  # what is explored stays
    box = lab.child("compareMeetingBox", QComboBox)
    assert box.currentData() == "place"
    assert not box.model().item(0).isEnabled()
    two.click(two.second, *two.second.points().mean(0).tolist())
    assert two.first.picked() == pytest.approx(two.second.picked())
    assert "other" in two.words("second")
    assert two.first.legend.isVisible()  # their classes are not the same
    two.open(run_file(**AUTOENCODER))
    assert box.currentData() == "image"
    assert not two.first.legend.isVisible()


# The cursor


def test_the_mouse_on_either_map_moves_one_cursor_on_both(two, run_file):
    models = [Run.open(run_file()).snapshot, Run.open(run_file(**AUTOENCODER)).snapshot]
    for canvas in (two.first, two.second):
        see_a_point_as_the_same_image(two, canvas, models)
    drag_from_image_to_image(two)
    assert two.meet(Qt.Key.Key_Down) == "place"
    for canvas, start in ((two.first, QPoint(-20, 10)), (two.second, QPoint(15, -25))):
        drag_over_the_same_coordinates(two, canvas, start, models)
    assert two.meet(Qt.Key.Key_Up) == "image"
    row = two.lab.session.exploration.point  # a place between images is none of them: the nearest is met
    assert two.lab.canvas.picked() == pytest.approx(tuple(two.first.points()[row].tolist()))
    assert two.image("Second") is not None


def test_both_pictures_are_there_before_anybody_clicks(lab, run_file):
    lab.open(run_file())
    two = Two(lab)
    assert lab.session.exploration.point is None  # with one model there is nothing to meet at
    two.open(run_file(**AUTOENCODER))
    lab.until(lambda: two.image("Second") is not None)
    nearest = int(np.square(two.first.points()).sum(1).argmin())
    assert lab.session.exploration.point == nearest
    assert two.image("First") is not None
    assert two.image("Original") == pytest.approx(
        lab.session.library.data.test_images[nearest, 0].numpy() / 255, abs=1e-6
    )


def test_an_image_that_was_picked_of_others_is_none_of_the_second_models(lab, run_file, colour_run):
    lab.open(run_file())
    lab.session.comparison.open(colour_run)
    lab.until(lambda: lab.session.comparison.second)
    lab.look_at("compareView")
    last = len(lab.canvas.points()) - 1
    assert last >= len(lab.session.comparison.second.means)
    lab.session.exploration.pick_point(last)
    lab.until(lambda: lab.session.exploration.point is not None)
    lab.open(colour_run)  # now they meet at images
    lab.until(lambda: lab.session.comparison.meeting == "image")
    assert lab.session.exploration.point != last


def see_a_point_as_the_same_image(two, canvas, models):
    row = two.lab.lonely(canvas)
    two.click(canvas, *canvas.points()[row].tolist())
    assert two.second.picked() == pytest.approx(tuple(two.second.points()[row].tolist()))
    assert two.first.picked() == pytest.approx(tuple(two.first.points()[row].tolist()))
    assert two.lab.canvas.picked() == two.first.picked()  # one cursor, whichever view is looked at
    image = two.lab.session.library.data.test_images[row : row + 1]
    assert two.image("Original") == pytest.approx(image[0, 0].numpy() / 255, abs=1e-6)
    for name, model in zip(("First", "Second"), models, strict=True):
        assert two.image(name) == pytest.approx(model.restore(image)[0, 0], abs=1e-5)
        assert "here" in two.words(name.lower())


def drag_from_image_to_image(two):
    viewport = two.second.viewport()
    middle = viewport.rect().center()
    two.lab.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=middle)
    met = []
    for step in range(1, 9):
        two.lab.qtbot.mouseMove(viewport, middle + QPoint(-6 * step, 4 * step))
        row = int(np.abs(two.second.points() - two.second.picked()).sum(1).argmin())
        assert two.second.picked() == pytest.approx(tuple(two.second.points()[row].tolist()))
        assert two.first.picked() == pytest.approx(tuple(two.first.points()[row].tolist()))
        met.append(row)
    two.lab.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=middle + QPoint(-48, 32))
    assert len(set(met)) > 2


def drag_over_the_same_coordinates(two, canvas, start, models):
    place = canvas.viewport().rect().center() + start
    two.lab.drag(canvas.viewport(), [place, place + QPoint(9, 9), place + QPoint(20, 3)])
    assert (canvas.pixel_of(*canvas.picked()) - place - QPoint(20, 3)).manhattanLength() <= 2
    assert two.first.picked() == pytest.approx(two.second.picked(), abs=1e-5)
    assert two.lab.canvas.picked() == two.first.picked()
    for name, model in zip(("First", "Second"), models, strict=True):
        assert two.image(name) == pytest.approx(model.decode([canvas.picked()])[0, 0], abs=1e-4)
    assert not two.lab.child("compareOriginalImage").isVisible()


def test_answers_that_nobody_waits_for_are_dropped_and_so_is_a_broken_file(two, tmp_path, slow_models):
    lab, comparison = two.lab, two.comparison
    second = comparison.second
    told = []
    comparison.followed.connect(told.append)
    for row in (3, 40, 77, 123):
        comparison.pick_point(row)
    assert not told  # a slow model answers later
    lab.until(lambda: told and told[-1].position == pytest.approx(tuple(two.second.points()[123].tolist())))
    assert len(told) <= 2  # the one under way, and the latest
    lab.child("viewTabs").setCurrentIndex(0)
    with lab.qtbot.assertNotEmitted(comparison.followed):  # nobody looks
        lab.session.exploration.pick_point(5)
    with lab.qtbot.waitSignal(comparison.followed):
        lab.look_at("compareView")
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"nothing")
    comparison.open(path)
    lab.until(lambda: "broken.safetensors" in lab.message())
    assert comparison.second is second


# Gaps


def gaps_of(canvas):
    return canvas.field.field()


def put_behind(lab, name):
    """Choose in the panel of layers what lies behind the points."""
    lab.child(f"mapField{name}Button").click()


def test_gaps_are_shaded_on_both_maps_and_said_in_numbers(two):
    lab = two.lab
    lab.press("compareGapsButton")
    for canvas, model in ((two.first, two.lab.session.exploration.shown), (two.second, two.comparison.second)):
        lab.until(lambda canvas=canvas: gaps_of(canvas) is not None)
        assert gaps_of(canvas).run_id == model.run_id
    assert "gaps" in two.words("first")
    assert "gaps" in two.words("second")
    lab.until(lambda: gaps_of(two.first).values.size > 500)  # few first, then as many as the machine can
    before = gaps_of(two.first)
    two.lab.qtbot.keyClick(two.first, Qt.Key.Key_Plus)
    lab.until(lambda: gaps_of(two.first).extent[0] > before.extent[0])
    lab.press("compareGapsButton")
    assert gaps_of(two.first) is None
    assert "gaps" not in two.words("second")


def test_gaps_of_the_main_map_follow_training_at_a_bounded_share(lab):
    found = []
    lab.session.map.fields.found.connect(found.append)
    lab.begin()
    put_behind(lab, "Gaps")
    lab.until(lambda: len([gaps for gaps in found if gaps]) > 4)
    lab.until(lambda: lab.session.map.fields.asking.is_resting)
    put_behind(lab, "None")
    assert gaps_of(lab.canvas) is None
    assert not lab.session.map.fields.asking.is_resting
    with lab.qtbot.assertNotEmitted(lab.session.map.fields.found, wait=300):
        pass


def test_gaps_follow_the_label_of_a_cvae_and_the_plane_of_many_dimensions(lab, run_file):
    lab.open(run_file(**CVAE))
    put_behind(lab, "Gaps")
    lab.until(lambda: gaps_of(lab.canvas) is not None and gaps_of(lab.canvas).values.size > 2000)
    before = gaps_of(lab.canvas)
    lab.session.exploration.set_label(5)
    lab.until(lambda: not np.array_equal(gaps_of(lab.canvas).values, before.values))
    lab.open(run_file(model__latent=5))
    run = lab.session.run.snapshot.run_id
    lab.until(lambda: gaps_of(lab.canvas) is not None and gaps_of(lab.canvas).run_id == run)
    # The view has come to rest, and waits for no finer ones.
    lab.until(lambda: gaps_of(lab.canvas).extent == lab.canvas.view.extent() and gaps_of(lab.canvas).values.size > 2000)
    lab.until(lambda: not lab.session.map.fields.asking.is_waiting)
    before = gaps_of(lab.canvas)
    with lab.qtbot.assertNotEmitted(lab.session.map.fields.found, wait=50):  # nothing comes: it is within the plane
        lab.pick(10, 5)
    assert gaps_of(lab.canvas) is before
    lab.session.exploration.set_dimension(3, 4.0)
    lab.until(lambda: not np.array_equal(gaps_of(lab.canvas).values, before.values))
