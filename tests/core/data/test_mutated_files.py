"""Files that were whole once: every reader gives images, or its one error in a sentence, and soon."""

import gzip
import io
import time

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.numpy import save_file
from scipy.io import savemat

from latentlab.core.data import registry
from latentlab.core.data.arrays.formats import hdf5_files
from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.recipe import Recipe

_SECONDS = 1.0  # of this process, that reading any of them may take

IMAGES = np.random.default_rng(0).integers(0, 256, (8, 6, 6), np.uint8)
LABELS = np.arange(8) % 3
STRANGE = [0, 1, 0x7F, 0x80, 0xFF]


def _npz(path):
    np.savez_compressed(path, images=IMAGES, labels=LABELS, names=LABELS.astype(str))


def _idx(path):
    path.write_bytes(b"\0\0\x08\3" + b"".join(n.to_bytes(4, "big") for n in IMAGES.shape) + IMAGES.tobytes())


def _packed_idx(path):
    _idx(path)
    path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _table(path):
    lines = [f"{label}," + ",".join(map(str, image.ravel())) for image, label in zip(IMAGES, LABELS, strict=True)]
    path.write_text("\n".join(["label," + ",".join(f"pixel{n}" for n in range(36)), *lines]))


def _matlab(path):
    values = {"images": IMAGES, "labels": LABELS, "names": ["ab", "cde"], "cells": np.array([1, "a"], object)}
    savemat(path, values, do_compression=path.stem == "packed")


def _torch(path):
    torch.save({"images": torch.from_numpy(IMAGES), "labels": torch.from_numpy(LABELS)}, path)


def _safetensors(path):
    save_file({"images": IMAGES, "labels": LABELS}, path)


ARRAYS = {
    "own.npz": _npz,
    "own.npy": lambda path: np.save(path, IMAGES),
    "own-idx3-ubyte": _idx,
    "own-idx3-ubyte.gz": _packed_idx,
    "own.csv": _table,
    "own.mat": _matlab,
    "packed.mat": _matlab,
    "own.pt": _torch,
    "own.safetensors": _safetensors,
}


def _picture(kind, mode="RGB", **options):
    content = io.BytesIO()
    shape = (12, 10, 3) if mode == "RGB" else (12, 10)
    pixels = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint16 if mode == "I;16" else np.uint8)
    Image.fromarray(pixels).save(content, kind, **options)
    return content.getvalue()


PICTURES = {
    "x.png": _picture("PNG"),
    "x16.png": _picture("PNG", "I;16"),
    "x.jpg": _picture("JPEG"),
    "x.tif": _picture("TIFF", compression="tiff_lzw"),
    "x16.tif": _picture("TIFF", "I;16"),
    "x.gif": _picture("GIF", "L", save_all=True, append_images=[Image.new("L", (10, 12), 9)] * 3),
    "x.bmp": _picture("BMP"),
    "x.ppm": _picture("PPM"),
    "x.webp": _picture("WEBP", lossless=True),
}

changes = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "insert", "number", "repeat"]),
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(STRANGE) | st.integers(0, 255),
    ),
    min_size=1,
    max_size=6,
)


def mutated(content: bytes, how: list[tuple[str, float, int]]) -> bytes:
    """Change some places of a file: bytes, numbers of four bytes, where it ends, what comes twice."""
    changed = bytearray(content)
    for what, share, value in how:
        place = int(share * len(changed))
        if what == "set" and changed:
            changed[place] = value
        elif what == "cut":
            del changed[place : place + 1 + value if value < 128 else None]
        elif what == "insert":
            changed[place:place] = bytes([value]) * (1 + value)
        elif what == "number":
            changed[place : place + 4] = bytes([value, 0xFF, 0xFF, 0x7F])
        elif what == "repeat":
            changed += changed[place:]
    return bytes(changed)


def is_read_or_refused(read, most=_SECONDS):
    # Twice where it took long: it may have been this process that had something else to do.
    assert _seconds(read) < most or _seconds(read) < most


def _seconds(read):
    begin = time.process_time()
    try:
        read()
    except LatentlabError as error:
        said = str(error)
        assert said.endswith(".")
        assert "\n" not in said
        assert len(said) < 2_000
    return time.process_time() - begin


def _try_arrays(folder, name, how):
    path = folder / name
    ARRAYS[name](path)
    path.write_bytes(mutated(path.read_bytes(), how))
    is_read_or_refused(lambda: registry.load(f"array:{path}", folder))


def _try_pictures(folder, name, how):
    for number in range(2):
        Image.fromarray(IMAGES[number]).save(folder / f"{number}.png")
    (folder / name).write_bytes(mutated(PICTURES[name], how))
    (folder / "columns.csv").write_bytes(mutated(b"file,a,b\n0.png,1,x\n1.png,,y\n", how[3:]))
    is_read_or_refused(lambda: registry.load(f"folder:{folder}", folder))


def _try_recipe(how):
    text = mutated((Recipe().to_toml() * 2 if how[0][0] == "repeat" else Recipe().to_toml()).encode(), how)
    is_read_or_refused(lambda: Recipe.from_toml(text.decode("utf-8", "replace")))


def _briefly(count):
    return settings(
        max_examples=count,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@_briefly(60)
@given(st.sampled_from(sorted(ARRAYS)), changes)
def test_arrays(tmp_path, name, how):
    _try_arrays(tmp_path, name, how)


@_briefly(40)
@given(st.sampled_from(sorted(PICTURES)), changes)
def test_pictures(tmp_path_factory, name, how):
    _try_pictures(tmp_path_factory.mktemp("folder"), name, how)


@_briefly(40)
@given(changes)
def test_recipes(how):
    _try_recipe(how)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_arrays_for_long(tmp_path, name):
    _briefly(2_000)(given(changes)(lambda how: _try_arrays(tmp_path, name, how)))()


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", sorted(PICTURES))
def test_pictures_for_long(tmp_path_factory, name):
    def one(how):
        folder = tmp_path_factory.mktemp("folder")
        _try_pictures(folder, name, how)
        for file in folder.iterdir():
            file.unlink()

    _briefly(500)(given(changes)(one))()


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_recipes_for_long():
    _briefly(5_000)(given(changes)(_try_recipe))()


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_hdf5_for_long(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_files, "FOREIGN", 1.0)  # on one in fifty its library does not come back
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "whole.h5", "w") as file:
        file.create_dataset("images", data=IMAGES, chunks=(2, 6, 6), compression="gzip")
        file.create_dataset("names", data=["a", "b"] * 4)
    whole = (tmp_path / "whole.h5").read_bytes()

    def one(how):
        (tmp_path / "own.h5").write_bytes(mutated(whole, how))
        is_read_or_refused(lambda: registry.load(f"array:{tmp_path / 'own.h5'}", tmp_path))

    _briefly(1_000)(given(changes)(one))()
