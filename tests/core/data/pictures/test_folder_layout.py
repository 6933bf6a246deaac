"""What the names of folders say: which are the split, which classes, and which are neither."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.pictures.folder_layout import Layout, layout_of
from latentlab.core.data.pictures.user_folder import load_folder


def laid_out(root: Path, *files: str) -> Layout:
    """Make files, which need no content to be laid out."""
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(b"\x89PNG\r\n\x1a\n")
    return layout_of(root)


def sides(found: Layout) -> tuple[set[str], set[str]]:
    """Give the files for training and for testing, each behind its class."""
    told = [
        f"{found.class_names[label] if label >= 0 else ''}:{file.name}"
        for file, label in zip(found.files, found.labels, strict=True)
    ]
    return set(told[: found.training]), set(told[found.training :])


@pytest.mark.parametrize(
    ("training", "test"),
    [
        ("train/{}", "test/{}"),
        ("seg_train/seg_train/{}", "seg_test/seg_test/{}"),
        ("train/train/{}", "test/test/{}"),
        ("asl_train/asl_train/{}", "asl_test/asl_test/{}"),
        ("train_images/{}", "test_images/{}"),
        ("train/images/{}", "val/images/{}"),
        ("images/train2017/{}", "images/val2017/{}"),
        ("{}/train", "{}/test"),
        ("Data/{}/Training", "Data/{}/Validation"),
    ],
)
def test_the_split_is_found_around_classes_and_within_them(training, test, tmp_path) -> None:
    files = [f"{training}/1.png", f"{training}/2.png", f"{test}/3.png"]
    found = laid_out(tmp_path, *(file.format(label) for file in files for label in ("cat", "dog")))
    assert sides(found) == ({"cat:1.png", "dog:1.png", "cat:2.png", "dog:2.png"}, {"cat:3.png", "dog:3.png"})
    assert "for training" in found.notes[0]
    assert found.left_out == {}


@pytest.mark.parametrize(
    ("training", "test"), [("train", "test1"), ("train/images", "test/images"), ("train2017", "val2017")]
)
def test_a_split_without_classes_has_none(training, test, tmp_path) -> None:
    found = laid_out(tmp_path, f"{training}/1.png", f"{training}/2.png", f"{test}/3.png")
    assert (found.class_names, sides(found)) == ((), ({":1.png", ":2.png"}, {":3.png"}))


def test_a_few_classes_among_many_are_no_split(tmp_path) -> None:
    names = ("bullet train", "test tube", "cup", "hat")
    found = laid_out(tmp_path, *(f"{name}/1.png" for name in names))
    assert (set(found.class_names), found.training) == (set(names), None)


def test_what_is_beside_a_split_is_counted(tmp_path) -> None:
    found = laid_out(tmp_path, "train/1.png", "test/1.png", "pred/1.png", "pred/2.png", "1.png", "2.heif", "pred/3.psd")
    counts = {reason: count for reason, count in found.left_out.items() if "heif" not in reason}
    assert counts == {
        "files of a format that is not read here (.psd)": 1,
        "pictures outside of the folders of the split": 3,
    }


def test_other_formats_around_a_wrapped_folder_are_counted(tmp_path) -> None:
    found = laid_out(tmp_path, "set/a/1.png", "set/b/1.png", "1.nef", "set/2.npy", "set/a/3.zip", "set/notes.txt")
    assert found.class_names == ("a", "b")
    assert found.left_out == {
        f"files of a format that is not read here ({suffix})": 1 for suffix in (".nef", ".npy", ".zip")
    }


def test_files_without_a_suffix_are_pictures_if_they_begin_as_such(tmp_path) -> None:
    (tmp_path / "README").write_text("words")
    (tmp_path / "labels").write_bytes(b"\0\0\x08\1")
    assert [file.name for file in laid_out(tmp_path, "0a1b", "frame.0007", "3.png").files] == [
        "0a1b",
        "3.png",
        "frame.0007",
    ]


def test_what_lies_there_instead_of_pictures_is_said(tmp_path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.npy").touch()
    with pytest.raises(DatasetError, match=r"no pictures but 5 files of a format that is not read here \(.npy\)"):
        load_folder("folder:x", tmp_path)
    with pytest.raises(DatasetError, match="is no folder"):
        load_folder("folder:x", tmp_path / "0.npy")


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_folders_that_are_not_looked_into_are_counted(tmp_path, monkeypatch) -> None:
    far = tmp_path / "far"
    laid_out(far, "1.png")
    for number in range(4):
        (tmp_path / f"link{number}").mkdir()
        (tmp_path / f"link{number}" / "on").symlink_to(far)
        far = tmp_path / f"link{number}"
    assert "folders behind links within links" in layout_of(far).left_out
    laid_out(tmp_path / "own", "a/1.png", "b/1.png", "c/1.png")
    looked_into = os.scandir

    def closed(path):
        if Path(path).name == "c":
            raise PermissionError
        return looked_into(path)

    monkeypatch.setattr(os, "scandir", closed)
    found = layout_of(tmp_path / "own")
    assert (found.class_names, found.left_out) == (("a", "b"), {"folders that cannot be read": 1})


def test_images_without_a_class_are_told(tmp_path) -> None:
    for place in ("train/a/1", "train/a/2", "train/b/1", "val/1", "val/2"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 200).save(tmp_path / f"{place}.png")
    assert "2 of 5 images have no label." in load_folder("folder:x", tmp_path).notes
