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
from PIL import Image

from latentlab.core.data import registry, scikit_learn_files
from latentlab.core.data.downloaded import Downloaded
from latentlab.core.data.downloads import download
from latentlab.core.data.image_set import split
from latentlab.core.data.registry import DatasetError, ImageSet

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


def sentence_of(name: str, data_dir: Path) -> str:
    """Load what cannot be loaded, and give what is said about it."""
    with pytest.raises(DatasetError) as caught:
        registry.load(name, data_dir)
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def attempt(name: str, data_dir: Path) -> ImageSet | str:
    """Give the images, or what is said about them."""
    try:
        return registry.load(name, data_dir)
    except DatasetError as error:
        return str(error)


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
    said = sentence_of("minst", tmp_path)
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
    said = sentence_of(name, tmp_path)
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
    assert sentence_of("mnist", tmp_path) == known.problem


def test_labels_outside_of_the_classes_are_found(tmp_path):
    path = write_set(tmp_path, "kmnist") / "t10k-labels-idx1-ubyte"
    path.write_bytes(idx(np.array([0, 1, 2, 3, 10], np.uint8)))
    said = sentence_of("kmnist", tmp_path)
    assert str(path) in said
    assert "10 classes" in said


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=40))
def test_any_bytes_in_place_of_images_are_a_sentence(content, tmp_path):
    shutil.rmtree(tmp_path / "MNIST", ignore_errors=True)
    (write_set(tmp_path, "mnist") / "train-images-idx3-ubyte").write_bytes(content)
    sentence_of("mnist", tmp_path)
    assert registry.status("mnist", tmp_path).problem


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


# A folder of pictures


def paint(path: Path, grey: int = 100, size: tuple[int, int] = (20, 12), mode: str = "L") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).convert(mode).save(path)


def test_sub_folders_are_classes_in_the_order_that_people_count_in(tmp_path):
    for label, suffix in (("10", "png"), ("9", "jpg"), ("2", "tiff")):
        for number in range(12):
            paint(tmp_path / label / f"{number}.{suffix}", grey=20 * int(label))
    paint(tmp_path / "beside.png")
    paint(tmp_path / ".hidden" / "thumb.png")
    (tmp_path / "2" / "notes.txt").write_text("no picture")
    images = registry.load(f"folder:{tmp_path}", tmp_path)
    check(images)
    assert images.class_names == ("2", "9", "10")
    assert images.image_shape == (1, 12, 20)
    assert len(images.train_images) == 30
    assert images.test_labels.bincount().tolist() == [2, 2, 2]
    assert set(images.train_labels[:8].tolist()) == {0, 1, 2}, "the first few hold every class"
    for pixels, label in zip(images.train_images, images.train_labels.tolist(), strict=True):
        assert abs(int(pixels[0, 5, 5]) - (40, 180, 200)[label]) <= 1
    again = registry.load(f"folder:{tmp_path}", tmp_path)
    assert torch.equal(images.train_images, again.train_images)
    assert registry.status(f"folder:{tmp_path}", tmp_path).is_here


def test_a_flat_folder_has_no_classes_and_keeps_one_for_testing(tmp_path):
    for number in range(3):
        paint(tmp_path / f"{number}.bmp", grey=number)
    images = registry.load(f"folder:{tmp_path}", tmp_path)
    check(images)
    assert not images.has_labels
    assert images.class_names == ()
    assert (len(images.train_images), len(images.test_images)) == (2, 1)
    everything = torch.cat([images.train_images, images.test_images])[:, 0, 0, 0]
    assert sorted(everything.tolist()) == [0, 1, 2]


def test_pictures_are_brought_to_the_commonest_size_with_their_aspect_kept(tmp_path):
    for number in range(3):
        paint(tmp_path / f"{number}.png", size=(200, 100))
    # A square with a light stripe amid: half of its height is cropped, the stripe stays as thick.
    square = np.zeros((100, 100), np.uint8)
    square[40:60] = 255
    Image.fromarray(square).save(tmp_path / "square.png")
    images = registry.load(f"folder:{tmp_path}", tmp_path)
    assert images.image_shape == (1, 32, 64)
    everything = torch.cat([images.train_images, images.test_images])[:, 0]
    stripe = everything[(everything.amax(dim=(1, 2)) == 255)][0]
    assert int((stripe[:, 30] > 128).sum()) == pytest.approx(64 * 0.2, abs=1)


