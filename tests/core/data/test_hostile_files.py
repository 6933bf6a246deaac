"""Files that promise more than they hold: refused in a second and 300 MB, by what their headers tell."""

import gzip
import io
import json
import os
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from latentlab.core.data import registry
from latentlab.core.output.clean_page import CleaningError, read_page
from latentlab.core.recipe.recipe import Recipe, RecipeError
from tests.core.data.sentences import sentence_of
from tests.core.frugal import frugally

GB = 1 << 30
IMAGES = np.arange(12 * 6 * 6, dtype=np.uint8).reshape(12, 6, 6)


def refusal(path: Path, kind: str = "array:") -> str:
    """Give what is said of a file that is not read, and see that saying it takes little."""
    with frugally():
        return sentence_of(lambda: registry.load(f"{kind}{path}", path.parent))


def npy(shape: tuple[int, ...], dtype: str = "|u1") -> bytes:
    header = io.BytesIO()
    np.lib.format.write_array_header_2_0(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    return header.getvalue()


def whole_npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def npz(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def zeros(size: int) -> bytes:
    """Pack zeros by gzip, in members of 16 MB: in no time, whatever the size."""
    return gzip.compress(bytes(1 << 24), 1) * (size >> 24)


def element(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(kind: int, axes: tuple[int, ...], name: str, content: bytes) -> bytes:
    head = element(6, struct.pack("<II", kind, 0)) + element(5, struct.pack(f"<{len(axes)}i", *axes))
    return element(14, head + element(1, name.encode()) + content)


def matlab(path: Path, *elements: bytes) -> Path:
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM" + b"".join(elements))
    return path


def png(path: Path, width: int, height: int, colour: int = 2) -> Path:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"x\x9c") + chunk(b"IEND", b""))
    return path


def folder_with(path: Path) -> Path:
    """Make a folder of two pictures, and whatever else comes into it."""
    from PIL import Image

    path.mkdir()
    for number in range(2):
        Image.fromarray(IMAGES[number]).save(path / f"{number}.png")
    return path


def test_an_array_that_is_not_used_is_not_read(tmp_path):
    junk = npy((2 * GB,)) + np.random.default_rng(0).bytes(3_000_000)
    path = npz(tmp_path / "own.npz", images=whole_npy(IMAGES), junk=junk)
    content = bytearray(path.read_bytes())
    last = content.rindex(b"PK\1\2")  # of the list of files: now it tells what the array's header does
    content[last + 24 : last + 28] = struct.pack("<I", 2 * GB + len(npy((2 * GB,))))
    path.write_bytes(content)
    with frugally():
        assert "Not used are junk" in " ".join(registry.load(f"array:{path}", tmp_path).notes)


def test_headers_of_numpy_that_promise_more_than_there_is(tmp_path):
    assert "damaged" in refusal(npz(tmp_path / "own.npz", images=npy((GB, 6, 6)) + bytes(100)))
    (tmp_path / "own.npy").write_bytes(npy((GB, 6, 6)) + bytes(100))
    assert "damaged" in refusal(tmp_path / "own.npy")
    # A header of four gigabytes, which numpy would read before it looks at it.
    head = b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1)
    assert "damaged" in refusal(npz(tmp_path / "head.npz", images=head + bytes(4_000_000)))


def test_a_zip_file_with_more_arrays_than_anybody_has(tmp_path):
    path = npz(tmp_path / "own.npz", **{f"a{number}": b"" for number in range(1_100)})
    assert "1,100 arrays" in refusal(path)


