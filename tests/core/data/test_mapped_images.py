"""Sets that lie in files, and are larger than memory, train as those in memory do."""

import math
import sys

import numpy as np
import pytest
import torch

from latentlab.core.data import image_cache, image_set, mapped_images
from latentlab.core.data.binarisation import binarised
from latentlab.core.data.fitting import fitted
from latentlab.core.data.image_cache import cached
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.mapped_images import Batches, as_tensor, joined, known_as_map, looking_ahead, roomy
from latentlab.core.data.validation import set_apart
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training import trainer
from latentlab.core.training.draws import Draws
from latentlab.core.training.trainer import Trainer
from tests.core.data.kept_sets import KEY, are_equal, never, patches, stored
from tests.core.frugal import peak


@pytest.fixture
def large(monkeypatch):
    """Take every set for one that does not fit into memory."""
    monkeypatch.setattr(mapped_images, "LARGE", 1)


def test_parts_of_a_large_set_lie_in_files_without_a_name(tiny_images, large):
    assert isinstance(roomy((4, 1, 8, 8)), np.memmap)
    rows = [3, 179, 180, 200]
    training, test = np.arange(180) % 2 == 0, np.ones(60, bool)
    of_large = [tiny_images.selected(rows), tiny_images.kept(training, test), tiny_images.repeated(2)]
    mapped_images.LARGE = 10**9
    for mine, theirs in zip(
        of_large, [tiny_images.selected(rows), tiny_images.kept(training, test), tiny_images.repeated(2)], strict=True
    ):
        are_equal(mine, theirs)
    assert stored() == []


def sparse(folder, count, shape=(1, 256, 256)):
    """Give a map of images that are holes of a file: all that is looked at of it is counted, and takes no disk."""
    with (folder / f"{count}.bin").open("w+b") as file:
        file.truncate(count * math.prod(shape))
        return as_tensor(known_as_map(np.memmap(file, np.uint8, "r", shape=(count, *shape))))


COPIES = {
    "some": lambda images: images.kept(np.arange(1600) % 9 > 0, np.ones(100, bool)),
    "few": lambda images: images.kept(np.arange(1600) % 2 < 1, np.ones(100, bool)),
    "set apart": lambda images: set_apart(images, 0.2, 0),
    "twice": lambda images: images.repeated(2),
    "sorted": lambda images: images.limited(1500),
    "joined": lambda images: joined([images.train_images.numpy(), images.test_images.numpy()]),
    "binarised": lambda images: binarised(images.train_images[:800]),
    "fitted": lambda images: fitted(images, (16, 16), "stretch"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system as Linux answers")
@pytest.mark.parametrize("copy", COPIES)
def test_what_is_made_of_a_large_set_takes_little_memory_on_the_way(tmp_path, large, monkeypatch, copy):
    monkeypatch.setattr(mapped_images, "_HELD", 4_000_000)
    monkeypatch.setattr(image_set, "_MOST_BYTES", 1)
    training, test = (sparse(tmp_path, count) for count in (1600, 100))
    labels = torch.arange(1600) // 800, torch.zeros(100, dtype=torch.int64)
    images = ImageSet("large", "Large", training, labels[0], test, labels[1], ("a", "b"), fingerprint="0" * 16)
    before = peak(reset=True)
    COPIES[copy](images)
    assert peak() - before < 40, "of a set of 105 MB"


def test_what_stays_whole_is_not_copied(tiny_images):
    training, test = np.ones(180, bool), np.ones(60, bool)
    training[3] = False
    kept = tiny_images.kept(training, test)
    assert (len(kept.train_images), kept.test_images.data_ptr()) == (179, tiny_images.test_images.data_ptr())
    assert torch.equal(kept.test_rows, torch.arange(180, 240))


def losses(data, **changes):
    recipe = Recipe.from_dict(
        {
            "data": {"dataset": data.name},
            "model": {"encoder": {"layers": [8]}, "decoder": {"layers": [8]}},
            "training": {"batch_size": 3, "epochs": 2, "device": "cpu"},
        }
    ).with_changes(changes)
    events = list(Trainer(recipe, data).events())
    return np.concatenate([event.losses for event in events if hasattr(event, "losses")])


def test_a_map_trains_as_memory_does(monkeypatch):
    monkeypatch.setattr(image_cache, "_SMALL", 0)
    in_memory = losses(patches(mapped_images.in_memory))
    cached(KEY, patches)
    mapped = cached(KEY, never)
    assert np.array_equal(losses(mapped), in_memory)
    monkeypatch.setattr(mapped_images, "LARGE", 1)
    assert np.array_equal(losses(mapped), in_memory), "fetched ahead"
    monkeypatch.setattr(trainer, "takes", lambda device, size: False)
    assert np.array_equal(losses(mapped), in_memory), "on a device without room for it"
    without = losses(mapped, **{"data.exclude": (2,)})
    assert np.array_equal(without, losses(patches(mapped_images.in_memory), **{"data.exclude": (2,)}))


def test_looking_ahead_changes_no_batches(large):
    images = torch.zeros(2500, 1, 2, 2, dtype=torch.uint8)
    batches = torch.split(torch.randperm(2500, generator=torch.Generator().manual_seed(0)), 7)
    assert all(torch.equal(*both) for both in zip(looking_ahead(images, batches), batches, strict=True))
    for first in (0, 3, len(batches)):
        parts = Batches(torch.cat(batches), 7, first)
        assert all(torch.equal(*both) for both in zip(looking_ahead(images, parts), batches[first:], strict=True))


def test_shards_are_shuffled_and_the_images_in_each():
    draws = Draws(5, torch.device("cpu"))
    order = draws.order(70, 30).tolist()
    assert sorted(order) == list(range(70))
    assert torch.equal(draws.order(70, 30), torch.tensor(order)), "once more the same"
    parts, places = [set(range(30)), set(range(30, 60)), set(range(60, 70))], []
    while order:
        number = next(number for number, part in enumerate(parts) if order[0] in part)
        assert set(order[: len(parts[number])]) == parts[number]
        assert order[: len(parts[number])] != sorted(parts[number])
        order, places = order[len(parts[number]) :], [*places, number]
    assert sorted(places) == [0, 1, 2]
    assert torch.equal(draws.order(70, 70), draws.order(70))


@pytest.mark.parametrize("count", [1, 7, 70_000])
def test_an_order_is_that_of_whole_numbers_of_64_bits(count):
    draws, generator = Draws(5, torch.device("cpu")), torch.Generator().manual_seed(5)
    for _ in range(2):
        assert torch.equal(draws.order(count).long(), torch.randperm(count, generator=generator))
        draws.end_epoch()
