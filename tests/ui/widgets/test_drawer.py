"""The drawer: one line while it is folded, its pages while it is open."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QLabel, QTabBar, QToolButton

from latentlab.ui.widgets.drawer import Drawer


@pytest.fixture
def drawer(qtbot):
    drawer = Drawer(QLabel("Loss 3"))
    for name in ("first", "second"):
        page = QLabel(name, objectName=name)
        page.setMinimumHeight(100)
        drawer.add_page(page, name.title())
    return qtbot.show(drawer, 400, 300)


def test_it_opens_and_folds_by_its_button_and_tells(qtbot, drawer):
    line, page = drawer.findChildren(QLabel)[0], drawer.findChild(QLabel, "first")
    assert line.isVisible()
    assert not page.isVisible()
    assert drawer.maximumHeight() < 50
    told, turned = QSignalSpy(drawer.toggled), QSignalSpy(drawer.turned)
    switch = drawer.findChild(QToolButton, "drawerSwitch")
    switch.setFocus()
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert drawer.is_open()
    assert page.isVisible()
    assert not line.isVisible()
    assert drawer.maximumHeight() > 10_000
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert not drawer.is_open()
    assert [told.at(i)[0] for i in range(told.count())] == [True, False]
    assert turned.count() == 2


def test_it_opens_on_a_page_and_tells_which_is_looked_at(qtbot, drawer):
    first, second = drawer.findChild(QLabel, "first"), drawer.findChild(QLabel, "second")
    drawer.open_page(second)
    assert second.isVisible()
    assert drawer.is_on(second)
    assert not drawer.is_on(first)
    bar = drawer.findChild(QTabBar)
    with qtbot.waitSignal(drawer.turned):
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(0).center())
    assert drawer.is_on(first)
    drawer.set_open(False)
    assert not drawer.is_on(first)