@pytest.mark.skipif(os.name == "nt", reason="there are no sparse files")
def test_files_of_holes_are_refused(tmp_path):
    path = tmp_path / "own-images-idx3-ubyte"
    path.write_bytes(b"\0\0\x08\3" + struct.pack(">III", 20 * GB // 36, 6, 6))
    os.truncate(path, 16 + 20 * GB // 36 * 36)
    assert "is empty but for" in refusal(path)


def test_what_gzip_cannot_hold_is_refused(tmp_path):
    path = tmp_path / "own-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\3" + struct.pack(">III", 2**31, 2**10, 2**10) + bytes(100)))
    assert "cannot hold" in refusal(path)
    path.write_bytes(gzip.compress(b"\0\0\x08\3" + struct.pack(">III", 12, 6, 6) + IMAGES.tobytes()) + zeros(4 * GB))
    assert "does not hold as much as it announces" in refusal(path)


def test_tables_with_endless_lines_and_columns(tmp_path):
    (tmp_path / "own.csv.gz").write_bytes(zeros(2 * GB))
    assert "a line of 8,000,000 characters" in refusal(tmp_path / "own.csv.gz")
    names = [
        *(f"pixel{number}" for number in range(36)),
        *("n" + "abcdefghij"[n % 10] * (1 + n // 10) for n in range(2000)),
    ]
    (tmp_path / "own.csv").write_text("\n".join([",".join(names), *[",".join("1" * len(names))] * 3]))
    assert "2,000 columns beside the pixels" in refusal(tmp_path / "own.csv")
    folder = folder_with(tmp_path / "folder")
    (folder / "columns.csv").write_text(",".join(f"c{number}" for number in range(60_000)) + "\n")
    assert "59,999 columns" in refusal(folder, "folder:")


def test_files_of_matlab_are_read_as_far_as_they_are_used(tmp_path):
    images = matrix(9, (12, 6, 6), "images", element(2, np.asfortranarray(IMAGES).tobytes("A")))
    nested = matrix(9, (1, 1), "x", element(2, b"\1"))
    for _ in range(5_000):  # scipy's reader ends the program
        nested = matrix(1, (1, 1), "c", nested)
    with frugally():
        data = registry.load(f"array:{matlab(tmp_path / 'own.mat', nested, images)}", tmp_path)
    assert data.image_shape == (1, 6, 6)
    assert "damaged" in refusal(
        matlab(tmp_path / "lie.mat", matrix(9, (2**30, 6, 6), "images", element(2, b"\1" * 36)))
    )
    head = matrix(9, (2**30, 1), "images", b"") + struct.pack("<II", 2, 2**30)
    packed = zlib.compress(head + bytes(1_000))
    assert "is said to be" in refusal(matlab(tmp_path / "bomb.mat", struct.pack("<II", 15, len(packed)) + packed))


def test_hdf5_files_of_nothing_and_of_other_files(tmp_path):
    h5py = pytest.importorskip("h5py")
    (tmp_path / "secret.bin").write_bytes(bytes(1_000))
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file.create_dataset("images", (10**9, 28, 28), "u1", chunks=(1000, 28, 28))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_dataset("images", (12, 6, 6), "u1", external=[(str(tmp_path / "secret.bin"), 0, 432)])
    with h5py.File(tmp_path / "deep.h5", "w") as file:
        file.create_group("/".join("g" * 500))
    for name, group in (("many", "/"), ("inner", "group")):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            for number in range(1_100):
                file.require_group(group).create_group(str(number))
    assert "is empty but for 0 bytes of its 784 GB" in refusal(tmp_path / "empty.h5")
    assert "lies in another file" in refusal(tmp_path / "other.h5")
    assert "groups within each other" in refusal(tmp_path / "deep.h5")
    assert "has 1,100 groups and data sets or more" in refusal(tmp_path / "many.h5")  # all were counted before any
    assert "has 1,101 groups and data sets or more" in refusal(tmp_path / "inner.h5")


def test_tensors_that_repeat_one_number_and_values_without_end(tmp_path):
    torch.save({"images": torch.zeros(1, 1, 1).expand(10**6, 100, 100)}, tmp_path / "long.pt")
    assert "repeats the same few numbers 40 GB long" in refusal(tmp_path / "long.pt")
    torch.save([torch.zeros(1, 1).expand(1_000, 1_000) for _ in range(1_000)], tmp_path / "row.pt")
    assert "repeats the same few numbers 4 GB long" in refusal(tmp_path / "row.pt")
    inner: object = {str(number): torch.zeros(1) for number in range(300)}
    for _ in range(2):
        inner = dict.fromkeys(map(str, range(300)), inner)
    torch.save(inner, tmp_path / "many.pt")
    assert "1,001 values or more" in refusal(tmp_path / "many.pt")
    torch.save({"images": torch.from_numpy(IMAGES)}, tmp_path / "own.pt")
    with (
        zipfile.ZipFile(tmp_path / "own.pt") as source,
        zipfile.ZipFile(tmp_path / "p.pt", "w", zipfile.ZIP_DEFLATED) as to,
    ):
        for member in source.infolist():
            to.writestr(member.filename, source.read(member))
    assert "is packed" in refusal(tmp_path / "p.pt")


def test_safetensors_that_list_too_much(tmp_path):
    nothing = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    head = json.dumps({f"t{number}": nothing for number in range(2_000)}).encode()
    (tmp_path / "own.safetensors").write_bytes(struct.pack("<Q", len(head)) + head)
    assert "2,000 tensors" in refusal(tmp_path / "own.safetensors")
    (tmp_path / "own.safetensors").write_bytes(struct.pack("<Q", 2**62) + head)
    assert "damaged" in refusal(tmp_path / "own.safetensors")


def test_more_classes_than_are_told_apart_are_a_column(tmp_path):
    images = np.zeros((10_500, 4, 4), np.uint8)
    path = npz(tmp_path / "own.npz", images=whole_npy(images), labels=whole_npy(np.arange(10_500)))
    data = registry.load(f"array:{path}", tmp_path)
    assert not data.class_names
    assert [column.name for column in data.train_columns] == ["labels"]
    path = npz(
        tmp_path / "own.npz",
        images=whole_npy(IMAGES),
        class_names=whole_npy(np.array(["a"] * 10_500)),
        labels=whole_npy(np.arange(12)),
    )
    assert "10,500 names" in refusal(path)


def test_more_folders_than_classes_are_told_apart_are_none(tmp_path, monkeypatch):
    from latentlab.core.data.pictures import folder_layout

    monkeypatch.setattr(folder_layout, "CLASSES", 2)
    for name in "abc":
        folder_with(tmp_path / name)
    data = registry.load(f"folder:{tmp_path}", tmp_path)
    assert not data.class_names
    assert "3 folders are more than the 2 classes that are told apart: no image has a class." in data.notes


def test_a_picture_that_takes_too_much_is_left_out_with_its_reason(tmp_path):
    folder = folder_with(tmp_path / "folder")
    png(folder / "large.png", 13_000, 13_000)
    with frugally():
        data = registry.load(f"folder:{folder}", tmp_path)
    assert dict(data.left_out) == {"files that would take more than 512 MB of memory each": 1}
    with frugally(), pytest.raises(CleaningError, match="cut it into parts"):
        read_page(folder / "large.png")
    for side in ("dirty", "clean"):
        (tmp_path / side).mkdir()
        for number in range(2):
            png(tmp_path / side / f"{number}.png", 13_000, 13_000)
    assert "cut the page into parts" in refusal(tmp_path / f"dirty,{tmp_path / 'clean'}", "pairs:")


def test_an_animation_of_more_than_its_file_can_hold_is_left_out(tmp_path):
    folder = folder_with(tmp_path / "folder")
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    (folder / "x.gif").write_bytes(
        b"GIF89a" + struct.pack("<HHBBB", 9000, 9000, 0x80, 0, 0) + bytes(6) + frame * 50 + b";"
    )
    with frugally():
        assert sum(count for _, count in registry.load(f"folder:{folder}", tmp_path).left_out) == 1


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\n{} loop\nshowpage\n%%EOF\n"


@pytest.mark.skipif(os.name == "nt", reason="there are no pipes among files")
def test_programs_pipes_and_devices_are_no_pictures(tmp_path):
    folder = folder_with(tmp_path / "folder")
    for name in ("a.png", "b.jpg", "c.tga"):
        (folder / name).write_bytes(POSTSCRIPT)
    for name in ("pipe.png", "pipe", "columns.csv"):
        os.mkfifo(folder / name)
    (folder / "zero.png").symlink_to("/dev/zero")
    with frugally():
        data = registry.load(f"folder:{folder}", tmp_path)
    assert dict(data.left_out) == {"files that cannot be read": 5}
    for name in ("a.png", "pipe.png", "zero.png"):
        with frugally(), pytest.raises(CleaningError):
            read_page(folder / name)
    assert "a pipe, a socket or a device" in refusal(folder / "pipe.png")
    os.mkfifo(tmp_path / "own.toml")
    with frugally(), pytest.raises(RecipeError, match="a pipe, a socket or a device"):
        Recipe.load(tmp_path / "own.toml")


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 20_000 + " = 1",
        '"="' + '."="' * 20_000 + " = 1",
        "x = { a" + ".a" * 20_000 + " = 1 }",
        "[a" + ".a" * 90 + "]\n" + "".join(f"k{number}" + ".a" * 90 + " = 1\n" for number in range(5_000)),
        "x = " + "[" * 5_000,
        "x = " + "{a=" * 3_000,
        "[training]\nepochs = " + "9" * 5_000,
        "[training]\nepochs = 0x" + "f" * 6_000,
        "[training]\nepochs = 18446744073709551616",
        "[training]\npatience = 18446744073709551616",
        "[data]\nlimit = 1180591620717411303424",
        "[data]\nimages = [1180591620717411303424]",
        "".join(f"k{number} = 1\n" for number in range(30_000)),
        "[data]\nimages = [" + "1," * 300_000 + "]",
        "title = '" + "x" * 3_000_000 + "'",
        "#" * 4_000_001,
    ],
    ids=lambda text: text[:20],
)
def test_recipes_that_take_long_to_read(text, tmp_path):
    (tmp_path / "own.toml").write_text(text)
    with frugally(), pytest.raises(RecipeError) as caught:
        Recipe.load(tmp_path / "own.toml")
    assert len(str(caught.value)) < 1_000


def test_numbers_of_thousands_of_digits_are_a_sentence():
    for value in (9**6_000, "9" * 5_000):
        with frugally(), pytest.raises(RecipeError, match=r"training\.epochs = "):
            Recipe().with_changes({"epochs": value})


def test_a_set_repeated_beyond_all_memory_is_a_sentence(tiny_images, monkeypatch):
    from latentlab.core import budgets
    from latentlab.core.data import mapped_images
    from latentlab.core.errors import LatentlabError

    def refuse(file, size):
        raise OSError(28, "full")

    monkeypatch.setattr(mapped_images, "allocate", refuse)
    monkeypatch.setattr(budgets, "memory", lambda: 1_500_000_000)
    with frugally(), pytest.raises(LatentlabError, match="choose fewer of them"):
        tiny_images.repeated(10_000)


def test_the_budgets_leave_people_their_files(tmp_path):
    """What is large for good reasons is read: an array of zeros that is packed well, a long table, deep folders."""
    path = npz(tmp_path / "own.npz", images=whole_npy(np.zeros((5_000, 28, 28), np.uint8)))
    assert len(registry.load(f"array:{path}", tmp_path).train_images) > 4_000
    assert Recipe.from_toml(Recipe().with_changes({"images": "0-99999"}).to_toml()).data.images[-1] == 99_999


def test_nothing_but_one_file_opens_pictures():
    package = Path(registry.__file__).parents[2]
    opening = [path.name for path in package.rglob("*.py") if "Image.open(" in path.read_text("utf-8")]
    assert opening == ["picture_opening.py"]


def test_a_mistake_of_our_own_is_no_damaged_picture(tmp_path, monkeypatch):
    from latentlab.core.data.pictures import picture_frames

    folder = folder_with(tmp_path / "folder")
    monkeypatch.delattr(picture_frames, "_is_of_its_own")
    with pytest.raises(NameError):
        registry.load(f"folder:{folder}", tmp_path)
