"""The view of an image: it shows what it is given, and answers what it shows."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox

from latentlab.core.writing import sweep
from latentlab.ui.widgets.images.image_view import ImageView
from tests.faults import FAULTS


@pytest.fixture
def view(qtbot):
    return qtbot.show(ImageView(112, "Nothing here yet"), 112, 112)


def checkerboard():
    return np.indices((28, 28)).sum(0, keepdims=True).astype(np.float32) % 2


def test_answers_a_copy_of_what_it_shows(view):
    pixels = np.full((1, 28, 28), 0.5, np.float32)
    view.set_pixels(pixels)
    pixels[:] = 0
    view.pixels()[:] = 1
    np.testing.assert_array_equal(view.pixels(), 0.5)
    assert view.pixels().dtype == np.float32
    view.set_pixels(None)
    assert view.pixels() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pixels=arrays(
        np.float32,
        st.tuples(st.sampled_from((1, 3)), st.integers(1, 40), st.integers(1, 40)),
        elements=st.floats(-2, 3, width=32),
    )
)
def test_shows_any_image(view, pixels):
    view.set_pixels(pixels)
    rows_first = pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0)
    np.testing.assert_array_equal(view.pixels(), rows_first)
    assert not view.grab().isNull()
    rect = view.image_rect()
    assert rect.width() / rect.height() == pytest.approx(pixels.shape[2] / pixels.shape[1])


def test_each_pixel_is_a_square(view):
    view.set_pixels(checkerboard())
    image = view.grab().toImage()
    for row, column in ((0, 0), (0, 1), (13, 14), (27, 27)):
        shown = image.pixelColor(4 * column + 2, 4 * row + 2).lightness()
        assert shown == pytest.approx(255 * ((row + column) % 2), abs=8)


def test_says_what_to_do_while_empty(view):
    empty = view.grab().toImage()
    view.set_placeholder("Something else entirely")
    assert view.grab().toImage() != empty


def choose(qtbot, view, text):
    place = QPoint(50, 50)
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place)))
    menu = view.findChild(QMenu)
    qtbot.waitUntil(menu.isVisible)
    chosen = next(action for action in menu.actions() if action.text() == text)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(chosen).center())


def said(view):
    return [box.text() for box in view.findChildren(QMessageBox) if box.isVisible()]


def test_its_menu_copies(qtbot, view):
    view.set_pixels(checkerboard())
    choose(qtbot, view, "Copy image")
    pasted = QApplication.clipboard().image()
    assert (pasted.width(), pasted.height()) == (112, 112)
    assert pasted.pixelColor(6, 2).lightness() == 255


def test_its_menu_saves_where_one_says(qtbot, view, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)  # a real one would browse this machine
    view.set_pixels(checkerboard())
    choose(qtbot, view, "Save image…")
    asked = view.findChild(QFileDialog, "imageDialog")
    assert (asked.acceptMode(), asked.defaultSuffix()) == (QFileDialog.AcceptMode.AcceptSave, "png")
    asked.fileSelected.emit(str(tmp_path / "image.png"))
    assert QImage(str(tmp_path / "image.png")).width() == 112


def test_an_empty_view_has_no_menu(view):
    place = QPoint(50, 50)
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place)))
    assert view.findChild(QMenu) is None


def test_saves(view, tmp_path):
    view.set_pixels(checkerboard())
    view.save(tmp_path / "image")
    saved = QImage(str(tmp_path / "image.png"))
    assert saved.width() == 112


@pytest.mark.parametrize("fault", FAULTS)
def test_the_earlier_picture_is_whole_whatever_fails(view, tmp_path, fault):
    folder = tmp_path / "in"
    folder.mkdir()
    view.set_pixels(checkerboard())
    view.save(folder / "image.png")
    before = (folder / "image.png").read_bytes()
    view.set_pixels(1 - checkerboard())
    with FAULTS[fault](folder):
        view.save(folder / "image.png")
    sweep(folder)  # what lies in a folder that was taken away
    assert (folder / "image.png").read_bytes() == before
    assert len(list(folder.iterdir())) == 1
    (sentence,) = said(view)
    assert sentence.startswith(f"The picture could not be saved as {folder / 'image.png'}: ")


def test_says_which_endings_there_are(view, tmp_path):
    view.set_pixels(checkerboard())
    view.save(tmp_path / "image.doc")
    assert said(view) == [
        f"The picture could not be saved as {tmp_path / 'image.doc'}: choose a name that ends in .png."
    ]
    assert list(tmp_path.iterdir()) == []


def test_says_when_it_cannot_save(view, tmp_path):
    view.set_pixels(checkerboard())
    view.save(tmp_path / "no such folder" / "image.png")
    (sentence,) = said(view)
    assert "no such folder" in sentence
