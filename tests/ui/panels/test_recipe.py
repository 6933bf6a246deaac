"""The panel that sets a run up, driven by keys and mouse."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QProgressBar, QPushButton, QScrollArea, QScrollBar, QSpinBox

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.style import theme
from latentlab.ui.widgets.forms.recipe_box import ListedRecipe
from latentlab.ui.widgets.forms.recipe_form import RecipeForm
from latentlab.ui.widgets.forms.recipe_settings import RecipeSettings
from latentlab.ui.widgets.forms.settings_dialog import SettingsDialog
from tests.ui.scenes import has_colour, rest


@dataclass
class Status:
    name: str
    title: str = "A set"
    is_here: bool = True
    download_bytes: int = 0
    train_count: int = 60000
    test_count: int = 10000
    problem: str | None = None


STATUSES = (
    Status("digits", "Digits of scikit-learn", train_count=1437, test_count=360),
    Status("mnist", "MNIST", is_here=False, download_bytes=11_600_000),
    Status("kmnist", "Kuzushiji", is_here=False, download_bytes=21_000_000, problem="The file labels.gz is cut short."),
)
BASE = Recipe(name="base", title="The base", summary="What one starts with.")


@pytest.fixture
def panel(qtbot):
    panel = RecipePanel()
    qtbot.addWidget(panel)
    panel.resize(290, 600)
    panel.set_recipes([ListedRecipe("base", BASE.title, BASE.summary), ListedRecipe("other", "Another", "It differs.")])
    panel.set_datasets(STATUSES)
    panel.show_recipe(BASE, BASE)
    panel.show()
    return panel


def spy(panel):
    names = ("recipe_chosen", "recipe_edited", "dataset_chosen", "download_requested", "validity_changed")
    return {name: QSignalSpy(getattr(panel, name)) for name in names}


def intents(spies):
    return {name: spied.count() for name, spied in spies.items() if spied.count()}


def editor(panel, key):
    """Give where a setting is edited, in sight."""
    panel.form.show_field(key)
    return panel.form.field(key).editor


def dialog(panel) -> SettingsDialog:
    """Open the dialog as a person does."""
    QTest.mouseClick(panel.findChild(QPushButton, "allSettingsButton"), Qt.MouseButton.LeftButton)
    found = panel.findChild(SettingsDialog)
    assert found.isVisible()
    return found


def retype(qtbot, widget, text):
    widget.setFocus()
    widget.selectAll()
    if not text:
        qtbot.keyClick(widget, Qt.Key.Key_Delete)
    qtbot.keyClicks(widget, text)


def problem(panel, key):
    label = panel.form.field(key).problem
    return "" if label.isHidden() else label.text()


def test_setters_emit_nothing(panel):
    spies = spy(panel)
    panel.set_recipes([ListedRecipe("base", ""), ListedRecipe("third", "")])
    panel.set_datasets(STATUSES[:2])
    panel.show_recipe(BASE, BASE.with_changes({"epochs": 3, "dataset": "digits", "encoder.layers": "5, 6"}))
    panel.set_dataset_message("Offline.", True)
    panel.show_download(1, 2)
    panel.end_download()
    panel.set_locked(True)
    panel.set_locked(False)
    assert intents(spies) == {}
    assert panel.recipe().training.epochs == 3
    assert editor(panel, "model.encoder.layers").text() == "5, 6"


def test_scripts_choose_a_recipe_by_its_name(panel):
    box = panel.findChild(QComboBox, "recipeBox")
    spies = spy(panel)
    box.setCurrentText("other")
    assert spies["recipe_chosen"].at(0)[0] == "other"
    assert "It differs." in panel.findChild(QLabel, "recipeSummary").text()


def test_a_recipe_that_is_not_listed_is_added(panel):
    panel.show_recipe(BASE.model_copy(update={"name": "mine"}), BASE)
    assert panel.recipe_box.currentText() == "mine"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("training.learning_rate", "1e-4", 1e-4),
        ("training.batch_size", "64", 64),
        ("model.encoder.layers", "512, 256", (512, 256)),
        ("data.limit", "1000", 1000),
        ("data.size", "32×48", (32, 48)),
        ("loss.beta", "4", 4.0),
        ("training.seed", "7", 7),
    ],
)
def test_typing_changes_the_recipe(qtbot, panel, key, text, value):
    with qtbot.waitSignal(panel.recipe_edited):
        retype(qtbot, editor(panel, key), text)
    assert panel.recipe().flat()[key] == value
    assert editor(panel, key).text() == text  # what is typed is left alone while it is typed
    assert list(BASE.differences(panel.recipe())) == [key]


def test_epochs_box_is_a_spin_box_that_counts_up(qtbot, panel):
    box = panel.findChild(QSpinBox, "epochsBox")
    box.setFocus()
    with qtbot.waitSignal(panel.recipe_edited) as caught:
        qtbot.keyClick(box, Qt.Key.Key_Up)
    assert caught.args[0].training.epochs == BASE.training.epochs + 1


def test_leaving_a_field_writes_what_is_in_force(qtbot, panel):
    field = editor(panel, "training.learning_rate")
    retype(qtbot, field, "1e-2")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "0.01"
    retype(qtbot, editor(panel, "data.limit"), "50")
    retype(qtbot, editor(panel, "data.limit"), "")
    qtbot.keyClick(editor(panel, "data.limit"), Qt.Key.Key_Return)
    assert editor(panel, "data.limit").text() == "all"


def test_a_wrong_value_says_so_and_leaves_the_last_valid_recipe(qtbot, panel):
    field = editor(panel, "training.learning_rate")
    retype(qtbot, field, "0.5")
    with qtbot.waitSignal(panel.validity_changed) as caught:
        retype(qtbot, field, "7")
    assert caught.args == [False]
    assert not panel.is_valid()
    assert panel.recipe().training.learning_rate == 0.5
    assert problem(panel, "training.learning_rate") == "It must be 1 or less."
    assert has_colour(field, theme.current().warning)
    with qtbot.waitSignal(panel.validity_changed) as caught:
        retype(qtbot, field, "0.1")
    assert caught.args == [True]
    assert problem(panel, "training.learning_rate") == ""
    assert not has_colour(field, theme.current().warning)


def test_each_wrong_field_tells_its_own_mistake(qtbot, panel):
    retype(qtbot, editor(panel, "training.batch_size"), "many")
    retype(qtbot, editor(panel, "model.decoder.layers"), "64, 0")
    assert "whole number" in problem(panel, "training.batch_size")
    assert problem(panel, "model.decoder.layers").startswith("Layer 2")
    assert panel.recipe() == BASE


def test_settings_that_do_not_fit_together_are_told_where_one_is(qtbot, panel):
    output = editor(panel, "model.output")
    output.setFocus()
    qtbot.keyClicks(output, "t")
    assert output.currentText() == "tanh"
    assert "sigmoid" in problem(panel, "model.output")
    error = editor(panel, "loss.reconstruction")
    error.setFocus()
    qtbot.keyClicks(error, "s")
    assert panel.is_valid()
    assert (panel.recipe().model.output, panel.recipe().loss.reconstruction) == ("tanh", "squared-error")


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


def test_recipes_are_listed_by_their_titles_below_headings(qtbot, panel):
    box = panel.recipe_box
    panel.set_recipes(
        [
            ListedRecipe("base", "The base", "", "Start here"),
            ListedRecipe("other", "Another one", "", "Special"),
            ListedRecipe("third", "A third", "", "Start here"),
        ]
    )
    assert [box.itemText(row) for row in range(box.count())] == ["", "base", "third", "", "other"]
    spies = spy(panel)
    box.setFocus()
    for name in ("third", "other"):
        qtbot.keyClick(box, Qt.Key.Key_Down)  # headings are passed over
        assert spies["recipe_chosen"].at(spies["recipe_chosen"].count() - 1)[0] == name == box.currentText()
    shown = box.grab().toImage()
    panel.set_recipes([ListedRecipe("other", "Something else", "")])
    assert box.currentText() == "other"
    assert box.grab().toImage() != shown  # its title is what is seen


def test_what_differs_is_marked_and_can_be_set_back_one_by_one_or_all(qtbot, panel):
    panel.show_recipe(BASE, BASE.with_changes({"epochs": 3, "beta": 2, "seed": 4}))
    form = panel.form
    dialog(panel)
    marked = {key for key, field in form.fields.items() if field.dot.isVisible()}
    assert marked == {"training.epochs", "loss.beta", "training.seed"}
    assert "recipe: 20" in form.fields["training.epochs"].editor.toolTip()
    assert any("3 settings changed" in label.text() for label in form.findChildren(QLabel))
    with qtbot.waitSignal(panel.recipe_edited):
        qtbot.mouseClick(form.fields["loss.beta"].dot, Qt.MouseButton.LeftButton)
    assert panel.recipe().loss.beta == 1
    retype(qtbot, editor(panel, "data.limit"), "x")
    with qtbot.waitSignal(panel.recipe_edited):
        qtbot.mouseClick(form.reset_button, Qt.MouseButton.LeftButton)
    assert panel.recipe() == BASE
    assert panel.is_valid()
    assert editor(panel, "data.limit").text() == "all"
    assert not form.reset_button.isVisible()


def test_choosing_data_is_an_intent_that_reset_leaves_alone(qtbot, panel):
    spies = spy(panel)
    panel.findChild(QComboBox, "datasetBox").setCurrentText("digits")
    assert intents(spies) == {"dataset_chosen": 1}
    assert panel.findChild(QLabel, "datasetState").text() == "1,437 training and 360 test images"
    assert "mnist" in panel.findChild(QLabel, "datasetMark").text()
    retype(qtbot, editor(panel, "loss.beta"), "2")
    assert panel.recipe().data.dataset == "digits"
    qtbot.mouseClick(panel.form.reset_button, Qt.MouseButton.LeftButton)
    assert panel.recipe() == BASE.with_changes({"dataset": "digits"})


def test_half_typed_text_outlives_a_change_of_data(qtbot, panel):
    retype(qtbot, editor(panel, "training.learning_rate"), "1e-")
    panel.show_recipe(BASE, panel.recipe().with_changes({"dataset": "digits"}))
    assert editor(panel, "training.learning_rate").text() == "1e-"
    assert not panel.is_valid()
    panel.show_recipe(BASE.model_copy(update={"name": "other"}), BASE)
    assert editor(panel, "training.learning_rate").text() == "0.001"
    assert panel.is_valid()


def test_a_set_that_is_away_is_downloaded_and_cancelled(qtbot, panel):
    state, button = panel.findChild(QLabel, "datasetState"), panel.findChild(QPushButton, "downloadButton")
    bar, cancel = panel.findChild(QProgressBar), panel.findChild(QPushButton, "downloadCancelButton")
    assert state.text() == "Not on this machine: 12 MB to download"
    assert not bar.isVisible()
    with qtbot.waitSignal(panel.download_requested) as caught:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert caught.args == ["mnist"]
    assert not button.isVisible()
    panel.show_download(5_800_000, 11_600_000)
    assert bar.value() == bar.maximum() // 2
    assert state.text() == "Downloading mnist: 5.8 MB of 12 MB"
    panel.data.box.setCurrentText("digits")
    assert "Downloading mnist" in state.text()
    with qtbot.waitSignal(panel.download_cancelled):
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    panel.end_download()
    assert not bar.isVisible()
    assert "1,437" in state.text()
    panel.show_download(3_000_000_000, 8_000_000_000)  # more than 32 bits
    assert bar.value() == 375


def test_problems_of_data_are_told(panel):
    panel.data.box.setCurrentText("kmnist")
    assert panel.findChild(QLabel, "datasetState").text() == "The file labels.gz is cut short."
    panel.set_dataset_message("There is no network.", True)
    message = panel.findChild(QLabel, "datasetMessage")
    assert message.isVisible()
    panel.set_dataset_message("", False)
    assert not message.isVisible()


def test_a_folder_that_is_not_listed_can_be_the_data(panel):
    panel.show_recipe(BASE, BASE.with_changes({"dataset": "folder:/tmp/letters"}))
    assert panel.data.box.currentText() == "folder:/tmp/letters"
    panel.set_datasets(STATUSES)
    assert panel.data.box.currentText() == "folder:/tmp/letters"


def test_locked_fields_say_why(qtbot, panel):
    panel.set_locked(True)
    assert not editor(panel, "training.epochs").isEnabled()
    assert "while a model trains" in editor(panel, "training.epochs").toolTip()
    assert not panel.recipe_box.isEnabled()
    assert not panel.data.box.isEnabled()
    panel.set_locked(False)
    assert editor(panel, "training.epochs").isEnabled()
    assert "all training images" in editor(panel, "training.epochs").toolTip()


def test_the_wheel_scrolls_and_changes_nothing(qtbot, panel):
    panel.resize(290, 250)
    qtbot.waitUntil(lambda: panel.scroll.verticalScrollBar().maximum() > 0)
    box = panel.recipe_box
    where = box.mapTo(panel, box.rect().center())
    QTest.wheelEvent(panel.windowHandle(), where, QPoint(0, -120))
    assert box.currentText() == "base"
    assert panel.scroll.verticalScrollBar().value() > 0


def test_nothing_is_cut_off_at_its_width(panel):
    inside = panel.scroll.widget()
    assert inside.minimumSizeHint().width() <= panel.scroll.viewport().width()


TEXTS = st.one_of(
    st.text(max_size=30),
    st.text("0123456789.,-+e _", max_size=12),
    st.floats().map(repr),
    st.integers().map(str),
    st.lists(st.integers(-3, 9000)).map(lambda numbers: ", ".join(map(str, numbers))),
)
TYPED = ("training.learning_rate", "training.batch_size", "model.encoder.layers", "data.limit", "training.seed")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(TYPED), text=TEXTS)
def test_whatever_is_typed_the_recipe_in_force_is_valid_and_mistakes_are_told(panel, key, text):
    panel.form.show_recipe(BASE.model_copy(update={"name": "fresh"}), BASE)
    panel.form.show_recipe(BASE, BASE)
    field = editor(panel, key)
    field.setText(text)  # as pasted: QTest's keys cover ASCII alone
    field.textEdited.emit(field.text())
    recipe = panel.recipe()
    assert Recipe.from_toml(recipe.to_toml()) == recipe
    assert panel.is_valid() == (problem(panel, key) == "")
    if panel.is_valid():
        try:
            assert recipe == BASE.with_changes({key: panel.form.fields[key].typed()})
        finally:
            field.editingFinished.emit()
        assert panel.recipe() == recipe
        assert BASE.with_changes({key: panel.form.fields[key].typed()}) == recipe
    else:
        assert recipe == BASE
        assert problem(panel, key).endswith(".")


def test_a_long_list_of_images_is_told_by_its_number_and_kept(qtbot, panel):
    rows = tuple(range(5, 50_005))
    panel.show_recipe(BASE, BASE.with_changes({"data.images": rows, "data.exclude": rows[:30]}))
    assert editor(panel, "data.images").text() == "50,000 images"
    assert editor(panel, "data.exclude").text() == "30 images"
    retype(qtbot, editor(panel, "training.batch_size"), "64")
    assert panel.recipe().training.batch_size == 64
    assert panel.recipe().data.images == rows
    retype(qtbot, editor(panel, "data.exclude"), "7, 100-102")
    assert panel.recipe().data.exclude == (7, 100, 101, 102)
    retype(qtbot, editor(panel, "data.exclude"), "7, x")
    assert "Number 2: write a whole number" in problem(panel, "data.exclude")
    retype(qtbot, editor(panel, "data.exclude"), "none")
    assert panel.recipe().data.exclude == ()


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
