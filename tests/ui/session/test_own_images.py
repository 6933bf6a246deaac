"""A person's own folder in a window: its size is chosen in the form, and what changed since is told."""

import gc

import pytest

from latentlab.core.data import image_cache, registry
from latentlab.core.data.mapped_images import cache_dir
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer


@pytest.fixture
def pictures(pictures):
    """Give a folder one of whose files is damaged."""
    (pictures / "broken.png").write_bytes(b"")
    return pictures


def test_a_size_that_is_chosen_loads_the_images_anew(lab, pictures):
    lab.choose_own(f"folder:{pictures}")
    lab.until_loaded()
    assert lab.session.library.data.image_shape == (1, 9, 12)
    field = lab.setting("data.size")
    assert field.text() == "as they are"
    field.selectAll()
    lab.qtbot.keyClicks(field, "8x10")
    lab.until_loaded()
    assert lab.session.library.data.image_shape == (1, 8, 10)
    lab.session.recipes.edit(lab.session.recipe.with_changes({"data.size": None}))
    lab.until_loaded()
    assert lab.session.library.data.image_shape == (1, 9, 12)


def test_a_run_whose_images_have_changed_says_so_and_shows_what_it_keeps(lab, pictures, tmp_path):
    small = {"model.encoder.layers": (4,), "model.decoder.layers": (4,), "training.epochs": 1}
    recipe = Recipe().with_changes({"data.dataset": f"folder:{pictures}", "training.device": "cpu"} | small)
    trainer = Trainer(recipe, registry.load_for(recipe.data, tmp_path))
    list(trainer.events())
    trainer.result().save(tmp_path / "run.safetensors")
    (pictures / "3.png").unlink()
    lab.session.library.agree(recipe.data.dataset)
    lab.open(tmp_path / "run.safetensors")
    lab.until(lambda: "not those that the run learned from" in lab.message())
    lab.until(lambda: len(lab.canvas.points()) == 1)
    assert lab.session.exploration.shown.images is None, "others than it learned from"


def test_the_cache_of_images_is_cleared_from_the_menu(lab, pictures, monkeypatch):
    monkeypatch.setattr(image_cache, "_SMALL", 0)
    lab.choose_own(f"folder:{pictures}")
    lab.until_loaded()
    assert len(list(cache_dir().iterdir())) == 2
    with lab.qtbot.waitSignal(lab.session.library.message) as told:
        lab.action("clearCache").trigger()
    assert told.args == ["0 MB of images were removed from the cache; what is in use stays.", False]
    assert len(list(cache_dir().iterdir())) == 2, "in use"
    lab.session.recipes.choose_dataset("digits")
    lab.until_loaded()
    gc.collect()
    with lab.qtbot.waitSignal(lab.session.library.message):
        lab.action("clearCache").trigger()
    assert not list(cache_dir().iterdir())


def test_a_map_of_few_images_says_of_how_many(lab, pictures):
    lab.choose_own(f"folder:{pictures}")
    lab.train()
    data = lab.session.library.data
    total = len(data.test_images) + len(data.train_images)
    told = lab.child("mapLayersButton")
    lab.until(lambda: told.text() == f"Layers: {len(data.test_images)} test images of {total}")
    source = lab.child("mapSourceBox")
    source.setCurrentIndex(source.findData("both"))
    lab.until(lambda: len(lab.canvas.points()) == total)
    lab.until(lambda: told.text() == "Layers: both")
