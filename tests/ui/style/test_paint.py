"""A layer's picture is drawn once for each of its looks, and looks as if it were drawn anew."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from latentlab.ui.style.paint import KeptPicture

ROOM = QRectF(3, 2, 10, 8)


class Layer:
    """Draws a square, in a colour, that is larger than the room it has."""

    def __init__(self):
        self.kept, self.drawn = KeptPicture(), 0

    def draw(self, painter, colour):
        self.drawn += 1
        painter.fillRect(QRectF(-50, 4, 100, 100), QColor(colour))

    def shown(self, colour, ratio=1.0, room=ROOM):
        image = QImage(round(30 * ratio), round(30 * ratio), QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor("white"))
        painter = QPainter(image)
        self.kept.paint(painter, room, (colour,), lambda pen: self.draw(pen, colour))
        painter.end()
        return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_what_rests_is_painted_from_a_picture_that_looks_the_same(qapp, ratio):
    layer = Layer()
    first = layer.shown("red", ratio)
    assert len(np.unique(first)) == 2
    for _ in range(3):
        np.testing.assert_array_equal(layer.shown("red", ratio), first)
    assert layer.drawn == 2  # once on the canvas, once for the picture


def test_another_look_another_place_or_another_screen_is_drawn_anew(qapp):
    layer = Layer()
    red = layer.shown("red")
    layer.shown("red")
    blue = layer.shown("blue")
    assert (blue != red).any()
    moved = layer.shown("blue", room=ROOM.translated(5, 5))
    assert (moved != blue).any()
    np.testing.assert_array_equal(layer.shown("blue", room=ROOM.translated(5, 5)), moved)
    assert layer.shown("blue", ratio=2.0, room=ROOM.translated(5, 5)).shape == (60, 60)
    np.testing.assert_array_equal(layer.shown("red"), red)
