"""A model of images in colour, wherever the window shows them: red stays red, up stays up, and no grey comes in."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget

from latentlab.ui.canvas.cards.hover_card import HoverCard
from latentlab.ui.canvas.layers.landscape_layer import LandscapeLayer
from latentlab.ui.style import theme
from latentlab.ui.style.pixels import to_image
from latentlab.ui.widgets.images.image_grid import ImageGrid
from latentlab.ui.widgets.images.image_strip import ImageStrip
from tests.ui.hand import PATIENCE

FLAG = np.zeros((16, 24, 3), np.uint8)  # red, green and blue from left to right, below them a white line
FLAG[:, :8, 0] = FLAG[:, 8:16, 1] = FLAG[:, 16:, 2] = FLAG[-2:] = 255


def bytes_of(image):
    """Give what a picture shows, uint8 (H, W, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def is_flag(pixels):
    return pixels is not None and pixels.shape == FLAG.shape and np.allclose(pixels, FLAG / 255, atol=1e-6)


def flags_in(image, least=50):
    """Whether a picture shows flags: pure red left of pure green, and that left of pure blue, on the same rows."""
    if image.isNull():
        return False
    pixels = bytes_of(image)
    places = [np.argwhere((pixels == 255 * np.eye(3, dtype=int)[channel]).all(2)) for channel in range(3)]
    if min(map(len, places)) < least:
        return False
    row = places[0][len(places[0]) // 2][0]
    firsts = [each[each[:, 0] == row, 1] for each in places]
    return all(len(first) for first in firsts) and firsts[0].min() < firsts[1].min() < firsts[2].min()


def look_at(lab, name):
    """Open the tab of a view, and wait for its answer."""
    with lab.qtbot.waitSignal(lab.session.views.answered, timeout=PATIENCE):
        return lab.look_at(name)


def test_what_is_picked_is_shown_and_told_in_its_colours(coloured):
    lab = coloured
    lab.pick()
    pixels = lab.decoded()
    assert pixels.dtype == np.float32
    assert is_flag(pixels)
    view = lab.child("decodedImage")
    shown, place = view.grab().toImage(), view.image_rect()
    assert place.width() / place.height() == pytest.approx(24 / 16)
    for x, y in ((0, 0), (7, 13), (12, 3), (23, 0), (5, 15)):
        at = place.topLeft() + QPointF((x + 0.5) * place.width() / 24, (y + 0.5) * place.height() / 16)
        assert shown.pixelColor(at.toPoint()).getRgb()[:3] == tuple(FLAG[y, x])
    strip = next(each for each in lab.window.findChildren(ImageStrip) if each.accessibleName() == "Samples")
    assert flags_in(strip.grab().toImage())


def test_a_point_and_the_card_beside_it_show_its_image_and_its_reconstruction(coloured):
    lab, images = coloured, coloured.session.exploration.shown.images
    card = next(item for item in lab.canvas.view.box.childItems() if isinstance(item, HoverCard))
    viewport, none = lab.canvas.viewport(), Qt.MouseButton.NoButton
    row = 0  # the flag itself
    place = QPointF(lab.pixel(*lab.canvas.points()[row].tolist()))
    keys = Qt.KeyboardModifier.NoModifier
    for at in (place + QPointF(40, 40), place):
        event = QMouseEvent(QEvent.Type.MouseMove, at, viewport.mapToGlobal(at), none, none, keys)
        QApplication.sendEvent(viewport, event)
    lab.until(lambda: card.row() >= 0 and card.pictures() == 2)
    assert flags_in(viewport.grab().toImage())
    lab.session.exploration.pick_point(row)
    lab.until(lambda: is_flag(lab.child("dataPointImage").pixels()))
    lab.session.exploration.pick_point(5)
    lab.until(lambda: not is_flag(lab.child("dataPointImage").pixels()))
    shown = 255 * lab.child("dataPointImage").pixels()
    np.testing.assert_allclose(shown.transpose(2, 0, 1), images[5], atol=1e-4)
    assert is_flag(lab.child("dataPointReconstruction").pixels())


def test_the_landscape_shows_photographs_as_they_are_in_either_theme(coloured):
    lab, before = coloured, QApplication.palette()
    lab.child("landscapeAction", QAction).trigger()
    layer = next(item for item in lab.canvas.view.box.childItems() if isinstance(item, LandscapeLayer))
    lab.until(lambda: layer.tiles() and lab.session.map.landscape._is_whole)
    for colours in (theme.LIGHT, theme.DARK):
        try:
            QApplication.setPalette(theme.palette(colours))
            shown = bytes_of(lab.canvas.grab().toImage()).astype(int)
        finally:
            QApplication.setPalette(before)
        ground = np.array([int(colours.background[place : place + 2], 16) for place in (1, 3, 5)])
        for colour in 255 * np.eye(3):
            wanted = 0.6 * colour + 0.4 * ground
            assert (np.abs(shown - wanted).max(2) <= 3).sum() > 1000


def test_grids_of_images_have_them_pixel_for_pixel(coloured):
    for name, row in {"manifoldView": 0, "samplesView": 0, "posteriorView": 1, "restoredView": 2}.items():
        view = look_at(coloured, name)
        top = view.findChild(ImageGrid)._tops[row]
        np.testing.assert_array_equal(bytes_of(view.picture())[top : top + 16, :24], FLAG)
        assert flags_in(view.grab().toImage())


def test_traversals_and_what_lies_between_images_are_in_colour(coloured):
    lab = coloured
    assert flags_in(look_at(lab, "traversalsView").grab().toImage())
    lab.session.selection.select([0, 1, 2])
    view = look_at(lab, "imagesView")
    for part in ("interpolationStrips", "imageEquation", "interpolationPlayer"):
        lab.until(lambda part=part: flags_in(view.findChild(QWidget, part).grab().toImage()))


def test_the_other_views_and_a_second_model_take_images_in_colour(coloured, colour_run):
    lab = coloured
    for name in ("unitsView", "deviationsView", "pcaView", "sensitivityView"):
        look_at(lab, name)
        assert not lab.text("viewMessage")
    lab.session.exploration.pick_point(0)
    lab.look_at("compareView")
    lab.session.comparison.open(colour_run)
    lab.until(lambda: is_flag(lab.child("compareSecondImage").pixels()))
    assert is_flag(lab.child("compareFirstImage").pixels())
    assert is_flag(lab.child("compareOriginalImage").pixels())


def test_lists_and_walks_are_in_colour(coloured):
    lab = coloured
    lab.session.selection.select([0, 1])
    lab.press("mapImagesButton")
    lab.until(lambda: len(lab.child("thumbnails").rows()))
    assert flags_in(lab.child("thumbnails").grab().toImage())
    lab.action("walkBetween").trigger()
    lab.until(lambda: lab.session.map.walking.walk_shown is not None)
    lab.until(lambda: flags_in(lab.child("walkPanel").grab().toImage()))


def test_a_pasted_and_an_opened_picture_reach_the_model_in_their_colours(coloured, tmp_path, monkeypatch):
    lab, path = coloured, tmp_path / "flag.png"
    pad = lab.child("sketchPad")
    assert "paste, drop or open a picture" in pad.hint()
    assert "146 images: Colours" in lab.child("startImagesLabel", QLabel).text()
    assert lab.child("sketchSwatches").isVisible()
    QGuiApplication.clipboard().setImage(to_image(FLAG.transpose(2, 0, 1)))
    pad.setFocus()
    lab.qtbot.keyClick(pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    lab.until(lambda: is_flag(lab.child("sketchInput").pixels()))
    assert is_flag(lab.child("sketchReconstruction").pixels())
    assert flags_in(pad.grab().toImage())
    assert lab.canvas.sketch_point() == pytest.approx(tuple(lab.canvas.points()[0].tolist()), abs=1e-3)
    with lab.changes(lab.child("sketchInput").pixels):
        lab.stroke([(0.2, 0.5), (0.8, 0.5)])
    assert to_image(FLAG.transpose(2, 0, 1)).save(str(path))
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)  # a real one would browse this machine
    lab.press("sketchOpenButton")
    dialog = lab.child("sketchPictureDialog", QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.done(QFileDialog.DialogCode.Accepted)
    lab.until(lambda: is_flag(lab.child("sketchInput").pixels()))


def test_pad_and_start_page_speak_of_digits(lab, run_file):
    assert "1,797 images: Digits" in lab.text("startImagesLabel")
    assert lab.child("sketchPad").hint() == "Draw a digit here"
    lab.open(run_file())
    assert lab.child("sketchPad").hint() == "Draw a digit here"
    assert not lab.child("sketchSwatches").isVisible()
    lab.session.recipes.choose_dataset("mnist")
    assert "MNIST is not on this machine" in lab.child("startImagesLabel", QLabel).text()


def test_a_training_on_images_in_colour_is_watched(coloured):
    lab = coloured
    with lab.qtbot.waitSignal(lab.session.training.ended, timeout=PATIENCE):
        lab.press("trainButton")
    lab.pick()
    assert lab.decoded().shape == (16, 24, 3)
