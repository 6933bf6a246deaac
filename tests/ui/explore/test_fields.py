"""What lies behind the points and around them, in the window: chosen with mouse and keys, followed through training."""

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QRadioButton

from latentlab.core.fields.aggregate_posterior import Density, DensityRatio
from latentlab.core.fields.class_regions import Regions
from latentlab.core.fields.gaps import Gaps
from latentlab.core.fields.magnification import Magnification
from latentlab.core.map.axes import Dimension, PlaneAxes
from latentlab.ui.canvas.layers.contours_layer import ContoursLayer
from latentlab.ui.canvas.layers.posteriors_layer import PosteriorsLayer

KINDS = {
    "nothing": None,
    "gaps": Gaps,
    "magnification": Magnification,
    "density": Density,
    "ratio": DensityRatio,
    "regions": Regions,
}
AUTOENCODER = {"model__kind": "autoencoder"}


class Behind:
    """The map of a window, and what a person lays behind its points."""

    def __init__(self, lab):
        self.lab, self.fields, self.layer = lab, lab.session.map.fields, lab.canvas.field
        self.panel = lab.child("mapLayersPanel")
        items = lab.canvas.view.box.childItems()
        (self.contours,) = (item for item in items if isinstance(item, ContoursLayer))
        (self.ellipses,) = (item for item in items if isinstance(item, PosteriorsLayer))

    def choose(self, name):
        """Open the panel of layers with the mouse, choose with the keyboard, and close it."""
        self.lab.press("mapLayersButton")
        self.lab.until(self.panel.isVisible)
        kinds = ("None", "Gaps", "Magnification", "Density", "Ratio", "Regions")
        names = [f"mapField{each}Button" for each in kinds]
        buttons = [self.lab.child(each, QRadioButton) for each in names]
        (at,) = (place for place, button in enumerate(buttons) if button.isChecked())
        wanted = list(KINDS).index(name)
        buttons[at].setFocus()
        for _ in range(abs(wanted - at)):
            self.lab.qtbot.keyClick(buttons[at], Qt.Key.Key_Down if wanted > at else Qt.Key.Key_Up)
            at += 1 if wanted > at else -1
        assert buttons[wanted].isChecked()
        self.lab.qtbot.keyClick(self.panel, Qt.Key.Key_Escape)
        assert not self.panel.isVisible()

    def shown(self):
        return self.layer.field()

    def until_shown(self, kind, condition=lambda field: True):
        self.lab.until(lambda: isinstance(self.shown(), KINDS[kind]) and condition(self.shown()))
        return self.shown()

    def rows(self):
        return [row for row, _ in self.ellipses.ellipses()]

    def toggle(self, name):
        self.lab.window.findChild(QAction, name).trigger()


@pytest.fixture
def behind(lab, run_file):
    lab.open(run_file())
    return Behind(lab)


def size(field):
    return (field.labels if isinstance(field, Regions) else field.values).size


def test_each_field_is_chosen_in_the_box_coarse_first_finer_after_and_gone_again(behind):
    found = []
    behind.fields.found.connect(found.append)
    for kind in ("density", "ratio", "regions", "gaps", "magnification"):
        found.clear()
        behind.choose(kind)
        field = behind.until_shown(kind)
        assert field.run_id == behind.lab.session.run.snapshot.run_id
        behind.until_shown(kind, lambda field: field.extent == behind.lab.canvas.view.extent())
        behind.until_shown(kind, lambda field: size(field) > 2000)
        assert all(each is None or isinstance(each, KINDS[kind]) for each in found)  # none of the kind before
        sizes = [size(each) for each in found if each is not None]
        assert sizes == sorted(sizes)
        assert sizes[0] < sizes[-1]
        assert behind.layer.legend.text()
    behind.choose("nothing")
    assert behind.shown() is None
    assert behind.layer.legend.text() == ""
    with behind.lab.qtbot.assertNotEmitted(behind.fields.found, wait=200):
        behind.lab.press("mapShowAllButton")


def test_points_are_pale_where_what_lies_behind_them_is_to_be_seen(behind, run_file):
    points = behind.lab.canvas.points_layer
    assert points.opacity() == 1
    behind.choose("ratio")
    behind.lab.until(lambda: points.opacity() < 0.5)
    behind.choose("gaps")
    assert points.opacity() == 1
    behind.choose("ratio")
    behind.lab.until(lambda: points.opacity() < 0.5)
    behind.lab.open(run_file(**AUTOENCODER))
    assert points.opacity() == 1
    behind.choose("density")
    behind.lab.until(lambda: points.opacity() < 0.5)
    behind.choose("nothing")
    assert points.opacity() == 1


def test_zooming_with_the_wheel_brings_a_finer_part(behind):
    behind.choose("density")
    before = behind.until_shown("density", lambda field: size(field) > 5000)
    behind.lab.qtbot.keyClick(behind.lab.canvas, Qt.Key.Key_Plus)
    after = behind.until_shown("density", lambda field: field.extent[0] > before.extent[0])
    assert size(after) > 5000  # what it costs is known
    behind.lab.canvas.hide()
    behind.lab.canvas.show()
    assert size(behind.shown()) > 5000


def test_a_field_follows_a_model_that_trains_for_a_quarter_of_the_time_at_most(lab):
    lab.begin()
    behind = Behind(lab)
    found = []
    behind.fields.found.connect(lambda field: found.append((time.perf_counter(), field)))
    behind.choose("ratio")
    lab.until(lambda: len({id(field) for _, field in found if field}) >= 4)
    fields = [field for _, field in found if field]
    assert not np.array_equal(fields[0].values, fields[-1].values)
    asking = behind.fields.asking
    lab.until(lambda: asking.is_resting)
    assert asking.seconds > 0
    assert asking.rest_seconds >= 3 * asking.seconds - 0.001
    lab.until(lambda: behind.ellipses is not None and behind.contours.radii())  # a VAE's prior is there from the start
    behind.choose("nothing")
    assert not behind.fields.asking.is_resting


