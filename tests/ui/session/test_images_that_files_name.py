"""What the recipe of a run or of a file names is a path that a stranger may have chosen: a person agrees first."""

import builtins
import io
import os

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QMessageBox

from latentlab.core.data import registry
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.runs.run import Run
from latentlab.core.training.trainer import Trainer
from latentlab.ui.settings import Settings

SMALL = {"model.encoder.layers": (4,), "model.decoder.layers": (4,), "training.device": "cpu", "training.threads": 1}
YES, NO = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No


@pytest.fixture
def pictures(pictures):
    """Give a folder that `looks` watches."""
    return pictures.rename(pictures.with_name("marked"))


@pytest.fixture
def looks(monkeypatch):
    """List what is asked of the system about whatever has "marked" in its path."""
    seen = []

    def watch(owner, name):
        real = getattr(owner, name)

        def look(*arguments, **more):
            if arguments and isinstance(arguments[0], str | bytes | os.PathLike) and "marked" in str(arguments[0]):
                seen.append((name, str(arguments[0])))
            return real(*arguments, **more)

        monkeypatch.setattr(owner, name, look)

    for name in ("stat", "lstat", "scandir", "listdir", "open", "readlink", "access"):
        watch(os, name)
    for owner in (builtins, io):
        watch(owner, "open")
    return seen


def file_of(recipe, data, path, epochs=1):
    """Save the run of a recipe after so many epochs, as a training that goes on keeps it."""
    trainer, path = Trainer(recipe, data), path / f"{len(list(path.iterdir()))}.safetensors"
    for event in trainer.events():
        if type(event).__name__ == "EpochEnded" and event.epoch == epochs:
            trainer.copy()(256).save(path)
            break
    return path


@pytest.fixture
def own_run(pictures, tmp_path):
    """The file of a run on a person's own folder, whose training broke off."""
    recipe = Recipe().with_changes({"data.dataset": f"folder:{pictures}", "training.epochs": 3} | SMALL)
    folder = tmp_path / "runs"
    folder.mkdir()
    return file_of(recipe, registry.load_for(recipe.data, tmp_path), folder)


def questions(lab):
    return [box for box in lab.window.findChildren(QMessageBox, "ownImagesQuestion") if box.isVisible()]


def answer(lab, button):
    lab.until(lambda: questions(lab))
    (question,) = questions(lab)
    lab.qtbot.mouseClick(question.button(button), Qt.MouseButton.LeftButton)
    lab.until(lambda: not questions(lab))


def open_unread(lab, path):
    """Open a run whose images are not read, and wait for its map."""
    with lab.qtbot.waitSignal(lab.session.opened):
        lab.window.open_run(path)
    run_id = lab.session.run.snapshot.run_id
    lab.until(lambda: lab.session.exploration.shown and lab.session.exploration.shown.run_id == run_id)


OWN = ["folder:/marked/a", "array:/marked/a.npy", "pairs:/marked/a,/marked/b", "folder://server/marked"]
OWN += ["shards:/marked/a", "shards:pairs:/marked/a", r"shards:\\server\marked"]
OWN += [r"folder:\\server\marked", r"array:\\server\marked\x80.npy", r"pairs:\\server\marked,\\server\b"]
NO_SETS = ["/marked/a", "//server/marked", r"\\server\marked", "C:/marked"]


def look_around(lab):
    """Do what shows the images in force, or lists them."""
    lab.child("recentImagesMenu", QMenu).aboutToShow.emit()
    lab.session.library.refresh()
    lab.session.recipes.edit(lab.session.recipe.with_changes({"data.limit": 100}))
    lab.session.recipes.choose("mlp-vae-2d")
    lab.qtbot.wait(20)


