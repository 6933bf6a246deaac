"""Where a training computes: device, threads, precision."""

import pytest
import torch

from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.optimisers import pick_device
from latentlab.core.training.trainer import Trainer
from tests.core.training.small import CONV, SMALL, learned


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_refused_in_a_sentence(tiny_images, monkeypatch, device):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(LatentlabError, match=rf"no '{device}' device.*'cpu'\.$"):
        Trainer(SMALL.with_changes({"device": device}), tiny_images)


def test_auto_takes_the_fastest_device_there_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto").type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device("auto").type == "cpu"


def test_each_rank_takes_a_gpu_of_its_own(monkeypatch):
    taken = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    assert [pick_device(name, local) for name, local in (("auto", 0), ("cuda", 1))] == [
        torch.device("cuda", 0),
        torch.device("cuda", 1),
    ]
    assert taken == [0, 1]
    assert pick_device("cpu", 7) == torch.device("cpu")
    with pytest.raises(LatentlabError, match=r"2 GPUs here for more processes: .*'cpu'\.$"):
        pick_device("auto", 2)


def test_apples_gpu_is_for_one_process(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device("auto", 0) == torch.device("cpu")
    with pytest.raises(LatentlabError, match="cannot share Apple's GPU"):
        pick_device("mps", 0)


def test_as_many_threads_compute_as_the_recipe_says(tiny_images):
    before = torch.get_num_threads()
    try:
        recipe = SMALL.with_changes({"threads": "2", "epochs": 1})
        events = Trainer(recipe, tiny_images).events()
        assert next(events).threads == torch.get_num_threads() == 2
        list(events)
    finally:
        torch.set_num_threads(before)


def test_without_a_number_of_threads_nobodys_choice_is_touched(tiny_images):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert next(Trainer(SMALL, tiny_images).events()).threads == torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_bfloat16_computes_what_float32_does_only_less_finely(tiny_images):
    small = SMALL.model_dump() | {"model": CONV, "loss": {"reconstruction": "squared-error"}}
    recipe = Recipe.from_dict(small).with_changes({"epochs": 4, "batch_size": 30})
    exact, coarse = (
        learned(recipe.with_changes({"precision": precision}), tiny_images)[1] for precision in ("float32", "bfloat16")
    )
    assert exact != coarse
    assert coarse.loss == pytest.approx(exact.loss, rel=0.05)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
def test_training_on_cuda_learns_what_it_learns_on_the_cpu(tiny_images):
    recipe = SMALL.with_changes({"epochs": 25, "batch_size": 30})
    on_cpu, on_cuda = learned(recipe, tiny_images)[1], learned(recipe.with_changes({"device": "cuda"}), tiny_images)[1]
    assert on_cuda.loss == pytest.approx(on_cpu.loss, rel=0.1)
