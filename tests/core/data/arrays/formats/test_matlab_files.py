"""MATLAB's arrays, with the images along the last axis."""

import numpy as np
import pytest
from scipy.io import savemat

from tests.core.data.arrays.own_arrays import COLOUR, LABELS, are_same, label_names, load


def test_matlab_files_are_turned(tmp_path):
    savemat(tmp_path / "own.mat", {"X": np.moveaxis(COLOUR, 0, -1), "y": LABELS[:, None], "info": {"a": 1}})
    images = load(tmp_path / "own.mat")
    assert are_same(images, COLOUR)
    assert label_names(images, COLOUR) == [str(label) for label in LABELS]
    assert len(images.left_out) == 1
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "new.mat", "w", userblock_size=512) as file:
        file["X"], file["y"] = np.moveaxis(COLOUR, 0, -1).T, LABELS[None]
    with (tmp_path / "new.mat").open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")
    images = load(tmp_path / "new.mat")
    assert are_same(images, COLOUR)
    assert label_names(images, COLOUR) == [str(label) for label in LABELS]
