"""The window of all runs: looked through, searched, sorted, named, opened and thrown away by mouse and keys."""

import shutil

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QMessageBox, QPlainTextEdit, QPushButton

from latentlab.core.runs.run_notes import RunNotes, notes_of
from latentlab.core.runs.workspace import default_folder, runs
from latentlab.core.training.sweep_plan import SweepPlan
from latentlab.ui.style import theme
from latentlab.ui.widgets.runs.run_model import COLUMNS
from tests.core.runs.fakes import fake_run

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def folder(own_home):
    folder = default_folder()
    folder.mkdir(parents=True)
    for number in range(4):
        fake_run(
            folder / f"run{number}.safetensors",
            loss=[30.0, 10.0, 20.0, 40.0][number],
            epochs=number + 1,
            saved=f"2030-01-01T00:00:0{number}+00:00",
        )
    return folder


@pytest.fixture
def desk(lab, folder):
    """Give a window beside which the window of all runs is open, and its table."""
    lab.action("allRuns").trigger()
    lab.collection = lab.child("runsWindow")
    lab.table = lab.child("runTable")
    lab.until(lambda: names(lab) == ["run3", "run2", "run1", "run0"])
    lab.collection.activateWindow()
    lab.until(lab.collection.isActiveWindow)
    return lab


def names(lab):
    return [run.name for run in lab.table.rows.runs]


def cell(lab, row, column=0):
    return lab.table.visualRect(lab.table.rows.index(row, column)).center()


def click(lab, row, modifier=Qt.KeyboardModifier.NoModifier):
    lab.qtbot.mouseClick(lab.table.viewport(), LEFT, modifier, cell(lab, row))


