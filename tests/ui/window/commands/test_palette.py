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


def open_palette(lab) -> Palette:
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_P, CONTROL_SHIFT)
    return lab.child("palette", Palette)


def field(lab):
    return lab.child("paletteField", QLineEdit)


def press(lab, key):
    lab.qtbot.keyClick(field(lab), key)


@pytest.fixture
def palette(lab):
    lab.child("trainButton").setFocus()
    return open_palette(lab)


def test_it_lists_what_the_menus_offer_with_the_way_there_and_the_keys(lab, palette):
    assert palette.isVisible()
    assert field(lab).hasFocus()
    assert {"Train", "Show all points", "Dark", "Quit"} < set(palette.shown())
    assert "Find a command…" not in palette.shown()
    field(lab).setText("pick")
    entries = lab.child("paletteList", QListView)
    name = entries.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert name == "Pick, Map, V"
    field(lab).setText("dark theme")
    assert palette.shown() == ["Dark"]


def test_enter_does_what_is_chosen_and_the_focus_goes_back(lab, palette):
    spy = QSignalSpy(lab.window.menus["lightTheme"].triggered)
    lab.qtbot.keyClicks(field(lab), "light th")
    press(lab, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert spy.count() == 1
    assert QApplication.focusWidget() is lab.child("trainButton")


def test_the_arrows_choose_and_esc_or_a_click_beside_it_closes(lab, palette):
    entries = lab.child("paletteList", QListView)
    first = entries.currentIndex().row()
    can_go_home = lab.action("home").isEnabled()
    assert palette.shown()[first] == ("Home" if can_go_home else "Open run…")  # the first that can be done
    press(lab, Qt.Key.Key_Down)
    press(lab, Qt.Key.Key_Down)
    press(lab, Qt.Key.Key_Up)
    assert entries.currentIndex().row() == first + 1
    press(lab, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    open_palette(lab)
    lab.qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.rect().bottomLeft())
    assert not palette.isVisible()


def test_a_click_does_it_and_what_cannot_be_done_does_nothing(lab, palette):
    entries = lab.child("paletteList", QListView)
    for name, done in (("Pause", 0), ("Select all", 1)):
        action = lab.action({"Pause": "pause", "Select all": "selectAll"}[name])
        spy = QSignalSpy(action.triggered)
        field(lab).setText(name)
        place = entries.visualRect(entries.model().index(palette.shown().index(name), 0)).center()
        lab.qtbot.mouseClick(entries.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert spy.count() == done, name
        assert palette.isVisible() != bool(done), name


def test_what_was_used_comes_first_also_after_the_next_start(make_lab):
    settings = Settings()
    lab = make_lab(settings)
    palette = open_palette(lab)
    for typed in ("show all points", "fit standard zzz", "select all"):
        field(lab).setText(typed)
        press(lab, Qt.Key.Key_Return)
        palette = open_palette(lab) if not palette.isVisible() else palette
    assert palette.shown()[:2] == ["Select all", "Show all points"]
    field(lab).setText("nothing is called like this")
    assert palette.shown() == []
    settings.save()
    assert Settings().recent_commands[:2] == ["selectAllAction", "showAllAction"]


def test_it_follows_the_window_and_tells_who_reads_it_aloud_what_it_is(lab, palette):
    lab.window.resize(700, 500)
    lab.until(lambda: palette.size() == lab.window.size())
    frame = field(lab).parentWidget().geometry()
    assert palette.rect().contains(frame)
    interface = QAccessible.queryAccessibleInterface(field(lab))
    assert interface.text(QAccessible.Text.Name) == "Find a command"
    assert interface.role() == QAccessible.Role.EditableText


def test_what_had_the_focus_may_be_gone_when_it_closes(lab):
    gone = QLineEdit(lab.window)
    gone.show()
    gone.setFocus()
    palette = open_palette(lab)
    Shiboken.delete(gone)
    press(lab, Qt.Key.Key_Escape)
    assert not palette.isVisible()
