"""The bar above the map that says one sentence."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from latentlab.ui.style import theme
from latentlab.ui.widgets.message_bar import MessageBar
from tests.ui.scenes import has_colour


@pytest.fixture
def bar(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    bar = MessageBar()
    QVBoxLayout(window).addWidget(bar)
    window.resize(400, 300)
    window.show()
    qtbot.waitExposed(window)
    yield bar
    window.hide()  # named here, or nothing would hold it while the test runs


def timer(bar):
    return bar.findChild(QTimer)


def test_nothing_is_shown_before_there_is_something_to_say(bar):
    assert not bar.isVisible()
    assert bar.text() == ""


def test_a_problem_stays_until_it_is_closed(qtbot, bar):
    bar.show_message("The disk is full: make room, then save again.", True)
    assert bar.isVisible()
    assert not timer(bar).isActive()
    close = bar.findChild(QWidget, "messageClose")
    assert close.accessibleName()
    qtbot.mouseClick(close, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    assert bar.text() == ""


def test_news_go_by_themselves(qtbot, bar):
    timer(bar).setInterval(1)
    bar.show_message("The run is saved.", False)
    assert bar.text() == "The run is saved."
    qtbot.waitUntil(lambda: not bar.isVisible())


def test_a_problem_after_news_does_not_go_with_them(bar):
    bar.show_message("The run is saved.", False)
    assert timer(bar).isActive()
    bar.show_message("The disk is full.", True)
    assert not timer(bar).isActive()
    assert bar.text() == "The disk is full."


def test_an_empty_sentence_takes_it_back(bar):
    bar.show_message("The disk is full.", True)
    bar.show_message("", False)
    assert not bar.isVisible()
    assert not timer(bar).isActive()


def test_an_offer_is_taken_by_its_button(qtbot, bar):
    button = bar.findChild(QWidget, "messageOffer")
    bar.show_message("The loss explodes.", True, "Learning rate 0.001")
    assert (button.text(), button.isVisible()) == ("Learning rate 0.001", True)
    with qtbot.waitSignal(bar.accepted):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()
    bar.show_message("The disk is full.", True)
    assert not button.isVisible()


def test_a_problem_looks_unlike_news(bar):
    bar.show_message("The run is saved.", False)
    assert not has_colour(bar, theme.current().warning)
    bar.show_message("The disk is full.", True)
    assert has_colour(bar, theme.current().warning)


def test_a_long_sentence_is_wrapped_not_cut(qtbot, bar):
    bar.show_message("word " * 60, True)
    label = bar.findChild(QWidget, "messageText")
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert label.height() > 2 * label.fontMetrics().height()