def head(lab, column):
    across = lab.table.horizontalHeader()
    number = COLUMNS.index(column)
    x = across.sectionViewportPosition(number) + across.sectionSize(number) // 2
    lab.qtbot.mouseClick(across.viewport(), LEFT, pos=QPoint(x, across.height() // 2))


def test_all_columns_are_seen_whole_at_first(lab, folder):
    for member in SweepPlan.of(lab.session.recipe, ["beta=1,2,4"], seeds=5, name="mine").members:
        fake_run(folder / member.file_name, group=member.group)
    lab.action("allRuns").trigger()
    table = lab.child("runTable")
    lab.until(lambda: len(table.rows.runs) == 19)
    assert table.columnWidth(COLUMNS.index("group")) > 0
    lab.until(lambda: table.verticalScrollBar().maximum() > 0)
    assert table.horizontalScrollBar().maximum() == 0


def test_it_opens_by_key_menu_and_from_the_start_page(lab, folder):
    lab.qtbot.keyClick(lab.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    window = lab.child("runsWindow")
    lab.until(window.isVisible)
    assert lab.text("runsEmpty") in ("One moment …", "")  # not that there are none, before anybody has looked
    window.close()
    assert not lab.session.collection.is_watching
    lab.press("allRunsButton")
    lab.until(window.isVisible)
    assert lab.session.collection.is_watching
    lab.window.close()
    lab.until(lambda: not window.isVisible())
    assert not lab.session.collection.is_watching


def test_a_click_on_a_head_sorts_best_first_and_another_turns_it_round(desk):
    head(desk, "loss")
    desk.until(lambda: names(desk) == ["run1", "run2", "run0", "run3"])
    head(desk, "loss")
    desk.until(lambda: names(desk) == ["run3", "run0", "run2", "run1"])
    head(desk, "epochs")
    desk.until(lambda: names(desk) == ["run3", "run2", "run1", "run0"])
    head(desk, "name")
    desk.until(lambda: names(desk) == ["run0", "run1", "run2", "run3"])


def test_words_are_found_as_one_types(desk):
    search = desk.child("runSearch", QLineEdit)
    assert search.hasFocus()
    desk.qtbot.keyClicks(search, "run1")
    desk.until(lambda: names(desk) == ["run1"])
    assert desk.text("runCount") == "1 of 4 runs"
    desk.qtbot.keyClicks(search, "x")
    desk.until(lambda: desk.text("runsEmpty").startswith("None of 4 runs"))
    desk.qtbot.keyClick(search, Qt.Key.Key_Escape)
    desk.until(lambda: len(names(desk)) == 4)
    desk.qtbot.keyClick(search, Qt.Key.Key_Down)
    assert desk.table.hasFocus()
    assert desk.child("chosenRun").run.name == "run3"
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert search.hasFocus()


def test_what_is_chosen_is_told(desk):
    click(desk, 2)
    assert "Test loss 10.00 nats: reconstruction 0.00, KL 10.00" in desk.text("runFacts")
    assert "2 of 2 epochs, finished" in desk.text("runFacts")
    assert desk.child("openChosenButton").isEnabled()
    click(desk, 0, Qt.KeyboardModifier.ShiftModifier)
    assert desk.text("runNothing") == "3 runs are selected"
    assert not desk.child("openChosenButton").isEnabled()


@pytest.mark.parametrize("how", ["double click", "Enter", "button"])
def test_a_run_is_opened(desk, run_file, folder, how):
    shutil.copy(run_file(), folder / "true.safetensors")
    desk.until(lambda: "true" in names(desk))
    row = names(desk).index("true")
    with desk.qtbot.waitSignal(desk.session.opened) as opened:
        click(desk, row)
        if how == "double click":
            desk.qtbot.mouseDClick(desk.table.viewport(), LEFT, pos=cell(desk, row))
        elif how == "Enter":
            desk.qtbot.keyClick(desk.table, Qt.Key.Key_Return)
        else:
            desk.press("openChosenButton")
    assert opened.args == [folder / "true.safetensors"]


def test_while_a_model_trains_none_is_opened_and_that_is_said(desk):
    click(desk, 1)
    desk.begin()
    assert not desk.child("openChosenButton").isEnabled()
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Return)
    assert "A model is training" in desk.text("runsText")
    desk.until(lambda: "training" in [run.state for run in desk.table.rows.runs])  # its own is seen as it goes
    desk.session.discard()
    desk.until(lambda: desk.child("openChosenButton").isEnabled())


def test_a_run_is_given_a_title_and_notes_which_are_there_at_the_next_start(desk, folder):
    path = folder / "run2.safetensors"
    click(desk, 1)
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_F2)
    title = desk.child("runTitle", QLineEdit)
    assert title.hasFocus()
    desk.qtbot.keyClicks(title, "Mine & best")
    desk.qtbot.keyClick(title, Qt.Key.Key_Return)
    desk.until(lambda: names(desk)[1] == "Mine & best")
    notes = desk.child("runNotes", QPlainTextEdit)
    notes.setFocus()
    desk.qtbot.keyClicks(notes, "for beta = 4")
    title.setFocus()
    desk.until(lambda: notes_of(path).notes == "for beta = 4")
    assert runs(folder)[1].title == "Mine & best"
    desk.until(lambda: "for beta = 4" in desk.table.rows.below_name(desk.table.rows.runs[1]))
    desk.table.setFocus()
    for expected in (RunNotes("Mine & best"), RunNotes()):
        desk.qtbot.keyClick(desk.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        desk.until(lambda expected=expected: notes_of(path) == expected)
    desk.until(lambda: title.text() == "")


def test_notes_that_are_being_written_stay_when_the_run_moves_and_are_kept_when_another_is_chosen(desk, folder):
    click(desk, 0)
    notes = desk.child("runNotes", QPlainTextEdit)
    notes.setFocus()
    desk.qtbot.keyClicks(notes, "half a sen")
    fake_run(folder / "run3.safetensors", loss=1.0, epochs=9, saved="2030-01-01T00:00:09+00:00")
    desk.until(lambda: desk.table.rows.runs[0].epochs == 9)
    assert notes.toPlainText() == "half a sen"
    click(desk, 1)
    desk.until(lambda: notes_of(folder / "run3.safetensors").notes == "half a sen")
    assert notes.toPlainText() == ""
    assert notes_of(folder / "run2.safetensors") == RunNotes()


def test_what_is_deleted_comes_back_by_the_button_and_by_the_key(desk, folder):
    click(desk, 1)
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Delete)
    desk.until(lambda: names(desk) == ["run3", "run1", "run0"])
    assert [run.name for run in desk.table.chosen_runs()] == ["run1"]  # one goes on from there
    desk.until(lambda: desk.text("runsText") == "run2 was moved to the trash.")
    assert not (folder / "run2.safetensors").exists()
    desk.press("runsOffer")
    desk.until(lambda: names(desk) == ["run3", "run2", "run1", "run0"])
    desk.until(lambda: [run.name for run in desk.table.chosen_runs()] == ["run2"])
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    desk.press("deleteRunsButton")
    desk.until(lambda: desk.text("runsEmpty").startswith("There are no runs in"))
    assert desk.text("runsText") == "4 runs were moved to the trash."
    desk.qtbot.keyClick(desk.child("runsPanel"), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.until(lambda: len(names(desk)) == 4)


def test_what_was_deleted_before_the_start_is_undone_after_it(desk, make_lab, folder):
    click(desk, 1)
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Delete)
    desk.until(lambda: names(desk) == ["run3", "run1", "run0"])
    desk.until_idle()
    desk.window.close()
    other = make_lab()
    other.until_loaded()
    other.action("allRuns").trigger()
    other.table = other.child("runTable")
    other.until(lambda: names(other) == ["run3", "run1", "run0"])
    other.qtbot.keyClick(other.child("runsPanel"), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    other.until(lambda: names(other) == ["run3", "run2", "run1", "run0"])
    other.until(lambda: other.text("runsText") == "Undone.")
    other.qtbot.keyClick(other.child("runsPanel"), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    other.until(lambda: other.text("runsText") == "There is nothing to undo.")


def test_the_trash_is_emptied_only_when_one_says_so(desk, folder):
    for _ in range(2):
        count = len(names(desk))
        click(desk, 0)
        desk.qtbot.keyClick(desk.table, Qt.Key.Key_Delete)
        desk.until(lambda count=count: len(names(desk)) < count)
    trash = desk.child("trashButton", QPushButton)
    desk.until(lambda: trash.text() == "&Trash (2)")
    menu = trash.menu()
    menu.aboutToShow.emit()
    assert sum("Restore run" in entry.text() for entry in menu.actions()) == 2
    deleted = list((folder / "trash").glob("*/*.safetensors"))
    for answer, left in (("&Cancel", 2), ("&Remove for good", 0)):
        menu.aboutToShow.emit()
        menu.actions()[-1].trigger()
        question = desk.child("emptyTrashQuestion", QMessageBox)
        assert "Remove 2 runs" in question.text()
        (button,) = [each for each in question.buttons() if each.text().replace("&", "") == answer.replace("&", "")]
        desk.qtbot.mouseClick(button, LEFT)
        desk.until(lambda left=left: sum(path.exists() for path in deleted) == left)
        desk.until(lambda: desk.collection.findChild(QMessageBox) is None)
    desk.until(lambda: not trash.isVisible())


def test_one_is_restored_from_the_menu_of_the_trash(desk):
    click(desk, 0)
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Delete)
    trash = desk.child("trashButton", QPushButton)
    desk.until(trash.isVisible)
    trash.menu().aboutToShow.emit()
    trash.menu().actions()[0].trigger()
    desk.until(lambda: names(desk) == ["run3", "run2", "run1", "run0"])


def test_the_menu_of_the_right_button(desk, folder):
    def choose(text):
        desk.table.customContextMenuRequested.emit(cell(desk, 1))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        (action,) = [each for each in menu.actions() if each.text().replace("&", "") == text]
        action.trigger()
        menu.close()

    click(desk, 1)
    choose("Copy the path")
    assert QGuiApplication.clipboard().text() == str(folder / "run2.safetensors")
    choose("Rename")
    assert desk.child("runTitle").hasFocus()
    choose("Delete")
    desk.until(lambda: names(desk) == ["run3", "run1", "run0"])


def test_the_pictures_are_of_the_maps_in_the_colours_of_the_theme(desk, run_file, folder):
    shutil.copy(run_file(), folder / "true.safetensors")
    desk.until(lambda: "true" in names(desk))

    def shades():
        row = names(desk).index("true")
        picture = desk.table.rows.picture(row)
        if picture is None:
            return set()
        image = picture.toImage()
        return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}

    def wanted(dark):
        return {QColor(*each.tolist()).rgb() for each in theme.class_colours(10, dark=dark)}

    desk.until(lambda: len(shades() & wanted(False)) > 3)
    try:
        theme.set_theme("dark")
        desk.until(lambda: len(shades() & wanted(True)) > 3)
    finally:
        theme.set_theme("light")
    assert desk.table.rows.picture(names(desk).index("run0")) is None  # it keeps no map


def test_another_folder_is_listed_when_trainings_are_kept_there(desk, tmp_path):
    fake_run(tmp_path / "other.safetensors")
    desk.session.use_workspace(tmp_path)
    desk.until(lambda: names(desk) == ["other"])


def test_a_list_of_thousands_is_painted_as_far_as_it_is_seen(desk, folder, monkeypatch):
    for number in range(400):
        fake_run(folder / f"many{number:04}.safetensors", epochs=1)
    desk.until(lambda: len(names(desk)) == 404)
    click(desk, 0)
    asked = []
    rows = desk.table.rows
    data = rows.data
    monkeypatch.setattr(rows, "data", lambda index, role=0: asked.append(index.row()) or data(index, role))
    desk.qtbot.wheel(desk.table.viewport(), -3)
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    desk.table.viewport().repaint()
    assert len(set(asked)) < 80
    assert desk.table.verticalScrollBar().value() == desk.table.verticalScrollBar().maximum()