def test_unreadable_pictures_are_left_out_and_counted(tmp_path):
    for number in range(4):
        paint(tmp_path / f"{number}.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "0.png").read_bytes()[:40])
    (tmp_path / "empty.jpg").write_bytes(b"")
    images = registry.load(f"folder:{tmp_path}", tmp_path)
    assert len(images.train_images) + len(images.test_images) == 4
    assert "2 unreadable files" in images.title
    for number in range(1, 4):
        (tmp_path / f"{number}.png").unlink()
    assert "1 readable and 2 unreadable" in sentence_of(f"folder:{tmp_path}", tmp_path)


def test_deep_greys_and_transparency_are_seen_as_people_see_them(tmp_path):
    Image.fromarray(np.full((8, 8), 32896, np.uint16)).save(tmp_path / "deep.png")
    Image.fromarray(np.full((8, 8), 0.5, np.float32)).save(tmp_path / "float.tiff")
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "transparent.png")
    images = registry.load(f"folder:{tmp_path}", tmp_path)
    everything = torch.cat([images.train_images, images.test_images])[:, 0, 4, 4]
    assert sorted(everything.tolist()) == [128, 128, 255]


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_text("x")])
def test_a_folder_without_pictures_is_a_sentence(make, tmp_path):
    path = tmp_path / "photos"
    make(path)
    assert str(path) in sentence_of(f"folder:{path}", tmp_path)


@pytest.mark.parametrize("name", ["folder:", "array:", "array: "])
def test_a_path_is_needed(name, tmp_path):
    assert "path" in sentence_of(name, tmp_path)


# Arrays


def write_arrays(folder: Path, **arrays: object) -> str:
    np.savez(folder / "own.npz", **arrays)
    return f"array:{folder / 'own.npz'}"


IMAGES = np.arange(12 * 6 * 5, dtype=np.uint8).reshape(12, 6, 5)


@pytest.mark.parametrize("shape", [(12, 6, 5), (12, 6, 5, 1), (12, 1, 6, 5)])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (IMAGES % 2 == 1, (IMAGES % 2) * 255),
        (IMAGES, IMAGES),
        (IMAGES.astype(np.int64), IMAGES),
        (IMAGES.astype(np.float32), IMAGES),
        ((IMAGES / 255).astype(np.float32), IMAGES),
        ((IMAGES / 255).astype(np.float16), IMAGES),
    ],
    ids=["bool", "uint8", "int64", "float 255", "float 1", "half"],
)
def test_arrays_of_the_usual_kinds_give_the_same_images(shape, values, expected, tmp_path):
    name = write_arrays(tmp_path, images=values.reshape(shape), test_images=values[:2].reshape(2, *shape[1:]))
    images = registry.load(name, tmp_path)
    check(images)
    assert np.array_equal(images.train_images[:, 0].numpy(), expected)
    assert np.array_equal(images.test_images[:, 0].numpy(), expected[:2])
    assert images.title == "own"
    assert not images.has_labels


def test_arrays_are_split_by_class_where_they_have_no_test_images(tmp_path):
    name = write_arrays(tmp_path, images=IMAGES, labels=np.repeat([0, 1], 6), class_names=["cat", "dog"])
    images = registry.load(name, tmp_path)
    check(images)
    assert images.class_names == ("cat", "dog")
    assert images.has_labels
    assert images.test_labels.tolist() == [0, 1]
    assert len(images.train_images) == 10
    for pixels, label in zip(images.train_images[:, 0].numpy(), images.train_labels.tolist(), strict=True):
        place = next(i for i in range(12) if np.array_equal(IMAGES[i], pixels))
        assert place // 6 == label


