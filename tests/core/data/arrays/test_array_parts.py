"""What the arrays of a file are, by their names, and what lies beside it."""

import errno
import os

import numpy as np
import pytest

from tests.core.data.arrays.own_arrays import (
    COLOUR,
    COUNT,
    GREY,
    LABELS,
    are_same,
    idx,
    label_names,
    load,
    said_in,
    saved,
    sentence,
    together,
)
from tests.faults import failing


@pytest.mark.parametrize(
    ("train", "train_labels", "test", "test_labels"),
    [
        ("x_train", "y_train", "x_test", "y_test"),  # Keras' mnist.npz
        ("images", "labels", "test_images", "test_labels"),
        ("train_images", "train_labels", "test_images", "test_labels"),  # MedMNIST
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_set_x", "train_set_y", "test_set_x", "test_set_y"),
        ("data", "targets", "test_data", "test_targets"),
        ("train/images", "train/labels", "test/images", "test/labels"),
    ],
)
def test_the_usual_names_are_known(train, train_labels, test, test_labels, tmp_path):
    arrays = {train: GREY, train_labels: LABELS, test: GREY[:3], test_labels: LABELS[:3, None]}
    images = load(saved(tmp_path, **arrays))
    assert np.array_equal(images.train_images.numpy()[:, 0], GREY)
    assert np.array_equal(images.test_images.numpy()[:, 0], GREY[:3])
    assert images.train_labels.tolist() == LABELS.tolist()
    assert images.test_labels.tolist() == [0, 1, 2]
    assert not images.notes


@pytest.mark.parametrize(
    ("image", "label"), [("imgs", "y"), ("X", "target"), ("arr_0", "arr_1"), ("pixels", "class"), ("image", "label")]
)
def test_other_usual_names_are_known(image, label, tmp_path):
    images = load(saved(tmp_path, **{image: GREY, label: LABELS}))
    assert are_same(images, GREY)
    assert label_names(images, GREY) == [str(each) for each in LABELS]


def test_the_only_array_of_images_is_taken_whatever_its_name(tmp_path):
    images = load(saved(tmp_path, faces=GREY, age=LABELS))
    assert are_same(images, GREY)
    assert said_in(images, "'faces'")
    said = sentence(saved(tmp_path, left=GREY, right=GREY))
    assert "no array 'images'" in said
    assert "'left' (12, 6, 5)" in said


def test_validation_images_are_tested_with_or_left_out(tmp_path):
    images = load(saved(tmp_path, train_images=GREY, val_images=GREY[:3], val_labels=LABELS[:3], train_labels=LABELS))
    assert len(images.test_images) == 3
    assert said_in(images, "validation")
    images = load(saved(tmp_path, train_images=GREY, val_images=GREY[:3], test_images=GREY[:2]))
    assert len(images.test_images) == 2
    assert dict(images.left_out) == {"validation images, beside others to test with": 3}


def test_objects_that_are_not_needed_are_left_out_and_counted(tmp_path):
    meta = np.array({"about": GREY}, object)
    images = load(saved(tmp_path, metadata=meta, images=GREY, more=np.array([None, 1], object)))
    assert are_same(images, GREY)
    ((reason, count),) = images.left_out
    assert "unpickled" in reason
    assert count == 2
    assert "Python objects" in sentence(saved(tmp_path, images=GREY.astype(object)))


def test_dsprites_tells_its_latents_as_columns(tmp_path):
    latents = np.stack([LABELS, np.arange(COUNT) / 4], 1)
    np.savez_compressed(
        tmp_path / "own.npz",
        metadata=np.array({"latents_names": ("shape", "scale")}, object),
        imgs=(GREY > 100).astype(np.uint8),
        latents_classes=latents.astype(np.int64),
        latents_values=latents,
    )
    images = load(tmp_path / "own.npz")
    assert set(np.unique(together(images))) == {0, 255}
    names = ["latents_classes_1", "latents_classes_2", "latents_values_1", "latents_values_2"]
    assert [column.name for column in images.train_columns] == names
    assert images.class_names == ()


def test_arrays_in_files_of_their_own_are_found_beside_each_other(tmp_path):
    for names in (
        ("X_train", "y_train", "X_test", "y_test"),
        ("my-train-imgs", "my-train-labels", "my-test-imgs", "my-test-labels"),
    ):
        for name, array in zip(names, (COLOUR, LABELS, COLOUR[:2], LABELS[:2]), strict=True):
            np.save(tmp_path / f"{name}.npy", array)
            np.savez(tmp_path / f"{name}.npz", array)
        for suffix in ("npy", "npz"):
            images = load(tmp_path / f"{names[0]}.{suffix}")
            assert np.array_equal(images.train_images.numpy(), np.moveaxis(COLOUR, -1, 1))
            assert images.train_labels.tolist() == LABELS.tolist()
            assert len(images.test_images) == 2
            assert all(name in " ".join(images.notes) for name in names[1:3])


def test_where_nobody_may_look_for_what_lies_beside_the_file_alone_is_opened(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte" / "train-images-idx3-ubyte"  # its folder's siblings are looked at, too
    path.parent.mkdir()
    path.write_bytes(idx(GREY))
    with failing(os, "listdir", errno.EACCES), failing(os, "scandir", errno.EACCES):  # as Path lists, here or there
        assert are_same(load(path), GREY)


def test_what_lies_beside_and_does_not_fit_is_told_and_not_used(tmp_path):
    np.save(tmp_path / "train_images.npy", GREY)
    np.save(tmp_path / "train_labels.npy", LABELS[:7])
    np.save(tmp_path / "test_images.npy", GREY[:, :3])
    images = load(tmp_path / "train_images.npy")
    assert are_same(images, GREY)
    assert images.class_names == ()
    assert said_in(images, "train_labels.npy", "not used")
    assert said_in(images, "test_images.npy", "not used")
    (tmp_path / "test_images.npy").write_bytes(b"broken")
    assert said_in(load(tmp_path / "train_images.npy"), "test_images.npy", "not used")
