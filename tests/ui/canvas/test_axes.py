"""The axes of a map, and letters with a rim: what is drawn sixty times a second."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from latentlab.ui.canvas.points.transition import Transition
from latentlab.ui.style.paint import RimmedText


class Listening(QPainter):
    """Notes what is written, and where."""

    def __init__(self, image):
        super().__init__(image)
        self.written = {}

    def drawText(self, rect, flags, text):
        self.written[text] = rect.center()


def numbers(axis):
    image = QImage(10, 10, QImage.Format.Format_RGB32)
    painter = Listening(image)
    axis.paint(painter, None)
    painter.end()
    return painter.written


@pytest.mark.parametrize("zoom", [1.0, 0.31, 0.002, 40.0])
def test_each_number_stands_at_its_place(canvas, map_points, zoom):
    canvas.set_points(map_points([(-3, -2), (3, 2)]))
    canvas.view.zoom(zoom, QPointF(200, 150))
    for name, side in (("bottom", 0), ("left", 1)):
        axis = canvas.axes[name]
        written = numbers(axis)
        assert len(written) >= 2
        for text, place in written.items():
            pixel = canvas.view.box.mapFromScene(axis.mapToScene(place))
            position = canvas.view.to_position(pixel)[side]
            left, right, _, _ = canvas.view.extent()
            assert position == pytest.approx(float(text), abs=2 * (right - left) / canvas.view.box.rect().width())


def test_a_name_stays_in_the_middle_of_the_plot_when_it_gets_longer_and_the_map_another_size(canvas, map_points, qtbot):
    points = map_points([(-3, -2), (3, 2)])
    for names, size in ((("z₁", "z₂"), (700, 560)), (("PC 1 (94 % of the variance)", "PC 2 (3 %)"), (760, 500))):
        canvas.set_points(replace(points, axes=names))
        canvas.resize(*size)
        qtbot.waitUntil(lambda: canvas.view.box.sceneBoundingRect().right() > canvas.width() - 20)
        plot = canvas.view.box.sceneBoundingRect().center()
        for axis in canvas.axes.values():
            middle = axis.label.mapToScene(axis.label.boundingRect().center())
            off = middle.x() - plot.x() if axis.orientation == "bottom" else middle.y() - plot.y()
            assert off == pytest.approx(0, abs=2)


def test_numbers_do_not_touch(canvas, map_points):
    for width in (700, 420, 280):
        canvas.resize(width, 500)
        canvas.set_points(map_points([(-12345, -2), (12345, 2)]))
        written = numbers(canvas.axes["bottom"])
        metrics = canvas.fontMetrics()
        reach = sorted((place.x(), metrics.horizontalAdvance(text) / 2) for text, place in written.items())
        assert all(b - a > half + other for (a, half), (b, other) in pairwise(reach))


def test_letters_with_a_rim_follow_their_text(qapp):
    text = RimmedText()

    def drawn(words):
        image = QImage(120, 40, QImage.Format.Format_RGB32)
        image.fill(QColor("red"))
        painter = QPainter(image)
        text.paint(painter, words, QFont(), QPointF(60, 30))
        painter.end()
        return image

    one, other = drawn("12"), drawn("34")
    assert one != other
    assert drawn("12") == one
    assert one.pixelColor(2, 2) == QColor("red")


def test_points_on_their_way():
    transition = Transition(np.float32([[0, 0], [2, 4]]), np.float32([[4, 0], [2, 0]]), 0.25)
    np.testing.assert_allclose(transition.now(), [[1, 0], [2, 3]])
    np.testing.assert_allclose(transition.of(np.array([1])), [[2, 3]])
    assert Transition(transition.start, transition.target).now() is transition.target
