import gzip
import shutil
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from latentlab.core.data import registry
from latentlab.core.data.downloads import download
from latentlab.core.data.registry import DatasetError, ImageSet
from latentlab.core.data.sets import scikit_learn_files
from latentlab.core.data.sets.downloaded import Downloaded
from latentlab.core.data.splitting import split
from tests.core.data.sentences import sentence_of

DOWNLOADED = {name: known for name, known in registry.DATASETS.items() if isinstance(known, Downloaded)}
STORED = ("cifar-10", "svhn", "eurosat")


def idx(array: np.ndarray) -> bytes:
    """The bytes of an IDX file."""
    kind = {np.dtype(np.uint8): 8, np.dtype(np.int32): 12}[array.dtype]
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_set(data_dir: Path, name: str, train: int = 12, test: int = 5) -> Path:
    """Write a tiny set under the full set's file names: image i is i everywhere but at row 0, column 3."""
    known = DOWNLOADED[name]
    folder = data_dir.joinpath(*known.place)
    folder.mkdir(parents=True)
    for count, (images_file, labels_file) in ((train, known.files[:2]), (test, known.files[2:])):
        images = np.arange(count, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)
        images[:, 0, 3] = 200
        labels = np.arange(count, dtype=np.uint8) % 5
        if name in STORED:
            np.save(folder / images_file, images[:, None].repeat(3, 1))
            np.save(folder / labels_file, labels.astype(np.int64))
            continue
        if name == "qmnist":
            labels = np.stack([labels.astype(np.int32)] + [np.full(count, 70_000, np.int32)] * 7, axis=1)
        elif name == "emnist-letters":
            labels = labels + np.uint8(1)
        (folder / images_file).write_bytes(idx(images))
        (folder / labels_file).write_bytes(idx(labels))
    return folder


def check(images: ImageSet) -> None:
    """Whatever it came from, an image set keeps its contract."""
    for pixels, labels in ((images.train_images, images.train_labels), (images.test_images, images.test_labels)):
        assert pixels.dtype == torch.uint8
        assert labels.dtype == torch.int64
        assert pixels.shape == (len(labels), *images.image_shape)
        assert len(labels) >= 1
        assert int(labels.min()) >= -1
        assert int(labels.max()) < max(1, len(images.class_names))


# The bundled digits


def test_digits_look_like_mnist(tmp_path):
    digits = registry.load("digits", tmp_path)
    check(digits)
    images = torch.cat([digits.train_images, digits.test_images])[:, 0].double()
    assert (images.amax(dim=(1, 2)) == 255).all()
    place = torch.arange(28, dtype=torch.float64)
    total = images.sum(dim=(1, 2))
    for axis in (1, 2):
        centre = (images.sum(dim=axis) * place).sum(dim=1) / total
        assert (centre - 13.5).abs().max() < 0.5
        inked = (images > 128).any(dim=axis).sum(dim=1)
        assert inked.max() <= 21
    assert 0.10 < images.mean() / 255 < 0.17  # MNIST: 0.13


def test_digits_can_be_told_apart(tmp_path):
    digits = registry.load("digits", tmp_path)
    train, test = (pixels.flatten(1).float() for pixels in (digits.train_images, digits.test_images))
    nearest = digits.train_labels[torch.cdist(test, train).argmin(dim=1)]
    assert (nearest == digits.test_labels).float().mean() > 0.95


def test_digits_are_split_the_same_way_every_time(tmp_path):
    first, again = registry.load("digits", tmp_path), registry.load("digits", tmp_path)
    assert torch.equal(first.train_images, again.train_images)
    assert torch.equal(first.test_labels, again.test_labels)
    shares = first.test_labels.bincount() / (first.train_labels.bincount() + first.test_labels.bincount())
    assert ((shares > 0.18) & (shares < 0.21)).all()
    known = registry.status("digits", tmp_path)
    assert (known.train_count, known.test_count) == (len(first.train_images), len(first.test_images))
    assert known.is_here
    assert known.download_bytes == 0


def test_digits_do_not_depend_on_where_scikit_learn_keeps_them(tmp_path, monkeypatch):
    expected = registry.load("digits", tmp_path)
    pytest.importorskip("sklearn.datasets")
    monkeypatch.setattr(scikit_learn_files, "find", lambda *parts: None)
    assert torch.equal(registry.load("digits", tmp_path).train_images, expected.train_images)


# Limits and names


