"""The prior's contours and the posteriors' ellipses: where they are drawn, to the pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from latentlab.core.map.plane_prior import PlanePrior
from latentlab.core.map.posteriors import Posteriors
from latentlab.ui.canvas.layers.contours_layer import ContoursLayer
from latentlab.ui.canvas.layers.posteriors_layer import PosteriorsLayer
from latentlab.ui.style import theme


@pytest.fixture
def contours(canvas):
    canvas.show_standard()
    return ContoursLayer(canvas.view)


@pytest.fixture
def ellipses(canvas, map_points):
    canvas.set_points(map_points([(-1, 1), (2, -1), (0, 0)]))
    canvas.show_standard()
    return PosteriorsLayer(canvas.view, canvas.points_layer)


def posteriors(rows, covariance, pointed=None):
    covariances = np.broadcast_to(np.float32(covariance), (len(rows), 2, 2))
    return Posteriors("r", np.array(rows), covariances, pointed)


def changed(canvas, shown, change):
    """Give where pixels are others after a change, as positions (N, 2) of the plane."""
    before = shown(canvas)
    change()
    rows, columns = np.nonzero(np.abs(shown(canvas) - before).max(2) > 8)
    corner, unit = canvas.pixel_of(0, 0), canvas.pixel_of(1, 0).x() - canvas.pixel_of(0, 0).x()
    return np.stack([(columns - corner.x()) / unit, (corner.y() - rows) / unit], 1)


@pytest.mark.parametrize("centre", [(0.0, 0.0), (0.5, -0.7)])
def test_circles_of_one_two_and_three_deviations_around_the_priors_mean(canvas, contours, shown, centre):
    places = changed(canvas, shown, lambda: contours.set_prior(PlanePrior.normal(centre, is_line=False)))
    away = places - centre
    away = away[np.abs(np.arctan2(away[:, 1], away[:, 0]) - np.pi / 4) > 0.5]  # labels are at the upper right
    radii = np.linalg.norm(away, axis=1)
    assert {1.0, 2.0, 3.0} == set(np.rint(radii))
    assert np.abs(radii - np.rint(radii)).max() < 0.05
    assert len(changed(canvas, shown, lambda: contours.set_on(False)))
    assert contours.radii() == []


def test_of_a_mixture_each_gaussian_has_its_mean_and_its_ellipse(canvas, contours, shown):
    means, covariances = np.array([[-1.5, 0.5], [1.5, -1.0]]), np.array([[[0.25, 0], [0, 1]], [[0.6, 0.4], [0.4, 0.5]]])
    prior = PlanePrior(np.array([0.5, 0.5]), means, covariances, is_line=False, is_normal=False)
    places = changed(canvas, shown, lambda: contours.set_prior(prior))
    distances = [
        np.sqrt(np.einsum("ni,ij,nj->n", places - mean, np.linalg.inv(covariance), places - mean))
        for mean, covariance in zip(means, covariances, strict=True)
    ]
    for mean, distance in zip(means, distances, strict=True):
        assert (np.abs(distance - 1) < 0.1).sum() > 50
        assert (np.linalg.norm(places - mean, axis=1) < 0.05).any()
    nearest = np.min([np.minimum(np.abs(distance - 1), distance) for distance in distances], axis=0)
    assert nearest.max() < 0.12
    assert contours.radii() == []
    assert contours.places() == []


def test_of_a_mixture_on_a_line_each_mean_is_a_line(canvas, contours, shown):
    means, covariances = np.array([[-1.0, 0], [2.0, 0]]), np.array([[[0.25, 0], [0, 0]]] * 2)
    prior = PlanePrior(np.array([0.7, 0.3]), means, covariances, is_line=True, is_normal=False)
    places = changed(canvas, shown, lambda: contours.set_prior(prior))
    assert set(np.rint(places[:, 0])) == {-1.0, 2.0}


def test_contours_follow_the_view_and_vanish_where_they_would_be_a_blot_or_too_large(canvas, contours):
    contours.set_prior(PlanePrior.normal((0.0, 0.0), is_line=False))
    unit = canvas.pixel_of(1, 0).x() - canvas.pixel_of(0, 0).x()
    assert contours.radii() == pytest.approx([unit, 2 * unit, 3 * unit], abs=3)
    canvas.view.zoom(0.5)
    assert contours.radii()[0] == pytest.approx(2 * unit, abs=3)
    for factor in (1e-6, 1e9):
        canvas.view.zoom(factor)
        canvas.viewport().grab()
        assert contours.radii() == []
    contours.set_prior(None)
    assert not contours.isVisible()


def test_a_latent_space_of_one_dimension_has_lines(canvas, contours, shown):
    places = changed(canvas, shown, lambda: contours.set_prior(PlanePrior.normal((0.0, 0.0), is_line=True)))
    places = places[np.abs(places[:, 1]) > 0.5]  # without labels
    assert set(np.rint(np.abs(places[:, 0]))) == {1.0, 2.0, 3.0}
    assert np.abs(np.abs(places[:, 0]) - np.rint(np.abs(places[:, 0]))).max() < 0.05


@pytest.mark.parametrize("covariance", [[[0.25, 0], [0, 1]], [[0.6, 0.4], [0.4, 0.5]]])
def test_an_ellipse_is_one_deviation_around_its_point(canvas, ellipses, shown, covariance):
    places = changed(canvas, shown, lambda: ellipses.set_posteriors(posteriors([1], covariance)))
    away = places - (2, -1)
    distances = np.einsum("ni,ij,nj->n", away, np.linalg.inv(covariance), away) ** 0.5
    assert distances.max() == pytest.approx(1, abs=0.13)  # the line has its width
    angles = np.arctan2(*away[distances > 0.9].T)
    assert len(np.unique(np.floor(angles / np.pi * 8) % 16)) == 16  # all around
    assert [row for row, _ in ellipses.ellipses()] == [1]
    ellipses.set_on(False)
    assert ellipses.ellipses() == []


def test_ellipses_stay_with_their_points_and_those_of_many_are_thin(canvas, ellipses, map_points, shown):
    ellipses.set_posteriors(posteriors([0], np.eye(2) * 0.2))
    strong = len(changed(canvas, shown, lambda: ellipses.set_on(False)))
    ellipses.set_on(True)
    centre = ellipses.ellipses()[0][1].map(0.0, 0.0)
    assert centre == pytest.approx(canvas.view.to_pixels([(-1, 1)])[0], abs=1e-3)
    canvas.set_points(map_points(np.concatenate([[(-2, 2)], np.full((30, 2), 3.5)])))
    canvas.show_standard()
    assert ellipses.ellipses()[0][1].map(0.0, 0.0) == pytest.approx(canvas.view.to_pixels([(-2, 2)])[0], abs=1e-3)
    ellipses.set_posteriors(posteriors(range(31), np.eye(2) * 0.2))
    before = shown(canvas)
    ellipses.set_on(False)
    left = np.abs(shown(canvas) - before).max(2)[:, : canvas.pixel_of(0, 0).x()]
    assert 0 < np.count_nonzero(left > 8) < 0.5 * strong


def test_what_cannot_be_drawn_is_left_out(canvas, ellipses):
    ellipses.set_posteriors(posteriors([0, 1, 99], [[np.nan, 0], [0, 1]]))
    assert ellipses.ellipses() == []
    ellipses.set_posteriors(posteriors([0], [[1, 0], [0, 0]]))  # flat, as in one dimension
    canvas.viewport().grab()
    assert len(ellipses.ellipses()) == 1
    canvas.view.zoom(1e-4)
    canvas.viewport().grab()
    assert ellipses.ellipses() == []
    ellipses.set_posteriors(None)
    assert ellipses.ellipses() == []


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_names_of_the_rings_are_read_above_points_in_both_themes(
    canvas, contours, map_points, shown, colours, qtbot
):
    before = QApplication.palette()
    QApplication.setPalette(theme.palette(colours))
    try:
        qtbot.waitUntil(lambda: canvas.backgroundBrush().color() == QColor(colours.background))
        contours.set_prior(PlanePrior.normal((0.0, 0.0), is_line=False))
        cloud = np.random.default_rng(0).uniform(-3, 3, (20_000, 2))
        canvas.set_points(map_points(cloud, np.zeros(len(cloud), int)))
        canvas.show_standard()
        names = contours.places()
        assert [name for name, _ in names] == ["1 σ", "2 σ", "3 σ"]
        seen = shown(canvas)
        for _, place in names:
            at = canvas.mapFromScene(canvas.view.box.mapToScene(place))
            patch = seen[at.y() - 5 : at.y() + 5, at.x() - 8 : at.x() + 8].mean(2)
            assert patch.max() - patch.min() > 120  # ink on ground, and nothing of the points between
            ground = np.abs(patch - QColor(colours.background).lightness()).min(1)
            assert np.median(ground) < 90
    finally:
        QApplication.setPalette(before)
