"""What appears beside the mouse when it rests on a point of the map, and when it does not."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from latentlab.core.map.point_values import Colouring
from latentlab.ui.canvas.cards.hover_card import HoverCard

LEFT = Qt.MouseButton.LeftButton


class Mouse:
    """A mouse on the map of a window."""

    def __init__(self, lab):
        self.lab, self.viewport = lab, lab.canvas.viewport()
        self.card = next(item for item in lab.canvas.view.box.childItems() if isinstance(item, HoverCard))
        self.hovering = lab.session.map.hovering

    def move(self, place, modifiers=Qt.KeyboardModifier.NoModifier):
        self.lab.qtbot.mouseMove(self.viewport, place, modifiers)

    def rest(self, row):
        self.move(self.place(row))
        self.lab.until(lambda: self.card.row() == row)

    def place(self, row):
        return self.lab.pixel(*self.lab.canvas.points()[row].tolist())

    def rests(self):
        """Whether anything appears within a moment."""
        self.lab.qtbot.wait(200)  # mostly nothing comes
        return self.card.row() >= 0


def alone(lab, count):
    """Give rows of the map whose points are in sight, and far from any other."""
    pixels = np.array([lab.pixel(*point).toTuple() for point in lab.canvas.points().tolist()])
    away = np.abs(pixels[:, None] - pixels).max(2) + 1000 * np.eye(len(pixels), dtype=int)
    inside = lab.canvas.viewport().rect().adjusted(80, 60, -160, -60)
    rows = [row for row in away.min(1).argsort()[::-1].tolist() if inside.contains(QPoint(*pixels[row].tolist()))]
    return rows[:count]


@pytest.fixture
def mouse(lab, run_file):
    lab.open(run_file())
    lab.press("mapShowAllButton")
    return Mouse(lab)


def test_the_image_of_a_point_appears_where_the_mouse_rests(mouse):
    lab = mouse.lab
    first, second = alone(lab, 2)
    mouse.rest(first)
    assert mouse.card.pictures() == 2  # and what the model rebuilds of it
    picked = lab.canvas.picked()
    mouse.move(mouse.place(first) + QPoint(30, 30))
    mouse.rest(second)
    assert lab.canvas.picked() == picked  # looking picks nothing
    # A press takes it away, and nothing comes while the mouse drags.
    asked = []
    mouse.hovering.told.connect(asked.append)
    lab.qtbot.mousePress(mouse.viewport, LEFT, pos=mouse.place(second))
    assert mouse.card.row() == -1
    for step in range(5):
        mouse.move(mouse.place(first) + QPoint(step, 0))
    assert not mouse.rests()
    assert not asked
    lab.qtbot.mouseRelease(mouse.viewport, LEFT, pos=mouse.place(first) + QPoint(4, 0))


def test_it_goes_when_the_mouse_leaves_previews_or_is_told_to(mouse):
    lab = mouse.lab
    (row,) = alone(lab, 1)
    mouse.rest(row)
    QApplication.sendEvent(mouse.viewport, QEvent(QEvent.Type.Leave))
    assert mouse.card.row() == -1
    mouse.rest(row)
    mouse.move(mouse.place(row), modifiers=Qt.KeyboardModifier.ShiftModifier)
    assert mouse.card.row() == -1
    assert not mouse.rests()
    mouse.move(mouse.place(row) + QPoint(40, 40))
    mouse.rest(row)
    action = next(a for a in lab.window.findChildren(QAction) if "Hover shows" in a.text().replace("&", ""))
    assert action.isChecked()
    action.trigger()
    assert mouse.card.row() == -1
    mouse.move(mouse.place(row) + QPoint(40, 40))
    mouse.move(mouse.place(row))
    assert not mouse.rests()


def test_a_slow_model_shows_the_image_first(mouse, slow_models):
    (row,) = alone(mouse.lab, 1)
    told = []
    mouse.hovering.told.connect(told.append)
    mouse.rest(row)
    mouse.lab.until(lambda: mouse.card.pictures() == 2)
    assert [hovered.reconstruction is None for hovered in told] == [True, False]


def test_it_keeps_clear_of_the_scale_of_values(mouse):
    lab = mouse.lab
    scale = lab.canvas.value_scale
    lab.session.map.values.choose(Colouring("loss"))
    lab.until(scale.isVisible)
    beside = QPointF(scale.geometry().center() - QPoint(scale.width() // 2 + 6, 0))
    place = lab.canvas.view.box.mapFromScene(beside)
    lab.canvas.points_layer.move(np.tile(np.float32(lab.canvas.view.to_position(place)), (len(lab.canvas.points()), 1)))
    lab.session.map.hovering.rest(0)
    card = lab.canvas.view.box.mapToScene(mouse.card.card()).boundingRect()
    assert not card.intersects(QRectF(scale.geometry()))
