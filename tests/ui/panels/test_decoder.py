"""The decoder panel: what it shows, what it asks for, and that showing asks for nothing."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QSlider

from latentlab.core.map.results import Decoded
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.style import theme
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.section import Section
from latentlab.ui.widgets.slider import SliderScale
from tests.ui.scenes import has_colour

DIGITS = tuple("0123456789")
INTENTS = (
    "temperature_changed",
    "label_changed",
    "noise_requested",
    "prior_requested",
    "sample_picked",
    "dimension_changed",
)


def decoded(latent=2, classes=0, label=None, temperature=1.0, prior=False, code=None):
    random = np.random.default_rng(0)
    images = random.random((1 + 8 + classes, 1, 28, 28), np.float32)
    return Decoded(
        run_id="run",
        position=(0.5, -1.3),
        code=np.arange(latent, dtype=np.float32) / 2 if code is None else np.array(code, np.float32),
        deviation=np.full(latent, 0.25, np.float32),
        image=images[0],
        samples=images[1:9],
        sample_codes=np.zeros((8, latent), np.float32),
        samples_are_prior=prior,
        temperature=temperature,
        by_label=images[9:] if classes else None,
        label=label,
    )


@pytest.fixture
def panel(qtbot):
    return qtbot.show(DecoderPanel(), 380, 420)


@pytest.fixture
def asked(panel):
    """Collect every intent, as (name, *arguments)."""
    asked = []
    for name in INTENTS:
        getattr(panel, name).connect(lambda *arguments, name=name: asked.append((name, *arguments)))
    return asked


def dimensions(panel) -> Section:
    return next(section for section in panel.findChildren(Section) if section.button.text() == "Dimensions of z")


def slider(panel, name) -> QSlider:
    found = panel.findChild(QSlider, name)
    assert found is not None
    return found


def strip(panel, name) -> ImageStrip:
    return next(strip for strip in panel.findChildren(ImageStrip) if strip.accessibleName() == name)


def texts(panel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def test_shows_the_decoded_image(panel):
    view = panel.findChild(ImageView, "decodedImage")
    assert view.pixels() is None
    panel.set_model(2, DIGITS, False)
    result = decoded()
    panel.show_decoded(result)
    np.testing.assert_array_equal(view.pixels(), result.image[0])
    assert strip(panel, "Samples").image_count() == 8
    assert "z₁ = 0.00 ± 0.25\nz₂ = 0.50 ± 0.25" in texts(panel)
    panel.show_decoded(None)
    assert view.pixels() is None
    assert strip(panel, "Samples").image_count() == 0


def test_says_where_samples_come_from(panel):
    panel.set_model(2, DIGITS, False)
    panel.show_decoded(decoded())
    title = panel.findChild(QLabel, "samplesText")
    assert (title.text(), title.toolTip().split(":")[0]) == ("Samples around the pick", "z + T·σ·ε")
    panel.show_decoded(decoded(prior=True))
    assert (title.text(), title.toolTip().split(":")[0]) == ("Samples of the prior", "T·ε")


def test_more_than_two_dimensions_are_told_by_the_place_on_the_map(panel):
    panel.set_model(20, DIGITS, False)
    panel.show_decoded(decoded(latent=20))
    assert "z in 20-D, at\n(0.50, −1.30)" in texts(panel)


def test_nothing_moves_at_the_first_pick(panel):
    panel.resize(300, 480)
    for latent in (1, 2, 20):
        panel.set_model(latent, DIGITS, False)
        panel.show_decoded(None)
        QApplication.processEvents()
        places = [part.mapTo(panel, part.rect().center()) for part in panel.findChildren(QSlider)]
        panel.show_decoded(decoded(latent=latent, code=np.full(latent, -1.25)))
        QApplication.processEvents()
        assert [part.mapTo(panel, part.rect().center()) for part in panel.findChildren(QSlider)] == places


def test_samples_lie_in_two_rows_large_enough_to_be_told_apart(panel):
    panel.set_model(2, DIGITS, False)
    panel.show_decoded(decoded())
    panel.resize(300, 480)
    QApplication.processEvents()
    tiles = [strip(panel, "Samples").tile(index) for index in range(8)]
    assert len({tile.top() for tile in tiles[:4]}) == len({tile.top() for tile in tiles[4:]}) == 1
    assert tiles[4].top() > tiles[0].bottom()
    assert min(tile.width() for tile in tiles) >= 60


@pytest.mark.parametrize("height", [350, 420, 500, 620, 800])
def test_no_row_of_samples_is_cut_off_where_one_would_fit(qtbot, panel, height):
    panel.set_model(2, DIGITS, True)
    panel.show_decoded(decoded(classes=10, label=3))
    panel.resize(300, height)
    samples = strip(panel, "Samples")
    qtbot.waitUntil(lambda: samples.height() >= samples.tile(7).bottom())
    rows = len({samples.tile(index).top() for index in range(8)})
    lowest = max(part.mapTo(panel.widget(), part.rect().bottomLeft()).y() for part in panel.findChildren(ImageStrip))
    assert lowest < panel.viewport().height() or rows == 1
    if height == 800:  # there is room for two
        assert rows == 2


def test_setters_ask_for_nothing(panel, asked):
    panel.set_model(16, DIGITS, True)
    panel.show_decoded(decoded(latent=16, classes=10, label=4, temperature=0.3))
    panel.set_temperature(1.7)
    panel.set_label(8)
    panel.set_model(2, DIGITS, False)
    panel.clear_model()
    assert asked == []


def test_temperature_by_keys(qtbot, panel, asked):
    panel.set_model(2, DIGITS, False)
    temperature = slider(panel, "temperatureSlider")
    assert temperature.value() == 100
    temperature.setFocus()
    qtbot.keyClick(temperature, Qt.Key.Key_Right)
    qtbot.keyClick(temperature, Qt.Key.Key_Home)
    qtbot.keyClick(temperature, Qt.Key.Key_End)
    assert asked == [("temperature_changed", pytest.approx(value)) for value in (1.05, 0, 2)]
    assert "Temperature <b>2.00</b>" in texts(panel)


def test_temperature_by_drag(qtbot, panel, asked):
    panel.set_model(2, DIGITS, False)
    temperature = slider(panel, "temperatureSlider")
    start = temperature.handle().center()
    qtbot.mousePress(temperature, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(temperature, start + QPoint(20, 0))
    qtbot.mouseMove(temperature, start + QPoint(40, 0))
    qtbot.mouseRelease(temperature, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 0))
    values = [value for _, value in asked]
    assert len(values) == 2
    assert 1 < values[0] < values[1] <= 2


def test_temperature_jumps_to_a_click_and_drags_on(qtbot, panel, asked):
    panel.set_model(2, DIGITS, False)
    temperature = slider(panel, "temperatureSlider")
    place = QPoint(temperature.x_of(40), temperature.height() // 2)
    qtbot.mousePress(temperature, Qt.MouseButton.LeftButton, pos=place)
    assert temperature.value() == pytest.approx(40, abs=2)
    qtbot.mouseMove(temperature, QPoint(temperature.x_of(140), place.y()))
    qtbot.mouseRelease(temperature, Qt.MouseButton.LeftButton, pos=QPoint(temperature.x_of(140), place.y()))
    assert temperature.value() == pytest.approx(140, abs=2)
    assert {name for name, _ in asked} == {"temperature_changed"}


def test_one_is_marked_and_can_be_clicked(qtbot, panel):
    panel.set_model(2, DIGITS, False)
    panel.set_temperature(0.2)
    temperature = slider(panel, "temperatureSlider")
    scale = next(s for s in panel.findChildren(SliderScale) if s.isVisible())
    middle = scale.mapFrom(panel, temperature.mapTo(panel, QPoint(temperature.x_of(100), 0)))
    with qtbot.waitSignal(panel.temperature_changed) as changed:
        qtbot.mouseClick(scale, Qt.MouseButton.LeftButton, pos=QPoint(middle.x(), scale.height() - 6))
    assert changed.args == [1.0]


def test_sliders_follow_the_theme(panel):
    before = QApplication.palette()
    try:
        for colours in (theme.LIGHT, theme.DARK):
            QApplication.setPalette(theme.palette(colours))
            QApplication.processEvents()
            assert has_colour(slider(panel, "temperatureSlider"), colours.edge)
    finally:
        QApplication.setPalette(before)


def test_larger_text_reaches_the_temperature(panel):
    label = next(label for label in panel.findChildren(QLabel) if "Temperature" in label.text())
    before, height = QApplication.font(), label.sizeHint().height()
    larger = QApplication.font()
    larger.setPointSizeF(2 * before.pointSizeF())
    QApplication.setFont(larger)
    try:
        QApplication.processEvents()
        assert label.sizeHint().height() > 1.5 * height
    finally:
        QApplication.setFont(before)


def test_buttons_ask(qtbot, panel, asked):
    buttons = [panel.findChild(QPushButton, name) for name in ("newNoiseButton", "priorButton")]
    assert not any(button.isEnabled() for button in buttons)
    panel.set_model(2, DIGITS, False)
    for button in buttons:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [("noise_requested",), ("prior_requested",)]


def test_a_sample_is_picked_by_mouse_and_keys(qtbot, panel, asked):
    panel.set_model(2, DIGITS, False)
    panel.show_decoded(decoded())
    samples = strip(panel, "Samples")
    qtbot.mouseMove(samples, samples.tile(5).center())
    qtbot.waitUntil(lambda: samples.cursor().shape() == Qt.CursorShape.PointingHandCursor)
    qtbot.mouseClick(samples, Qt.MouseButton.LeftButton, pos=samples.tile(5).center())
    samples.setFocus()
    qtbot.keyClick(samples, Qt.Key.Key_Right)
    qtbot.keyClick(samples, Qt.Key.Key_Return)
    assert asked == [("sample_picked", 5), ("sample_picked", 6)]


def test_an_empty_strip_picks_nothing(qtbot, panel, asked):
    panel.set_model(2, DIGITS, False)
    samples = strip(panel, "Samples")
    qtbot.mouseClick(samples, Qt.MouseButton.LeftButton, pos=samples.tile(0).center())
    samples.setFocus()
    qtbot.keyClick(samples, Qt.Key.Key_Return)
    assert asked == []


def test_a_model_without_labels_says_so(qtbot, panel):
    panel.set_model(2, DIGITS, False)
    label = slider(panel, "labelSlider")
    assert not label.isVisible()
    assert not label.isEnabled()
    assert label.toolTip().startswith("This model's decoder takes no label:")
    panel.set_model(2, DIGITS, True)
    assert label.isVisible()
    assert label.isEnabled()
    assert "without labels" not in label.toolTip()


def test_label_by_keys_and_by_its_image(qtbot, panel, asked):
    panel.set_model(2, DIGITS, True)
    panel.show_decoded(decoded(classes=10, label=3))
    label, row = slider(panel, "labelSlider"), strip(panel, "The same code under every label")
    assert (label.minimum(), label.maximum(), label.value()) == (0, 9, 3)
    assert (row.image_count(), row.framed()) == (10, 3)
    label.setFocus()
    qtbot.keyClick(label, Qt.Key.Key_Right)
    assert row.framed() == 4
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.tile(7).center())
    assert label.value() == 7
    assert asked == [("label_changed", 4), ("label_changed", 7)]
    assert "Label: 7" in texts(panel)


def test_each_stop_of_the_label_slider_lies_above_its_image(qtbot, panel):
    panel.set_model(2, DIGITS, True)
    panel.show_decoded(decoded(classes=10, label=0))
    label, row = slider(panel, "labelSlider"), strip(panel, "The same code under every label")
    for width in (380, 520):
        panel.resize(width, 600)
        QApplication.processEvents()
        for index in (0, 4, 9):
            stop = label.mapTo(panel, QPoint(label.x_of(index), 0)).x()
            image = row.mapTo(panel, row.tile(index).center()).x()
            assert abs(stop - image) <= 3


def test_many_labels_take_rows(panel):
    letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    panel.set_model(2, letters, True)
    panel.show_decoded(decoded(classes=26, label=25))
    row = strip(panel, "The same code under every label")
    assert row.image_count() == 26
    assert row.tile(13).top() > row.tile(12).bottom()
    assert "Label: Z" in texts(panel)


def test_two_dimensions_need_no_sliders(panel):
    panel.set_model(2, DIGITS, False)
    assert not dimensions(panel).isVisible()
    panel.set_model(3, DIGITS, False)
    assert dimensions(panel).isVisible()


def test_a_slider_per_dimension(qtbot, panel, asked):
    panel.set_model(5, DIGITS, False)
    panel.show_decoded(decoded(latent=5, code=[0, -1.25, 2, 7.5, 0]))
    dimensions(panel).set_open(True)
    assert slider(panel, "dimensionSlider1").value() == -125
    assert slider(panel, "dimensionSlider3").value() == 400
    assert "−1.25" in texts(panel)
    assert "7.50" in texts(panel)
    second = slider(panel, "dimensionSlider1")
    second.setFocus()
    qtbot.keyClick(second, Qt.Key.Key_Right)
    assert asked == [("dimension_changed", 1, pytest.approx(-1.15))]


def test_at_most_64_dimensions_get_a_slider(panel):
    panel.set_model(100, DIGITS, False)
    dimensions(panel).set_open(True)
    panel.show_decoded(decoded(latent=100))
    assert panel.findChild(QSlider, "dimensionSlider63") is not None
    assert panel.findChild(QSlider, "dimensionSlider64") is None
    assert any("64 of 100" in label.text() for label in panel.findChildren(QLabel))


def test_without_a_model_nothing_can_be_asked(panel):
    panel.set_model(2, DIGITS, True)
    panel.show_decoded(decoded(classes=10, label=3))
    panel.clear_model()
    assert not slider(panel, "temperatureSlider").isEnabled()
    assert not slider(panel, "labelSlider").isEnabled()
    assert panel.findChild(ImageView, "decodedImage").pixels() is None


@pytest.mark.parametrize(("width", "height"), [(300, 480), (300, 700), (520, 700), (380, 900)])
def test_the_image_is_the_largest_thing(panel, width, height):
    panel.set_model(2, DIGITS, True)
    panel.show_decoded(decoded(classes=10, label=3))
    panel.resize(width, height)
    QApplication.processEvents()
    view = panel.findChild(ImageView, "decodedImage")
    assert view.image_rect().width() >= 0.4 * width
    inside = panel.rect()
    for child in (view, strip(panel, "Samples"), strip(panel, "The same code under every label")):
        assert inside.contains(child.mapTo(panel, child.rect().topLeft()))
        assert inside.contains(child.mapTo(panel, child.rect().bottomRight()))
        assert child.height() >= 20


def test_says_that_an_autoencoder_has_neither_posterior_nor_prior(panel):
    panel.set_model(2, (), False)
    point = dataclasses.replace(decoded(), deviation=np.zeros(2, np.float32))
    panel.show_decoded(point)
    assert "no posterior" in texts(panel)
    panel.show_decoded(dataclasses.replace(point, samples_are_prior=True))
    assert "no prior" in texts(panel)
    panel.show_decoded(decoded())
    assert "around the pick" in texts(panel)
