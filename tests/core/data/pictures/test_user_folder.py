"""A folder of pictures of any kind becomes one image set, and what was guessed, changed or left out is told."""

import os
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from latentlab.core.data import registry
from latentlab.core.data.pictures.folder_layout import layout_of
from latentlab.core.data.pictures.user_folder import load_folder
from latentlab.core.data.reading import Reading, ReadingCancelledError, ReadingProgress
from tests.core.data.pictures.own_pictures import counts, levels, load, notes, paint, write
from tests.core.data.sentences import sentence_of

# Which files there are, and what their places tell


def test_sub_folders_are_classes_in_the_order_that_people_count_in(tmp_path) -> None:
    for label, suffix in (("10", "png"), ("9", "jpg"), ("2", "tiff")):
        for number in range(12):
            paint(tmp_path / label / f"{number}.{suffix}", grey=20 * int(label))
    paint(tmp_path / "beside.png")
    (tmp_path / "2" / "notes.txt").write_text("no picture")
    images = load(tmp_path)
    assert images.class_names == ("2", "9", "10")
    assert images.image_shape == (1, 12, 20)
    assert counts(images) == (30, 6)
    assert images.test_labels.bincount().tolist() == [2, 2, 2]
    assert set(images.train_labels[:8].tolist()) == {0, 1, 2}, "the first few hold every class"
    for pixels, label in zip(images.train_images, images.train_labels.tolist(), strict=True):
        assert abs(int(pixels[0, 5, 5]) - (40, 180, 200)[label]) <= 1
    again = load(tmp_path)
    assert torch.equal(images.train_images, again.train_images)
    assert images.fingerprint == again.fingerprint
    assert images.title == tmp_path.name
    assert images.left_out == (("pictures beside the folders of classes", 1),)
    assert images.notes == ()
    assert registry.status(f"folder:{tmp_path}", tmp_path).is_here


def test_a_flat_folder_has_no_classes_and_keeps_one_for_testing(tmp_path) -> None:
    for number in range(3):
        paint(tmp_path / f"{number}.bmp", grey=10 * number)
    images = load(tmp_path)
    assert not images.has_labels
    assert images.class_names == ()
    assert counts(images) == (2, 1)
    assert levels(images) == [0, 10, 20]


def test_what_systems_leave_behind_is_no_picture_at_any_depth(tmp_path) -> None:
    for label in "ab":
        for number in range(3):
            paint(tmp_path / label / "deep" / f"{number}.png")
        paint(tmp_path / label / ".thumbnails" / "0.png", grey=1)
        paint(tmp_path / label / "deep" / "._0.png", grey=1)
        (tmp_path / label / "Thumbs.db").write_bytes(b"x")
        (tmp_path / label / ".DS_Store").write_bytes(b"x")
    paint(tmp_path / "__MACOSX" / "a" / "0.png", grey=1)
    paint(tmp_path / ".cache" / "0.png", grey=1)
    images = load(tmp_path)
    assert images.class_names == ("a", "b")
    assert levels(images) == [100] * 6
    assert images.left_out == ()


@pytest.mark.parametrize(
    ("training", "test"), [("train", "test"), ("Training", "Testing"), ("train", "val"), ("TRAIN", "valid")]
)
def test_folders_of_the_split_are_no_classes(training, test, tmp_path) -> None:
    for number, label in enumerate(["cat", "dog"]):
        for each in range(4):
            paint(tmp_path / training / label / f"{each}.png", grey=100 * number)
        paint(tmp_path / test / label / "0.png", grey=100 * number + 50)
    paint(tmp_path / test / "bird" / "0.png", grey=250)
    paint(tmp_path / "extra" / "0.png")
    images = load(tmp_path)
    assert images.class_names == ("bird", "cat", "dog")
    assert sorted(images.train_labels.tolist()) == [1] * 4 + [2] * 4
    assert images.test_labels.tolist() == [0, 1, 2]
    assert images.test_images[:, 0, 0, 0].tolist() == [250, 50, 150]
    assert f"'{training}' is for training, '{test}' for testing" in notes(images)
    assert images.left_out == (("pictures outside of the folders of the split", 1),)


def test_validation_and_test_folders_are_both_for_testing_and_may_be_flat(tmp_path) -> None:
    for side, count in (("train", 4), ("val", 2), ("test", 1)):
        for number in range(count):
            paint(tmp_path / side / f"{number}.png")
    images = load(tmp_path)
    assert images.class_names == ()
    assert counts(images) == (4, 3)
    assert "'test' and 'val' for testing" in notes(images)


def test_wrapping_folders_are_stepped_into(tmp_path) -> None:
    for label in "ab":
        paint(tmp_path / "archive" / "pictures" / label / "0.png")
        paint(tmp_path / "archive" / "pictures" / label / "1.png")
    (tmp_path / "archive" / "licence.txt").write_text("free")
    (tmp_path / "archive" / "pictures" / "columns.csv").write_text("file,age\na/0.png,7\n")
    images = load(tmp_path)
    assert images.class_names == ("a", "b")
    ages = [*images.train_columns[0].values, *images.test_columns[0].values]
    assert [age for age in ages if not np.isnan(age)] == [7]


def test_a_folder_with_few_pictures_below_is_flat(tmp_path) -> None:
    for number in range(5):
        paint(tmp_path / f"{number}.png")
    for label in "ab":
        paint(tmp_path / label / "0.png")
    images = load(tmp_path)
    assert (images.class_names, counts(images)) == ((), (4, 1))
    assert images.left_out == (("pictures in folders below", 2),)


