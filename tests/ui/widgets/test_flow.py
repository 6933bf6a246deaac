"""A flow: one line where there is room, and more where there is less, with nothing cut off."""

import gc

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLayout, QLayoutItem, QSlider, QWidget

from latentlab.ui.widgets.boxes import STRETCH, column
from latentlab.ui.widgets.flow import Flow


@pytest.fixture
def parts():
    labels = [QLabel(text) for text in ("first", "second", "third")]
    for label in labels:
        label.setFixedSize(100, 20)
    return labels


@pytest.fixture
def window(parts):
    window = QWidget()
    first, second, third = parts
    column(Flow(first, second, STRETCH, third, margins=(4, 3, 4, 3), spacing=6), STRETCH, on=window)
    return window


def test_in_one_line_what_can_grow_takes_what_is_left(qtbot, window, parts):
    qtbot.show(window, 500, 200)
    assert [part.geometry().getRect() for part in parts] == [(4, 3, 100, 20), (110, 3, 100, 20), (396, 3, 100, 20)]


def test_what_does_not_fit_goes_below_and_comes_back(qtbot, window, parts):
    qtbot.show(window, 220, 200)
    assert [part.y() for part in parts] == [3, 3, 29]
    assert window.rect().contains(parts[2].geometry())
    window.resize(120, 200)
    qtbot.waitUntil(lambda: [part.y() for part in parts] == [3, 29, 55])
    window.resize(500, 200)
    qtbot.waitUntil(lambda: {part.y() for part in parts} == {3})


def test_it_asks_for_the_widest_part_only_and_what_is_hidden_takes_no_room(window, parts):
    assert window.minimumSizeHint().width() == 108
    parts[1].hide()
    flow = window.layout().itemAt(0)
    window.layout().activate()
    assert flow.heightForWidth(220) == 26
    parts[1].show()
    window.layout().activate()
    assert flow.heightForWidth(220) == 52


def test_a_part_that_is_wider_than_the_flow_shrinks_to_it_and_a_slider_gets_narrow_before_lines_break(qtbot):
    window, slider, label = QWidget(), QSlider(Qt.Orientation.Horizontal), QLabel("a label")
    label.setFixedWidth(80)
    slider.setMinimumWidth(30)
    column(Flow(slider, label, spacing=0), STRETCH, on=window)
    qtbot.show(window, 200, 100)
    assert (slider.width(), label.x()) == (120, 120)
    window.resize(115, 100)
    qtbot.waitUntil(lambda: (slider.width(), label.x()) == (35, 35))


def test_what_can_be_spared_is_left_out_where_that_saves_a_line(qtbot, parts):
    window, flow = QWidget(), Flow(parts[0], spacing=0)
    flow.add_spare(parts[1])
    flow.addWidget(parts[2])
    parts[1].setMinimumSize(0, 0)
    column(flow, STRETCH, on=window)
    qtbot.show(window, 300, 100)
    assert parts[2].x() == 100 + parts[1].width()
    window.resize(parts[2].geometry().right(), 100)
    qtbot.waitUntil(lambda: parts[2].x() == 100)
    assert parts[1].visibleRegion().isEmpty()
    window.resize(101 + parts[1].sizeHint().width(), 100)  # two lines in any case
    qtbot.waitUntil(lambda: parts[2].y() == 20)
    assert not parts[1].visibleRegion().isEmpty()
    window.resize(300, 100)
    qtbot.waitUntil(lambda: not parts[1].visibleRegion().isEmpty())


def test_of_a_part_that_is_deleted_nothing_is_kept(qtbot, window, parts):
    """What Python had of Qt's own parts was taken for what came to lie at their place: that ended the program."""
    qtbot.show(window, 220, 200)
    before = kept_parts()
    shiboken6.delete(parts[1])
    window.layout().activate()
    assert parts[2].y() == 3
    assert kept_parts() == before - 1


def test_a_part_goes_before_another(qtbot, parts):
    window, flow = QWidget(), Flow(parts[0], parts[2], spacing=0)
    column(flow, STRETCH, on=window)
    flow.insertWidget(1, parts[1])
    qtbot.show(window, 300, 100)
    assert [part.x() for part in parts] == [0, 100, 200]


def kept_parts():
    gc.collect()
    return sum(
        isinstance(each, QLayoutItem) and not isinstance(each, QLayout) for each in shiboken6.getAllValidWrappers()
    )
