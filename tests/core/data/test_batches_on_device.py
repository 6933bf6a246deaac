"""Batches for a GPU that does not hold the images are gathered ahead, and are those that are taken one by one."""

import threading

import pytest
import torch

from latentlab.core.data import batches_on_device
from latentlab.core.data.batches_on_device import on_device
from latentlab.core.data.mapped_images import Batches

CPU = torch.device("cpu")


@pytest.fixture
def ahead(monkeypatch):
    """Gather for the CPU as for a GPU; without one no memory is pinned."""
    monkeypatch.setattr(batches_on_device, "_FETCHED", ("cpu",))
    monkeypatch.setattr(batches_on_device, "_room", lambda of, rows: of.new_empty((len(rows), *of.shape[1:])))


def tensors(paired):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (50, 3, 4, 5), generator=generator, dtype=torch.uint8)
    return images, torch.arange(50), images.flip(0) if paired else None


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("first", [0, 6, 7, 8])
def test_they_are_those_that_are_taken_one_by_one(ahead, paired, first):
    order, found = torch.randperm(50, dtype=torch.int32), []
    for images, labels, noisy in on_device(Batches(order, 7, first), tensors(paired), CPU):
        found.append(labels)
        assert torch.equal(images, tensors(paired)[0][labels])
        assert noisy is None if not paired else torch.equal(noisy, tensors(True)[2][labels])
    assert torch.equal(torch.cat([*found, order[:0]]), order[7 * first :])


def test_who_stops_on_the_way_leaves_no_thread(ahead):
    batches = on_device(Batches(torch.arange(50), 7), tensors(False), CPU)
    assert next(batches)[1].tolist() == list(range(7))
    assert any(thread.name.startswith("gathering") for thread in threading.enumerate())
    batches.close()
    assert not any(thread.name.startswith("gathering") for thread in threading.enumerate())


def test_what_cannot_be_read_is_told_to_who_asks(ahead):
    with pytest.raises(IndexError):
        list(on_device([torch.tensor([50])], tensors(False), CPU))


def test_otherwise_no_thread_is_begun():
    next(on_device(Batches(torch.arange(50), 7), tensors(False), CPU))
    assert not any(thread.name.startswith("gathering") for thread in threading.enumerate())
