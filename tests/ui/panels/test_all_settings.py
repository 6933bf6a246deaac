"""The dialog of all settings, driven by keys and mouse."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QCoreApplication, QPointF, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QScrollArea, QScrollBar

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.widgets.forms.recipe_form import RecipeForm
from latentlab.ui.widgets.forms.recipe_settings import RecipeSettings
from latentlab.ui.widgets.forms.settings_dialog import SettingsDialog
from tests.ui.panels.recipe_panel import BASE, dialog, editor, problem, retype, shown
from tests.ui.scenes import rest


@pytest.fixture
def panel(qtbot):
    return shown(qtbot)


def test_settings_of_the_dialog_count_are_kept_and_show_what_holds_when_it_opens(qtbot, panel):
    changed = BASE.with_changes({"epochs": 3, "model.kind": "autoencoder", "loss.beta": 0})
    panel.show_recipe(BASE, changed)
    assert any("3 settings changed" in label.text() for label in panel.form.findChildren(QLabel))
    retype(qtbot, editor(panel, "training.epochs"), "4")
    assert panel.recipe() == changed.with_changes({"epochs": 4})
    retype(qtbot, editor(panel, "training.batch_size"), "x")
    panel.set_locked(True)
    dialog(panel)
    kind = panel.form.field("model.kind")
    assert kind.isVisible()
    assert (kind.editor.currentText(), kind.editor.isEnabled(), kind.dot.isVisible()) == ("autoencoder", False, True)
    assert "while a model trains" in kind.editor.toolTip()
    assert editor(panel, "training.batch_size").text() == "x"
    assert problem(panel, "training.batch_size")
    panel.set_locked(False)
    assert kind.editor.isEnabled()
    qtbot.waitUntil(lambda: kind.dot.height() > 0)
    qtbot.mouseClick(kind.dot, Qt.MouseButton.LeftButton)
    assert kind.editor.currentText() == "vae"


def test_resetting_everything_sets_settings_of_the_dialog_back_too(qtbot, panel):
    panel.show_recipe(BASE, BASE.with_changes({"model.kind": "autoencoder", "loss.beta": 0}))
    with qtbot.waitSignal(panel.recipe_edited):
        qtbot.mouseClick(panel.form.reset_button, Qt.MouseButton.LeftButton)
    assert panel.recipe() == BASE
    assert editor(panel, "model.kind").currentText() == "vae"


def test_a_mistake_that_was_closed_away_comes_back_into_sight_and_leaves_the_keyboard_where_it_is(qtbot, panel):
    opened = dialog(panel)
    retype(qtbot, editor(panel, "training.beta1"), "2")
    opened.close()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    retype(qtbot, editor(panel, "training.epochs"), "4")
    assert panel.form.field("training.beta1").isVisible()
    assert "less than 1" in problem(panel, "training.beta1")
    assert panel.focusWidget().objectName() in {"epochsBox", "qt_spinbox_lineedit"}


def test_a_setting_is_found_by_a_word(qtbot, panel):
    opened = dialog(panel)
    search = opened.findChild(QLineEdit, "settingsSearch")
    qtbot.waitUntil(search.hasFocus)
    for typed, found in (
        ("momentum", {"training.beta1"}),
        ("encoder WIDTH hidden", {"model.encoder.layers"}),
        ("mirrored", {"training.augmentation.mirror"}),
        ("free_bits", {"loss.free_bits"}),
        ("zzz", set()),
    ):
        retype(qtbot, search, typed)
        assert {
            key for key, field in panel.form.fields.items() if opened.isAncestorOf(field) and field.isVisible()
        } == found
    assert any("No setting has this word" in label.text() for label in opened.findChildren(QLabel) if label.isVisible())
    retype(qtbot, search, "")
    assert panel.form.field("training.seed").isVisible()


def test_the_form_has_all_that_a_recipe_says_but_what_is_said_elsewhere(panel):
    dialog(panel)
    elsewhere = {"name", "title", "summary", "data.dataset"}
    of_decoders = {"model.encoder.planes", "model.encoder.spread"}
    assert panel.form.fields.keys() == Recipe().flat().keys() - elsewhere - of_decoders


@pytest.mark.parametrize(
    ("word", "key", "letter", "value"),
    [("shards", "data.shuffle", "s", "shards"), ("bfloat16", "training.precision", "b", "bfloat16")],
)
def test_a_choice_of_the_dialog_is_found_made_and_set_back(qtbot, panel, word, key, letter, value):
    search = dialog(panel).findChild(QLineEdit, "settingsSearch")
    qtbot.waitUntil(search.hasFocus)
    qtbot.keyClicks(search, word)
    field = panel.form.field(key)
    assert [
        each.key for each in panel.form.fields.values() if each.isVisible() and each.window() is search.window()
    ] == [key]
    field.editor.setFocus()
    with qtbot.waitSignal(panel.recipe_edited) as caught:
        qtbot.keyClicks(field.editor, letter)
    assert caught.args[0].flat()[key] == value
    qtbot.waitUntil(lambda: field.dot.height() > 0)
    qtbot.mouseClick(field.dot, Qt.MouseButton.LeftButton)
    assert panel.recipe() == BASE
    assert field.editor.currentText() == BASE.flat()[key]


def test_a_field_that_the_dialog_opens_at_stays_in_sight_once_all_is_laid_out(lab):
    form = lab.window.findChild(RecipeForm)
    form.show_field("training.modes")
    rest(lab)
    assert not form.field("training.modes").editor.visibleRegion().isEmpty()


def test_what_one_has_scrolled_to_stays_when_the_dialog_is_laid_out_anew(lab):
    form = lab.window.findChild(RecipeForm)
    form.show_field("training.modes")
    rest(lab)
    dialog = form.field("training.modes").editor.window()
    bar = dialog.findChild(QScrollArea).verticalScrollBar()
    bar.triggerAction(QScrollBar.SliderAction.SliderToMinimum)
    form.field("training.seed").hide()
    rest(lab)
    assert bar.value() == 0


@pytest.mark.parametrize("nears", ["mouse", "keyboard"])
def test_settings_of_the_dialog_are_made_a_heading_at_a_time_when_one_comes_near(panel, qtbot, nears):
    made, others = [len(panel.form.fields)], QTimer(interval=0)  # what else the window has to do takes turns with it
    others.timeout.connect(lambda: made.append(len(panel.form.fields)))
    others.start()
    if nears == "mouse":
        at = QPointF(5, 5)
        QCoreApplication.sendEvent(panel.form, QEnterEvent(at, at, QPointF(panel.form.mapToGlobal(at))))
    else:
        panel.activateWindow()
        qtbot.waitUntil(panel.isActiveWindow)
        panel.form.all_button.setFocus()
    headings = [len(fields) for _, fields in RecipeSettings().more()]
    qtbot.waitUntil(lambda: made[-1] - made[0] == sum(headings))
    assert panel.findChild(SettingsDialog).isHidden()
    assert [after - before for before, after in pairwise(made) if after != before] == headings
    whole = dialog(panel)
    assert all(field.isVisible() for field in panel.form.fields.values() if whole.isAncestorOf(field))


def test_settings_that_are_made_late_show_what_is_in_force(panel, qtbot):
    panel.show_recipe(BASE, BASE.with_changes({"training.seed": 7}))
    panel.set_locked(True)
    at = QPointF(5, 5)
    QCoreApplication.sendEvent(panel.form, QEnterEvent(at, at, QPointF(panel.form.mapToGlobal(at))))
    qtbot.waitUntil(lambda: "training.seed" in panel.form.fields)
    seed = panel.form.fields["training.seed"]
    assert seed.typed() == "7"
    assert not seed.editor.isEnabled()
    assert "recipe: 0" in seed.dot.toolTip()
