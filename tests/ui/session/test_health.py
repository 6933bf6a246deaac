"""What is wrong with a training is told above the map, with a button that mends it; nothing of one that goes well."""

import dataclasses

from PySide6.QtWidgets import QLineEdit

from latentlab.core.events import EpochEnded, Losses

STEPS = {"training.epochs": 4, "training.batch_size": 8, "training.learning_rate": 0.005}  # 128 of them
COLLAPSED = STEPS | {"loss.beta": 200.0}


def advice(lab):
    return lab.text("adviceText")


def test_a_collapse_is_told_and_its_button_mends_it(lab):
    lab.train(STEPS)
    assert advice(lab) == ""
    told = []
    lab.session.health.found.connect(told.append)
    lab.train(COLLAPSED)
    assert "posterior has collapsed" in advice(lab)
    lab.session.training.map_updated.emit(lab.session.exploration.shown)
    assert len(told) == 1
    assert lab.child("adviceOffer").text() == "Set free bits to 0.5"
    lab.press("adviceOffer")
    assert advice(lab) == ""
    assert lab.session.recipe.loss.free_bits == 0.5
    assert lab.session.recipe.loss.beta == 200
    field = lab.child("loss.free_bits", QLineEdit)
    assert field.text() == "0.5"
    assert not field.visibleRegion().isEmpty()
    assert lab.message() == "The recipe has loss.free_bits=0.5 now: press Train to train anew with it."
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainButton")
    assert advice(lab) == ""


def test_what_is_told_goes_with_its_training_and_its_recipe(lab, run_file):
    for leave in (lambda: lab.session.recipes.choose("mlp-vae-2d"), lambda: lab.open(run_file())):
        lab.begin({"data.limit": 1, "training.batch_size": 1})
        lab.press("stopButton")
        lab.until(lambda: lab.session.state == "idle")
        assert "one training image only" in advice(lab)
        leave()
        assert advice(lab) == ""


def test_a_loss_that_explodes_is_slowed_down_at_once(lab):
    lab.begin({"training.learning_rate": 0.01})
    lab.until(lab.epochs_drawn)
    losses = Losses(1e6, 1e6, 0.0)
    run_id = lab.session.exploration.shown.run_id
    lab.session.training.epoch_ended.emit(EpochEnded(run_id, 2, losses, losses, is_best=False))
    assert "The loss explodes: it is 1,000,000 nats" in advice(lab)
    with lab.qtbot.waitSignal(lab.session.training.setting_changed) as changed:
        lab.press("adviceOffer")
    assert (changed.args[0].setting, changed.args[0].value) == ("learning_rate", 0.001)
    assert lab.session.recipe.training.learning_rate == 0.001
    assert lab.child("liveLearningRate").text() == "0.001"
    assert "from the next step on" in lab.message()


def test_a_remedy_for_the_next_training_leaves_what_was_changed_live(lab):
    lab.begin({"model.kind": "cvae"})
    lab.session.training.begun.emit(lab.session.recipe, one_class(lab.session.library.data))
    lab.child("liveBeta", QLineEdit).setText("3")
    lab.child("liveBeta", QLineEdit).editingFinished.emit()
    lab.press("adviceOffer")
    assert lab.session.recipe.model.kind == "vae"
    assert lab.child("liveBeta", QLineEdit).text() == "3"
    assert "stop this training" in lab.message()


def one_class(data):
    return dataclasses.replace(data, train_labels=data.train_labels * 0 + 7)


def test_images_that_teach_nothing_are_told_when_training_begins(lab):
    lab.begin({"data.limit": 1, "training.batch_size": 1})
    assert "one training image only" in advice(lab)
    assert lab.child("adviceOffer").text() == "Use all images"
    lab.press("stopButton")
    lab.until(lambda: lab.session.state == "idle")
    lab.press("adviceOffer")
    assert lab.session.recipe.data.limit is None
