"""HDF5, with h5py and without."""

import gc
import subprocess
import sys

import numpy as np
import pytest

from latentlab.core.data.arrays.formats import hdf5_files
from tests.core.data.arrays.own_arrays import (
    COLOUR,
    COUNT,
    GREY,
    LABELS,
    are_same,
    label_names,
    load,
    sentence,
    values_of,
)


def test_hdf5_files_are_read_a_part_at_a_time(tmp_path):
    h5py = pytest.importorskip("h5py")
    factors = np.stack([np.arange(COUNT) / 10, LABELS], 1)
    with h5py.File(tmp_path / "3dshapes.h5", "w") as file:
        file.create_dataset("images", data=COLOUR)
        file.create_dataset("labels", data=factors)
    images = load(tmp_path / "3dshapes.h5")
    assert are_same(images, COLOUR)
    assert [column.name for column in images.train_columns] == ["labels_1", "labels_2"]
    assert values_of(images, "labels_1", COLOUR) == factors[:, 0].tolist()
    for split, count in (("train", COUNT), ("test", 2), ("valid", 3)):  # PatchCamelyon's
        for role, array in (("x", COLOUR), ("y", LABELS.reshape(-1, 1, 1, 1))):
            with h5py.File(tmp_path / f"level_2_split_{split}_{role}.h5", "w") as file:
                file.create_dataset(role, data=array[:count], compression="gzip")
    images = load(tmp_path / "level_2_split_train_x.h5")
    assert np.array_equal(images.train_images.numpy(), np.moveaxis(COLOUR, -1, 1))
    assert images.train_labels.tolist() == LABELS.tolist()
    assert images.test_labels.tolist() == LABELS[:2].tolist()
    with h5py.File(tmp_path / "own.hdf5", "w") as file:
        file.create_dataset("train/images", data=GREY)
        file.create_dataset("train/labels", data=["b", "a", ""] * 4)
        file.create_dataset("train/about", data=h5py.Empty("f"))
    images = load(tmp_path / "own.hdf5")
    assert label_names(images, GREY) == ["b", "a", ""] * 4
    assert len(images.left_out) == 1


def test_without_h5py_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "own.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    assert "damaged" in sentence(tmp_path / "own.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert "pip install h5py" in sentence(tmp_path / "own.h5")


def test_a_damaged_file_on_which_the_library_never_comes_back_is_refused(tmp_path, monkeypatch):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file.create_dataset("names", data=["a", "b"] * (COUNT // 2))
        file.create_dataset("images", data=GREY)
    whole = bytearray((tmp_path / "own.h5").read_bytes())
    rest = whole.index(b"GCOL") + 16 + 24 * COUNT + 8  # where it stands how much of the heap of texts is free
    whole[rest : rest + 2] = b"\0\0"
    (tmp_path / "own.h5").write_bytes(whole)
    monkeypatch.setattr(hdf5_files, "FOREIGN", 1.0)
    assert "own.h5 is damaged, or no HDF5 file: write it again." in sentence(tmp_path / "own.h5")


def test_the_process_that_reads_ends_with_what_it_was_asked_for(tmp_path, monkeypatch):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file.create_dataset("images", data=GREY)
    started, start = [], subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *args, **kwargs: started.append(start(*args, **kwargs)) or started[0]
    )
    found = hdf5_files.read(tmp_path / "own.h5")
    rows = found.arrays["images"].rows(2, 5)
    assert np.array_equal(rows, GREY[2:5])
    assert rows.flags.writeable
    (process,) = started
    assert process.poll() is None
    del found
    gc.collect()
    assert process.poll() is not None
