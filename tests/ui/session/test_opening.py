"""Runs and recipes that are opened, saved and replaced: nothing is lost, and what is wrong is a sentence."""

import numpy as np
from safetensors import safe_open

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run


def kept_runs(own_home):
    return sorted((own_home / "data" / "latentlab" / "runs").glob("*.safetensors"))


def test_a_run_comes_back_as_it_was(lab, make_lab, tmp_path):
    lab.train({"loss.beta": 2.0})
    path = tmp_path / "mine.safetensors"
    with lab.qtbot.waitSignal(lab.session.saved):
        lab.session.save_run(path)
    assert lab.session.is_saved
    assert str(path) in lab.message()
    assert lab.window.windowTitle() == "mine[*] – latentlab"
    other = make_lab()
    other.open(path)
    assert np.allclose(other.canvas.points(), lab.canvas.points(), atol=1e-5)
    assert np.array_equal(other.canvas.labels(), lab.canvas.labels())
    assert other.session.recipe == lab.session.recipe
    assert other.child("recipeBox").currentText() == "digits-vae-2d"
    assert other.child("epochsBox").value() == 3
    for name, (x, y) in lab.child("lossPlot").series().items():
        if name.startswith("test"):
            assert np.allclose(other.child("lossPlot").series()[name], (x, y))
    assert other.session.run.history == lab.session.run.history
    assert other.session.is_saved


def test_saving_while_training_keeps_the_run_so_far_and_goes_on(lab, tmp_path):
    lab.begin()
    lab.until(lambda: lab.epochs_drawn() >= 1)
    path = tmp_path / "so-far.safetensors"
    with lab.qtbot.waitSignal(lab.session.saved):
        lab.session.save_run(path)
    assert lab.session.state == "training"
    assert Run.open(path).epochs >= 1
    assert not lab.session.is_saved


def test_bad_files_are_one_sentence_and_what_was_open_stays(lab, run_file, tmp_path):
    lab.open(run_file())
    points, title = lab.canvas.points(), lab.window.windowTitle()
    whole = run_file().read_bytes()
    (tmp_path / "text.safetensors").write_text("no run at all")
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.safetensors").write_bytes(b"")
    (tmp_path / "folder.safetensors").mkdir()
    for name in ("text", "cut", "empty", "folder", "missing"):
        path = tmp_path / f"{name}.safetensors"
        with lab.qtbot.waitSignal(lab.session.message):
            lab.window.open_run(path)
        assert str(path) in lab.message()
        assert "\n" not in lab.message()
        assert np.array_equal(lab.canvas.points(), points)
        assert lab.window.windowTitle() == title
        assert lab.session.run_path == run_file()


def test_saving_where_nothing_can_be_written_is_told(lab, run_file, tmp_path):
    lab.open(run_file())
    with lab.qtbot.waitSignal(lab.session.message):
        lab.session.save_run(tmp_path / "nowhere" / "run.safetensors")
    assert "could not be saved" in lab.message()


def test_no_run_is_opened_under_a_training(lab, run_file):
    lab.begin()
    lab.window.open_run(run_file())
    assert "stop or discard" in lab.message()
    epochs = lab.epochs_drawn()
    lab.until(lambda: lab.epochs_drawn() > epochs)
    assert lab.session.run is None


def test_train_pressed_while_a_run_is_being_read_means_train(lab, run_file):
    opened = []
    lab.session.opened.connect(opened.append)
    lab.set_up()
    lab.window.open_run(run_file())
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
    assert opened == []
    assert lab.session.run_path is None


def test_of_two_runs_opened_at_once_the_later_is_shown(lab, run_file):
    first, second = run_file(), run_file(training__seed=3)
    opened = []
    lab.session.opened.connect(opened.append)
    lab.window.open_run(first)
    lab.window.open_run(second)
    lab.until(lambda: opened and len(lab.canvas.points()))
    assert opened == [second]
    assert np.allclose(lab.canvas.points(), Run.open(second).codes, atol=1e-5)


def test_opening_takes_back_a_training_that_waits_for_images(make_lab, run_file, held_load):
    path = run_file()
    lab = make_lab()
    lab.press("trainButton")
    lab.open(path)
    held_load.set()
    lab.until_loaded()
    assert lab.session.state == "idle"
    assert lab.session.run_path == run_file()


def test_a_map_of_a_run_that_was_replaced_is_dropped(lab, run_file, monkeypatch):
    import threading

    from latentlab.core.map import live_map

    lab.open(run_file())
    go_on, made, make = threading.Event(), [], live_map.maps_of

    def slow(run, shown, is_given_up):
        go_on.wait(5)
        made.extend(make(run, shown))
        yield made[-1]

    monkeypatch.setattr(live_map, "maps_of", slow)
    lab.session.set_map_source("training", 100)
    lab.set_up()
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
    go_on.set()
    lab.until(lambda: made)
    lab.until_idle()
    assert lab.session.exploration.shown.run_id == lab.session.run.snapshot.run_id
    assert len(lab.canvas.points()) == 100, "what was chosen is in force all the same"


def test_an_unsaved_run_that_another_replaces_is_kept_on_the_disk(lab, own_home):
    lab.train()
    first = lab.session.run
    with lab.qtbot.waitSignal(lab.session.kept) as told:
        lab.train({"training.seed": 1})
    (kept,) = told.args
    assert kept in kept_runs(own_home)
    assert Run.open(kept).history == first.history
    assert "kept" in lab.message()


def test_a_saved_run_is_not_kept_twice(lab, run_file, own_home):
    lab.open(run_file())
    lab.train()
    lab.open(run_file())
    lab.until(lambda: kept_runs(own_home))
    assert len(kept_runs(own_home)) == 1  # the one that was trained between


def test_a_recipe_that_only_a_run_knows_can_be_chosen_again(lab, run_file):
    lab.open(run_file(name="of-a-friend"))
    box = lab.child("recipeBox")
    assert box.currentText() == "of-a-friend"
    box.setCurrentText("mlp-vae-2d")
    box.setCurrentText("of-a-friend")
    assert lab.session.recipe.name == "of-a-friend"
    assert lab.session.recipe.model.encoder.layers == (16,)


def test_a_recipe_file_is_taken_and_a_broken_one_told(lab, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(Recipe(name="good").with_changes({"epochs": 7, "dataset": "digits"}).to_toml())
    bad.write_text("[training]\nepochs = 'many'\n")
    lab.session.recipes.open(good)
    assert lab.child("recipeBox").currentText() == "good"
    assert lab.child("epochsBox").value() == 7
    lab.session.recipes.open(bad)
    assert "training.epochs" in lab.message()
    assert lab.session.recipe.name == "good"


def test_nothing_that_is_written_is_pickled(run_file):
    with safe_open(run_file(), "pt") as file:
        assert file.metadata()["format"] == "latentlab/1"
