"""Images in cells: where a point leads, how keys walk, and what all widgets of images have in common."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from latentlab.ui.style import theme
from latentlab.ui.widgets.images.cells import ImageCells, Layout, spans
from latentlab.ui.widgets.images.equation import Equation
from latentlab.ui.widgets.images.film_strip import FilmStrip
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.images.interpolation_strips import InterpolationStrips, Strip
from latentlab.ui.widgets.images.selection_strip import SelectionStrip
from latentlab.ui.widgets.images.traversal_rows import TraversalRow, TraversalRows

LEFT = Qt.MouseButton.LeftButton


# Where cells lie


@given(columns=st.integers(1, 6), lines=st.integers(1, 6), gap=st.integers(0, 5), around=st.booleans(), data=st.data())
def test_a_point_leads_to_the_cell_that_it_is_in(columns, lines, gap, around, data):
    width, height = 10, 7
    layout = Layout(
        spans(3, width + gap, width, columns), spans(-2, height + gap, height, lines), (gap, gap) if around else (0, 0)
    )
    index = data.draw(st.integers(0, columns * lines - 1))
    cell = layout.cell(index)
    assert cell.topLeft() == QPointF(3 + index % columns * (width + gap), -2 + index // columns * (height + gap))
    for corner in (cell.topLeft(), cell.center(), cell.bottomRight() - QPointF(1, 1)):
        assert layout.at(corner) == layout.nearest(corner) == index
    behind = QPointF(cell.right(), cell.center().y())
    assert layout.nearest(behind) == (index if gap or index % columns == columns - 1 else index + 1)
    if gap:
        assert layout.at(behind) == (index if around else None)
    assert layout.at(QPointF(2, 0)) is None
    assert layout.nearest(QPointF(-99, -99)) == 0
    assert layout.nearest(QPointF(999, 999)) == columns * lines - 1


class Words(ImageCells, QWidget):
    """Rows of images that may take several lines, as wide as they say."""

    def __init__(self, rows, columns, line):
        super().__init__()
        self._set_images(np.zeros((rows, columns, 1, 2, 2), np.float32))
        self._tips = [f"image {index}" for index in range(rows * columns)]
        self.line, self.picked = line, []

    def at(self):
        return self._at

    def _layout(self):
        rows, columns = self.cells()
        return Layout(spans(0, 10, 8, self.line), spans(0, 10, 8, -(-rows * columns // self.line)))

    def _pick(self, index):
        self.picked.append(index)


@pytest.mark.parametrize(
    ("rows", "columns", "line", "ends"),
    [
        (1, 7, 3, {"Right Right Right": 3, "Down Left": 2, "Up": 0, "Left": 0, "Down Down Down": 6}),
        (3, 4, 4, {"Right Right Right Right": 3, "Down Left": 4, "Up": 0, "Down Down Down": 8, "Down Right Up": 1}),
        (1, 1, 1, {"Right": 0, "Down": 0, "Up Left": 0}),
    ],
)  # fmt: skip
def test_arrow_keys_go_on_in_the_next_line_of_a_row_and_stay_in_it(qtbot, rows, columns, line, ends):
    for names, end in ends.items():
        words = Words(rows, columns, line)
        qtbot.addWidget(words)
        for name in names.split():
            qtbot.keyClick(words, getattr(Qt.Key, f"Key_{name}"))
        assert words.at() == end, names
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            qtbot.keyClick(words, key)
        assert words.picked == [end] * 3


def test_what_is_not_there_is_neither_picked_nor_told_of(qtbot, monkeypatch):
    words = Words(1, 4, 3)
    qtbot.addWidget(words)
    words.setToolTip("words")
    told = []
    monkeypatch.setattr(QToolTip, "showText", lambda place, text, widget: told.append(text))
    for place in (QPoint(12, 3), QPoint(2, 12), QPoint(12, 12), QPoint(9, 3), QPoint(99, 99)):
        qtbot.mouseClick(words, LEFT, pos=place)
        qtbot.mouseClick(words, Qt.MouseButton.RightButton, pos=place)
        QApplication.sendEvent(words, QHelpEvent(QEvent.Type.ToolTip, place, words.mapToGlobal(place)))
    assert words.picked == [1, 3]
    assert told == ["image 1", "image 3", "words", "words", "words"]
    nothing = Words(1, 0, 3)
    qtbot.addWidget(nothing)
    qtbot.mouseClick(nothing, LEFT, pos=QPoint(2, 2))
    qtbot.keyClick(nothing, Qt.Key.Key_Space)
    assert nothing.picked == []


def test_the_keys_stay_in_their_row_and_column_while_images_change(qtbot):
    film = FilmStrip()
    qtbot.addWidget(film)
    film.set_films(np.zeros((3, 9, 1, 4, 4), np.float32))
    film.set_frame(2, 5)
    for shape, place in (((3, 20), (2, 5)), ((2, 20), (1, 5)), ((2, 3), (1, 2)), ((0, 0), (0, 0)), ((4, 4), (0, 0))):
        film.set_films(np.zeros((*shape, 1, 4, 4), np.float32))
        assert film.frame() == place


# What widgets have in common: each shows five images


def strip(images):
    made = ImageStrip(5)
    made.set_images(images)
    return made


def selection(images):
    made = SelectionStrip()
    made.set_images(images)
    return made


def grid(images):
    made = ImageGrid()
    made.set_images(images[None])
    return made


def film(images):
    made = FilmStrip()
    made.set_films(images[None])
    return made


def rows(images):
    made = TraversalRows()
    row = TraversalRow("z", "1 nat", True, np.arange(5, dtype=np.float32), ("",) * 5)
    made.set_rows((row,), images[None], ())
    return made


def interpolation(images):
    made = InterpolationStrips()
    made.set_strips([Strip("", images[1:4], images[[0, 4]], ("", ""))])
    return made


def equation(images):
    made = Equation("")
    made.set_terms(images, ("",) * 5)
    return made


def view(images):
    made = ImageView()
    made.set_pixels(np.concatenate(images, 2))
    return made


every = pytest.mark.parametrize("make", [strip, selection, grid, film, rows, interpolation, equation, view])


@pytest.fixture
def shown(qtbot):
    def show(make, images):
        widget = make(np.float32(images))
        qtbot.addWidget(widget)
        widget.resize(300, 120)
        with qtbot.waitExposed(widget):
            widget.show()
        return widget

    return show


def looks(widget, ratio):
    """Give what a widget looks like on a display with so many pixels to a point, uint8 (N, 3)."""
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    widget.render(image)
    # A copy: the picture is gone when this is left.
    return np.array(image.constBits(), np.uint8).reshape(-1, 4)[:, 2::-1]


@every
def test_images_in_colour_are_shown_in_colour(shown, make):
    colours = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]])
    pixels = looks(shown(make, np.tile(colours[..., None, None], (1, 1, 6, 6))), 1)
    for colour in colours * 255:
        assert (pixels == colour).all(1).sum() > 100


@every
def test_a_dense_display_shows_pixels_as_squares_where_it_has_one_for_each(shown, make):
    # 64 pixels: more than a cell has points, fewer than it has pixels of the display.
    board = np.stack([np.indices((64, 64)).sum(0) % 2, np.zeros((64, 64)), np.ones((64, 64))])
    widget = shown(make, [board] * 5)
    for ratio, is_sharp in ((1, False), (2, True)):
        red, green, blue = looks(widget, ratio).T
        of_images = red[(green == 0) & (blue == 255)]
        assert len(of_images) > 1000
        assert (set(of_images.tolist()) == {0, 255}) == is_sharp


def test_the_mouse_speaks_of_points_not_of_the_pixels_of_a_dense_display():
    code = """
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
app = QApplication([])
from latentlab.ui.widgets.images.film_strip import FilmStrip
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.images.image_strip import ImageStrip
images, picked = np.zeros((2, 5, 1, 28, 28), np.float32), []
strip, grid, film = ImageStrip(5), ImageGrid(), FilmStrip()
strip.set_images(images[0])
strip.picked.connect(lambda index: picked.append(index))
grid.set_images(images)
grid.picked.connect(lambda row, column: picked.append((row, column)))
film.set_films(images)
film.frame_chosen.connect(lambda row, column: picked.append((row, column)))
for widget in (strip, grid, film):
    widget.resize(300, 140)
    widget.show()
    assert widget.grab().size() == 2 * widget.size()
