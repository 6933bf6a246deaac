"""A run finds its images again, and says when they are others by now."""

import pytest
from PIL import Image

from latentlab.__main__ import main
from latentlab.core.data import registry
from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.images import images_for
from latentlab.core.runs.run import Run
from latentlab.core.training.trainer import Trainer

SMALL = {
    "model.encoder.layers": (4,),
    "model.decoder.layers": (4,),
    "training.epochs": 1,
    "training.device": "cpu",
    "data.size": 8,
    "data.fit": "pad",
}


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(8):
        Image.new("L", (9, 12), 20 * number).save(folder / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def run(pictures, tmp_path):
    """A run that learned from a folder, named as a person names it that is in the one above."""
    recipe = Recipe().with_changes({**SMALL, "data.dataset": "folder:pictures"})
    trainer = Trainer(recipe, registry.load_for(recipe.data, tmp_path))
    list(trainer.events())
    trainer.result().save(tmp_path / "run.safetensors")
    return Run.open(tmp_path / "run.safetensors")


def test_a_run_finds_its_images_from_everywhere_with_their_size(run, pictures, tmp_path, monkeypatch):
    assert run.recipe.data.dataset == f"folder:{pictures}"
    monkeypatch.chdir("/")
    images = images_for(run, None, tmp_path)
    assert images.image_shape == (1, 8, 8)
    assert images.fingerprint == run.fingerprint
    assert run.changed_images(images) == ""


def added(pictures):
    Image.new("L", (9, 12), 7).save(pictures / "9.png")


def painted(pictures):
    Image.new("L", (9, 12), 255).save(pictures / "3.png")


def removed(pictures):
    (pictures / "3.png").unlink()


@pytest.mark.parametrize("change", [added, painted, removed])
def test_images_that_have_changed_are_told_and_not_measured(change, run, pictures, tmp_path, capsys):
    change(pictures)
    with pytest.raises(LatentlabError, match="not those that the run learned from"):
        images_for(run, None, tmp_path)
    assert main(["evaluate", "run.safetensors"]) == 2
    assert "--dataset" in capsys.readouterr().err
    assert main(["evaluate", "run.safetensors", "--dataset", f"folder:{pictures}", "--json"]) == 0
    options = ["--set", "data.size=8", "--set", "data.fit=pad", "--epochs", "1", "--device", "cpu"]
    layers = ["--set", "model.encoder.layers=4", "--set", "model.decoder.layers=4"]
    options += ["--dataset", "folder:pictures", "--resume", "run.safetensors", "--out", "on.safetensors", *layers]
    capsys.readouterr()
    assert main(["train", "mlp-vae-2d", *options]) == 0
    said = capsys.readouterr().err
    assert "not those that the run learned from" in said
    assert "goes on with them" in said


def test_runs_of_earlier_versions_and_other_images_are_no_change(run, pictures, tmp_path):
    images = images_for(run, None, tmp_path)
    added(pictures)
    changed = registry.load_for(run.recipe.data, tmp_path)
    assert run.changed_images(changed)
    object.__setattr__(run, "fingerprint", "")
    assert run.changed_images(changed) == ""
    assert run.changed_images(images) == ""
    assert run.changed_images(registry.load("digits", tmp_path)) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("folder:a/b", "folder:{here}/a/b"),
        ("array: x.npz", "array:{here}/x.npz"),
        ("pairs:dirty,clean", "pairs:{here}/dirty,{here}/clean"),
        ("folder:/a", "folder:/a"),
        ("folder:", "folder:"),
        ("pairs:one", "pairs:one"),
        ("digits", "digits"),
        ("strange:name", "strange:name"),
    ],
)
def test_names_of_own_images_get_whole_paths(name, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert registry.located(name) == expected.format(here=tmp_path)
