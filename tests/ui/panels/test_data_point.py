"""The strip that shows a point of the data."""

import numpy as np
import pytest
from PySide6.QtWidgets import QLabel

from latentlab.core.map.results import DataPoint, ImageLosses
from latentlab.ui.panels.data_point import DataPointPanel
from latentlab.ui.style import theme
from latentlab.ui.widgets.images.image_view import ImageView


def data_point(**changes):
    images = np.random.default_rng(0).random((2, 1, 28, 28), np.float32)
    values = {
        "run_id": "run",
        "index": 3,
        "position": (0.0, 0.0),
        "label": 4,
        "class_name": "four",
        "image": images[0],
        "reconstruction": images[1],
        "losses": ImageLosses(142.25, 136.15, 6.1, samples=16),
    }
    return DataPoint(**(values | changes))


@pytest.fixture
def panel(qtbot):
    return qtbot.show(DataPointPanel(), 380, 90)


def texts(panel):
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible()).replace("\u00a0", " ")


def test_says_what_to_do_while_nothing_is_picked(panel):
    assert "Click on a point" in texts(panel)
    panel.show_point(data_point())
    assert "Click on a point" not in texts(panel)
    panel.show_point(None)
    assert "Click on a point" in texts(panel)


def test_the_lines_of_the_hint_have_their_room_in_a_narrow_column(qtbot, panel):
    hint = next(label for label in panel.findChildren(QLabel) if label.isVisible() and "Click" in label.text())
    for width in (260, 380):
        panel.resize(width, panel.minimumSizeHint().height())
        qtbot.waitUntil(lambda width=width: panel.width() == width)
        panel.resize(width, panel.minimumSizeHint().height())
        qtbot.waitUntil(lambda: hint.height() >= hint.heightForWidth(hint.width()))
    assert panel.maximumHeight() < 130  # it stays low beside what is decoded


@pytest.mark.parametrize("points", [9, 16, 24])
@pytest.mark.parametrize("name", ["four", "handwritten numerals of four strokes"])
def test_what_is_said_of_a_point_has_its_lines_in_a_narrow_column(qtbot, panel, points, name):
    font = panel.font()
    font.setPointSizeF(points)
    panel.setFont(font)
    panel.show_point(data_point(class_name=name))
    for width in (260, 380):
        panel.resize(width, panel.height())
        qtbot.waitUntil(lambda width=width: panel.width() == max(width, panel.minimumSizeHint().width()))
        panel.resize(width, panel.maximumHeight())  # as much as it takes where there is more
        qtbot.waitUntil(lambda: panel.height() == panel.maximumHeight())
        for label in panel.findChildren(QLabel):
            if label.isVisible() and label.wordWrap():
                assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_shows_the_image_beside_its_reconstruction(panel):
    point = data_point()
    panel.show_point(point)
    image = panel.findChild(ImageView, "dataPointImage")
    reconstruction = panel.findChild(ImageView, "dataPointReconstruction")
    np.testing.assert_array_equal(image.pixels(), point.image[0])
    np.testing.assert_array_equal(reconstruction.pixels(), point.reconstruction[0])
    assert image.geometry().right() < reconstruction.geometry().left()


def test_names_the_class_and_the_loss_in_nats(panel):
    panel.show_point(data_point())
    shown = texts(panel)
    assert "four" in shown
    assert "−ELBO 142.2 nats" in shown
    assert "(16 samples)" in shown
    assert "= 136.2 + " in shown or "= 136.1 + " in shown
    assert "KL 6.1" in shown


def test_the_chip_has_the_colour_of_the_class(panel):
    panel.set_class_count(10)
    panel.show_point(data_point())
    wanted = theme.class_colours(10, dark=theme.current().dark)[4].astype(int)
    image = panel.grab().toImage()
    pixels = np.array(
        [image.pixelColor(x, y).getRgb()[:3] for x in range(image.width()) for y in range(image.height())]
    )
    # A screen of 16 bits a pixel rounds colours.
    assert (np.abs(pixels - wanted).max(1) <= 8).sum() > 50


def test_says_when_the_data_are_not_here(panel):
    panel.show_point(data_point(image=None, losses=None))
    assert "not on this machine" in texts(panel)
    assert not panel.findChild(ImageView, "dataPointImage").isVisible()
    assert panel.findChild(ImageView, "dataPointReconstruction").isVisible()


def test_images_that_are_being_loaded_are_not_said_to_be_away(panel):
    panel.show_point(data_point(image=None, losses=None), are_loading=True)
    assert "being loaded" in texts(panel)
    assert "not on this machine" not in texts(panel)


def test_a_point_without_a_class(panel):
    panel.show_point(data_point(label=-1, class_name=""))
    assert "No class" in texts(panel)


def test_stays_low(panel):
    panel.show_point(data_point())
    assert panel.minimumSizeHint().height() <= 100


def test_terms_that_a_model_does_not_have_are_left_out(panel):
    panel.show_point(data_point(losses=ImageLosses(120.0, 120.0, 0.0)))
    assert texts(panel).endswith("Loss 120.0 nats")
    panel.show_point(data_point(losses=ImageLosses(121.5, 120.0, 0.0, 1.5)))
    assert "Loss 121.5 nats = 120.0 + penalty 1.5" in texts(panel)
    assert "KL" not in texts(panel)
    panel.show_point(data_point(losses=ImageLosses(124.0, 120.0, 4.0, 1.5, samples=16)))
    assert "−ELBO 124.0 nats = 120.0 + KL 4.0 (16 samples); penalty 1.5" in texts(panel)
