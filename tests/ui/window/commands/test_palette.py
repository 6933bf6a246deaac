"""The palette of commands: found by typing, done by Enter or a click."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QLineEdit, QListView
from shiboken6 import Shiboken

from latentlab.ui.settings import Settings
from latentlab.ui.window.commands.palette import Palette

CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def open_palette(desk) -> Palette:
    desk.qtbot.keyClick(desk.window, Qt.Key.Key_P, CONTROL_SHIFT)
    return desk.child("palette", Palette)


def field(desk):
    return desk.child("paletteField", QLineEdit)


def press(desk, key):
    desk.qtbot.keyClick(field(desk), key)


@pytest.fixture
def palette(desk):
    desk.canvas.setFocus()
    return open_palette(desk)


def test_it_lists_what_the_menus_offer_with_the_way_there_and_the_keys(desk, palette):
    assert palette.isVisible()
    assert field(desk).hasFocus()
    assert {"Train", "Show all points", "Dark", "Quit"} < set(palette.shown())
    assert "Find a command…" not in palette.shown()
    field(desk).setText("pick")
    entries = desk.child("paletteList", QListView)
    name = entries.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert name == "Pick, Map, V"
    field(desk).setText("dark theme")
    assert palette.shown() == ["Dark"]


def test_enter_does_what_is_chosen_and_the_focus_goes_back(desk, palette):
    spy = QSignalSpy(desk.menus["lightTheme"].triggered)
    desk.qtbot.keyClicks(field(desk), "light th")
    press(desk, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert spy.count() == 1
    assert QApplication.focusWidget() is desk.canvas


def test_the_arrows_choose_and_esc_or_a_click_beside_it_closes(desk, palette):
    entries = desk.child("paletteList", QListView)
    first = entries.currentIndex().row()
    can_go_home = desk.action("home").isEnabled()
    assert palette.shown()[first] == ("Home" if can_go_home else "Open run…")  # the first that can be done
    press(desk, Qt.Key.Key_Down)
    press(desk, Qt.Key.Key_Down)
    press(desk, Qt.Key.Key_Up)
    assert entries.currentIndex().row() == first + 1
    press(desk, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    open_palette(desk)
    desk.qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.rect().bottomLeft())
    assert not palette.isVisible()


def test_what_has_left_its_menu_while_it_is_listed_is_painted_and_goes_when_it_is_chosen(desk):
    menu = desk.window.menuBar().actions()[0].menu()
    passing = menu.addAction("A thing of the moment")
    passing.setCheckable(True)
    palette = open_palette(desk)
    desk.qtbot.keyClicks(field(desk), "a thing of the")
    assert palette.shown() == ["A thing of the moment"]
    menu.removeAction(passing)
    passing.deleteLater()
    desk.until(lambda: not Shiboken.isValid(passing))
    palette.grab()
    assert palette.shown() == ["A thing of the moment"]
    press(desk, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert palette.shown() == []


def test_a_click_does_it_and_what_cannot_be_done_does_nothing(desk, palette):
    entries = desk.child("paletteList", QListView)
    for name, done in (("Pause", 0), ("Select all", 1)):
        action = desk.action({"Pause": "pause", "Select all": "selectAll"}[name])
        spy = QSignalSpy(action.triggered)
        field(desk).setText(name)
        place = entries.visualRect(entries.model().index(palette.shown().index(name), 0)).center()
        desk.qtbot.mouseClick(entries.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert spy.count() == done, name
        assert palette.isVisible() != bool(done), name


def test_what_was_used_comes_first_also_after_the_next_start(make_desk):
    settings = Settings()
    desk = make_desk(settings)
    palette = open_palette(desk)
    for typed in ("show all points", "fit standard zzz", "select all"):
        field(desk).setText(typed)
        press(desk, Qt.Key.Key_Return)
        palette = open_palette(desk) if not palette.isVisible() else palette
    assert palette.shown()[:2] == ["Select all", "Show all points"]
    field(desk).setText("nothing is called like this")
    assert palette.shown() == []
    settings.save()
    assert Settings().recent_commands[:2] == ["selectAllAction", "showAllAction"]


def test_it_follows_the_window_and_tells_who_reads_it_aloud_what_it_is(desk, palette):
    desk.window.resize(700, 500)
    desk.until(lambda: palette.size() == desk.window.size())
    frame = field(desk).parentWidget().geometry()
    assert palette.rect().contains(frame)
    interface = QAccessible.queryAccessibleInterface(field(desk))
    assert interface.text(QAccessible.Text.Name) == "Find a command"
    assert interface.role() == QAccessible.Role.EditableText


def test_what_had_the_focus_may_be_gone_when_it_closes(desk):
    gone = QLineEdit(desk.window)
    gone.show()
    gone.setFocus()
    palette = open_palette(desk)
    Shiboken.delete(gone)
    press(desk, Qt.Key.Key_Escape)
    assert not palette.isVisible()
