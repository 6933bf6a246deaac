"""The menus: what they can do when, and that each action is an intent."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QMainWindow, QMenu

from latentlab.ui.window.menus import Menus

ALWAYS = {
    "Show all points": "show_all_requested",
    "Show ±4": "show_standard_requested",
    "Clear the sketch": "clear_sketch_requested",
}
IDLE = {
    "Open run…": "open_requested",
    "Open recipe file…": "recipe_file_requested",
    "Folder of downloaded image sets…": "data_folder_requested",
    "My own images: a folder…": "image_folder_requested",
    "My own images: an array file…": "array_requested",
    "My own scans: dirty and clean…": "pairs_requested",
    "Train": "train_requested",
}
BUSY = {
    "Pause": "pause_requested",
    "Stop, keep the model": "stop_requested",
    "Discard, go back": "discard_requested",
}


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.menus = Menus(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def action(window, text):
    (found,) = [found for found in window.findChildren(QAction) if found.text().replace("&", "") == text]
    return found


@pytest.mark.parametrize("state", ["idle", "training", "paused"])
def test_what_can_be_chosen_in_each_state_is_an_intent(window, state):
    window.menus.set_state(state)
    resume = {"Resume": "pause_requested"} if state == "paused" else {}
    for texts, enabled in ((ALWAYS, True), (IDLE, state == "idle"), (BUSY, state != "idle")):
        for text, signal in texts.items():
            if resume and text == "Pause":
                text = "Resume"
            spy = QSignalSpy(getattr(window.menus, signal))
            action(window, text).trigger()
            assert (action(window, text).isEnabled(), spy.count()) == (enabled, int(enabled)), text


def test_saving_is_offered_where_there_is_something_to_save(window):
    for can in (False, True):
        window.menus.set_can_save(can)
        assert action(window, "Save run").isEnabled() == can
        assert action(window, "Save run as…").isEnabled() == can


def test_shortcuts_work_and_none_is_taken_twice(qtbot, window):
    for text, keys, signal in (
        ("Open run…", (Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier), "open_requested"),
        ("Train", (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier), "train_requested"),
        ("Clear the sketch", (Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier), "clear_sketch_requested"),
    ):
        with qtbot.waitSignal(getattr(window.menus, signal)):
            qtbot.keyClick(window, *keys)
        assert not action(window, text).shortcut().isEmpty()
    keys = [keys.toString() for found in window.findChildren(QAction) for keys in found.shortcuts()]
    assert len(keys) == len(set(keys))


def test_no_mnemonic_is_taken_twice_in_a_menu(window):
    for menu in window.menuBar().findChildren(QMenu):
        letters = [QKeySequence.mnemonic(found.text()).toString() for found in menu.actions() if "&" in found.text()]
        assert len(letters) == len(set(letters)), menu.title()


def test_recent_runs_are_listed_by_name_and_opened_by_path(window):
    menu = next(menu for menu in window.findChildren(QMenu) if menu.title() == "Open &recent")
    assert not menu.menuAction().isVisible()
    paths = [Path("/here/a&b.safetensors"), Path("/there/c.safetensors")]
    window.menus.set_recent(paths)
    assert menu.menuAction().isVisible()
    assert [found.text() for found in menu.actions()] == ["a&&b.safetensors", "c.safetensors"]
    spy = QSignalSpy(window.menus.run_requested)
    menu.actions()[0].trigger()
    assert [spy.at(i)[0] for i in range(spy.count())] == [str(paths[0])]


def test_recent_runs_wait_for_the_end_of_a_training_even_if_one_is_added(window):
    menu = next(menu for menu in window.findChildren(QMenu) if menu.title() == "Open &recent")
    window.menus.set_state("training")
    window.menus.set_recent([Path("/there/c.safetensors")])
    assert not menu.menuAction().isEnabled()
    window.menus.set_state("idle")
    assert menu.menuAction().isEnabled()


def test_themes_are_chosen_one_at_a_time(window):
    spy = QSignalSpy(window.menus.theme_chosen)
    window.menus.set_theme("light")
    assert spy.count() == 0
    action(window, "Dark").trigger()
    assert [spy.at(0)[0], spy.count()] == ["dark", 1]
    assert [action(window, text).isChecked() for text in ("As the system", "Light", "Dark")] == [False, False, True]


def test_text_size_and_full_screen(qtbot, window):
    spy = QSignalSpy(window.menus.text_size_requested)
    action(window, "Larger text").trigger()
    action(window, "Smaller text").trigger()
    assert [spy.at(0)[0], spy.at(1)[0]] == [1, -1]
    qtbot.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(window.isFullScreen)
    qtbot.keyClick(window, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: not window.isFullScreen())


def test_no_two_entries_of_a_menu_share_a_letter(lab):
    for menu in lab.window.menuBar().findChildren(QMenu):
        letters = [letter for entry in menu.actions() if (letter := QKeySequence.mnemonic(entry.text()).toString())]
        assert len(letters) == len(set(letters)), (menu.title(), letters)


def test_no_two_actions_share_their_keys(lab):
    keys = [
        (each.toString(), entry.shortcutContext())
        for entry in lab.window.findChildren(QAction)
        for each in entry.shortcuts()
        if entry.associatedObjects()
    ]
    assert len(keys) == len(set(keys)), sorted(keys, key=str)
