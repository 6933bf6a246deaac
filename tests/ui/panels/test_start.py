"""The start page: the ways to a first map."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea

from latentlab.ui.panels.start import StartPage

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
    assert reached == ["startTrainingButton", "ownImagesButton", *models, "openRecent0", "openRunButton"]
    page.setFocus()
    with qtbot.waitSignal(page.start_requested):
        qtbot.keyClick(page.focusWidget(), Qt.Key.Key_Space)


def test_a_card_opens_its_model(qtbot, page):
    page.set_models(MODELS)
    card = button(page, "openModel1")
    with qtbot.waitSignal(page.model_requested) as requested:
        # On its words, which must let the click through.
        label = card.findChildren(QLabel)[1]
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=label.geometry().center())
    assert requested.args == ["/models/cvae.safetensors"]
    assert "CVAE" in card.accessibleName()


def test_the_words_of_a_card_fit(qtbot, page):
    page.set_models(MODELS)
    for width in (420, 600, 1000):
        page.resize(width, 700)
        QApplication.processEvents()
        label = button(page, "openModel1").findChildren(QLabel)[1]
        assert label.height() >= label.heightForWidth(label.width())
        assert button(page, "openModel1").rect().contains(label.geometry())


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
    assert not any("pretrained" in heading for heading in headings())
    page.set_models(MODELS)
    page.set_recent(["/runs/mine.safetensors"])
    assert {"Recent runs", "pretrained"} <= set(re.findall("Recent runs|pretrained", " ".join(headings())))


def test_open_a_run(qtbot, page):
    with qtbot.waitSignal(page.open_requested):
        qtbot.mouseClick(button(page, "openRunButton"), Qt.MouseButton.LeftButton)


def test_a_small_window_scrolls(page):
    page.set_models(MODELS)
    page.resize(420, 260)
    QApplication.processEvents()
    assert page.findChild(QScrollArea).verticalScrollBar().maximum() > 0
