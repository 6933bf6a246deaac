"""The start page: the ways to a first map."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QMenu, QPushButton, QScrollArea, QWidget

from latentlab.ui.panels.start import StartPage
from latentlab.ui.style import theme
from latentlab.ui.widgets.cards import Sheet
from tests.ui.scenes import has_colour, pixels

MODELS = [("/models/vae.safetensors", "VAE", "Some words."), ("/models/cvae.safetensors", "CVAE", "Other words. " * 9)]


@pytest.fixture
def page(qtbot):
    return qtbot.show(StartPage(), 600, 560)


def button(page, name) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def test_one_press_starts_training(qtbot, page):
    with qtbot.waitSignal(page.start_requested):
        qtbot.mouseClick(button(page, "startTrainingButton"), Qt.MouseButton.LeftButton)


def test_the_keyboard_reaches_everything(qtbot, page):
    page.set_models(MODELS)
    page.set_recent(["/runs/mine.safetensors"])
    qtbot.waitUntil(button(page, "openRecent0").isVisible)
    page.setFocus()
    reached = []
    for _ in range(6):
        reached.append(page.focusWidget().objectName())
        qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Tab)
    models = ["openModel0", "openModel1"]
    assert reached == ["startTrainingButton", *models, "ownImagesButton", "openRecent0", "openRunButton"]
    page.setFocus()
    with qtbot.waitSignal(page.start_requested):
        qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Space)


def test_a_card_opens_its_model(qtbot, page):
    page.set_models(MODELS)
    card = button(page, "openModel1")
    qtbot.waitUntil(card.isVisible)
    with qtbot.waitSignal(page.model_requested) as requested:
        # On its words, which must let the click through.
        label = card.findChildren(QLabel)[-1]
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=label.geometry().center())
    assert requested.args == ["/models/cvae.safetensors"]
    assert "CVAE" in card.accessibleName()


def test_the_words_of_a_card_fit(qtbot, page):
    page.set_models(MODELS)
    for width in (420, 600, 1000):
        page.resize(width, 700)
        QApplication.processEvents()
        label = button(page, "openModel1").findChildren(QLabel)[-1]
        assert label.height() >= label.heightForWidth(label.width())
        assert button(page, "openModel1").rect().contains(label.geometry())


def test_all_cards_are_as_wide_as_the_widest_button_takes(qtbot, page):
    page.resize(1600, 700)
    page.set_models(MODELS)
    own = button(page, "ownImagesButton")
    own.setText("Open images of one's own, wherever these may lie")
    page.set_image_sources(QMenu(page))
    cards = [page.findChild(QWidget, name) for name in ("firstCard", "openModel0", "openModel1", "ownCard")]
    qtbot.waitUntil(lambda: len({card.y() for card in cards}) == 1)
    assert len({card.width() for card in cards}) == 1
    assert own.width() >= own.sizeHint().width()


def test_what_would_be_learned_is_told(page):
    page.tell_images("Press Train: MNIST.")
    assert page.findChild(QLabel, "startImagesLabel").text() == "Press Train: MNIST."


def test_models_can_be_offered_anew(page):
    page.set_models(MODELS)
    page.set_models(MODELS[:1])
    QApplication.processEvents()
    assert page.findChild(QPushButton, "openModel1") is None


def test_recent_runs(qtbot, page):
    page.set_recent(["/runs/this & that.safetensors"])
    recent = button(page, "openRecent0")
    assert recent.toolTip() == "/runs/this & that.safetensors"
    with qtbot.waitSignal(page.model_requested) as requested:
        qtbot.mouseClick(recent, Qt.MouseButton.LeftButton)
    assert requested.args == ["/runs/this & that.safetensors"]


def test_headings_only_where_something_is_offered(page):
    def headings():
        return {label.text() for label in page.findChildren(QLabel) if label.isVisible()}

    assert not any("Recent runs" in heading for heading in headings())
    page.set_recent(["/runs/mine.safetensors"])
    assert any("Recent runs" in heading for heading in headings())


def test_the_button_waits_while_a_training_cannot_begin(qtbot, page):
    page.set_can_train(False)
    assert not button(page, "startTrainingButton").isEnabled()
    page.set_can_train(True)
    assert button(page, "startTrainingButton").isEnabled()


def test_cards_show_the_images_and_the_maps_that_they_are_of(qtbot, page):
    def colours(widget):
        picture = widget.grab().toImage()
        return {picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())}

    page.set_models(MODELS)
    page.set_recent(["/runs/mine.safetensors"])
    assert page.shown_paths() == [*(Path(path) for path, *_ in MODELS), Path("/runs/mine.safetensors")]
    qtbot.waitUntil(lambda: button(page, "openRecent0").height() > 50)
    for path, name in ((MODELS[0][0], "openModel0"), ("/runs/mine.safetensors", "openRecent0")):
        before = colours(button(page, name))
        spread = np.random.default_rng(0).normal(size=(400, 2)).astype(np.float32)
        page.show_map(Path(path), spread, np.arange(400) % 3, 3)
        shades = {QColor(*shade.tolist()).rgb() for shade in theme.class_colours(3, dark=theme.current().dark)}
        assert shades <= colours(button(page, name)) - before
    page.show_map(Path("/runs/another.safetensors"), spread, np.arange(400) % 3, 3)  # of a card that has gone
    page.show_images(np.full((1, 30, 40), 37, np.uint8))
    assert QColor(37, 37, 37).rgb() in colours(page.findChild(QFrame, "firstCard"))


def test_without_images_their_place_has_an_edge_and_says_so(qtbot):
    sheet = Sheet("There are none")
    sheet.resize(200, 120)
    qtbot.addWidget(sheet)
    assert has_colour(sheet, theme.current().edge)
    with_words = pixels(sheet)
    sheet = Sheet("")
    sheet.resize(200, 120)
    qtbot.addWidget(sheet)
    assert (pixels(sheet) != with_words).any()


def test_open_a_run(qtbot, page):
    with qtbot.waitSignal(page.open_requested):
        qtbot.mouseClick(button(page, "openRunButton"), Qt.MouseButton.LeftButton)


def test_a_small_window_scrolls(page):
    page.set_models(MODELS)
    page.resize(420, 260)
    QApplication.processEvents()
    assert page.findChild(QScrollArea).verticalScrollBar().maximum() > 0
