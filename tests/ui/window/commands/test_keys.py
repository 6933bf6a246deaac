"""The page of keys: they are changed, kept, reset, and never belong to two actions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QDialog, QKeySequenceEdit, QLineEdit, QPushButton, QToolButton, QTreeWidget
from shiboken6 import Shiboken

from latentlab.ui.settings import Settings
from latentlab.ui.window.commands.key_map import KeyMap, one_key

FIRST = {"train": ("F5",), "zoom": ("+", "="), "none": (), "quit": ("Ctrl+Q",)}
some_keys = st.lists(st.sampled_from(["F5", "F6", "+", "Ctrl+Q", "Ctrl+J"]), max_size=3)
names = st.sampled_from([*FIRST, "unknown"])


def are_apart(keys):
    given_out = [key for its in keys.all_keys().values() for key in its]
    return len(given_out) == len(set(given_out))


@given(st.dictionaries(names, some_keys | st.lists(st.text(max_size=8), max_size=3)))
def test_whatever_the_file_says_no_key_belongs_to_two(changed):
    keys = KeyMap(FIRST, changed)
    assert are_apart(keys)
    assert KeyMap(FIRST, keys.changed).all_keys() == keys.all_keys()


@given(st.lists(st.tuples(st.sampled_from(list(FIRST)), some_keys), max_size=6))
def test_what_is_changed_and_reset_is_as_at_first(changes):
    keys = KeyMap(FIRST, {})
    for name, wanted in changes:
        free = dict.fromkeys(key for key in wanted if keys.owner(key) in (None, name))
        keys.change(name, tuple(free))
        assert keys.keys(name) == tuple(free)
        assert are_apart(keys)
    for name in FIRST:
        keys.reset(name)
    assert keys.all_keys() == FIRST
    assert not keys.changed


def test_a_key_that_was_given_away_is_missed_until_it_is_back():
    keys = KeyMap(FIRST, {"none": ["F5"]})
    assert keys.keys("train") == ()
    assert keys.reset("train") == {"F5": "none"}
    assert keys.reset("none") == {}
    assert keys.keys("train") == ("F5",)


@pytest.mark.parametrize(("text", "key"), [("ctrl+j", "Ctrl+J"), ("Ctrl+K, Ctrl+J", ""), ("?!?", ""), ("", "")])
def test_one_key_at_a_time(text, key):
    assert one_key(text) == key


class Page:
    """The dialog, and a hand on it."""

    def __init__(self, lab):
        self.lab = lab
        lab.action("keys").trigger()
        self.dialog = lab.child("keysDialog", QDialog)
        self.tree = lab.child("keysTree", QTreeWidget)

    def choose(self, text):
        flags = Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
        (item,) = self.tree.findItems(text, flags)
        self.tree.setCurrentItem(item)
        return item

    def press(self, key, modifiers=Qt.KeyboardModifier.NoModifier):
        self.lab.qtbot.keyClick(self.lab.child("keysEdit", QKeySequenceEdit), key, modifiers)

    def problem(self):
        return self.lab.text("keysProblem")

    def close(self):
        self.dialog.reject()
        self.lab.until(lambda: not Shiboken.isValid(self.dialog))


def test_a_changed_key_is_in_force_at_once_told_and_remembered(make_desk):
    settings = Settings()
    desk = make_desk(settings)
    page = Page(desk)
    item = page.choose("Select by lasso")
    page.press(Qt.Key.Key_G)
    assert item.text(1) == "G"
    assert desk.action("lasso").shortcuts() == [QKeySequence("G")]
    assert desk.child("mapLassoButton", QToolButton).toolTip().endswith("(G)")
    page.close()
    assert Settings().keys == {"lasso": ["G"]}
    again = make_desk(Settings())
    assert again.action("lasso").shortcuts() == [QKeySequence("G")]
    page = Page(again)
    page.choose("Select by lasso")
    again.press("keysReset")
    assert again.action("lasso").shortcuts() == [QKeySequence("L")]
    assert Settings().keys == {}
    page.close()


def test_a_key_of_the_map_is_changed_too(lab, run_file):
    page = Page(lab)
    page.choose("Show all points and follow them")
    page.press(Qt.Key.Key_5, Qt.KeyboardModifier.ShiftModifier)
    assert lab.child("mapShowAllButton", QToolButton).toolTip().endswith("(Shift+5)")
    page.close()
    lab.open(run_file())
    lab.action("showStandard").trigger()
    lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_Home)
    assert lab.canvas.view.mode == "standard"
    lab.qtbot.keyClick(lab.canvas, Qt.Key.Key_5, Qt.KeyboardModifier.ShiftModifier)
    assert lab.canvas.view.mode == "all"


def test_a_key_that_cannot_be_is_refused_in_a_sentence(desk):
    plain, control = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
    page = Page(desk)
    page.choose("Train")
    for key, modifiers, sentence in (
        (Qt.Key.Key_F6, plain, "F6 is the key of “Pause”"),
        (Qt.Key.Key_R, plain, "R is the key of “Select by rectangle”"),
        (Qt.Key.Key_Left, control, "far to the left"),
        (Qt.Key.Key_Space, plain, "moves between controls"),
        (Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier, "opens a menu"),
        (Qt.Key.Key_Y, Qt.KeyboardModifier.ShiftModifier, "is what one types"),
    ):
        page.press(key, modifiers)
        assert sentence in page.problem()
        assert page.problem().endswith(".")
        assert desk.action("train").shortcuts() == [QKeySequence("F5")]
    page.press(Qt.Key.Key_F9)
    assert page.problem() == ""
    assert desk.action("train").shortcuts() == [QKeySequence("F9")]


def test_no_key_at_all_and_everything_as_at_first(desk):
    page = Page(desk)
    assert not desk.child("keysResetAll", QPushButton).isEnabled()
    for text in ("Train", "Pause"):
        page.choose(text)
        desk.press("keysNone")
    spy = QSignalSpy(desk.action("train").triggered)
    page.close()
    desk.qtbot.keyClick(desk.window, Qt.Key.Key_F5)
    assert spy.count() == 0
    page = Page(desk)
    desk.press("keysResetAll")
    assert [desk.action(name).shortcuts() for name in ("train", "pause")] == [
        [QKeySequence("F5")],
        [QKeySequence("F6")],
    ]


def test_the_page_lists_everything_and_is_searched_by_name_and_key(desk):
    page = Page(desk)
    groups = [page.tree.topLevelItem(place) for place in range(page.tree.topLevelItemCount())]
    rows = [group.child(row) for group in groups for row in range(group.childCount())]
    assert len(rows) == len(list(desk.menus.actions.listed()))
    for typed, text in (("show all pts", "Show all points"), ("ctrl+shift+p", "Find a command…")):
        desk.child("keysSearch", QLineEdit).setText(typed)
        assert text in [row.text(0) for row in rows if not row.isHidden() and not row.parent().isHidden()]
    page.choose("Preview what is under the mouse")
    assert "cannot be another" in page.problem()
    assert not desk.child("keysEdit").isEnabled()


def test_junk_in_the_file_is_no_key(tmp_path):
    path = tmp_path / "settings.toml"
    for text in ("keys = 3", "[keys]\ntrain = 5\nquit = [1, 'F9', '']", "[keys]\n'' = []"):
        path.write_text(text)
        assert set(map(type, Settings(path).keys.values())) <= {list}
    path.write_text("[keys]\ntrain = 5\nquit = [1, 'F9', '']")
    assert Settings(path).keys == {"quit": ["F9"]}
