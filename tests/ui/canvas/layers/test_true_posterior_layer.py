"""The true posterior as it is drawn: where, in which shade, and with which words."""

from dataclasses import replace

import numpy as np
import pytest

from latentlab.core.map.true_posterior import PosteriorOnPlane, Shade, Subject
from latentlab.ui.canvas.layers.true_posterior_layer import TruePosteriorLayer
from latentlab.ui.style import theme

SUBJECT = Subject("point", 0, np.zeros((1, 2, 2), np.float32), None)
# A shade that has an upper right half: 0 along the first dimension, then rising along both.
STRENGTH = np.float32([[0, 0, 0], [0, 1, 1], [0, 1, 1]])
CORNERS = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])


def posterior(**changes):
    found = PosteriorOnPlane(
        run_id="r",
        subject=SUBJECT,
        log_p=-12.34,
        shades=(Shade(CORNERS, STRENGTH),),
        lines=(np.array([[[2.0, -1.0], [2.0, 1.0]]]), np.empty((0, 2, 2)), np.empty((0, 2, 2))),
        modes=np.array([[-2.5, -2.5]]),
        encoded=(-2.5, 2.5),
        covariance=np.diag([0.04, 0.04]),
        best=None,
        best_covariance=None,
        is_elsewhere=False,
        is_line=False,
    )
    return replace(found, **changes)


@pytest.fixture
def layer(canvas):
    canvas.show_standard()
    layer = TruePosteriorLayer(canvas.view)
    layer.set_on(True)
    return layer


@pytest.fixture
def changed(canvas, layer, shown):
    """Give whether a place of the plane looks otherwise once a posterior is drawn."""

    def look(found):
        layer.set_posterior(None)
        before = shown(canvas)
        layer.set_posterior(found)
        after = shown(canvas)

        def at(x, y):
            place = canvas.pixel_of(x, y)
            there = slice(place.y() - 1, place.y() + 2), slice(place.x() - 1, place.x() + 2)
            return int(np.abs(after[there] - before[there]).max())

        return at

    return look


def test_shade_and_line_are_where_they_belong(changed):
    at = changed(posterior())
    assert at(0.6, 0.7) > 60
    assert at(-0.9, 0.7) < 30  # of the first dimension hardly anything is there
    assert at(0.7, -0.9) < 30
    assert at(1.2, 0.5) == 0
    assert at(2, 0.5) > 60
    assert at(-2.3, 2.5) > 30  # the encoder's ellipse


def test_it_turns_with_the_plane(changed):
    turned = CORNERS @ np.array([[0, 1], [-1, 0]])
    at = changed(posterior(shades=(Shade(turned, STRENGTH),)))
    x, y = np.array([0.6, 0.7]) @ np.array([[0, 1], [-1, 0]])
    assert at(x, y) > 60
    x, y = np.array([-0.9, 0.7]) @ np.array([[0, 1], [-1, 0]])
    assert at(x, y) < 30


def test_of_one_dimension_all_of_the_height_is_shaded(changed):
    shade = Shade(np.array([[-1.0, 0], [1.0, 0], [-1.0, 0]]), np.float32([[0], [1], [0]]))
    at = changed(posterior(shades=(shade,), lines=(), is_line=True))
    assert at(0, 3) > 60
    assert at(0, -3) > 60
    assert at(1.5, 3) == 0


def test_words_say_how_probable_it_is_and_where_the_model_would_rather_have_it(layer):
    layer.set_posterior(posterior())
    assert layer.words() == "log p(x) = −12.3 nats"
    layer.set_posterior(posterior(is_elsewhere=True))
    assert layer.words().startswith("The model would rather put it here")
    layer.show_problem("There is none.")
    assert (layer.words(), layer.posterior()) == ("There is none.", None)
    layer.set_on(False)
    assert layer.words() == ""
    assert not layer.isVisible()


def test_it_is_drawn_at_every_scale_and_in_either_theme(canvas, layer, qtbot):
    layer.set_posterior(posterior(best=(-2.5, 2.4), best_covariance=np.diag([0.01, 0.02]), is_elsewhere=True))
    for factor in (1e-6, 1e9):
        canvas.view.zoom(factor)
        canvas.viewport().grab()
    assert theme.current() is not None


def test_it_asks_for_what_is_seen_once_the_view_rests(canvas, layer, qtbot):
    with qtbot.waitSignal(layer.seen) as asked:
        canvas.view.zoom(0.5)
    extent, pixel = asked.args
    assert extent == pytest.approx(canvas.view.extent())
    assert pixel == pytest.approx((extent[1] - extent[0]) / canvas.view.box.rect().width())
