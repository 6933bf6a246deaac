"""The grid of thumbnails by itself: lists of a million, images that are not loaded, widths and scrolling."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt

from latentlab.core.map.browsing import ImageList, Listing, Rebuilt, Source
from latentlab.ui.widgets.images.thumbnail_model import ThumbnailModel
from latentlab.ui.widgets.images.thumbnails import Thumbnails

WORST = Listing("worst", 0, "loss", True)


def listed(rows, number=1, listing=WORST, measure="loss"):
    rows = np.asarray(rows, np.int64)
    return ImageList("r", number, listing, rows, 100 + 0.1 * rows.astype(np.float32), measure)


def source(count, *, has_images=True):
    images = np.broadcast_to(np.arange(16, dtype=np.uint8).reshape(4, 4), (count, 1, 4, 4)) if has_images else None
    return Source("r", images, np.arange(count) % 3, ("a", "b", "c"), (1, 4, 4))


@pytest.fixture
def grid(qtbot):
    return qtbot.show(Thumbnails(), 560, 130)


def test_of_a_million_only_what_is_in_sight_is_made(grid, monkeypatch, qtbot):
    grid.set_source(source(1_000_000))
    made = []
    image = ThumbnailModel.image
    monkeypatch.setattr(ThumbnailModel, "image", lambda self, row: made.append(row) or image(self, row))
    grid.set_list(listed(np.arange(1_000_000)[::-1]))
    grid.grab()
    assert made[0] == 999_999
    assert len(made) < 60
    made.clear()
    for _ in range(3):
        qtbot.wheel(grid.viewport(), -1)  # a notch is a line
    grid.grab()
    columns = grid.model().columnCount()
    assert grid.rowAt(1) == 3
    assert made[0] == 999_999 - 3 * columns
    made.clear()
    grid.resize(700, 200)
    grid.setCurrentIndex(grid.cell_of(0))
    grid.grab()
    assert made[-1] == 0
    assert len(made) < 120


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(width=st.integers(80, 900), height=st.integers(60, 400), count=st.integers(1, 200), pairs=st.booleans())
def test_every_image_has_a_cell_and_a_line_fits(grid, width, height, count, pairs):
    grid.set_source(source(200))
    grid.set_pairs(pairs)
    grid.resize(width, height)
    rows = np.random.default_rng(count).permutation(200)[:count]
    grid.set_list(listed(rows))
    model = grid.model()
    cells = [model.index(down, across) for down in range(model.rowCount()) for across in range(model.columnCount())]
    assert [row for cell in cells if (row := model.row_at(cell)) >= 0] == rows.tolist()
    assert model.columnCount() * grid.columnWidth(0) <= grid.viewport().width() or model.columnCount() == 1
    assert grid.rowHeight(0) <= max(grid.viewport().height(), grid.minimumHeight())
    assert grid.viewport().height() % grid.rowHeight(0) <= grid.rowHeight(0) // 3, "a part of a line is seen"


def test_without_images_their_reconstructions_are_asked_for_and_shown(grid, qtbot):
    grid.set_source(source(100, has_images=False))
    with qtbot.waitSignal(grid.rebuild_wanted) as asked:
        grid.set_list(listed(np.arange(100)))
    (rows,) = asked.args
    assert 0 in rows
    assert len(rows) < 60
    before = grid.grab().toImage()
    grid.set_rebuilt(Rebuilt("r", 1, rows, np.ones((len(rows), 4, 4), np.float32)))
    assert grid.grab().toImage() != before
    with qtbot.waitSignal(grid.rebuild_wanted) as again:  # of a model further trained
        grid.set_list(listed(np.arange(100), number=2))
    np.testing.assert_array_equal(again.args[0], rows)


def test_nothing_is_rebuilt_that_nobody_wants_to_see(grid, qtbot):
    grid.set_source(source(100))
    with qtbot.assertNotEmitted(grid.rebuild_wanted, wait=50):
        grid.set_list(listed(np.arange(100)))
    with qtbot.waitSignal(grid.rebuild_wanted):
        grid.set_pairs(True)


def test_a_list_of_a_model_further_trained_stays_where_it_is_another_begins_anew(grid, qtbot):
    grid.set_source(source(500))
    grid.set_list(listed(np.arange(500)))
    grid.setCurrentIndex(grid.cell_of(7))
    for _ in range(4):
        qtbot.wheel(grid.viewport(), -1)
    at = grid.verticalScrollBar().value()
    assert at > 0
    grid.set_list(listed(np.arange(500)[::-1], number=2))
    assert grid.verticalScrollBar().value() == at
    assert grid.model().row_at(grid.currentIndex()) == 492
    grid.set_list(listed(np.arange(300), number=3))
    assert grid.verticalScrollBar().value() == at
    grid.set_list(listed(np.arange(300), listing=Listing("near_codes", 0, "distance", False)))
    assert grid.verticalScrollBar().value() == 0


def test_words_and_captions_fit_what_the_values_are(grid):
    grid.set_source(source(9))
    role = Qt.ItemDataRole.AccessibleTextRole
    for measure, words in (
        ("elbo", "−ELBO 100.4 nats"),
        ("loss", "loss 100.4 nats"),
        ("code_distance", "distance 100"),
        ("votes", "entropy 100.40 nats"),
    ):
        grid.set_list(listed([4], measure=measure))
        assert grid.model().data(grid.cell_of(4), role) == f"image 4, class b, {words}"
    unknown = ImageList("r", 1, WORST, np.array([4]), np.array([np.nan], np.float32), "loss")
    grid.set_list(unknown)
    assert grid.model().data(grid.cell_of(4), role) == "image 4, class b"
    assert grid.model().data(grid.cell_of(4)) == "#4"


def test_empty_cells_behind_the_last_image_do_nothing(grid, qtbot):
    grid.set_source(source(9))
    grid.set_list(listed([4]))
    for signal in (grid.picked, grid.toggled, grid.added):
        with qtbot.assertNotEmitted(signal):
            qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 20))
            qtbot.mouseDClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 20))
