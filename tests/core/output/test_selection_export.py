"""Selected images as files: whole, in their order, readable again; or one sentence and no file."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from latentlab.core.data.arrays import user_arrays
from latentlab.core.errors import LatentlabError
from latentlab.core.map.browsing import Lists, Stopped
from latentlab.core.output.selection_export import save_selected

ROWS = np.array([40, 3, 17, 8, 21])


@pytest.fixture
def save(tiny_model, tiny_images, tmp_path):
    def write(name, model=None, rows=ROWS, numbers="test", data=tiny_images, pairs=False, goes_on=lambda share: True):
        model = model or tiny_model()
        numbers = rows + len(tiny_images.train_labels) if isinstance(numbers, str) else numbers
        path = tmp_path / name
        save_selected(path, model, rows, numbers, data, with_reconstructions=pairs, goes_on=goes_on)
        return path

    return write


def test_an_image_set_is_read_as_it_was_written(save, tiny_model, tiny_images):
    model = tiny_model()
    read = user_arrays.load_array("array:selected", save("selected.npz"))
    images = np.concatenate([read.train_images, read.test_images])
    index = np.concatenate(
        [
            next(column.values for column in part if column.name == "index")
            for part in (read.train_columns, read.test_columns)
        ]
    ).astype(int)
    assert sorted(index.tolist()) == sorted(ROWS.tolist())
    np.testing.assert_array_equal(images, model.images[index])
    assert read.class_names == tiny_images.class_names
    labels = np.concatenate([read.train_labels, read.test_labels])
    np.testing.assert_array_equal(labels, model.labels[index])


def test_a_table_names_where_images_are_in_their_set(save, tiny_model):
    model = tiny_model()
    numbers = np.array([180 + 40, 3, 180 + 17, 179, 180])
    with save("selected.csv", numbers=numbers).open() as file:
        table = list(csv.DictReader(file))
    assert [(line["split"], int(line["index"])) for line in table] == [
        ("test", 40), ("training", 3), ("test", 17), ("training", 179), ("test", 0),
    ]  # fmt: skip
    losses = Lists(model).losses(ROWS, lambda share: True)
    np.testing.assert_allclose([float(line["negative_elbo"]) for line in table], losses, rtol=1e-5)
    np.testing.assert_allclose([float(line["mean_1"]) for line in table], model.means[ROWS, 0], rtol=1e-5)
    assert all(float(line["deviation_2"]) > 0 for line in table)
    assert [line["class_name"] for line in table] == [model.snapshot.class_names[model.labels[row]] for row in ROWS]


@pytest.mark.parametrize("pairs", [False, True])
def test_a_picture_holds_the_images_in_their_order(save, tiny_model, pairs):
    model = tiny_model()
    pixels = np.array(Image.open(save("selected.png", pairs=pairs)))
    step, lines = 30, 2 if pairs else 1
    columns = (pixels.shape[1] + 2) // step
    rebuilt = np.rint(model.snapshot.restore(model.images[ROWS], model.labels[ROWS]) * 255)
    for place, row in enumerate(ROWS):
        down, across = divmod(place, columns)
        top, left = down * lines * step, across * step
        np.testing.assert_array_equal(pixels[top : top + 28, left : left + 28], model.images[row, 0])
        if pairs:
            below = pixels[top + step : top + step + 28, left : left + 28]
            np.testing.assert_allclose(below, rebuilt[place, 0], atol=1)


def test_without_images_there_are_a_table_and_reconstructions(save, tiny_model):
    model = replace(tiny_model(), images=None)
    with save("selected.csv", model, numbers=None, data=None).open() as file:
        table = list(csv.DictReader(file))
    assert [int(line["index"]) for line in table] == ROWS.tolist()
    assert {line["split"] for line in table} == {"test"}
    assert {line["negative_elbo"] for line in table} == {""}
    pixels = np.array(Image.open(save("selected.png", model, numbers=None, data=None, pairs=True)))
    np.testing.assert_allclose(pixels[:28, :28], np.rint(model.snapshot.decode(model.means[[40]])[0, 0] * 255), atol=1)
    for name in ("selected.npz", "images.png"):
        with pytest.raises(LatentlabError, match="not loaded"):
            save(name, model, numbers=None, data=None)


def test_a_set_without_classes_has_none(save, tiny_model):
    model = tiny_model()
    snapshot = type(model.snapshot)("r", model.snapshot.recipe, model.snapshot.model, ())
    bare = replace(model, snapshot=snapshot, labels=np.full(60, -1))
    read = user_arrays.load_array("array:selected", save("selected.npz", bare))
    assert read.class_names == ()


def test_what_cannot_be_exported_is_told_and_leaves_nothing(save, tiny_images, tmp_path):
    with pytest.raises(LatentlabError, match="No images are selected"):
        save("selected.npz", rows=np.empty(0, np.int64))
    with pytest.raises(LatentlabError, match=r"\.txt"):
        save("selected.txt")
    with pytest.raises(LatentlabError, match="no longer 'tiny'"):
        save("selected.csv", data=replace(tiny_images, name="other"))
    for name in ("selected.png", "selected.csv", "selected.npz"):
        with pytest.raises(Stopped):
            save(name, pairs=True, goes_on=lambda share: False)
    assert not list(tmp_path.iterdir())
