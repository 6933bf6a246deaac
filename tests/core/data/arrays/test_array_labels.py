"""Labels of any kind name classes; how many images have none is said."""

import numpy as np
import pytest

from tests.core.data.arrays.own_arrays import COUNT, GREY, LABELS, SQUARES, label_names, load, said_in, saved, values_of


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (LABELS, "012"),
        (LABELS.astype(np.uint8)[:, None], "012"),
        (LABELS.astype(np.float32), "012"),
        (LABELS.reshape(1, -1), "012"),
        (LABELS > 0, "011"),
        (np.eye(3)[LABELS], "012"),
        (np.array(["ant", "bee", "cat"])[LABELS], ("ant", "bee", "cat")),
        (np.array([b"ant", b"bee", "élan".encode()])[LABELS], ("ant", "bee", "élan")),
        (np.array(["10", "9", ""])[LABELS], ("10", "9", "")),
        (np.array([3, -1, 7])[LABELS], ("3", "", "7")),
        (np.array([3, np.nan, 7])[LABELS], ("3", "", "7")),
    ],
    ids=["int", "(N, 1)", "float", "(1, N)", "bool", "one-hot", "text", "bytes", "some texts", "-1", "NaN"],
)
def test_labels_of_any_kind_name_classes(labels, expected, tmp_path):
    images = load(saved(tmp_path, images=GREY, labels=labels))
    assert label_names(images, GREY) == [expected[label] for label in LABELS]
    assert images.has_labels
    assert images.class_names == tuple(sorted({*expected} - {""}, key=lambda name: (len(name), name)))


def test_names_of_classes_count_them(tmp_path):
    names = ["dog", "cat", "bird", "none has it"]
    for labels in (LABELS, np.array(names)[LABELS]):
        images = load(saved(tmp_path, images=GREY, labels=labels, class_names=names))
        assert images.class_names == tuple(names)
        assert label_names(images, GREY) == [names[label] for label in LABELS]


def test_a_part_may_have_no_labels(tmp_path):
    images = load(saved(tmp_path, images=GREY, labels=LABELS, test_images=GREY[:2]))
    assert images.test_labels.tolist() == [-1, -1]
    assert images.train_labels.tolist() == LABELS.tolist()
    assert said_in(images, "test", "no labels")


def test_classes_are_called_by_their_numbers_in_both_parts(tmp_path):
    images = load(
        saved(tmp_path, images=GREY, labels=[7, 1000] * 6, test_images=GREY[:3], test_labels=np.array([1000, -1, 7]))
    )
    assert images.class_names == ("7", "1000")
    assert images.train_labels.tolist() == [0, 1] * 6
    assert images.test_labels.tolist() == [1, -1, 0]


def test_numbers_that_are_no_classes_colour_the_map(tmp_path):
    ages = np.arange(COUNT) + 0.5
    images = load(saved(tmp_path, images=GREY, labels=ages))
    assert images.class_names == ()
    assert values_of(images, "labels", GREY) == ages.tolist()
    assert said_in(images, "'labels'", "colour the map")


def test_arrays_are_split_by_class_where_they_have_no_test_images(tmp_path):
    images = load(saved(tmp_path, images=GREY, labels=np.repeat([0, 1], 6), class_names=["cat", "dog"]))
    assert images.has_labels
    assert images.test_labels.tolist() == [0, 1]
    assert len(images.train_images) == 10
    assert label_names(images, GREY) == ["cat"] * 6 + ["dog"] * 6


def test_how_many_have_no_label_is_said(tmp_path):
    labels = np.where(np.arange(COUNT) < 2, -1, LABELS)
    assert said_in(load(saved(tmp_path, images=SQUARES, labels=labels)), f"2 of {COUNT} images have no label.")