def test_limit_keeps_the_first_training_images_without_copying(tmp_path):
    write_set(tmp_path, "mnist")
    whole = registry.load("mnist", tmp_path)
    part = whole.limited(4)
    assert torch.equal(part.train_images, whole.train_images[:4])
    assert part.train_images.data_ptr() == whole.train_images.data_ptr()
    assert len(part.train_labels) == 4
    assert len(part.test_images) == 5
    assert whole.limited(None) is whole
    assert whole.limited(1000) is whole
    assert len(registry.load("mnist", tmp_path, limit=3).train_images) == 3
    with pytest.raises(DatasetError, match="at least 1"):
        whole.limited(0)


def test_unknown_names_are_answered_with_those_that_are_known(tmp_path):
    said = sentence_of(registry.load, "minst", tmp_path)
    assert "'minst'" in said
    assert all(name in said for name in registry.names())
    with pytest.raises(DatasetError, match="minst"):
        registry.status("minst", tmp_path)


def test_the_environment_chooses_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LATENTLAB_DATA", str(tmp_path))
    assert registry.default_data_dir() == tmp_path
    monkeypatch.delenv("LATENTLAB_DATA")
    assert registry.default_data_dir().name == "data"
    assert "latentlab" in str(registry.default_data_dir())


# The sets of torchvision


@pytest.mark.parametrize("name", DOWNLOADED)
def test_files_on_disk_are_used_as_they_are(name, tmp_path):
    folder = write_set(tmp_path, name)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    known = registry.status(name, tmp_path)
    assert (known.is_here, known.train_count, known.test_count, known.problem) == (True, 12, 5, None)
    images = registry.load(name, tmp_path)
    check(images)
    assert images.train_labels.tolist() == [0, 1, 2, 3, 4] * 2 + [0, 1]
    assert images.train_images[:, 0, 9, 9].tolist() == list(range(12))
    assert images.has_labels
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    # EMNIST alone is stored column by column.
    row, column = (3, 0) if name == "emnist-letters" else (0, 3)
    assert int(images.test_images[1, 0, row, column]) == 200


def test_the_folder_of_a_set_or_its_raw_folder_can_be_given(tmp_path, monkeypatch):
    folder = write_set(tmp_path, "mnist")
    for given_folder in (folder, folder.parent):
        assert len(registry.load("mnist", given_folder).train_images) == 12
    monkeypatch.chdir(folder)
    assert registry.status("mnist", Path()).is_here
    # The files of Fashion-MNIST have the same names: a folder of MNIST is not taken for it.
    assert not registry.status("fashion-mnist", folder).is_here


def test_pickled_copies_of_old_torchvision_are_not_opened(tmp_path):
    processed = write_set(tmp_path, "mnist").parent / "processed"
    processed.mkdir()
    for name in ("training.pt", "test.pt"):
        (processed / name).write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    assert len(registry.load("mnist", tmp_path).train_images) == 12


@pytest.mark.parametrize("name", DOWNLOADED)
def test_a_set_that_is_not_here_says_its_size_and_how_to_get_it(name, tmp_path):
    known = registry.status(name, tmp_path)
    assert not known.is_here
    assert known.problem is None
    assert known.train_count > 20_000
    said = sentence_of(registry.load, name, tmp_path)
    assert f"{known.download_bytes / 1e6:.0f} MB" in said
    assert f"latentlab data --download {name}" in said
    assert "digits" in said
    assert list(tmp_path.iterdir()) == []


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9])


