"""A person's own arrays: a file becomes an image set, or a sentence."""

import gzip
import threading
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from latentlab.core.data import registry
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.reading import Reading, ReadingCancelledError, ReadingProgress
from tests.core.data.arrays.own_arrays import GREY, LABELS, RELAXED, attempt, idx, load, saved, sentence


def zipped(*names: str) -> bytes:
    import io

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("own.zip", zipped("a/1.png", "a/2.png"), ("ZIP of pictures", "open the folder")),
        ("own.docx", zipped("word/document.xml"), ("ZIP file without arrays",)),
        ("own.npz", b"PK\x03\x04 no archive", ("damaged",)),
        ("own.npz", b"", ("empty",)),
        ("own.pkl", b"\x80\x04N.", ("pickle", "numpy.save")),
        ("own.parquet", b"PAR1" + bytes(40), ("Parquet", "open their folder")),
        ("own.png", b"\x89PNG\r\n\x1a\n" + bytes(40), ("is a picture", "folder")),
        ("own.tar.gz", gzip.compress(bytes(257) + b"ustar" + bytes(250)), ("tar archive", "unpack")),
        ("own.tar", bytes(257) + b"ustar" + bytes(250), ("tar archive", "unpack")),
        ("own.npy.gz", gzip.compress(b"\x93NUMPY"), ("packed by gzip", "unpack")),
        ("own.gz", b"\x1f\x8b broken", ("damaged",)),
        ("own.bz2", b"BZh91AY", ("bzip2", "unpack")),
        ("own.txt", "Grüße, this is text".encode(), ("is text", ".csv")),
        ("own.json", b"{}", ("JSON",)),
        ("own.mat", b"MATLAB 5.0 MAT-file" + bytes(200), ("damaged",)),
        ("own.pt", b"no torch", ("damaged",)),
        ("own.safetensors", b"x" * 30, ("damaged",)),
        ("own.dat", bytes(range(256)), ("no format that is known", ".npy")),
        ("own.npy", b"\x93NUMPY\x01\x00v\x00{'descr'", ("damaged",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_called_by_its_name(name, content, words, tmp_path):
    (tmp_path / name).write_bytes(content)
    said = sentence(tmp_path / name)
    assert all(word in said for word in words), said


def test_what_is_not_there_or_a_folder_is_told(tmp_path):
    assert "does not exist" in sentence(tmp_path / "none.npz")
    (tmp_path / "own").mkdir()
    assert f"folder:{tmp_path / 'own'}" in sentence(tmp_path / "own")
    status = registry.status(f"array:{tmp_path / 'none.npz'}", tmp_path)
    assert not status.is_here
    assert status.problem is not None


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": GREY[0]}, "5 pixels are no square"),
        ({"images": GREY[:0]}, "none of them 0"),
        ({"images": GREY[:1]}, "two are needed"),
        ({"images": np.zeros((4, 6, 5, 2))}, "without an axis of 1, 3 or 4"),
        ({"images": np.zeros((64, 64, 3))}, "one picture"),
        ({"images": np.full((4, 6, 5), np.nan)}, "not finite"),
        ({"images": GREY.astype(complex)}, "complex128"),
        ({"images": GREY.astype(str)}, "<U"),
        ({"images": GREY, "labels": np.zeros(11, int)}, r"\(11,\)"),
        ({"images": GREY, "labels": np.full(12, -2)}, "or -1"),
        ({"images": GREY, "labels": np.full(12, 2**63, np.uint64)}, "whole numbers"),
        ({"images": GREY, "labels": np.full(12, 2), "class_names": ["a", "b"]}, "2 names"),
        ({"images": GREY, "labels": ["c"] * 12, "class_names": ["a", "b"]}, "'c', which is not in"),
        ({"images": GREY, "class_names": np.array([1, 2])}, "list of texts"),
        ({"images": GREY, "test_images": GREY[:, :4]}, "height and width equal"),
        ({"images": GREY, "test_images": GREY[:3], "test_labels": np.zeros(2, int)}, "3 images"),
        ({"images": GREY, "labels": LABELS, "test_images": GREY[:1], "test_labels": ["a"]}, "one texts"),
    ],
)
def test_mistakes_in_arrays_are_a_sentence(arrays, said, tmp_path):
    with pytest.raises(DatasetError, match=said) as caught:
        load(saved(tmp_path, **arrays))
    assert str(caught.value).endswith(".")


@settings(max_examples=40, **RELAXED)
@given(
    position=st.integers(0, 10_000),
    byte=st.integers(0, 255),
    length=st.integers(0, 10_000),
    kind=st.sampled_from(["npz", "npy", "h5", "idx", "pt"]),
)
def test_a_damaged_file_is_a_sentence_or_loads(position, byte, length, kind, tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / f"own.{kind}"
    if kind == "npz":
        saved(tmp_path, images=GREY, labels=LABELS)
    elif kind == "npy":
        np.save(path, GREY)
    elif kind == "h5":
        with h5py.File(path, "w") as file:
            file["images"] = GREY
    elif kind == "idx":
        path.write_bytes(idx(GREY))
    else:
        torch.save(torch.from_numpy(GREY), path)
    content = bytearray(path.read_bytes())
    content[position % len(content)] = byte
    path.write_bytes(content[: max(1, length % (2 * len(content)))])
    attempt(path)


@settings(max_examples=100, **RELAXED)
@given(
    images=hnp.arrays(
        st.sampled_from([np.bool_, np.uint8, np.int16, np.uint64, np.float16, np.float32, np.float64]),
        hnp.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=5),
    ),
    labels=st.none()
    | hnp.arrays(
        st.sampled_from([np.int8, np.int64, np.float32, np.bool_, "U2", "S2"]),
        hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=5),
    ),
)
def test_any_array_loads_or_is_a_sentence(images, labels, tmp_path):
    result = attempt(saved(tmp_path, images=images, **({} if labels is None else {"labels": labels})))
    if not isinstance(result, str):
        assert len(result.train_images) + len(result.test_images) in images.shape


def test_reading_is_told_and_can_be_cancelled(tmp_path):
    path = tmp_path / "own.npy"
    np.save(path, np.zeros((3000, 100, 100), np.uint8))
    for enough in (1, 2, 3):
        cancelled, heard = threading.Event(), []

        def hear(progress, cancelled=cancelled, heard=heard, enough=enough):
            heard.append(progress)
            if len(heard) == enough:
                cancelled.set()

        with pytest.raises(ReadingCancelledError):
            registry.load(f"array:{path}", tmp_path, reading=Reading(hear, cancelled))
        assert len(heard) == enough
    told = []
    registry.load(f"array:{path}", tmp_path, reading=Reading(told.append))
    assert [(each.step, each.what) for each in told] == [("looking", "images")] * 2 + [("reading", "images")] * 2
    assert told[-1] == ReadingProgress("reading", 3000, 3000, "images")
