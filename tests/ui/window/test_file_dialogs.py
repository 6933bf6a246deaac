"""The questions around files, answered in their dialogs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox

from latentlab.core.runs import workspace
from latentlab.core.runs.run import Run
from latentlab.ui.settings import Settings


@pytest.fixture
def dialog(monkeypatch):
    """Give the file dialog that is open, and answer it; a real one would browse this machine."""
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)

    def give(lab):
        lab.until(lambda: lab.window.findChildren(QFileDialog))
        return lab.window.findChildren(QFileDialog)[-1]

    return give


def choose(found, path):
    found.fileSelected.emit(str(path))
    found.done(QFileDialog.DialogCode.Accepted)


def use_these(lab):
    """Use what the card of images shows, when it has been read."""
    lab.until(lab.child("imagesUseButton").isEnabled)
    lab.press("imagesUseButton")
    lab.until(lambda: lab.session.library.data is not None)


def press(lab, which):
    lab.until(lambda: lab.window.findChild(QMessageBox, "unsavedQuestion"))
    question = lab.child("unsavedQuestion", QMessageBox)
    lab.until(question.isVisible)
    lab.qtbot.mouseClick(question.button(which), Qt.MouseButton.LeftButton)


def key(lab, which, modifier=Qt.KeyboardModifier.ControlModifier):
    lab.qtbot.keyClick(lab.window, which, modifier)


def test_a_run_is_saved_with_a_dialog_first_and_without_one_afterwards(lab, dialog, tmp_path):
    lab.train()
    key(lab, Qt.Key.Key_S)
    asked = dialog(lab)
    assert asked.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    assert asked.defaultSuffix() == "safetensors"
    path = tmp_path / "run.safetensors"
    with lab.qtbot.waitSignal(lab.session.saved):
        choose(asked, path)
    assert Run.open(path).history == lab.session.run.history
    assert not lab.window.isWindowModified()
    path.unlink()
    with lab.qtbot.waitSignal(lab.session.saved):
        key(lab, Qt.Key.Key_S)
    assert path.is_file()


def test_a_run_is_opened_with_the_keyboard_and_a_dialog(lab, dialog, run_file):
    key(lab, Qt.Key.Key_O)
    with lab.qtbot.waitSignal(lab.session.opened):
        choose(dialog(lab), run_file())
    lab.until(lambda: len(lab.canvas.points()))


def test_ones_own_images_are_chosen_by_a_dialog(lab, dialog, tmp_path):
    import numpy as np

    path = tmp_path / "mine.npz"
    images = np.random.default_rng(0).integers(0, 255, (40, 28, 28), np.uint8)
    np.savez(path, images=images, labels=np.arange(40) % 2)
    lab.action("chooseArray").trigger()
    choose(dialog(lab), path)
    use_these(lab)
    assert lab.session.recipe.data.dataset == f"array:{path}"
    assert lab.child("datasetBox").currentText() == f"array:{path}"
    assert "training" in lab.text("datasetMessage")
    assert Settings().recent_images == [f"array:{path}"]
    lab.train({"training.batch_size": 8})
    assert len(lab.canvas.points())


def test_a_folder_of_sets_is_chosen_and_remembered(lab, dialog, tmp_path):
    lab.action("chooseDataFolder").trigger()
    with lab.qtbot.waitSignal(lab.session.library.folder_changed):
        choose(dialog(lab), tmp_path)
    assert lab.session.library.data_dir == tmp_path
    assert str(tmp_path) in lab.message()
    assert Settings().data_dir == tmp_path
    lab.until_loaded()


def test_save_before_closing_saves_and_closes(nowhere, make_lab, dialog, tmp_path):
    lab = make_lab()
    lab.train()
    lab.window.close()
    press(lab, QMessageBox.StandardButton.Save)
    path = tmp_path / "kept.safetensors"
    choose(dialog(lab), path)
    lab.until(lambda: not lab.window.isVisible())
    assert Run.open(path).epochs == 3


def test_save_before_closing_a_training_saves_the_run_so_far(unkept, dialog, tmp_path):
    lab = unkept
    lab.until(lambda: lab.epochs_drawn() >= 1)
    lab.window.close()
    press(lab, QMessageBox.StandardButton.Save)
    path = tmp_path / "kept.safetensors"
    choose(dialog(lab), path)
    lab.until(lambda: not lab.window.isVisible())
    assert Run.open(path).epochs >= 1
    assert lab.session.state == "idle"


def test_a_save_that_is_given_up_keeps_the_window_and_the_training(unkept, dialog):
    lab = unkept
    lab.window.close()
    press(lab, QMessageBox.StandardButton.Save)
    dialog(lab).reject()
    assert lab.window.isVisible()
    assert lab.session.state == "training"


def test_a_save_that_fails_keeps_the_window_and_says_why(unkept, dialog, tmp_path):
    lab = unkept
    lab.window.close()
    press(lab, QMessageBox.StandardButton.Save)
    choose(dialog(lab), tmp_path / "nowhere" / "run.safetensors")
    lab.until(lambda: lab.session.state == "training")
    assert lab.window.isVisible()
    assert not lab.session.is_saved
    lab.window.close()
    press(lab, QMessageBox.StandardButton.Cancel)
    assert lab.session.state == "training"


def test_a_save_that_fails_after_training_says_why(nowhere, make_lab, dialog, tmp_path):
    lab = make_lab()
    lab.train()
    lab.window.close()
    press(lab, QMessageBox.StandardButton.Save)
    choose(dialog(lab), tmp_path / "nowhere" / "run.safetensors")
    lab.until(lambda: "could not be saved" in lab.message())
    assert lab.window.isVisible()


def scans(folder, count=6):
    import numpy as np
    from PIL import Image

    folder.mkdir()
    for number in range(count):
        page = np.random.default_rng(number).integers(0, 255, (24, 36), np.uint8)
        Image.fromarray(page).save(folder / f"page{number}.png")
    return folder


def test_dirty_and_clean_scans_are_chosen_one_folder_after_the_other(lab, dialog, tmp_path):
    dirty, clean = scans(tmp_path / "dirty"), scans(tmp_path / "clean")
    lab.action("choosePairs").trigger()
    choose(dialog(lab), dirty)
    lab.until(lambda: len(lab.window.findChildren(QFileDialog)) == 1)
    choose(dialog(lab), clean)
    use_these(lab)
    assert lab.session.recipe.data.dataset == f"pairs:{dirty},{clean}"
    assert lab.session.library.data.train_noisy is not None


def test_a_comma_in_the_way_of_the_dirty_scans_is_told(lab, dialog, tmp_path):
    dirty, clean = scans(tmp_path / "dirty, very", 1), scans(tmp_path / "clean", 1)
    before = lab.session.recipe.data.dataset
    lab.action("choosePairs").trigger()
    choose(dialog(lab), dirty)
    lab.until(lambda: len(lab.window.findChildren(QFileDialog)) == 1)
    choose(dialog(lab), clean)
    lab.until(lambda: "comma" in lab.message())
    assert lab.session.recipe.data.dataset == before


def test_where_trainings_are_kept_is_chosen_by_a_dialog_and_remembered(make_lab, dialog, tmp_path, monkeypatch):
    lab, folder = make_lab(), tmp_path / "runs"
    folder.mkdir()
    lab.action("chooseWorkspace").trigger()
    choose(dialog(lab), folder)
    assert f"Trainings are kept in {folder} from now on" in lab.message()
    lab.train()
    (kept,) = workspace.runs(folder)
    assert kept.epochs == 3
    assert not workspace.runs(workspace.default_folder())
    assert make_lab().session.folder == folder
    # Who sets the variable for a start means it.
    monkeypatch.setenv("LATENTLAB_WORKSPACE", str(tmp_path / "others"))
    assert make_lab().session.folder == tmp_path / "others"


def test_a_folder_for_trainings_that_is_gone_is_not_insisted_on(make_lab, tmp_path):
    Settings().workspace = tmp_path / "gone"
    assert make_lab().session.folder == workspace.default_folder()
