"""The map that a run's file keeps: that of the whole run, or a sentence."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from latentlab.core.map.map_of_run import map_of
from latentlab.core.map.projection import fit
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.runs.run_header import RunError
from latentlab.core.training.trainer import Trainer
from tests.core.runs.small import SMALL


@pytest.fixture(scope="module", params=[1, 2, 3])
def path(request, tiny_images, tmp_path_factory):
    """Give the file of a run of so many latent dimensions."""
    recipe = Recipe.from_dict(SMALL.model_dump()).with_changes({"model.latent": request.param})
    path = tmp_path_factory.mktemp("map") / "run.safetensors"
    Trainer(recipe, tiny_images).result().save(path)
    return path


def test_it_is_the_map_of_the_run(path):
    run = Run.open(path)
    found = map_of(path, 1_000)
    np.testing.assert_array_equal(found.points, fit(run.codes).to_plane(run.codes))
    np.testing.assert_array_equal(found.labels, run.labels)
    assert (found.path, found.classes) == (path, 3)
    few = map_of(path, 7)
    assert len(few.points) == len(few.labels) <= 7
    np.testing.assert_array_equal(few.points, found.points[:: -(-len(run.codes) // 7)])


def test_the_weights_are_not_read(path, tmp_path):
    """They may even be those of a network that is none."""
    with safe_open(path, "pt") as file:
        values = file.metadata()
        tensors = {name: file.get_tensor(name) for name in ("codes", "labels")}
    save_file(tensors, tmp_path / "bare.safetensors", values)
    np.testing.assert_array_equal(map_of(tmp_path / "bare.safetensors", 1_000).points, map_of(path, 1_000).points)


CODES, LABELS = torch.zeros(4, 2), torch.zeros(4, dtype=torch.int64)


@pytest.mark.parametrize(
    ("codes", "labels", "classes"),
    [
        (torch.full((4, 2), torch.nan), LABELS, ["a"]),
        (CODES, LABELS + 1, ["a"]),
        (CODES, LABELS - 2, ["a"]),
        (CODES, LABELS[:3], ["a"]),
        (CODES[0], LABELS, ["a"]),
        (CODES[:, :0], LABELS, ["a"]),
        (CODES, LABELS, 3),
        (CODES, LABELS, ["a"] * 10_001),
        (None, LABELS, ["a"]),
    ],
)
def test_what_does_not_fit_is_a_sentence(tmp_path, codes, labels, classes):
    path = tmp_path / "run.safetensors"
    tensors = {"labels": labels} if codes is None else {"codes": codes.contiguous(), "labels": labels}
    save_file(tensors, path, {"format": "latentlab/1", "class_names": json.dumps(classes)})
    with pytest.raises(RunError, match=r"is damaged: its parts do not fit each other\."):
        map_of(path, 100)


@pytest.mark.parametrize("length", [-8, 30, 0])
def test_a_file_that_is_cut_short_is_a_sentence(path, tmp_path, length):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(path.read_bytes()[:length])
    with pytest.raises(RunError, match=r"\.$"):
        map_of(cut, 100)


def test_a_run_that_keeps_no_codes_has_an_empty_map(tmp_path):
    for latent in (1, 2, 5):
        path = tmp_path / "run.safetensors"
        save_file(
            {"codes": torch.zeros(0, latent), "labels": LABELS[:0]},
            path,
            {"format": "latentlab/1", "class_names": "[]"},
        )
        found = map_of(path, 100)
        assert (found.points.shape, found.classes) == ((0, 2), 0)
