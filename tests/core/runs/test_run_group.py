"""What runs say of the sweep that they are of: in their files, in the index, and to whoever looks for words."""

from dataclasses import replace

import pytest

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.runs.collection import matching, ordered
from latentlab.core.runs.run import Run, RunError
from latentlab.core.runs.run_group import RunGroup, group_of, in_words
from latentlab.core.training.trainer import Trainer
from tests.core.runs.fakes import fake_run

GROUP = RunGroup(id="abc", name="mine", number=2, of=3, settings={"loss.beta": "0.5", "model.encoder.layers": "16,8"})


def test_a_run_keeps_its_group_also_where_it_is_finished_later_but_no_run_that_goes_on_from_it(tmp_path, tiny_images):
    recipe = Recipe.load("digits-vae-2d").with_changes(
        {"data.dataset": "tiny", "encoder.layers": "8", "decoder.layers": "8", "epochs": 2, "device": "cpu"}
    )
    trainer = Trainer(recipe, tiny_images)
    trainer.group = GROUP
    for event in trainer.events():
        if type(event).__name__ == "EpochEnded":
            trainer.control.stop.set()
    path = tmp_path / "run.safetensors"
    trainer.result().save(path)
    run = Run.open(path)
    assert run.group == GROUP
    assert workspace.known_of(path).group == GROUP
    assert Trainer.resumed(run, tiny_images).result().group == GROUP
    assert Trainer(recipe, tiny_images, start=run).result().group is None
    replace(run, group=None).save(path)
    assert Run.open(path).group is None


def test_the_index_knows_groups_and_words_find_them(tmp_path):
    fake_run(tmp_path / "of.safetensors", group=GROUP)
    fake_run(tmp_path / "alone.safetensors")
    for _ in range(2):  # read, then from the index
        found = {run.path.stem: run for run in workspace.runs(tmp_path)}
        assert (found["of"].group, found["alone"].group) == (GROUP, None)
    listed = list(found.values())
    assert [run.path.stem for run in matching(listed, "MINE")] == ["of"]
    assert [run.path.stem for run in matching(listed, "beta=0.5")] == ["of"]
    assert [run.path.stem for run in ordered(listed, "group")] == ["of", "alone"]
    assert in_words(GROUP["settings"]) == "beta=0.5 encoder.layers=16,8"


@pytest.mark.parametrize(
    "stored",
    [
        [],
        {},
        GROUP | {"number": 4},
        GROUP | {"number": 0},
        GROUP | {"name": ""},
        GROUP | {"name": "a" * 1000},
        GROUP | {"settings": "no"},
        GROUP | {"of": "many"},
    ],
)
def test_what_is_no_group_is_damage(stored, tmp_path):
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        group_of(stored)
    with pytest.raises(RunError, match="damaged"):
        workspace.known_of(fake_run(tmp_path / "run.safetensors", group=stored))


def test_words_of_strangers_become_ones_that_every_label_takes():
    assert group_of(GROUP | {"name": "a\nb"})["name"] == "a\\u000ab"
