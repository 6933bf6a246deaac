"""The list of what can be done: what its menus, buttons and keys can do when, and that each does something."""

import pytest
from PySide6.QtCore import SIGNAL, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QMainWindow, QMenu, QToolButton

from latentlab.ui.canvas.panel import CanvasPanel
from latentlab.ui.window.menus import Menus

ALWAYS = {
    "Show all points": "showAll",
    "Show ±4": "showStandard",
    "Clear the sketch": "clearSketch",
}
IDLE = {
    "Open run…": "openRun",
    "Open recipe file…": "openRecipe",
    "Folder of downloads…": "chooseDataFolder",
    "A folder of pictures…": "chooseImageFolder",
    "A file of images…": "chooseArray",
    "Scans, dirty and clean…": "choosePairs",
    "What is in it…": "showImages",
    "Train": "train",
}
BUSY = {
    "Pause": "pause",
    "Stop, keep the model": "stop",
    "Discard, go back": "discard",
}


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    panel = CanvasPanel()
    window.menus = Menus(window, panel)
    window.setCentralWidget(panel)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def action(window, text):
    entries = [entry for menu in window.menuBar().findChildren(QMenu) for entry in menu.actions()]
    (found,) = [entry for entry in entries if entry.text().replace("&", "") == text]
    return found


@pytest.mark.parametrize("state", ["idle", "training", "paused"])
def test_what_can_be_chosen_in_each_state_is_an_intent(window, state):
    window.menus.tell(idle=state == "idle", trains=state != "idle")
    for texts, enabled in ((ALWAYS, True), (IDLE, state == "idle"), (BUSY, state != "idle")):
        for text, name in texts.items():
            spy = QSignalSpy(window.menus[name].triggered)
            action(window, text).trigger()
            assert (action(window, text).isEnabled(), spy.count()) == (enabled, int(enabled)), text


def test_the_menu_bar_has_what_a_desktop_has(window):
    assert [entry.text().replace("&", "") for entry in window.menuBar().actions()] == [
        "File", "Edit", "Run", "Map", "View", "Help",
    ]  # fmt: skip


def test_a_training_is_paused_and_resumed_by_one_entry(lab):
    lab.begin()
    for state, text in (("paused", "Resume"), ("training", "Pause")):
        lab.qtbot.keyClick(lab.window, Qt.Key.Key_F6)
        assert lab.session.state == state
        assert lab.child("pauseAction", QAction).text() == text
        for text, name in (IDLE | BUSY).items():
            assert lab.child(f"{name}Action", QAction).isEnabled() == (text in BUSY), text
    lab.child("pauseAction", QAction).trigger()
    assert lab.session.state == "paused"


def test_saving_is_offered_where_there_is_something_to_save(window):
    for can in (False, True):
        window.menus.tell(has_run=can)
        assert action(window, "Save run").isEnabled() == can
        assert action(window, "Save run as…").isEnabled() == can


def test_shortcuts_work_and_none_is_taken_twice(qtbot, window):
    window.menus.tell(idle=True)
    for text, keys, name in (
        ("Open run…", (Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier), "openRun"),
        ("Train", (Qt.Key.Key_F5, Qt.KeyboardModifier.NoModifier), "train"),
        ("Clear the sketch", (Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier), "clearSketch"),
    ):
        with qtbot.waitSignal(window.menus[name].triggered):
            qtbot.keyClick(window, *keys)
        assert not action(window, text).shortcut().isEmpty()
    keys = [keys.toString() for found in window.findChildren(QAction) for keys in found.shortcuts()]
    assert len(keys) == len(set(keys))


def test_no_mnemonic_is_taken_twice_in_a_menu(window):
    for menu in window.menuBar().findChildren(QMenu):
        letters = [QKeySequence.mnemonic(found.text()).toString() for found in menu.actions() if "&" in found.text()]
        assert len(letters) == len(set(letters)), menu.title()


def recent(lab):
    return lab.child("recentRunsMenu", QMenu)


