from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QMainWindow, QStyle, QStyleOptionComboBox, QToolButton

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.style import theme
from latentlab.ui.window.menus import Menus


@pytest.fixture
def window(qtbot):
    window, panel = QMainWindow(), CanvasPanel()
    Menus(window, panel)
    window.setCentralWidget(panel)
    window.resize(700, 560)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.fixture
def panel(window):
    return window.centralWidget()


def test_choosing_images_says_which_and_how_many(panel, qtbot):
    source = panel.findChild(QComboBox, "mapSourceBox")
    count = panel.findChild(QComboBox, "mapCountBox")
    with qtbot.waitSignal(panel.source_chosen) as chosen:
        qtbot.keyClick(source, Qt.Key.Key_Down)
    assert chosen.args == ["training", 10_000]
    with qtbot.waitSignal(panel.source_chosen) as chosen:
        qtbot.keyClick(count, Qt.Key.Key_End)
    assert chosen.args == ["training", 0]


def test_the_setter_says_nothing(panel, qtbot):
    with qtbot.assertNotEmitted(panel.source_chosen):
        panel.set_source("both", 1_000)
        panel.set_source("test", 250)
    assert panel.findChild(QComboBox, "mapSourceBox").currentData() == "test"
    assert panel.findChild(QComboBox, "mapCountBox").currentData() == 250


def test_everything_can_be_reached_and_says_what_it_does(panel):
    for kind in (QToolButton, QComboBox):
        for widget in panel.findChildren(kind):
            is_qts = widget.objectName() in ("qt_toolbar_ext_button", "ScrollLeftButton", "ScrollRightButton")
            if not is_qts and not isinstance(widget.parent(), QLineEdit):  # which has a button to clear it
                assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
                assert widget.toolTip()


def test_the_boxes_show_what_is_chosen_at_first_whole_in_text_of_any_size(window, panel, qtbot):
    window.resize(1000, 560)

    def room(box):
        option = QStyleOptionComboBox()
        box.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        return box.style().subControlRect(control, option, part, box).width()

    before = QApplication.font()
    try:
        for step in (0, 8):
            theme.change_text_size(step)
            for box in panel.findChildren(QComboBox):
                qtbot.waitUntil(lambda box=box: box.font().pointSizeF() == QApplication.font().pointSizeF())
                qtbot.waitUntil(
                    lambda box=box: room(box) > box.fontMetrics().horizontalAdvance(box.currentText()), timeout=2000
                )
    finally:
        QApplication.setFont(before)
