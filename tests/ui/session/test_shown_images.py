"""The images that the map shows: those of the recipe, those that a person chose, those of the model looked at."""

from dataclasses import replace

import numpy as np
import pytest

from latentlab.core.data import registry
from latentlab.core.data.sets import pages


@pytest.fixture
def few_pages(monkeypatch):
    """Have a dozen pages made: when a window closes it waits for those that are being made, which takes seconds."""
    monkeypatch.setitem(registry.DATASETS, "pages", replace(registry.DATASETS["pages"], read=lambda: pages.load(12)))


def test_the_map_shows_the_images_that_are_chosen_idle_and_training(lab, run_file):
    lab.open(run_file(data__limit=900))
    data = lab.session.library.data.limited(lab.session.recipe.data.limit)
    test, training = len(data.test_images), len(data.train_images)
    source, count = lab.child("mapSourceBox"), lab.child("mapCountBox")
    assert len(lab.canvas.points()) == test
    source.setCurrentIndex(source.findData("training"))
    lab.until(lambda: len(lab.canvas.points()) == training)
    assert np.array_equal(lab.canvas.labels(), data.train_labels.numpy())
    source.setCurrentIndex(source.findData("both"))
    lab.until(lambda: len(lab.canvas.points()) == test + training)
    count.setCurrentIndex(count.findData(1000))
    lab.until(lambda: len(lab.canvas.points()) == 1000)
    lab.begin({"data.limit": 900})
    assert len(lab.canvas.points()) == 1000
    count.setCurrentIndex(count.findData(0))
    lab.until(lambda: len(lab.canvas.points()) == test + training)
    source.setCurrentIndex(source.findData("test"))
    lab.until(lambda: np.array_equal(lab.canvas.labels(), data.test_labels.numpy()))


def test_a_recipe_brings_its_own_images_where_they_are_here(lab, few_pages):
    session = lab.session
    session.recipes.choose("page-cleaner")
    assert session.recipe.data.dataset == "pages"
    session.recipes.choose("digits-vae-2d")
    assert session.recipe.data.dataset == "digits"
    session.recipes.choose("fashion-vae-2d")
    assert session.recipe.data.dataset == "digits", "what is not on this machine cannot be trained on"


def test_images_that_a_person_chose_stay_unless_a_recipe_means_no_others(lab, few_pages):
    session = lab.session
    session.recipes.choose_dataset("pages")
    session.recipes.choose("digits-vae-2d")
    assert session.recipe.data.dataset == "pages"
    session.recipes.choose("one-image")
    assert (session.recipe.data.dataset, session.recipe.data.images) == ("mnist", (5,))


@pytest.mark.parametrize("name", ["binarised-vae-2d", "best-vae-2d"])
def test_pairs_that_a_recipe_cannot_have_are_refused_in_a_sentence_and_all_stays(lab, few_pages, name):
    recipes = lab.session.recipes
    recipes.choose(name)
    before = recipes.current
    lab.open_setup()
    picker = lab.child("datasetBox")
    shown = picker.currentText()
    recipes.choose_dataset("pages")
    assert "cannot have these images, choose another recipe first" in lab.message()
    assert recipes.current == before
    assert picker.currentText() == shown
    recipes.choose("page-cleaner")
    assert recipes.current.data.dataset == "pages"


def test_a_recipe_that_cannot_have_the_images_that_were_chosen_brings_its_own(lab, few_pages):
    recipes = lab.session.recipes
    recipes.choose_dataset("pages")
    recipes.choose("best-vae-2d")
    assert recipes.current.data.dataset == "mnist"
    assert "Best VAE, two dimensions has its own images" in lab.message()
    recipes.choose("digits-vae-2d")
    assert recipes.current.data.dataset == "digits", "none are chosen any more"


def looked_at(lab):
    """The slider's place from the right, and the epoch of the model on the map."""
    slider = lab.child("epochSlider")
    return slider.maximum() - slider.value(), lab.session.exploration.shown.epochs_done


def test_other_images_are_shown_of_the_present_model(lab):
    lab.train()
    lab.child("epochSlider").setValue(0)
    assert looked_at(lab) == (2, 1)
    points = lab.canvas.points()
    source = lab.child("mapSourceBox")
    source.setCurrentIndex(source.findData("training"))
    lab.until(lambda: lab.canvas.points().shape != points.shape)
    assert looked_at(lab) == (0, 3)


def test_whoever_looks_back_while_a_training_is_discarded_sees_the_run_before(lab):
    lab.train()
    lab.begin()
    lab.until(lambda: lab.child("epochSlider").maximum() >= 2)
    lab.child("epochSlider").setValue(0)
    lab.press("discardButton")
    lab.until(lambda: looked_at(lab) == (0, 3))


def test_a_map_whose_images_are_not_loaded_stays_and_says_so(lab, run_file):
    lab.open(run_file())
    lab.until(lambda: lab.session.exploration.shown.images is not None)
    shown = lab.session.exploration.shown
    lab.session.recipes.choose_dataset("kmnist")
    lab.until(lambda: not lab.session.library.is_loading())
    count = lab.child("mapCountBox")
    count.setCurrentIndex(count.findData(1_000))
    assert "choose its data set" in lab.message()
    assert lab.session.exploration.shown is shown
