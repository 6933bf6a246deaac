"""A branch from the window: by the menu, at the slider of epochs, and from the window of all runs."""

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QMenu, QPushButton, QSlider

from latentlab.core.runs.run import Run
from latentlab.core.runs.workspace import default_folder, runs
from latentlab.core.training import branching
from tests.ui.lab import TINY

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def trained(lab):
    """Give a window in which a run of three epochs was trained."""
    lab.session.recipes.edit(lab.session.recipe.with_changes(TINY))
    lab.train()
    (lab.first,) = runs(default_folder())
    return lab


def ask(lab, how="menu"):
    if how == "menu":
        lab.action("branch").trigger()
    else:
        if not lab.child("branchAtSliderButton").isVisible():
            lab.action("showDrawer").trigger()
        lab.press("branchAtSliderButton")
    lab.until(lambda: lab.window.findChild(QDialog, "branchDialog"))
    return lab.child("branchDialog", QDialog)


def close(lab, dialog, button):
    lab.qtbot.mouseClick(button, LEFT)
    lab.until(lambda: lab.window.findChild(QDialog, "branchDialog") is None)


def branch(lab, dialog):
    with lab.qtbot.waitSignal(lab.session.training.ended):
        close(lab, dialog, dialog.findChild(QPushButton, "branchButton"))
    lab.until_idle()


def choice(dialog):
    box = dialog.findChild(QComboBox, "branchEpochBox")
    return box, [box.itemText(number) for number in range(box.count())]


def newest(lab, count=2):
    lab.until(lambda: len(runs(default_folder())) == count)
    (found,) = [run for run in runs(default_folder()) if run.path != lab.first.path][:1]
    return found


def test_there_is_nothing_to_branch_from_without_a_run(lab):
    assert not lab.action("branch").isEnabled()
    lab.begin()
    assert not lab.action("branch").isEnabled()
    lab.session.discard()
    assert not lab.action("branch").isEnabled()


def test_it_begins_at_the_epoch_that_is_looked_at_with_the_settings_in_the_setup(trained):
    lab = trained
    slider = lab.child("epochSlider", QSlider)
    lab.until(lambda: slider.maximum() == 2)
    slider.setValue(1)
    lab.session.recipes.edit(lab.session.recipe.with_changes({"beta": 4.0, "epochs": 2}))
    dialog = ask(lab, "slider")
    box, epochs = choice(dialog)
    assert (box.currentText(), epochs) == ("2", ["1", "2", "3"])
    assert lab.text("branchTold") == "Changed in it: beta 1 → 4"
    assert lab.text("branchEnd") == "and is trained for as many more as the setup has Epochs, 2: up to epoch 4."
    lab.qtbot.keyClick(box, Qt.Key.Key_Up)
    assert lab.text("branchEnd") == "and is trained for as many more as the setup has Epochs, 2: up to epoch 3."
    lab.qtbot.keyClick(box, Qt.Key.Key_Down)
    branch(lab, dialog)
    found, first = newest(lab), lab.first
    assert lab.window.windowTitle() == f"{lab.session.recipe.name}, from epoch 2[*] – latentlab"
    assert found.origin == (first.run, 2)
    assert found.differs == [["loss.beta", "1", "4"], ["training.epochs", "3", "2"]]
    assert [ended.epoch for ended in lab.session.run.history] == [1, 2, 3, 4]
    assert lab.session.run.history[:2] == tuple(ended.under(4.0) for ended in Run.open(first.path).history[:2])
    x, _ = lab.child("lossPlot").series()["test/loss"]
    assert list(x) == [1, 2, 3, 4]


def test_it_is_what_the_command_line_would_train(trained):
    """From the same epoch, by the same recipe: to the last bit."""
    from latentlab.core.training.trainer import Trainer

    lab = trained
    lab.session.recipes.edit(lab.session.recipe.with_changes({"beta": 2.0, "training.threads": 1}))
    dialog = ask(lab)
    choice(dialog)[0].setCurrentIndex(0)
    branch(lab, dialog)
    first = lab.first.path
    start = branching.start_at(Run.open(first), first, 1, default_folder())
    trainer = Trainer(lab.session.run.recipe, lab.session.library.data, start=start)
    list(trainer.events())
    mine, theirs = lab.session.run.snapshot.state(), trainer.snapshot().state()
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)


def test_another_model_is_refused_before_anything_is_trained(trained):
    lab = trained
    lab.session.recipes.edit(lab.session.recipe.with_changes({"latent": 3}))
    dialog = ask(lab)
    assert "so model.latent is as in the run" in lab.text("branchTold")
    assert not dialog.findChild(QPushButton, "branchButton").isEnabled()
    close(lab, dialog, dialog.findChild(QPushButton, "cancelBranchButton"))
    assert lab.session.state == "idle"
    assert len(runs(default_folder())) == 1


def test_what_was_looked_at_and_is_not_kept_is_not_taken_for_another(trained):
    lab = trained
    for file in (default_folder() / ".epochs").rglob("*.epoch"):
        if not file.name.startswith("0000001"):
            file.unlink()
    slider = lab.child("epochSlider", QSlider)
    slider.setValue(1)
    dialog = ask(lab)
    assert choice(dialog)[1] == ["1", "3"]
    assert choice(dialog)[0].currentText() == "1"
    for file in (default_folder() / ".epochs").rglob("*.epoch"):
        file.unlink()  # while one thinks about it
    close(lab, dialog, dialog.findChild(QPushButton, "branchButton"))
    lab.until(lambda: lab.message() == "Epoch 1 of the run is not kept: kept are 3.")
    assert lab.session.state == "idle"


def test_a_run_in_the_window_of_all_runs_is_opened_and_branched(trained):
    lab = trained
    assert lab.session.run_path is None
    lab.action("allRuns").trigger()
    table = lab.child("runTable")
    lab.until(lambda: len(table.rows.runs) == 1)
    lab.qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.rows.index(0, 0)).center())
    table.customContextMenuRequested.emit(table.visualRect(table.rows.index(0, 0)).center())
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    (action,) = [each for each in menu.actions() if each.text().replace("&", "") == "Branch from it…"]
    action.trigger()
    menu.close()
    lab.until(lambda: lab.window.findChild(QDialog, "branchDialog"))
    assert lab.session.run_path == lab.first.path
    assert "No setting is changed yet" in lab.text("branchTold")
    branch(lab, lab.child("branchDialog", QDialog))
    assert newest(lab).origin == (lab.first.run, 3)
    lab.press("runTreeButton")
    lab.until(lambda: len(table.rows.runs) == 2 and [table.rows.place(row)[0] for row in (0, 1)] == [0, 1])