def test_what_cannot_be_read_is_left_out_and_counted(tmp_path) -> None:
    for number in range(4):
        paint(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "0.png").read_bytes()[:40])
    rough = np.random.default_rng(0).integers(0, 255, (12, 20), np.uint8)
    write(tmp_path / "cut.bmp", rough)
    (tmp_path / "cut.bmp").write_bytes((tmp_path / "cut.bmp").read_bytes()[:-100])
    (tmp_path / "empty.jpg").write_bytes(b"")
    for name in ("a.heif", "b.svg", "c.svg", "d.NEF"):
        (tmp_path / name).write_bytes(b"something else")
    images = load(tmp_path)
    assert sum(counts(images)) == 4
    assert dict(images.left_out) == {
        "files that cannot be read": 3,
        "files of a format that is not read here (.heif)": 1,
        "files of a format that is not read here (.nef)": 1,
        "files of a format that is not read here (.svg)": 2,
    }
    assert "damaged: broken.png, empty.jpg, cut.bmp." in notes(images)
    (tmp_path / "none.png").touch()
    assert "damaged: broken.png, empty.jpg, none.png and 1 more." in notes(load(tmp_path))
    (tmp_path / "none.png").unlink()
    for number in range(1, 4):
        (tmp_path / f"{number}.png").unlink()
    assert "1 readable and 3 unreadable" in sentence_of(load, tmp_path)


def test_a_class_that_cannot_be_read_is_none(tmp_path) -> None:
    for label in "abc":
        for number in range(2):
            paint(tmp_path / label / f"{number}.bmp", grey=50)
            if label == "b":
                path = tmp_path / label / f"{number}.bmp"
                path.write_bytes(path.read_bytes()[:-100])
    images = load(tmp_path)
    assert images.class_names == ("a", "c")
    assert sorted([*images.train_labels.tolist(), *images.test_labels.tolist()]) == [0, 0, 1, 1]
    assert dict(images.left_out) == {"files that cannot be read": 2}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_are_followed_but_never_in_circles(tmp_path) -> None:
    paint(tmp_path / "pool" / "cats" / "0.png")
    paint(tmp_path / "pool" / "cats" / "1.png")
    paint(tmp_path / "set" / "dog" / "0.png", grey=200)
    paint(tmp_path / "set" / "dog" / "1.png", grey=200)
    (tmp_path / "set" / "cat").symlink_to(tmp_path / "pool" / "cats")
    (tmp_path / "set" / "dog" / "up").symlink_to(tmp_path / "set" / "dog")
    (tmp_path / "set" / "dog" / "self").symlink_to("self")
    (tmp_path / "set" / "dog" / "gone.png").symlink_to("nowhere.png")
    images = load(tmp_path / "set")
    assert images.class_names == ("cat", "dog")
    assert levels(images) == [100, 100, 200, 200]
    assert dict(images.left_out) == {"files that cannot be read": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text elsewhere")
def test_names_that_are_no_text_are_shown_as_far_as_they_can_be(tmp_path) -> None:
    for name in (b"caf\xe9", b"caf\xe8", b"tea"):
        folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/pictures\xff/" + name))
        for number in range(2):
            paint(folder / f"{number}.png", size=(8, 8))
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/pictures\xff"))
    images = load(folder)
    assert images.class_names == ("caf\\xe8", "caf\\xe9", "tea")
    assert images.title == "pictures\\xff"
    "".join([*images.class_names, images.title, *images.notes]).encode("utf-8")


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(
        st.tuples(
            st.lists(st.sampled_from(["a", "b", "train", "test", "val", ".h", "__MACOSX"]), max_size=3),
            st.sampled_from(["0.png", "1.PNG", "2.jpg", "columns.txt", ".x.png", "3.heic", "4.mp4"]),
        ),
        max_size=12,
    )
)
def test_every_picture_is_used_or_counted(places, tmp_path_factory) -> None:
    root = tmp_path_factory.mktemp("any")
    expected = set()
    for folders, name in places:
        path = root.joinpath(*folders, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        is_hidden = any(part.startswith((".", "__")) for part in (*folders, name))
        if not is_hidden and name[0] in "012":
            expected.add(path)
    layout = layout_of(root)
    assert set(layout.files) <= expected
    assert len(layout.files) == len(set(layout.files)) == len(layout.labels)
    left = sum(count for reason, count in layout.left_out.items() if "format" not in reason)
    assert len(layout.files) + left == len(expected)
    assert all(-1 <= label < max(1, len(layout.class_names)) for label in layout.labels)


# Reading


def test_reading_tells_how_far_it_is_and_stops_when_that_is_wanted(tmp_path) -> None:
    for number in range(70):
        paint(tmp_path / f"{number}.png", size=(8, 8))
    told: list[ReadingProgress] = []
    whole = load_folder("folder:x", tmp_path, reading=Reading(told.append))
    assert sum(counts(whole)) == 70
    assert told[-1] == ReadingProgress("reading", 70, 70)
    assert [each.done for each in told if each.step == "reading"] == [0, 32, 64, 70]
    cancelled = threading.Event()
    with pytest.raises(ReadingCancelledError):
        load_folder("folder:x", tmp_path, reading=Reading(lambda progress: cancelled.set(), cancelled))


def test_limits_against_bombs_are_kept_and_pillow_prints_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)
    for number in range(3):
        paint(tmp_path / f"{number}.png", size=(20, 15))  # Pillow warns of these
    paint(tmp_path / "bomb.png", size=(50, 50))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        images = load(tmp_path)
    assert not caught
    assert sum(counts(images)) == 3
    assert dict(images.left_out) == {"files that would take more than 512 MB of memory each": 1}


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_a_folder_without_pictures_is_a_sentence(make, tmp_path) -> None:
    path = tmp_path / "photos"
    make(path)
    assert str(path) in sentence_of(load, path)