def test_what_a_model_does_not_have_is_said_in_a_sentence_and_the_next_model_is_asked(behind, run_file):
    behind.choose("ratio")
    behind.until_shown("ratio")
    behind.lab.open(run_file(**AUTOENCODER))
    behind.lab.until(lambda: "autoencoder has no prior" in behind.layer.legend.text())
    assert behind.shown() is None
    behind.choose("density")
    assert behind.until_shown("density").is_of_codes
    assert behind.layer.legend.text() == "density of the codes"
    behind.lab.open(run_file(model__latent=5))
    assert not behind.until_shown("density", lambda field: not field.is_of_codes).is_of_codes
    behind.choose("regions")
    behind.until_shown("regions")
    shown = behind.lab.session.exploration.shown
    behind.lab.session.exploration.show(replace(shown, labels=np.full(len(shown.labels), -1)))
    behind.lab.until(lambda: "no classes" in behind.layer.legend.text())


def test_an_answer_for_another_plane_is_dropped(behind):
    behind.choose("regions")
    before = behind.until_shown("regions")
    update = behind.lab.session.exploration.shown
    turned = replace(update.projection, directions=update.projection.directions[::-1])
    behind.lab.session.exploration.show(replace(update, projection=turned))
    assert behind.shown() is None
    after = behind.until_shown("regions", lambda field: size(field) == size(before) or size(field) > 5000)
    assert not np.array_equal(after.labels, before.labels)


def test_fields_and_contours_follow_the_axes_of_the_map(lab, run_file):
    lab.open(run_file(model__latent=5))
    behind = Behind(lab)
    behind.choose("density")
    behind.until_shown("density", lambda field: size(field) > 2000)
    before = behind.contours.centre()
    lab.session.exploration.set_axes(PlaneAxes(Dimension(3), Dimension(0)))
    lab.until(lambda: behind.contours.centre() != before)
    assert behind.contours.centre() == pytest.approx((0, 0), abs=1e-6)
    field = behind.until_shown("density", lambda field: size(field) > 10_000)  # along latent axes it is quick
    update = lab.session.exploration.shown
    codes = update.means[:, [3, 0]]
    left, right, bottom, top = field.extent
    inside = (codes > (left, bottom)).all(1) & (codes < (right, top)).all(1)
    mass = field.values.mean() * (right - left) * (top - bottom)
    assert mass == pytest.approx(inside.mean(), abs=0.1)
    x = left + (np.arange(field.values.shape[1]) + 0.5) / field.values.shape[1] * (right - left)
    assert (field.values.sum(0) * x).sum() / field.values.sum() == pytest.approx(codes[inside, 0].mean(), abs=0.2)


def test_contours_of_the_prior_are_there_for_a_vae_and_can_be_turned_off(behind, run_file):
    lab = behind.lab
    unit = lab.pixel(1, 0).x() - lab.pixel(0, 0).x()
    assert behind.contours.radii() == pytest.approx([unit, 2 * unit, 3 * unit], abs=3)
    behind.toggle("priorContoursAction")
    assert behind.contours.radii() == []
    behind.toggle("priorContoursAction")
    assert behind.contours.radii()
    lab.open(run_file(**AUTOENCODER))
    assert behind.contours.radii() == []
    lab.open(run_file(model__latent=5))
    projection = lab.session.exploration.shown.projection
    assert behind.contours.centre() == pytest.approx(tuple(projection.to_plane(np.zeros((1, 5)))[0]), abs=1e-5)


def test_the_posteriors_of_selected_points_and_of_the_one_clicked_on_are_drawn_to_scale(behind, run_file):
    lab = behind.lab
    row = lab.lonely()
    place = lab.pixel(*lab.canvas.points()[row].tolist())
    lab.qtbot.mouseClick(lab.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    lab.until(lambda: behind.rows() == [row])
    update = lab.session.exploration.shown
    _, logvar = update.snapshot.encode(update.images[row : row + 1], update.labels[row : row + 1])
    sigma = np.exp(0.5 * logvar[0]) * (lab.pixel(1, 0).x() - lab.pixel(0, 0).x())
    ellipse = behind.ellipses.ellipses()[0][1]
    assert (ellipse.m11(), ellipse.m22()) == pytest.approx(tuple(sigma.tolist()), rel=0.02)
    lab.qtbot.mouseClick(
        lab.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, pos=place
    )
    lab.session.selection.toggle(3)
    lab.until(lambda: sorted(behind.rows()) == sorted([row, 3]))
    lab.qtbot.mouseClick(lab.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place + QPoint(40, 40))
    lab.session.selection.toggle(row)
    lab.until(lambda: behind.rows() == [3])
    behind.toggle("posteriorEllipsesAction")
    assert behind.rows() == []
    behind.toggle("posteriorEllipsesAction")
    assert behind.rows() == [3]
    lab.open(run_file(**AUTOENCODER))
    lab.until(lambda: behind.rows() == [])


def test_of_many_selected_the_first_hundred_are_drawn_and_follow_training(lab):
    lab.begin()
    behind = Behind(lab)
    lab.session.selection.select(np.arange(150))
    lab.until(lambda: behind.rows() == list(range(100)))
    with lab.changes(lambda: [ellipse.m11() for _, ellipse in behind.ellipses.ellipses()]):
        pass
