"""Trails through maps of other images than are shown: where those lie is found off the GUI thread, and once."""

import dataclasses
import threading

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from latentlab.core.map.axes import PlaneAxes
from latentlab.core.map.image_ids import ImageIds
from latentlab.ui.session import trails
from latentlab.ui.session.trails import Trails

EPOCHS = 7


class Stand(QObject):
    """Stands in for all that trails follow: a map that is shown, epochs that are held, and two selected points."""

    shown_changed, changed, filled = Signal(object), Signal(), Signal()
    axes, looked_at, onto, rows = PlaneAxes(), None, None, (3, 8)
    epochs = range(1, EPOCHS + 1)

    def __init__(self, shown, held):
        super().__init__()
        self.shown, self._held = shown, held

    def read_all(self):
        """Read nothing: all is there."""

    def held(self, epoch):
        return self._held[epoch]


@pytest.fixture
def found(qtbot, tiny_model, monkeypatch):
    """Give where the trails of two points lead, whether each search was on the GUI thread, and all maps."""
    model, searches, find = tiny_model(), [], ImageIds.find
    monkeypatch.setattr(trails, "_SEEKING", 1e12)

    def seek(*of):
        searches.append(threading.current_thread() is threading.main_thread())
        return find(*of)

    monkeypatch.setattr(ImageIds, "find", seek)

    def find_through(ids):
        shown = dataclasses.replace(model, ids=ImageIds.of("set", np.arange(len(model.means))))
        held = {epoch: dataclasses.replace(model, means=epoch * model.means, ids=ids) for epoch in Stand.epochs}
        stand = Stand(shown, held)
        asked = Trails(stand, stand, stand)
        with qtbot.waitSignal(asked.found) as told:
            asked.set_on(True)
        asked.shut_down()
        return told.args[1], searches, held

    return find_through


def test_other_images_are_sought_once_off_the_gui_thread(found):
    order = np.random.default_rng(0).permutation(60)
    places, searches, held = found(ImageIds.of("set", order))
    rows = [int(np.flatnonzero(order == row)[0]) for row in Stand.rows]
    expected = [held[epoch].projection.to_plane(held[epoch].means[rows]) for epoch in range(1, EPOCHS)]
    np.testing.assert_allclose(places, np.stack(expected, 1), atol=1e-5)
    assert searches == [False]


def test_the_same_images_need_no_search_and_no_thread(found):
    places, searches, held = found(ImageIds.of("set", np.arange(60)))
    expected = [held[epoch].projection.to_plane(held[epoch].means[list(Stand.rows)]) for epoch in range(1, EPOCHS)]
    np.testing.assert_allclose(places, np.stack(expected, 1), atol=1e-5)
    assert searches == [True]
