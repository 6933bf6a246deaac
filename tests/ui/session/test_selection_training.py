"""Training on the images that are selected, or on those whose numbers are typed."""

import numpy as np

from tests.ui.session.selecting import see


def in_sight(lab, row):
    (left, right), (bottom, top) = lab.canvas.box.viewRange()
    x, y = lab.canvas.points()[row]
    return left < x < right and bottom < y < top


def train_a_little(lab, start):
    with lab.qtbot.waitSignal(lab.session.training.ended):
        start()
        lab.until(lambda: lab.epochs_drawn() > 5)
        lab.press("stopButton")


def test_train_on_these_takes_the_selected_images_and_there_is_a_way_back(opened):
    lab = opened
    lab.set_up()
    data = lab.session.library.data
    see(lab, 3, 8, 20)
    train_a_little(lab, lambda: lab.press("trainOnSelectionButton"))
    training = len(data.train_images)
    run = lab.session.run
    assert run.recipe.data.images == (training + 3, training + 8, training + 20)
    assert run.recipe.training.batch_size == 3
    assert len(lab.canvas.points()) == 3
    np.testing.assert_array_equal(lab.session.exploration.shown.images, data.test_images[[3, 8, 20]].numpy())
    assert list(lab.session.selection.rows) == [0, 1, 2]  # the same images, which are all that the map shows now
    field = lab.setting("data.images")
    assert field.text() == f"{training + 3}, {training + 8}, {training + 20}"
    lab.open_setup()
    lab.press("recipeResetButton")
    assert field.text() == "all"
    assert lab.session.recipe.data.images == ()


def test_one_image_gives_a_run_that_is_saved_and_opened_again(opened, tmp_path):
    lab = opened
    lab.set_up()
    lab.session.selection.toggle(5)
    train_a_little(lab, lab.session.selection_training.train)
    assert lab.canvas.points().shape == (1, 2)
    lab.until(lambda: np.array_equal(lab.canvas.selected(), lab.canvas.points()) and in_sight(lab, 0))
    (left, right), _ = lab.canvas.box.viewRange()
    assert 1 < right - left < 10
    lab.click(*lab.canvas.points()[0].tolist())
    lab.until(lambda: lab.child("dataPointImage").isVisible())
    lab.stroke([(0.3, 0.2), (0.6, 0.5), (0.3, 0.8)])
    lab.until(lambda: lab.canvas.sketch_point() is not None)
    with lab.qtbot.waitSignal(lab.session.saved):
        lab.session.save_run(tmp_path / "one.safetensors")
    lab.open(tmp_path / "one.safetensors")
    assert lab.canvas.points().shape == (1, 2)
    assert lab.setting("data.images").text() == str(len(lab.session.library.data.train_images) + 5)


def test_what_keeps_from_training_on_them_is_told(opened, tmp_path):
    lab = opened
    lab.set_up()
    lab.session.selection_training.train()
    assert "No images are selected" in lab.message()
    lab.session.selection.toggle(3)
    path = tmp_path / "mine.npz"
    np.savez(path, images=np.zeros((40, 28, 28), np.uint8), labels=np.arange(40) % 2)
    lab.choose_own(f"array:{path}")
    lab.until_loaded()
    lab.session.selection_training.train()
    assert "The selected images are of 'digits'" in lab.message()
    assert lab.session.state == "idle"
    lab.session.recipes.choose_dataset("digits")
    lab.begin()
    lab.session.selection.toggle(3)
    lab.session.selection_training.train()
    assert "A model is training" in lab.message()


def test_numbers_of_images_that_are_not_there_are_told(lab):
    field = lab.setting("data.images")
    field.selectAll()
    lab.qtbot.keyClicks(field, "5, 99999")
    lab.press("trainButton")
    assert "there is no image 99999" in lab.message()
    assert lab.session.state == "idle"
    field.selectAll()
    lab.qtbot.keyClicks(field, "5, x")
    assert not lab.child("trainButton").isEnabled()
