"""The walk of the session: its film follows the model, the label, the plane and the axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from latentlab.core.map.axes import Dimension, PlaneAxes
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.views.walk import CodeStop, WalkPlan
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.walking import Walking

LINE = WalkPlan("line", ((-1.0, 0.5), (1.0, 0.5)))


class Walks:
    """A part of a session that is explored, its walk, and what it tells."""

    def __init__(self, qtbot):
        self.qtbot = qtbot
        self.exploration = Exploration()
        self.walking = Walking(self.exploration)
        self.plans, self.films, self.problems, self.facts = [], [], [], []
        self.walking.changed.connect(lambda plan, places: self.plans.append((plan, places)))
        self.walking.answered.connect(self.films.append)
        self.walking.refused.connect(self.problems.append)
        self.walking.failed.connect(self.problems.append)
        self.walking.model_changed.connect(self.facts.append)
        self.walking.look(True)

    def film(self, plan=None, steps=20, **wanted):
        """Wait for the film of a walk."""

        def is_here():
            walk = self.walking.walk_shown
            return (
                walk is not None
                and (plan is None or walk.plan == plan)
                and len(walk.codes) == steps
                and all(getattr(walk, name) == value for name, value in wanted.items())
            )

        self.qtbot.waitUntil(is_here)
        return self.walking.walk_shown

    def end(self):
        self.walking.shut_down()
        self.exploration.shut_down()


@pytest.fixture
def walks(qtbot, digits):
    made = Walks(qtbot)
    yield made
    made.end()


def moved(model, by):
    """The same model, trained on: its codes have moved."""
    return replace(model, means=(model.means + np.float32(by)).astype(np.float32))


@pytest.mark.parametrize("changes", [{}, {"model__kind": "autoencoder"}, {"model__latent": 1}, {"model__latent": 5}])
def test_a_walk_is_decoded_for_the_model_that_is_shown(walks, tiny_model, changes):
    model = tiny_model(**changes)
    walks.exploration.show(model)
    walks.walking.walk(LINE)
    film = walks.film(LINE)
    assert np.allclose(film.images[0], model.snapshot.decode(film.codes), atol=1e-5)
    assert walks.plans[-1][0] == LINE
    assert walks.plans[-1][1] == pytest.approx(np.array(LINE.stops))
    walks.walking.set_steps(5)
    assert len(walks.film(LINE, 5).codes) == 5
    walks.walking.walk(None)
    assert walks.walking.walk_shown is None
    assert walks.plans[-1][0] is None


def test_images_take_the_walk_along_while_training_and_places_stay(walks, tiny_model):
    model = tiny_model()
    plan = WalkPlan("line", (3, (1.0, 0.5)))
    walks.exploration.show(model)
    walks.walking.walk(plan)
    assert walks.film(plan).codes[0] == pytest.approx(model.means[3])
    later = moved(model, 0.75)
    walks.exploration.show(later)
    walks.qtbot.waitUntil(lambda: np.allclose(walks.walking.walk_shown.codes[0], later.means[3]))
    assert walks.walking.walk_shown.codes[-1] == pytest.approx((1.0, 0.5))
    assert walks.plans[-1][1][0] == pytest.approx(later.projection.to_plane(later.means)[3])


def test_nothing_is_decoded_while_nobody_looks(walks, tiny_model):
    walks.exploration.show(tiny_model())
    walks.walking.look(False)
    with walks.qtbot.assertNotEmitted(walks.walking.answered, wait=50):  # nothing comes
        walks.walking.walk(LINE)
    walks.walking.look(True)
    walks.film(LINE)


def test_straight_between_the_first_two_of_some_images(walks, tiny_model):
    model = tiny_model(model__latent=5)
    walks.exploration.show(model)
    for rows in (np.empty(0, np.int64), np.array([4])):
        walks.walking.walk_between(rows)
        assert "Select two images first" in walks.problems.pop()
        assert walks.walking.plan is None
    walks.walking.walk_between(np.array([7, 3, 5]))
    film = walks.film(WalkPlan("line", (7, 3)))
    assert film.codes[[0, -1]] == pytest.approx(model.means[[7, 3]])
    chords = np.linalg.norm(np.diff(film.codes, axis=0), axis=1)
    assert chords == pytest.approx(chords.mean(), rel=1e-3)


def test_the_straight_walk_is_there_at_once_and_the_geodesic_takes_its_place(walks, tiny_model):
    model = tiny_model()
    bending = []
    walks.walking.bending_changed.connect(bending.append)
    walks.exploration.show(model)
    walks.walking.set_geodesic(True)
    walks.walking.walk(LINE)
    walks.qtbot.waitUntil(lambda: bool(walks.films) and walks.films[-1].way is not None)
    bent = walks.walking.walk_shown
    assert [film.way is None for film in walks.films] == [True, False]
    assert bending == [True, False]
    assert bent.way.length <= bent.way.straight
    walks.walking.show_frame(0, 7)
    assert np.array_equal(walks.exploration.code, bent.codes[7])
    walks.walking.set_steps(9)
    walks.qtbot.waitUntil(lambda: len(walks.walking.walk_shown.codes) == 9 and walks.walking.walk_shown.way is not None)
    walks.walking.set_geodesic(False)
    walks.qtbot.waitUntil(lambda: walks.walking.walk_shown.way is None)
    straight = walks.film(LINE, 9)
    chords = np.linalg.norm(np.diff(straight.codes, axis=0), axis=1)
    assert chords == pytest.approx(chords.mean(), rel=1e-3)


def test_a_geodesic_stays_until_that_of_the_model_trained_on_is_found(walks, tiny_model):
    model = tiny_model()
    walks.exploration.show(model)
    walks.walking.set_geodesic(True)
    walks.walking.walk(WalkPlan("line", (3, 8)))
    walks.qtbot.waitUntil(lambda: bool(walks.films) and walks.films[-1].way is not None)
    walks.films.clear()
    later = moved(model, 0.25)
    walks.exploration.show(later)
    walks.qtbot.waitUntil(lambda: bool(walks.films) and np.allclose(walks.films[-1].codes[0], later.means[3]))
    assert all(film.way is not None for film in walks.films)


def test_no_geodesic_of_a_walk_that_was_before_and_none_of_an_arrow(walks, tiny_model):
    walks.exploration.show(tiny_model())
    walks.walking.set_geodesic(True)
    for step in range(30):
        last = WalkPlan("line", ((-1.0, 0.5), (step / 15, 0.5)))
        walks.walking.walk(last)
        QApplication.processEvents()
    walks.qtbot.waitUntil(lambda: walks.walking.walk_shown is not None and walks.walking.walk_shown.way is not None)
    assert walks.walking.walk_shown.plan == last
    seen = [film.plan.stops[1][0] for film in walks.films]
    assert seen == sorted(seen)
    walks.walking.walk(WalkPlan("arrow", (3, 8)))
    assert walks.film(WalkPlan("arrow", (3, 8))).way is None
    assert not walks.walking.bending.is_waiting
    walks.walking.walk(LINE)
    walks.walking.walk(None)
    assert not walks.walking.bending.is_waiting
    assert walks.walking.walk_shown is None


def test_a_frame_that_is_shown_is_picked_and_the_walk_does_not_follow_itself(walks, tiny_model):
    model = tiny_model(model__latent=5)
    walks.exploration.show(model)
    walks.exploration.pick_point(9)
    plan = WalkPlan("line", (3, (1.0, 0.5)))
    walks.walking.walk(plan)
    film = walks.film(plan)
    assert film.codes[-1] == pytest.approx(model.projection.moved(model.means[9], (1.0, 0.5)), abs=1e-4)
    for column in (0, 4, 11):
        walks.walking.show_frame(0, column)
        assert np.array_equal(walks.exploration.code, film.codes[column])
    with walks.qtbot.assertNotEmitted(walks.walking.answered, wait=50):  # nothing comes
        walks.exploration.preview(0.0, 0.0)
        walks.exploration.end_preview()
    assert walks.walking.walk_shown is film
    walks.exploration.pick_point(20)  # another plane
    walks.qtbot.waitUntil(lambda: walks.walking.walk_shown is not film)
    through = model.projection.moved(model.means[20], (1.0, 0.5))
    assert walks.walking.walk_shown.codes[-1] == pytest.approx(through, abs=1e-4)
    walks.walking.show_frame(0, 99)  # a film has become shorter meanwhile


def test_a_pick_on_the_same_plane_decodes_nothing_anew(walks, tiny_model):
    walks.exploration.show(tiny_model(model__latent=5))
    walks.exploration.pick(0.5, 0.5)
    walks.walking.walk(LINE)
    film = walks.film(LINE)
    with walks.qtbot.assertNotEmitted(walks.walking.answered, wait=50):  # nothing comes
        for place in ((0.0, 0.0), (1.0, -2.0), (0.3, 0.1)):
            walks.exploration.pick(*place)
    assert walks.walking.walk_shown is film


def test_a_cvae_decodes_under_its_label_or_under_each(walks, tiny_model):
    model = tiny_model(model__kind="cvae")
    walks.exploration.show(model)
    assert walks.facts[-1].uses_labels
    walks.walking.walk(LINE)
    assert walks.film(labels=(0,)).row_names == ()
    walks.exploration.set_label(2)
    walks.film(labels=(2,))
    walks.walking.set_each_label(True)
    film = walks.film(labels=(0, 1, 2))
    assert film.row_names == ("upright", "level", "ring")
    walks.walking.show_frame(1, 6)
    decoded = []
    walks.exploration.decoded.connect(decoded.append)
    walks.walking.show_frame(1, 7)
    walks.qtbot.waitUntil(lambda: bool(decoded))
    assert decoded[-1].label == 1
    assert np.allclose(decoded[-1].image, film.images[1, 7], atol=1e-5)
    assert walks.walking.walk_shown is film


def test_an_arrow_is_decoded_and_then_where_it_is_put(walks, tiny_model):
    model = tiny_model()
    walks.exploration.show(model)
    drawn = WalkPlan("arrow", (3, 8))
    walks.walking.walk(drawn)
    assert walks.film(drawn).sum is None
    placed = WalkPlan("arrow", (3, 8, 12))
    walks.walking.walk(placed)
    film = walks.film(placed)
    a, b, c = model.means[[3, 8, 12]]
    assert film.codes[-1] == pytest.approx(c + b - a, abs=1e-5)
    walks.walking.show_frame(0, 7)
    assert walks.exploration.code == pytest.approx(film.codes[7])


def test_other_axes_show_the_same_walk_from_elsewhere(walks, tiny_model):
    model = tiny_model(model__latent=5)
    walks.exploration.show(model)
    walks.exploration.pick_point(9)
    walks.walking.walk(WalkPlan("drawn", ((-1.0, 0.5), (0.0, 1.0), (1.0, 0.5))))
    film = walks.film()
    walks.exploration.set_axes(PlaneAxes(Dimension(3), Dimension(1)))
    walks.qtbot.waitUntil(lambda: walks.walking.walk_shown is not None and walks.walking.walk_shown.plan != film.plan)
    after = walks.film()
    assert np.allclose(after.codes, film.codes, atol=1e-4)
    assert after.places == pytest.approx(after.codes[:, [3, 1]], abs=1e-4)
    assert all(isinstance(stop, CodeStop) for stop in walks.walking.plan.stops)


def test_a_model_of_another_kind_or_other_images_end_a_walk_that_means_nothing_there(walks, tiny_model):
    model = tiny_model()
    walks.exploration.show(model)
    walks.walking.walk(LINE)
    walks.exploration.show(replace(tiny_model(model__kind="autoencoder")))  # two dimensions too: places are places
    assert walks.walking.plan == LINE
    walks.walking.walk(WalkPlan("line", (3, 4)))
    others = replace(tiny_model(model__kind="autoencoder"), images=255 - model.images, ids=ImageIds.unknown())
    walks.exploration.show(others)
    assert walks.walking.plan is None
    assert walks.plans[-1][0] is None
    walks.walking.walk(LINE)
    walks.exploration.show(tiny_model(model__latent=5))
    assert walks.walking.plan is None
    walks.walking.walk(LINE)
    walks.exploration.show(None)
    assert walks.walking.plan is None
    assert walks.facts[-1] is None


def test_what_cannot_be_walked_is_told_where_the_film_would_be(walks, tiny_model):
    model = tiny_model()
    means = model.means.copy()
    means[4] = np.nan
    walks.exploration.show(replace(model, means=means))
    walks.walking.walk(WalkPlan("line", (3, 4)))
    walks.qtbot.waitUntil(lambda: bool(walks.problems))
    assert "no numbers" in walks.problems[0]
    assert walks.walking.walk_shown is None


def test_a_drag_is_followed_and_the_last_place_is_what_stays(walks, tiny_model):
    walks.exploration.show(tiny_model())
    for step in range(60):
        last = WalkPlan("line", ((-1.0, 0.5), (step / 30, 0.5)))
        walks.walking.walk(last)
        QApplication.processEvents()
    assert walks.film(last).codes[-1] == pytest.approx((59 / 30, 0.5))
    assert len(walks.films) > 1
