"""All runs as a tree, and a list that is at the next start as it was left."""

import shutil

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from latentlab.core.runs.workspace import default_folder
from latentlab.ui.settings import Settings
from latentlab.ui.widgets.runs.run_branches import lines_of
from latentlab.ui.widgets.runs.run_model import COLUMNS
from tests.core.runs.fakes import fake_run

LEFT = Qt.MouseButton.LeftButton


def write(folder, name, second, *came_from, **more):
    fake_run(
        folder / f"{name}.safetensors",
        run=name,
        came_from=came_from,
        saved=f"2030-01-01T00:00:{second:02}+00:00",
        **more,
    )


@pytest.fixture
def folder(own_home):
    folder = default_folder()
    folder.mkdir(parents=True)
    write(folder, "first", 0, loss=30.0)
    write(folder, "alone", 1, loss=20.0)
    write(folder, "warm", 2, ("first", 2), beta=4.0, loss=25.0)
    write(folder, "cold", 3, ("first", 3), beta=0.5, loss=40.0)
    write(folder, "warmer", 4, ("first", 2), ("warm", 5), beta=8.0, loss=10.0)
    return folder


@pytest.fixture
def desk(lab, folder):
    return opened(lab)


def opened(lab):
    lab.action("allRuns").trigger()
    lab.collection, lab.table = lab.child("runsWindow"), lab.child("runTable")
    lab.until(lambda: len(lab.table.rows.runs) == 5)
    lab.collection.activateWindow()
    lab.until(lab.collection.isActiveWindow)
    return lab


def tree(lab):
    rows = lab.table.rows
    return ["  " * rows.place(row)[0] + run.name for row, run in enumerate(rows.runs)]


