"""A packed set is the set that was packed, whatever it holds, and trains as that does."""

import os
import sys

import numpy as np
import pytest
import torch

from latentlab.core.data import mapped_images, registry
from latentlab.core.data.description import described
from latentlab.core.data.mapped_images import let_go
from latentlab.core.data.shards import end_to_end, packed_set
from latentlab.core.data.shards.packing import pack
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer
from tests.core.data.kept_sets import are_equal
from tests.core.data.shards.own_packs import as_packed, everything


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("lays", [True, False], ids=["end to end", "copied"])
def test_it_is_the_set_that_was_packed(tmp_path, monkeypatch, paired, lays):
    monkeypatch.setattr(end_to_end, "_LAYS", lays and end_to_end._LAYS)
    data = everything(paired)
    pack(data, tmp_path / "packed", jobs=2)
    assert len(list((tmp_path / "packed").glob("images-*.bin"))) == 3
    name = packed_set.name_of(tmp_path / "packed")
    assert name == f"shards:{'pairs:' if paired else ''}{(tmp_path / 'packed').as_posix()}"
    found = registry.load(name, tmp_path)
    are_equal(found, as_packed(data, name))
    assert described(found) == described(as_packed(data, name))
    # Of a part, levels are those of the part.
    first = found.sampled(1, 1)
    assert described(first).range == described(data.sampled(1, 1)).range
    # A pack of a pack is that pack.
    pack(found, tmp_path / "again")
    for path in (tmp_path / "packed").glob("*.bin"):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_whether_images_are_pairs_is_told_by_the_name(tmp_path):
    pack(everything(paired=True), tmp_path / "a")
    pack(everything(), tmp_path / "b")
    assert Recipe().with_changes({"data.dataset": packed_set.name_of(tmp_path / "a")}).data.is_paired
    assert not Recipe().with_changes({"data.dataset": packed_set.name_of(tmp_path / "b")}).data.is_paired
    with pytest.raises(registry.DatasetError, match="are pairs: write shards:pairs:"):
        registry.load(f"shards:{tmp_path / 'a'}", tmp_path)
    with pytest.raises(registry.DatasetError, match="are no pairs: write shards:/"):
        registry.load(f"shards:pairs:{tmp_path / 'b'}", tmp_path)


def test_names_are_made_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for prefix in ("shards:", "shards:pairs:"):
        assert registry.located(f"{prefix}here") == f"{prefix}{tmp_path / 'here'}"
        assert registry.is_own(f"{prefix}here")
        assert registry.located(prefix) == prefix
        assert registry.status(f"{prefix}here", tmp_path).problem == f"{'here'} does not exist."
        with pytest.raises(registry.DatasetError, match="names no folder"):
            registry.status(prefix, tmp_path)


@pytest.mark.parametrize("paired", [False, True])
def test_it_trains_as_its_source_to_the_last_bit(tmp_path, monkeypatch, paired):
    data = everything(paired)
    pack(data, tmp_path / "packed")
    name = packed_set.name_of(tmp_path / "packed")
    found = registry.load(name, tmp_path)
    base = {
        "model": {"encoder": {"layers": [8]}, "decoder": {"layers": [8]}},
        "training": {"batch_size": 7, "epochs": 2, "device": "cpu"},
    }

    def trained(images, **changes):
        recipe = Recipe.from_dict({"data": {"dataset": images.name}} | base).with_changes(changes)
        trainer = Trainer(recipe, images)
        last = list(trainer.events())[-1]
        weights = torch.cat([each.detach().reshape(-1) for each in trainer.model.parameters()])
        return weights, (last.train, last.test, last.validation), trainer.result().fingerprint

    plain = trained(data)
    parts = ({"data.validation": 0.2}, {"data.limit": 50}, {"data.exclude": (2, 110)}, {"data.shuffle": "shards"})
    for changes in ({}, *parts):
        expected = trained(data, **changes) if changes else plain
        assert torch.equal(expected[0], plain[0]) == (not changes)
        for large in (mapped_images.LARGE, 1):
            with monkeypatch.context() as patch:
                patch.setattr(mapped_images, "LARGE", large)
                patch.setattr(mapped_images, "_HELD", 1)
                of_packed = trained(found, **changes)
            assert torch.equal(of_packed[0], expected[0])
            assert of_packed[1:] == expected[1:]


@pytest.mark.skipif(not end_to_end._LAYS, reason="Windows lets go of nothing")
def test_only_maps_of_files_are_let_go(tmp_path):
    pack(everything(), tmp_path / "packed")
    images = registry.load(f"shards:{tmp_path / 'packed'}", tmp_path).train_images
    before, memory = images.clone(), torch.arange(1 << 20)
    let_go(images, images[3:5], memory, None, memory.numpy(), np.empty(0))
    assert torch.equal(images, before)
    assert torch.equal(memory, torch.arange(1 << 20))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as POSIX has them")
def test_no_pipe_in_the_place_of_an_index_is_waited_for(tmp_path):
    os.mkfifo(tmp_path / "index.json")
    assert not packed_set.is_pack(tmp_path)
    assert packed_set.name_of(tmp_path).startswith("shards:")


@pytest.mark.skipif(sys.platform == "win32", reason="links are for those who may make them there")
def test_a_pack_whose_files_are_links_is_one_as_stores_of_data_lay_them(tmp_path):
    pack(everything(paired=True), tmp_path / "store")
    linked = tmp_path / "linked"
    linked.mkdir()
    for path in (tmp_path / "store").iterdir():
        (linked / path.name).symlink_to(path)
    assert packed_set.is_pack(linked)
    name = packed_set.name_of(linked)
    assert name == f"shards:pairs:{linked.as_posix()}"
    assert len(registry.load(name, tmp_path).train_labels) == len(everything(paired=True).train_labels)