for widget, place in (
    (strip, strip.tile(3).center()),
    (grid, grid.cell_rect(1, 3).center().toPoint()),
    (film.viewport(), film.tile(1, 3).center()),
):
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
assert picked == [3, (1, 3), (1, 3)], picked
"""
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "2"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


class Paints(QObject):
    """Counts how often something is painted."""

    def __init__(self, widget):
        super().__init__()
        self.count = 0
        self.watched = widget.viewport() if hasattr(widget, "viewport") else widget
        self.watched.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


@every
def test_it_follows_theme_and_font(qtbot, qapp, shown, make):
    widget = shown(make, np.zeros((5, 1, 28, 28)))
    qtbot.wait(50)
    paints = Paints(widget)
    before = qapp.palette()
    try:
        qapp.setPalette(theme.palette(theme.DARK))
        qtbot.waitUntil(lambda: paints.count > 0)
    finally:
        qapp.setPalette(before)
    qtbot.wait(50)
    paints.count = 0
    font = widget.font()
    font.setPointSizeF(2 * font.pointSizeF())
    widget.setFont(font)
    qtbot.waitUntil(lambda: paints.count > 0)


@pytest.mark.parametrize("make", [strip, selection, film, rows])
def test_it_shows_at_once_where_the_keys_act(qtbot, shown, make):
    widget = shown(make, np.zeros((5, 1, 28, 28)))
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    widget.clearFocus()
    qtbot.wait(50)
    paints = Paints(widget)
    widget.setFocus()
    qtbot.waitUntil(lambda: paints.count > 0)
    qtbot.wait(50)
    paints.count = 0
    widget.clearFocus()
    qtbot.waitUntil(lambda: paints.count > 0)