def head(lab, column):
    across = lab.table.horizontalHeader()
    number = COLUMNS.index(column)
    return QPoint(across.sectionViewportPosition(number) + across.sectionSize(number) // 2, across.height() // 2)


def sort(lab, column):
    lab.qtbot.mouseClick(lab.table.horizontalHeader().viewport(), LEFT, pos=head(lab, column))


def choose_column(lab, text):
    lab.table.horizontalHeader().customContextMenuRequested.emit(head(lab, "name"))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    (action,) = [each for each in menu.actions() if each.text().replace("&", "") == text]
    action.trigger()
    menu.close()


def test_each_run_is_below_the_one_that_it_came_from_and_families_are_sorted(desk):
    assert tree(desk) == ["warmer", "cold", "warm", "alone", "first"]
    desk.press("runTreeButton")
    desk.until(lambda: tree(desk) == ["first", "  warm", "    warmer", "  cold", "alone"])
    sort(desk, "loss")  # the best of each family tells where it stands
    desk.until(lambda: tree(desk) == ["first", "  warm", "    warmer", "  cold", "alone"])
    assert desk.table.order() == ("loss", False)
    sort(desk, "loss")
    desk.until(lambda: tree(desk) == ["first", "  cold", "  warm", "    warmer", "alone"])
    sort(desk, "name")
    desk.until(lambda: tree(desk) == ["alone", "first", "  cold", "  warm", "    warmer"])
    desk.press("runTreeButton")
    desk.until(lambda: tree(desk) == ["alone", "cold", "first", "warm", "warmer"])


def test_what_is_found_keeps_its_place_in_the_tree(desk, folder):
    desk.press("runTreeButton")
    search = desk.child("runSearch", QLineEdit)
    desk.qtbot.keyClicks(search, "r")  # all but "cold" and "alone" have it in their recipe's or their own name
    desk.qtbot.keyClicks(search, "st")
    desk.until(lambda: tree(desk) == ["first"])
    search.clear()
    write(folder, "warm", 2, ("first", 2), beta=4.0, loss=25.0, dataset="other")
    desk.until(lambda: any(run.dataset == "other" for run in desk.table.rows.runs))
    desk.qtbot.keyClicks(search, "tiny")  # a run between two that are found leaves them together
    desk.until(lambda: tree(desk) == ["first", "  warmer", "  cold", "alone"])


def test_where_a_run_came_from_is_told_with_what_was_changed(desk, folder):
    desk.press("runTreeButton")
    desk.until(lambda: tree(desk)[1] == "  warm")
    desk.qtbot.mouseClick(desk.table.viewport(), LEFT, pos=desk.table.visualRect(desk.table.rows.index(1, 0)).center())
    assert "From epoch 2 of first\nChanged: beta 1 → 4" in desk.text("runFacts")
    rows = desk.table.rows
    assert rows.below_name(rows.runs[1]).startswith("from epoch 2: beta 1 → 4 · small")
    tip = rows.data(rows.index(2, 0), Qt.ItemDataRole.ToolTipRole)
    assert "From epoch 5 of warm" in tip
    assert rows.data(rows.index(2, COLUMNS.index("differs"))) == "beta 1 → 8"
    (folder / "warm.safetensors").unlink()
    desk.until(lambda: tree(desk) == ["first", "  warmer", "  cold", "alone"])
    tip = rows.data(rows.index(1, 0), Qt.ItemDataRole.ToolTipRole)
    assert "From epoch 5 of a run that is not here, which came from first" in tip
    (folder / "first.safetensors").unlink()
    desk.until(lambda: tree(desk) == ["warmer", "cold", "alone"])
    assert "From epoch 3 of a run that is not here" in rows.data(rows.index(1, 0), Qt.ItemDataRole.ToolTipRole)


def test_an_earlier_epoch_of_a_run_is_below_it(desk, folder):
    shutil.copy(folder / "alone.safetensors", folder / "alone-epoch1.safetensors")
    fake_run(folder / "alone-epoch1.safetensors", run="alone", epochs=1, saved="2030-01-01T00:00:00+00:00")
    desk.press("runTreeButton")
    desk.until(lambda: tree(desk)[-2:] == ["alone", "  alone-epoch1"])
    rows = desk.table.rows
    assert "alone as it was after epoch 1" in rows.data(rows.index(5, 0), Qt.ItemDataRole.ToolTipRole)


def test_the_list_is_at_the_next_start_as_it_was_left(desk, make_lab):
    desk.press("runTreeButton")
    desk.until(lambda: tree(desk)[1] == "  warm")
    sort(desk, "loss")
    sort(desk, "loss")
    choose_column(desk, "Changed")
    choose_column(desk, "Trained for")
    across = desk.table.horizontalHeader()
    edge = across.sectionViewportPosition(0) + across.sectionSize(0) - 1
    before = across.sectionSize(0)
    desk.qtbot.mousePress(across.viewport(), LEFT, pos=QPoint(edge, 5))
    desk.qtbot.mouseMove(across.viewport(), QPoint(edge + 20, 5))
    desk.qtbot.mouseMove(across.viewport(), QPoint(edge + 40, 5))
    desk.qtbot.mouseRelease(across.viewport(), LEFT, pos=QPoint(edge + 40, 5))
    width = across.sectionSize(0)
    assert width > before + 20
    across.moveSection(across.visualIndex(COLUMNS.index("loss")), 1)
    shown = desk.table.columns.shown()
    assert shown == ["name", "loss", "dataset", "differs", "state", "epochs", "saved"]
    desk.until_idle()
    desk.window.close()

    other = opened(make_lab())
    other.until(lambda: tree(other) == ["first", "  cold", "  warm", "    warmer", "alone"])
    assert other.child("runTreeButton").isChecked()
    assert other.table.columns.shown() == shown
    assert other.table.order() == ("loss", True)
    across = other.table.horizontalHeader()
    assert abs(across.sectionSize(0) - width) <= 1
    other.collection.resize(other.collection.width() + 100, other.collection.height())
    assert abs(across.sectionSize(0) - width) <= 1  # what one has chosen stays, the others share the room
    choose_column(other, "As at first")
    assert other.table.columns.shown() == [name for name in COLUMNS if name not in ("group", "differs")]


@pytest.mark.parametrize(
    "written",
    [
        "run_list = 3",
        '[run_list]\norder = ["loss", "loss", "none", 3]\nhidden = ["name"]\nwidths = {name = "wide", loss = 1e9}',
        '[run_list]\nsort = ["loss"]\nreversed = "yes"\ntree = 1\nhidden = {}\nwidths = []',
        '[run_list]\nsort = "latent"\nwidths = {state = true, epochs = 50}',
    ],
)
def test_whatever_was_remembered_the_runs_are_listed(make_lab, folder, tmp_path, written):
    path = tmp_path / "settings.toml"
    path.write_text(written)
    desk = opened(make_lab(Settings(path)))
    assert tree(desk) == ["warmer", "cold", "warm", "alone", "first"]
    assert "name" in desk.table.columns.shown()
    assert all(desk.table.columnWidth(COLUMNS.index(name)) > 10 for name in desk.table.columns.shown())


def test_a_tree_of_thousands_is_painted_as_far_as_it_is_seen(desk, folder, monkeypatch):
    before = "first"
    for number in range(300):  # each from the one before, and so deeper than any window is wide
        write(folder, f"deep{number:03}", 5, (before, 3))
        before = f"deep{number:03}"
    desk.press("runTreeButton")
    desk.until(lambda: len(tree(desk)) == 305)
    assert max(desk.table.rows.place(row)[0] for row in range(305)) == 300
    asked = []
    rows, place = desk.table.rows, desk.table.rows.place
    monkeypatch.setattr(rows, "place", lambda row: asked.append(row) or place(row))
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    desk.table.viewport().repaint()
    assert 0 < len(set(asked)) < 80


def test_lines_go_on_where_another_follows():
    class Each:
        def __init__(self, depth, is_last):
            self.depth, self.is_last = depth, is_last

    # a, its first child with a child of its own, and its last child with one
    found = lines_of([Each(0, True), Each(1, False), Each(2, True), Each(1, True), Each(2, True), Each(0, True)])
    assert found == [0, 0b10, 0b10, 0, 0, 0]