def test_classes_without_names_are_called_by_their_numbers(tmp_path):
    name = write_arrays(
        tmp_path, images=IMAGES, labels=[7, 1000] * 6, test_images=IMAGES[:3], test_labels=np.array([1000, -1, 7])
    )
    images = registry.load(name, tmp_path)
    assert images.class_names == ("7", "1000")
    assert images.train_labels.tolist() == [0, 1] * 6
    assert images.test_labels.tolist() == [1, -1, 0]
    assert images.has_labels, "though one has none"


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"pictures": IMAGES}, "no array 'images'"),
        ({"images": IMAGES[0]}, r"shape \(6, 5\)"),
        ({"images": IMAGES[:0]}, "none of them 0"),
        ({"images": IMAGES[:1]}, "two are needed"),
        ({"images": np.zeros((4, 6, 5, 3))}, "colour"),
        ({"images": np.full((4, 6, 5), np.nan)}, "not finite"),
        ({"images": np.full((4, 6, 5), -1.0)}, "from -1 to -1"),
        ({"images": np.full((4, 6, 5), 1000)}, "from 1000 to 1000"),
        ({"images": IMAGES.astype(complex)}, "complex128"),
        ({"images": IMAGES.astype(str)}, "<U"),
        ({"images": IMAGES.astype(object)}, "object arrays"),
        ({"images": IMAGES, "labels": np.zeros(11, int)}, r"\(11,\)"),
        ({"images": IMAGES, "labels": np.zeros(12)}, "whole numbers"),
        ({"images": IMAGES, "labels": np.full(12, -2)}, "or -1"),
        ({"images": IMAGES, "labels": np.full(12, 2**63, np.uint64)}, "whole numbers"),
        ({"images": IMAGES, "labels": np.full(12, 2), "class_names": ["a", "b"]}, "2 names"),
        ({"images": IMAGES, "class_names": np.array([1, 2])}, "list of texts"),
        ({"images": IMAGES, "test_images": IMAGES[:, :4]}, "height and width equal"),
        ({"images": IMAGES, "labels": np.zeros(12, int), "test_images": IMAGES}, "only one of"),
        ({"images": IMAGES, "test_images": IMAGES[:3], "test_labels": np.zeros(2, int)}, "3 'test_images'"),
    ],
)
def test_mistakes_in_arrays_are_a_sentence(arrays, said, tmp_path):
    name = write_arrays(tmp_path, **arrays)
    sentence_of(name, tmp_path)
    with pytest.raises(DatasetError, match=said):
        registry.load(name, tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x80\x04N."], ids=["empty", "zip", "pickle"])
def test_files_that_are_no_arrays_are_a_sentence(content, tmp_path):
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    assert str(path) in sentence_of(f"array:{path}", tmp_path)
    np.save(tmp_path / "single.npy", IMAGES)
    assert "savez" in sentence_of(f"array:{tmp_path / 'single.npy'}", tmp_path)
    known = registry.status(f"array:{tmp_path / 'none.npz'}", tmp_path)
    assert not known.is_here
    assert known.problem is not None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 10_000), byte=st.integers(0, 255), length=st.integers(0, 10_000))
def test_a_damaged_archive_is_a_sentence_or_loads(position, byte, length, tmp_path):
    write_arrays(tmp_path, images=IMAGES, labels=np.zeros(12, int))
    path = tmp_path / "own.npz"
    content = bytearray(path.read_bytes())
    content[position % len(content)] = byte
    path.write_bytes(content[: max(1, length % (2 * len(content)))])
    result = attempt(f"array:{path}", tmp_path)
    if isinstance(result, str):
        assert result.endswith(".")
    else:
        check(result)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    images=hnp.arrays(
        st.sampled_from([np.bool_, np.uint8, np.int16, np.uint64, np.float16, np.float32, np.float64]),
        hnp.array_shapes(min_dims=2, max_dims=4, min_side=0, max_side=5),
    ),
    labels=st.none() | hnp.arrays(st.sampled_from([np.int8, np.int64, np.float32, np.bool_]), st.integers(0, 5)),
)
def test_any_array_loads_or_is_a_sentence(images, labels, tmp_path):
    arrays = {"images": images} | ({} if labels is None else {"labels": labels})
    result = attempt(write_arrays(tmp_path, **arrays), tmp_path)
    if isinstance(result, str):
        assert result.endswith(".")
        assert "\n" not in result
    else:
        check(result)
        assert len(result.train_images) + len(result.test_images) == len(images)


@given(hnp.arrays(np.int64, st.integers(2, 60), elements=st.integers(-1, 4)))
def test_a_split_is_whole_and_neither_part_is_empty(labels):
    train, test = split(labels)
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert 1 <= len(test) <= len(labels) / 2
    for label in np.unique(labels):
        count = int((labels == label).sum())
        if count >= 6:
            assert abs(int((labels[test] == label).sum()) - count / 6) <= 0.5
