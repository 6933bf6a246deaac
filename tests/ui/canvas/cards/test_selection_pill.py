"""The pill of what is selected: there only while something is, whole in a wide map, and useful in a narrow one."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton

from latentlab.ui.canvas.panel import CanvasPanel


@pytest.fixture
def panel(qtbot):
    return qtbot.show(CanvasPanel(), 900, 560)


def offers(pill):
    return [button.text() for button in pill.findChildren(QToolButton) if button.isVisible()]


def test_it_is_there_while_something_is_selected_or_excluded(panel):
    pill = panel.pill
    assert (pill.isVisible(), pill.text()) == (False, "")
    pill.set_selected(27)
    assert (pill.isVisible(), pill.text()) == (True, "27 selected")
    assert offers(pill) == ["show", "blend", "train on", "exclude", "×"]
    pill.set_excluded(1_040)
    assert pill.text() == "27 selected"
    pill.set_selected(0)
    assert pill.text() == f"{1_040:,} excluded"
    assert offers(pill) == ["bring back"]
    pill.set_excluded(0)
    assert not pill.isVisible()


def test_each_button_asks_for_what_it_says(panel, qtbot):
    pill = panel.pill
    pill.set_selected(2)
    for name, signal in (
        ("Show", pill.show_requested),
        ("Blend", pill.blend_requested),
        ("Train", pill.train_requested),
        ("Exclude", pill.exclude_requested),
        ("Clear", pill.clear_requested),
    ):
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(pill.findChild(QToolButton, f"selectionPill{name}Button"), Qt.MouseButton.LeftButton)
    pill.set_selected(1)
    pill.set_can_train(False)
    dead = [button.text() for button in pill.findChildren(QToolButton) if not button.isEnabled()]
    assert dead == ["blend", "train on"]


def test_in_a_narrow_map_some_is_left_to_the_menus_and_comes_back_where_there_is_room(panel, qtbot):
    panel.pill.set_selected(10_000)
    panel.resize(340, 560)
    qtbot.waitUntil(lambda: len(offers(panel.pill)) < 5)
    assert offers(panel.pill)[0] == "show"
    assert offers(panel.pill)[-1] == "×"
    assert panel.canvas.rect().contains(panel.pill.geometry())
    panel.resize(900, 560)
    qtbot.waitUntil(lambda: len(offers(panel.pill)) == 5)


def test_the_keyboard_goes_back_to_the_map_when_nothing_is_selected_any_more(panel, qtbot):
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.pill.set_selected(5)
    panel.pill.findChild(QToolButton, "selectionPillClearButton").setFocus()
    panel.pill.set_selected(0)
    assert QApplication.focusWidget() is panel.canvas
