"""Everything by keyboard: Tab leads to all that takes the focus and back, and each says what it is."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QTabWidget, QWidget

from latentlab.ui.canvas.cards.legend import ClassButton

MOST = 400  # controls
# What holds others, or nothing in particular, is nothing that one does something with.
NOTHING = {
    QAccessible.Role.NoRole,
    QAccessible.Role.Client,
    QAccessible.Role.Pane,
    QAccessible.Role.Grouping,
    QAccessible.Role.Window,
    QAccessible.Role.LayeredPane,
}


def focusable(window):
    """Give what Tab is to lead to: of buttons of which one is chosen that one stands for all."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and widget.isEnabled()
        and widget.window() is window
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not (isinstance(widget, QAbstractButton) and widget.group() and not widget.isChecked())
    ]


def walk(key):
    """Press a key until the focus is where it was, and give what had it."""
    reached = [QApplication.focusWidget()]
    for _ in range(MOST):
        QTest.keyClick(QApplication.focusWidget(), key)
        if QApplication.focusWidget() is reached[0]:
            return reached
        reached.append(QApplication.focusWidget())
    raise AssertionError(f"Tab goes on and on: {reached[-5:]}")


def called(widget):
    """Give a widget's kind and name, and those of what holds it."""
    holders = []
    while widget is not None and len(holders) < 4:
        holders.append(f"{type(widget).__name__} {widget.objectName()}".strip())
        widget = widget.parentWidget()
    return " in ".join(holders)


def panel_of(widget):
    """Give the panel that a widget is in: Tab leads through one after the other, and never back into one."""
    parts = ("_Panel", "LinesPanel")  # what panels are made of
    while widget is not None and (
        not type(widget).__name__.endswith(("Panel", "Page")) or type(widget).__name__ in parts
    ):
        widget = widget.parentWidget()
    return widget


def untold(window):
    """Give what takes the focus and has no name, or is nothing that one could say."""
    found = {}
    for widget in focusable(window):
        interface = QAccessible.queryAccessibleInterface(widget)
        if not interface.text(QAccessible.Text.Name).strip():
            found[called(widget)] = "no name"
        elif interface.role() in NOTHING:
            found[called(widget)] = interface.role().name
    return found


@pytest.mark.parametrize("shown", ["start page", "model"])
def test_tab_leads_everywhere_and_back_to_what_says_what_it_is(lab, run_file, shown):
    if shown == "model":
        lab.open(run_file())
        lab.pick()
        lab.until_idle()
    lab.child("trainButton").setFocus()
    wanted = focusable(lab.window)
    assert len(wanted) > 10
    forwards = walk(Qt.Key.Key_Tab)
    assert not {called(widget) for widget in set(wanted) - set(forwards)}
    assert not {called(widget) for widget in forwards if widget.window() is not lab.window}
    panels = [found for widget in forwards if (found := panel_of(widget)) is not None]
    visits = [each for each, before in zip(panels, [None, *panels], strict=False) if each is not before]
    if visits[0] is visits[-1]:  # it began in the middle of one
        visits.pop()
    classes = [widget.text() for widget in forwards if isinstance(widget, ClassButton)]
    assert classes == sorted(classes)
    order = [called(widget) for widget in forwards if panel_of(widget) is not None]
    assert len(visits) == len(set(visits)), "\n".join(order)
    assert walk(Qt.Key.Key_Backtab) == [forwards[0], *reversed(forwards[1:])]
    assert not untold(lab.window)


def test_each_view_says_what_its_parts_are(opened):
    opened.pick()
    tabs = opened.child("viewTabs", QTabWidget)
    for tab in range(tabs.count()):
        tabs.setCurrentIndex(tab)
        opened.until_idle()
        assert not untold(opened.window), tabs.tabText(tab)


def test_each_dialog_says_what_its_parts_are(lab):
    for name in ("preferences", "keys", "about"):
        lab.action(name).trigger()
        dialog = lab.child(f"{name}Dialog", QDialog)
        assert focusable(dialog)
        assert not untold(dialog)
        dialog.close()
    for name in ("tour", "palette"):
        lab.action(name).trigger()
        assert lab.child(name).isVisible()
        assert not untold(lab.window)


def test_the_tools_of_the_map_are_taken_up_and_the_selection_made_without_a_mouse(opened):
    opened.canvas.setFocus()
    for key, tool in ((Qt.Key.Key_L, "lasso"), (Qt.Key.Key_R, "rectangle"), (Qt.Key.Key_V, "pick")):
        opened.qtbot.keyClick(opened.canvas, key)
        assert opened.action(tool).isChecked()
    opened.qtbot.keyClick(opened.canvas, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(opened.session.selection.rows) == len(opened.canvas.points())