def test_recent_runs_are_listed_by_name_and_opened_by_path(lab, tmp_path, monkeypatch):
    assert not recent(lab).menuAction().isVisible()
    paths = [tmp_path / "here" / "a&b.safetensors", tmp_path / "there" / "c.safetensors"]
    for path in reversed(paths):
        path.parent.mkdir()
        path.touch()
        lab.session.saved.emit(path)
    lab.until(recent(lab).menuAction().isVisible)
    assert [found.text() for found in recent(lab).actions()] == ["a&&b.safetensors", "c.safetensors"]
    assert [found.toolTip() for found in recent(lab).actions()] == list(map(str, paths))
    opened = []
    monkeypatch.setattr(lab.session.files, "open", opened.append)
    recent(lab).actions()[0].trigger()
    assert opened == [paths[0]]


def test_recent_runs_wait_for_the_end_of_a_training_even_if_one_is_added(lab, tmp_path):
    lab.begin()
    path = tmp_path / "c.safetensors"
    path.touch()
    lab.session.saved.emit(path)
    lab.until(recent(lab).menuAction().isVisible)
    assert not recent(lab).menuAction().isEnabled()
    lab.session.discard()
    assert recent(lab).menuAction().isEnabled()


def test_themes_are_chosen_one_at_a_time(window):
    menus = window.menus
    spies = {name: QSignalSpy(menus[name].triggered) for name in ("lightTheme", "darkTheme")}
    menus["lightTheme"].setChecked(True)
    assert spies["lightTheme"].count() == 0
    action(window, "Dark").trigger()
    assert [spy.count() for spy in spies.values()] == [0, 1]
    assert [action(window, text).isChecked() for text in ("As the system", "Light", "Dark")] == [False, False, True]


def test_text_size_and_full_screen(lab, monkeypatch):
    from latentlab.ui.style import theme

    steps = []
    monkeypatch.setattr(theme, "change_text_size", steps.append)
    action(lab.window, "Larger text").trigger()
    action(lab.window, "Smaller text").trigger()
    assert steps == [1, -1]
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_F11)
    lab.until(lab.window.isFullScreen)
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_F11)
    lab.until(lambda: not lab.window.isFullScreen())


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


def test_every_action_has_an_id_of_its_own_and_a_text(lab):
    actions = list(lab.window.menus.actions)
    names = [each.id for each in actions]
    assert len(names) == len(set(names))
    assert all(each.text.strip() for each in actions)
    strip = [button.id for button in lab.window.menus.actions.strip if button is not None]
    assert len(strip) == len(set(strip))
    assert set(strip) < set(names)


def test_no_key_means_two_things_on_the_map_around_it_and_in_the_window(lab):
    # The map lies within its panel, and this within the window: a key that is heard in two of them does nothing.
    keys = [key.toString() for each in lab.window.menus.actions for key in each.sequences()]
    assert all(keys)
    assert len(keys) == len(set(keys)), sorted(keys)


def test_every_action_is_somewhere_and_does_something(lab, window):
    menus, signals = lab.window.menus, (SIGNAL("triggered(bool)"), SIGNAL("toggled(bool)"))
    for each in set(menus.actions) - set(menus.actions.canvas):
        made, bare = menus[each.id], window.menus[each.id]  # a menu hears its own entries too
        assert made.associatedObjects(), each.id
        is_heard = any(made.receivers(signal) > bare.receivers(signal) for signal in signals)
        assert is_heard or each.entries is not None, each.id


def test_what_is_in_the_strip_and_in_a_menu_does_the_same(lab, run_file):
    menus = lab.window.menus
    for name in ("showAll", "bookmarks", "axes", "images"):
        button = lab.child(f"map{name[0].upper()}{name[1:]}Button", QToolButton)
        assert button.isEnabled() == menus[name].isEnabled()
    lab.open(run_file())
    lab.press("mapShowAllButton")
    assert lab.canvas.view.mode == "all"
    menus["showStandard"].trigger()
    assert lab.canvas.view.mode == "standard"
    lab.until(lambda: lab.session.map.history.view is not None)  # what is undone leads back to it
    lab.action("selectAll").trigger()
    lab.until(menus["undo"].isEnabled)
    menus["undo"].trigger()
    assert not len(lab.session.selection.rows)


def test_the_icons_of_the_strip_follow_the_theme(lab):
    from latentlab.ui.style.theme import set_theme

    def lightness():
        image = lab.child("mapPickButton", QToolButton).icon().pixmap(20, 20).toImage()
        pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        return max(pixels, key=lambda pixel: pixel.alpha()).lightness()

    before = lightness()
    try:
        set_theme("dark")
        lab.until(lambda: lightness() > before + 100)
    finally:
        set_theme("light")
    lab.until(lambda: lightness() == before)
