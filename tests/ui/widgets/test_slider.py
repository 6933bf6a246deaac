"""A slider under the mouse."""

import pytest
from PySide6.QtCore import QPoint, Qt

from latentlab.ui.widgets.slider import Slider


@pytest.fixture
def slider(qtbot):
    slider = qtbot.show(Slider(0, 200), 300, 24)
    slider.setValue(100)
    return slider


@pytest.fixture
def told(slider):
    values = []
    slider.valueChanged.connect(values.append)
    return values


@pytest.mark.parametrize("aside", [-0.4, -0.2, 0, 0.2, 0.4])
def test_the_handle_stays_where_it_is_grabbed_and_follows_from_there(qtbot, slider, told, aside):
    place = slider.handle().center() + QPoint(round(aside * slider.handle().width()), 0)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=place)
    assert slider.isSliderDown()
    assert told == []
    qtbot.mouseMove(slider, place + QPoint(slider.x_of(140) - slider.x_of(100), 0))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=place)
    assert slider.value() == pytest.approx(140, abs=1)


@pytest.mark.parametrize("value", [0, 37, 163, 200])
def test_it_jumps_once_to_a_click_beside_the_handle(qtbot, slider, told, value):
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.x_of(value), slider.height() - 2))
    assert told == [slider.value()] == [pytest.approx(value, abs=1)]
    assert not slider.isSliderDown()


@pytest.mark.parametrize("place", [0, 299])
def test_a_click_beyond_the_groove_goes_to_its_end(qtbot, slider, place):
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(place, 12))
    assert slider.value() == (200 if place else 0)


def test_the_right_button_moves_nothing(qtbot, slider, told):
    qtbot.mouseClick(slider, Qt.MouseButton.RightButton, pos=QPoint(slider.x_of(10), 12))
    assert told == []