@pytest.mark.parametrize("way", ["run", "recipe", "second run"])
def test_nothing_is_looked_at_before_a_person_agrees(lab, tiny_images, run_file, tmp_path, looks, way):
    if way == "second run":
        lab.open(run_file())
    for name in OWN + NO_SETS if way == "recipe" else (OWN[0], OWN[2], OWN[4], NO_SETS[2]):
        recipe = Recipe(name="a stranger's").with_changes({"data.dataset": name} | SMALL)
        if way == "recipe":
            path = tmp_path / "recipe.toml"
            path.write_text(recipe.to_toml())
        else:
            path = file_of(recipe, tiny_images, tmp_path)
        looks.clear()
        if way == "second run":
            before = lab.session.comparison.second
            lab.session.comparison.open(path)
            lab.until(lambda before=before: lab.session.comparison.second not in (None, before))
            assert not questions(lab)
        else:
            if way == "run":
                open_unread(lab, path)
            else:
                lab.session.recipes.open(path)
            assert len(questions(lab)) == (name in OWN)
            lab.press("trainButton")
            lab.action("showImages").trigger()
            if name in OWN:
                assert lab.text("datasetMessage").startswith("folder:" if name.startswith("folder:") else name[:6])
                answer(lab, NO)
                assert "as you did not agree" in lab.text("datasetMessage")
            else:
                assert "is a path, and no image set" in lab.message()
                lab.child("imagesCard").close()
            look_around(lab)
            assert not questions(lab), "it is asked once"
        assert looks == []
        assert lab.session.state == "idle"
    assert Settings().recent_images == []


def test_yes_reads_them_and_is_remembered(lab, make_lab, own_run, pictures, looks):
    looks.clear()
    open_unread(lab, own_run)
    assert str(pictures) in questions(lab)[0].text()
    assert looks == []
    answer(lab, YES)
    lab.until_loaded()
    lab.until(lambda: lab.session.exploration.shown.images is not None)
    assert looks
    assert Settings().recent_images == [f"folder:{pictures}"]
    lab.window.close()
    later = make_lab()
    open_unread(later, own_run)
    later.until_loaded()
    assert not questions(later)


def test_no_leaves_the_run_as_its_file_has_it_until_it_is_trained(lab, own_run):
    open_unread(lab, own_run)
    shown = lab.session.exploration.shown
    answer(lab, NO)
    assert "as you did not agree" in lab.text("datasetMessage")
    assert lab.session.exploration.shown is shown
    assert len(lab.canvas.points()) == len(lab.session.run.codes)
    open_unread(lab, own_run)
    assert not questions(lab)
    lab.press("trainButton")
    answer(lab, NO)
    assert lab.session.state == "idle"
    assert "as you did not agree" in lab.message()
    assert lab.child("trainButton").isEnabled()
    lab.press("trainButton")
    with lab.qtbot.waitSignal(lab.session.training.ended):
        answer(lab, YES)
    assert lab.session.run.epochs == 3


def test_a_training_on_ones_own_images_that_broke_off_asks_once_and_goes_on(make_lab, own_run):
    folder = workspace.default_folder()
    workspace.make_folder(folder)
    path = own_run.rename(folder / own_run.name)
    lab = make_lab()
    lab.until(lambda: lab.child("interruptedOffer").isVisible())
    lab.press("finishInterruptedButton")
    with lab.qtbot.waitSignal(lab.session.training.ended):
        answer(lab, YES)
    assert not questions(lab)
    assert Run.open(path).training.state == "finished"
    assert lab.session.run.epochs == 3


def test_a_training_that_broke_off_waits_for_its_images_and_refuses_others(lab, own_run, pictures, held_load):
    lab.session.library.agree(f"folder:{pictures}")
    lab.session.finish_run(own_run)
    lab.until(lambda: lab.session.library.is_loading() and lab.session.run is not None)
    assert lab.session.state == "idle"
    (pictures / "3.png").unlink()
    with lab.qtbot.waitSignal(lab.session.training.failed):
        held_load.set()
    assert "not those that the run learned from" in lab.message()
    assert lab.session.state == "idle"
    assert Run.open(own_run).epochs == 1
    Image.new("L", (12, 9), 60).save(pictures / "3.png")
    lab.session.recipes.choose_dataset("digits")
    lab.until_loaded()
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.session.finish_training()
    assert lab.session.run.epochs == 3


def test_another_recipe_while_the_question_is_open_takes_the_training_back(lab, own_run):
    lab.session.finish_run(own_run)
    lab.until(lambda: questions(lab))
    lab.session.recipes.choose("mlp-vae-2d")
    lab.session.recipes.choose_dataset("digits")
    lab.until_loaded()
    assert lab.session.state == "idle"
    answer(lab, YES)
    assert lab.session.state == "idle"


def test_what_a_person_chose_is_never_asked_about(lab, own_run, pictures):
    lab.session.opened_images.open(f"folder:{pictures}")
    lab.until(lab.child("imagesUseButton").isEnabled)
    lab.press("imagesUseButton")
    lab.session.recipes.choose_dataset("digits")
    open_unread(lab, own_run)
    lab.until_loaded()
    assert not questions(lab)