def too_long(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_web_page(path: Path) -> None:
    path.write_bytes(b"<!DOCTYPE html><html><body>Please log in to the network</body></html>")


def without_images(path: Path) -> None:
    path.write_bytes(idx(np.zeros((0, 28, 28), np.uint8)))


def fewer_images(path: Path) -> None:
    path.write_bytes(idx(np.zeros((3, 28, 28), np.uint8)))


def missing(path: Path) -> None:
    path.unlink()


def packed(path: Path) -> None:
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


@pytest.mark.parametrize(
    "damage",
    [cut_short, cut_in_the_header, too_long, empty, a_web_page, without_images, fewer_images, missing, packed],
)
@pytest.mark.parametrize("file", ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"])
def test_damaged_files_are_named_before_anything_is_loaded(damage, file, tmp_path):
    path = write_set(tmp_path, "mnist") / file
    damage(path)
    known = registry.status("mnist", tmp_path)
    assert not known.is_here
    assert known.problem is not None
    assert str(path) in known.problem
    assert ("unpack" if damage is packed else "download MNIST again") in known.problem
    assert sentence_of(registry.load, "mnist", tmp_path) == known.problem


def an_older_array(path: Path) -> None:
    np.save(path, np.zeros((12, 32, 32), np.uint8))


def pickled(path: Path) -> None:
    np.save(path, np.array([{}]), allow_pickle=True)


@pytest.mark.parametrize(
    "damage", [cut_short, cut_in_the_header, too_long, empty, a_web_page, an_older_array, pickled, missing]
)
@pytest.mark.parametrize("file", ["train-images.npy", "test-labels.npy"])
def test_damaged_arrays_are_named_before_anything_is_loaded(damage, file, tmp_path):
    path = write_set(tmp_path, "eurosat") / file
    damage(path)
    known = registry.status("eurosat", tmp_path)
    assert not known.is_here
    assert str(path) in known.problem
    assert "download EuroSAT again" in known.problem
    assert sentence_of(registry.load, "eurosat", tmp_path) == known.problem


def test_a_sixth_of_eurosat_is_for_testing(tmp_path):
    """It has no split of its own; its classes have 2,000 to 3,000 images."""
    known = registry.status("eurosat", tmp_path)
    labels = np.repeat(np.arange(10), [3000, 3000, 3000, 2500, 2500, 2000, 2500, 3000, 2500, 3000])
    assert tuple(map(len, split(labels))) == (known.train_count, known.test_count)


def test_labels_outside_of_the_classes_are_found(tmp_path):
    path = write_set(tmp_path, "kmnist") / "t10k-labels-idx1-ubyte"
    path.write_bytes(idx(np.array([0, 1, 2, 3, 10], np.uint8)))
    said = sentence_of(registry.load, "kmnist", tmp_path)
    assert str(path) in said
    assert "10 classes" in said


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=40), header=st.binary(max_size=60))
def test_any_bytes_in_place_of_images_are_a_sentence(content, header, tmp_path):
    of_numpy = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    for name, file, damaged in (("mnist", "train-images-idx3-ubyte", content), ("svhn", "train-images.npy", of_numpy)):
        shutil.rmtree(tmp_path / DOWNLOADED[name].place[0], ignore_errors=True)
        (write_set(tmp_path, name) / file).write_bytes(damaged)
        sentence_of(registry.load, name, tmp_path)
        assert registry.status(name, tmp_path).problem


def failing_module() -> types.ModuleType:
    module = types.ModuleType("torchvision")

    def fail(name: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist\nand more lines")

    module.__getattr__ = fail  # type: ignore[method-assign]
    return module


@pytest.mark.parametrize("module", [None, failing_module()], ids=["missing", "mismatched"])
def test_a_torchvision_that_does_not_match_torch_is_a_sentence(module, tmp_path, monkeypatch):
    write_set(tmp_path, "mnist")
    monkeypatch.setitem(sys.modules, "torchvision", module)
    with pytest.raises(DatasetError, match="reinstall both") as caught:
        list(download("kmnist", tmp_path, threading.Event()))
    assert torch.__version__ in str(caught.value)
    assert "\n" not in str(caught.value)
    assert registry.load("mnist", tmp_path).name == "mnist"  # only its download asks torchvision


@pytest.mark.parametrize("name", ["folder:", "array:", "array: "])
def test_a_path_is_needed(name, tmp_path):
    assert "path" in sentence_of(registry.load, name, tmp_path)


@given(hnp.arrays(np.int64, st.integers(2, 60), elements=st.integers(-1, 4)))
def test_a_split_is_whole_and_neither_part_is_empty(labels):
    train, test = split(labels)
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert 1 <= len(test) <= len(labels) / 2
    for label in np.unique(labels):
        count = int((labels == label).sum())
        if count >= 6:
            assert abs(int((labels[test] == label).sum()) - count / 6) <= 0.5


@pytest.mark.parametrize("prefix", ["folder:", "array:"])
@pytest.mark.parametrize("path", ["~nobody-of-this-name/x", "/" + "a" * 5000, "/a\0b"])
def test_a_path_that_no_system_takes_is_a_sentence(prefix, path, tmp_path):
    with pytest.raises(DatasetError, match=r"does not exist|cannot be read"):
        registry.load(prefix + path, tmp_path)


def test_a_path_alone_is_told_how_to_be_written(tmp_path):
    (tmp_path / "own.npz").touch()
    for path in (tmp_path, tmp_path / "own.npz"):  # at which nobody looks to tell which
        with pytest.raises(DatasetError, match="is a path, and no image set: write folder:PATH or array:FILE"):
            registry.load(str(path), tmp_path)
