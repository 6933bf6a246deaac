"""The panel that sets a run up, driven by keys and mouse."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QPushButton, QSpinBox

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.style import theme
from latentlab.ui.widgets.forms.recipe_box import ListedRecipe
from tests.ui.panels.recipe_panel import BASE, STATUSES, dialog, editor, problem, retype, shown
from tests.ui.scenes import has_colour


@pytest.fixture
def panel(qtbot):
    return shown(qtbot)


def spy(panel):
    names = ("recipe_chosen", "recipe_edited", "dataset_chosen", "download_requested", "validity_changed")
    return {name: QSignalSpy(getattr(panel, name)) for name in names}


def intents(spies):
    return {name: spied.count() for name, spied in spies.items() if spied.count()}


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


def test_settings_that_other_images_cannot_have_are_not_set_back_and_it_is_said(qtbot, panel):
    base = BASE.with_changes({"target": "changed", "rotation": 5})
    here = BASE.with_changes({"dataset": "pages", "epochs": 3})
    panel.show_recipe(base, here)
    qtbot.mouseClick(panel.form.reset_button, Qt.MouseButton.LeftButton)
    assert panel.recipe() == here
    said = [text for key in panel.form.fields if (text := problem(panel, key))]
    assert said == [
        "Training.augmentation.target = 'changed' is for single images that are not binarised: a changed one has greys."
    ]
    assert panel.form.reset_button.isVisible()


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
