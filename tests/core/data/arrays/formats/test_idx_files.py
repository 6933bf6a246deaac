"""MNIST's own format, under its various names."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.arrays.own_arrays import COUNT, GREY, LABELS, are_same, idx, label_names, load, said_in


def write_idx(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(idx(array)) if path.suffix == ".gz" else idx(array))
    return path


@pytest.mark.parametrize(
    "names",
    [
        "{}-images-idx3-ubyte {}-labels-idx1-ubyte",
        "{}-images.idx3-ubyte {}-labels.idx1-ubyte",
        "{}-images-idx3-ubyte.gz {}-labels-idx1-ubyte.gz",
        "{}-images-idx3-ubyte {}-labels-idx1-ubyte.gz",
        "{}-images-idx3-ubyte/{}-images-idx3-ubyte {}-labels-idx1-ubyte/{}-labels-idx1-ubyte",
        "kmnist-{}-images-idx3-ubyte kmnist-{}-labels-idx1-ubyte",
    ],
)
def test_idx_files_are_found_beside_each_other(names, tmp_path):
    files = {}
    for split, count in (("train", COUNT), ("t10k", 3)):
        images, labels = (tmp_path / name.replace("{}", split) for name in names.split())
        files[split] = write_idx(images, GREY[:count]), write_idx(labels, LABELS[:count].astype(np.uint8))
    write_idx(tmp_path / "other-t10k-images-idx3-ubyte", GREY[:5])
    for opened in files["train"]:
        images = load(opened)
        assert np.array_equal(images.train_images.numpy()[:, 0], GREY)
        assert np.array_equal(images.test_images.numpy()[:, 0], GREY[:3])
        assert (images.train_labels.tolist(), images.test_labels.tolist()) == (LABELS.tolist(), [0, 1, 2])
        assert said_in(images, "t10k", "beside it")
    alone = load(files["t10k"][0])
    assert len(alone.train_images) + len(alone.test_images) == 3
    assert label_names(alone, GREY[:3]) == ["0", "1", "2"]


def test_emnist_is_turned_and_the_first_number_of_a_label_of_qmnist_is_its_class(tmp_path):
    path = write_idx(tmp_path / "emnist-letters-train-images-idx3-ubyte", GREY.swapaxes(1, 2))
    write_idx(tmp_path / "emnist-letters-train-labels-idx1-ubyte", (LABELS + 1).astype(np.uint8))
    images = load(path)
    assert are_same(images, GREY)
    assert images.class_names == ("1", "2", "3")
    assert said_in(images, "column by column")
    path = write_idx(tmp_path / "qmnist-train-images-idx3-ubyte", GREY)
    write_idx(tmp_path / "qmnist-train-labels-idx2-int", np.stack([LABELS, LABELS + 50], 1).astype(np.int32))
    assert label_names(load(path), GREY) == [str(label) for label in LABELS]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_idx_files_have_numbers_of_many_types(dtype, tmp_path):
    assert are_same(load(write_idx(tmp_path / "own.idx", GREY.astype(dtype))), GREY)
