"""Patches are in colour, the same every time, and no pixel of a training patch is in a test patch."""

import numpy as np
import pytest
import torch
from PIL import Image

from latentlab.core.data import registry
from latentlab.core.data.sets import scikit_learn_files


def test_patches_are_in_colour_and_the_photograph_is_their_class(tmp_path) -> None:
    known, images = registry.status("patches", tmp_path), registry.load("patches", tmp_path)
    assert (known.is_here, known.download_bytes, known.problem) == (True, 0, None)
    assert (len(images.train_images), len(images.test_images)) == (known.train_count, known.test_count) == (4692, 736)
    assert images.train_images.shape[1:] == images.test_images.shape[1:] == (3, 32, 32)
    assert images.train_images.dtype == images.test_images.dtype == torch.uint8
    assert images.class_names == ("China", "Flower")
    for labels in (images.train_labels, images.test_labels, images.train_labels[:100]):
        assert labels.float().mean() == pytest.approx(0.5, abs=0.1)
    red, _, blue = images.train_images.float().mean(dim=(2, 3)).unbind(1)
    is_flower = images.train_labels == 1
    assert (blue[~is_flower] > 150).float().mean() > 0.3, "sky"
    assert (red - blue > 60)[is_flower].float().mean() > 0.1, "petals"
    assert torch.equal(registry.load("patches", tmp_path).train_images, images.train_images)


def test_no_pixel_is_on_both_sides(tmp_path, monkeypatch) -> None:
    """Each pixel of photographs made for this tells where it is."""
    rows, columns = np.indices((427, 640)) // 2
    photograph = np.stack([columns % 256, columns // 256, rows], axis=-1).astype(np.uint8)
    Image.fromarray(photograph).save(tmp_path / "photograph.png")
    monkeypatch.setattr(scikit_learn_files, "find", lambda *parts: tmp_path / "photograph.png")
    images = registry.load("patches", tmp_path)
    for label in (0, 1):
        training, test = np.zeros((2, 256, 320), bool)
        for seen, part, labels in (
            (training, images.train_images, images.train_labels),
            (test, images.test_images, images.test_labels),
        ):
            column, beyond, row = part[labels == label].numpy().swapaxes(0, 1)
            seen[row, beyond.astype(np.intp) * 256 + column] = True
        assert not (training & test).any()
        assert training.sum() == (320 - 60) * 212
        assert test.sum() == 60 * 212
