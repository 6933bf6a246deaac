"""The panel of layers: opened, walked through and closed by keys; what is not as usual is said on its button."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QRadioButton

from latentlab.ui.canvas.panel import CanvasPanel


@pytest.fixture
def panel(qtbot):
    panel = qtbot.show(CanvasPanel(), 760, 560)
    for name, is_on, words in (("&Landscape", False, "Landscape"), ("Prior &rings", True, "No rings")):
        action = QAction(name, panel, checkable=True, checked=is_on)
        panel.layers.add_switch(action, f"{name.replace('&', '')}Box", words)
    return panel


@pytest.fixture
def opened(panel, qtbot):
    panel.layers.button.setFocus()
    qtbot.keyClick(panel.layers.button, Qt.Key.Key_Space)
    qtbot.waitUntil(panel.layers.isVisible)
    yield panel.layers
    panel.layers.close()


def test_keys_open_it_walk_through_it_and_close_it(panel, opened, qtbot):
    seen = []
    for _ in range(12):
        seen.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    kinds = (*opened.findChildren(QComboBox), *opened.findChildren(QCheckBox))
    assert set(kinds) < set(seen)
    assert any(isinstance(each, QRadioButton) for each in seen)  # one of them: arrow keys lead to the others
    qtbot.keyClick(opened, Qt.Key.Key_Escape)
    assert not opened.isVisible()


def test_it_lies_on_the_screen_below_its_button(panel, opened):
    assert panel.screen().availableGeometry().contains(opened.geometry())
    below = panel.layers.button.mapToGlobal(panel.layers.button.rect().bottomLeft())
    assert opened.y() > below.y()


def test_the_button_says_what_is_not_as_usual(panel, opened, qtbot):
    button, source = panel.layers.button, opened.findChild(QComboBox, "mapSourceBox")
    assert button.text() == "Layers"
    with qtbot.waitSignal(opened.field_chosen) as chosen:
        opened.findChild(QRadioButton, "mapFieldGapsButton").click()
    assert chosen.args == ["gaps"]
    assert button.text() == "Layers: Gaps"
    with qtbot.waitSignal(opened.source_chosen):
        qtbot.keyClick(source, Qt.Key.Key_Down)
    assert button.text() == "Layers: training images, Gaps"
    opened.findChild(QCheckBox, "Prior ringsBox").click()
    assert button.text() == "Layers: training images + 2"
    qtbot.keyClick(source, Qt.Key.Key_Up)
    opened.findChild(QCheckBox, "Prior ringsBox").click()
    opened.findChild(QRadioButton, "mapFieldNoneButton").click()
    assert button.text() == "Layers"


def test_a_switch_is_that_of_the_menus(panel):
    (action,) = [each for each in panel.actions() or panel.findChildren(QAction) if each.text() == "&Landscape"]
    box = panel.layers.findChild(QCheckBox, "LandscapeBox")
    assert box.text() == "Landscape"
    box.click()
    assert action.isChecked()
    action.setChecked(False)
    assert not box.isChecked()
    assert panel.layers.button.text() == "Layers"
