"""Tensors by their names."""

import torch
from safetensors.torch import save_file

from tests.core.data.arrays.own_arrays import COLOUR, LABELS, are_same, label_names, load, sentence


def test_safetensors_are_read(tmp_path):
    tensors = {
        "images": torch.from_numpy(COLOUR),
        "labels": torch.from_numpy(LABELS),
        "odd": torch.zeros(2, 2, dtype=torch.float8_e4m3fn),
    }
    save_file(tensors, tmp_path / "own.safetensors")
    images = load(tmp_path / "own.safetensors")
    assert are_same(images, COLOUR)
    assert label_names(images, COLOUR) == [str(label) for label in LABELS]
    assert images.left_out == (("tensors of unusual types", 1),)
    save_file(tensors, tmp_path / "run.safetensors", {"recipe": "{}"})
    assert "is a run" in sentence(tmp_path / "run.safetensors")
