"""Curves of equal decoded distance in the window: switched on, around what is picked, and gone with it."""

import numpy as np
import pytest
from PySide6.QtWidgets import QCheckBox

from latentlab.core.fields.decoded_distance import COARSE
from latentlab.ui.canvas.layers.distances_layer import DistancesLayer


@pytest.fixture
def curves(lab, run_file):
    lab.open(run_file())
    (layer,) = (item for item in lab.canvas.view.box.childItems() if isinstance(item, DistancesLayer))
    return layer


def is_fine(layer):
    return layer.distances() is not None and layer.distances().values.size > 4 * COARSE


def test_curves_lie_around_the_pick_coarse_first_and_follow_it(lab, curves):
    found = []
    lab.session.map.distances.found.connect(found.append)
    lab.click(0.5, 0.5)
    assert curves.distances() is None
    lab.child("mapDecodedDistancesBox", QCheckBox).click()
    lab.until(lambda: is_fine(curves) and curves.distances().extent == lab.canvas.view.extent())
    sizes = [each.values.size for each in found if each is not None]
    assert sizes[0] < 2 * COARSE
    first = curves.distances()
    assert first.place == pytest.approx(lab.canvas.picked(), abs=1e-5)
    assert [level for level, pieces in curves.curves() if len(pieces)] == list(first.levels)
    assert all(text.endswith(" px") for text, _ in curves.names())
    lab.canvas.viewport().grab()
    lab.click(-1, 0.5)
    lab.until(lambda: curves.distances().place == pytest.approx(lab.canvas.picked(), abs=1e-5))
    assert curves.distances().plane is first.plane  # decoded once
    lab.action("decodedDistances").trigger()
    assert curves.distances() is None
    assert curves.curves() == []


def test_curves_follow_the_view_and_rest_while_the_map_is_hidden(lab, curves):
    lab.click(0.5, 0.5)
    lab.action("decodedDistances").trigger()
    lab.until(lambda: is_fine(curves))
    before = curves.distances()
    lab.canvas.view.zoom(0.5)
    lab.until(lambda: is_fine(curves) and curves.distances().extent == lab.canvas.view.extent())
    assert np.ptp(curves.distances().plane.xs) < np.ptp(before.plane.xs)
    lab.canvas.hide()
    with lab.qtbot.assertNotEmitted(lab.session.map.distances.found, wait=50):  # nothing comes
        lab.session.exploration.pick(-1.0, 0.0)
        lab.until(lambda: lab.session.exploration.code[0] == -1)
    lab.canvas.show()
    lab.until(lambda: is_fine(curves) and curves.distances().place == pytest.approx((-1, 0)))


def test_another_run_takes_them_away_and_brings_its_own(lab, curves, run_file):
    lab.click(0.5, 0.5)
    lab.action("decodedDistances").trigger()
    lab.until(lambda: is_fine(curves))
    lab.open(run_file(model__latent=5))
    assert curves.distances() is None or curves.distances().run_id == lab.session.run.snapshot.run_id
    lab.click(0.5, 0.5)
    lab.until(lambda: is_fine(curves))
    assert curves.distances().run_id == lab.session.run.snapshot.run_id
