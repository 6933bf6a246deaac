"""Arrays as pictures of Qt: grey and coloured, of any size, and crisp on every display."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from latentlab.ui.style.pixels import fitted, in_colours, paint_image, to_image

SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9))
SHAPES = SIDES | SIDES.map(lambda sides: (1, *sides)) | SIDES.map(lambda sides: (3, *sides))


def bytes_of(image):
    """Give what a picture shows, uint8 (H, W, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def in_three(levels):
    """Give what levels (H, W) or (C, H, W) are to look like, uint8 (H, W, 3)."""
    height, width = levels.shape[-2:]
    return np.broadcast_to(levels, (3, height, width)).transpose(1, 2, 0)


@given(pixels=SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=st.floats(-2, 3, width=32))))
def test_floats_become_the_nearest_of_256_levels(pixels):
    expected = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    np.testing.assert_array_equal(bytes_of(to_image(pixels)), in_three(expected))


@given(pixels=SHAPES.flatmap(lambda shape: arrays(np.uint8, shape)))
def test_bytes_stay_and_every_order_in_memory_is_read(pixels):
    np.testing.assert_array_equal(bytes_of(to_image(pixels)), in_three(pixels))
    turned = pixels.swapaxes(-1, -2)[..., ::-1, :]
    np.testing.assert_array_equal(bytes_of(to_image(turned)), in_three(turned))


@pytest.mark.parametrize("shape", [(5, 6), (1, 5, 6), (3, 5, 6)])
def test_a_picture_has_memory_of_its_own(shape):
    pixels = np.full(shape, 200, np.uint8)
    image = to_image(pixels)
    pixels[:] = 0
    assert (bytes_of(image) == 200).all()


def test_levels_are_given_colours():
    table = [QColor(level, 255 - level, 7).rgba() for level in range(256)]
    shown = bytes_of(in_colours(to_image(np.array([[0, 100, 255]], np.uint8)), table))
    assert shown.tolist() == [[[0, 255, 7], [100, 155, 7], [255, 0, 7]]]


@given(
    size=st.builds(QSize, st.integers(1, 50), st.integers(1, 50)),
    room=st.builds(QRectF, st.floats(-9, 9), st.floats(-9, 9), st.floats(1, 99), st.floats(1, 99)),
)
def test_a_picture_fits_into_the_middle_of_a_room(size, room):
    place = fitted(size, room)
    assert place.width() / place.height() == pytest.approx(size.width() / size.height())
    assert room.adjusted(-1e-9, -1e-9, 1e-9, 1e-9).contains(place)
    assert min(room.width() - place.width(), room.height() - place.height()) == pytest.approx(0, abs=1e-9)
    assert (place.center() - room.center()).manhattanLength() < 1e-9


def painted(image, side, ratio):
    """Give what a picture looks like in a square of so many points, on a display with so many pixels to a point."""
    target = QImage(round(side * ratio), round(side * ratio), QImage.Format.Format_RGB32)
    target.setDevicePixelRatio(ratio)
    target.fill(QColor("red"))
    painter = QPainter(target)
    paint_image(painter, QRectF(0, 0, side, side), image)
    painter.end()
    return bytes_of(target)


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize(("side", "ratio"), [(28, 1), (56, 1), (14, 2), (20, 2), (28, 2), (56, 2), (28, 1.5)])
def test_no_pixel_is_blurred_where_the_display_has_one_for_it(qapp, coloured, side, ratio):
    board = (np.indices((28, 28)).sum(0) % 2 * 255).astype(np.uint8)
    board = np.stack([board, 0 * board, 255 - board]) if coloured else board
    shown = painted(to_image(board), side, ratio)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) == 2
    factor = side * ratio / 28
    if factor.is_integer():
        np.testing.assert_array_equal(shown, in_three(board).repeat(factor, 0).repeat(factor, 1))


def test_red_is_red_green_is_green_and_blue_is_blue():
    image = to_image(np.eye(3, dtype=np.float32).reshape(3, 1, 3))
    assert [image.pixelColor(x, 0).name() for x in range(3)] == ["#ff0000", "#00ff00", "#0000ff"]


@pytest.mark.parametrize(("side", "ratio"), [(14, 1), (7, 2)])
def test_pixels_that_share_one_of_the_display_are_mixed(qapp, side, ratio):
    board = (np.indices((28, 28)).sum(0) % 2 * 255).astype(np.uint8)
    assert len(np.unique(painted(to_image(board), side, ratio))) == 1
