"""A folder to download to is told from one of pictures."""

import pytest
from PIL import Image

from latentlab.core.data.download_folder import holds_pictures
from latentlab.core.data.image_set import DatasetError


def test_pictures_at_any_depth_are_noticed(tmp_path):
    assert not holds_pictures(tmp_path)
    (tmp_path / "notes.txt").touch()
    assert not holds_pictures(tmp_path)
    inside = tmp_path / "cats" / "grey"
    inside.mkdir(parents=True)
    Image.new("L", (8, 8)).save(inside / "1.png")
    assert holds_pictures(tmp_path)


def test_a_folder_with_a_downloaded_set_is_one_of_downloads_even_where_its_files_are_damaged(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "1.png")
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in (
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ):
        (raw / name).write_bytes(b"cut short")
    assert not holds_pictures(tmp_path)


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        holds_pictures(tmp_path / "nowhere")
