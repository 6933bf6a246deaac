"""Files of arrays: which format one is in, told by its first bytes, and what it is if none that can be read."""

from __future__ import annotations

import gzip
import stat
import zipfile
from pathlib import Path

from latentlab.core.budgets import contents, in_words, is_believed
from latentlab.core.data.arrays.formats import (
    hdf5_files,
    idx_files,
    matlab_files,
    numpy_files,
    pixel_tables,
    safetensors_files,
    torch_files,
)
from latentlab.core.data.arrays.stored_array import ArrayFile
from latentlab.core.data.image_set import DatasetError
from latentlab.core.errors import reason_of
from latentlab.core.files import is_folder

_HEAD = 512  # bytes that tell a format
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_AS_TORCH = (".pt", ".pth")
_PICTURES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm")

_UNPACK = "unpack it, and open what is in it"
_AS_ARRAYS = "save its images as an array (N, H, W) or (N, H, W, 3), with numpy.save"
_PICKLE = ("a Python pickle, which is never opened, since it could run any program", _AS_ARRAYS)
_PICTURE = ("a picture", "open the folder that it is in")
_TABLE = "save its pictures as files and open their folder, or " + _AS_ARRAYS
_ARCHIVE = "unpack it, and open the folder or the file that is in it"
_TAR = ("a tar archive", _ARCHIVE)
# First bytes of what is no file of arrays: what it is, and what to do.
_OTHERS = {
    **dict.fromkeys((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), _PICKLE),
    b"PAR1": ("a Parquet table", _TABLE),
    b"ARROW1": ("an Arrow table", _TABLE),
    **dict.fromkeys((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM"), _PICTURE),
    b"RIFF": ("a picture or a film", "open the folder of the pictures, or save the film's frames as files"),
    b"BZh": ("packed by bzip2", _UNPACK),
    b"\xfd7zXZ\0": ("packed by xz", _UNPACK),
    b"\x28\xb5\x2f\xfd": ("packed by Zstandard", _UNPACK),
    b"7z\xbc\xaf": ("a 7z archive", _ARCHIVE),
    b"Rar!": ("a RAR archive", _ARCHIVE),
    b"%PDF": ("a PDF document", "save its pages as pictures, and open their folder"),
    b"SQLite format 3": ("an SQLite database", "save its pictures as files, and open their folder"),
}
# Endings of what its first bytes do not tell.
_ENDINGS = {
    **dict.fromkeys((".pkl", ".pickle"), _PICKLE),
    ".tfrecord": ("a TFRecord", _TABLE),
    ".nii": ("a NIfTI volume", "save its slices as an array (N, H, W), with numpy.save"),
    ".json": ("JSON, which is text", _AS_ARRAYS),
    ".mp4": ("a film", "save its frames as pictures, and open their folder"),
}


def open_arrays(path: Path) -> ArrayFile:
    """Open a file of arrays; nothing in it is ever unpickled.

    Raises
    ------
    DatasetError
        When it cannot be read: what it is, and what to do.
    """
    try:
        return _opened(path)
    except FileNotFoundError as error:
        raise DatasetError(f"{path} does not exist: give the path of a file.") from error
    except IsADirectoryError as error:
        raise DatasetError(f"{path} is a folder: open it as one, folder:{path}.") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {reason_of(error, 'it is damaged')}.") from error


def _opened(path: Path) -> ArrayFile:
    if is_folder(path):  # on Windows, opening one is a refused permission
        raise IsADirectoryError
    _check(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if not head:
            raise DatasetError(f"{path} is empty: get the file again.")
        if head.startswith(_ZIP):
            return _archive(path)
    if head.startswith(numpy_files.MAGIC):
        return numpy_files.read_array(path)
    if head.startswith(hdf5_files.MAGIC):
        return hdf5_files.read(path)
    if head.startswith(matlab_files.MAGIC_OF_HDF5):
        return hdf5_files.read(path, is_matlab=True)
    if head.startswith(matlab_files.MAGIC):
        return matlab_files.read(path)
    if idx_files.is_idx(head):
        return idx_files.read(path, is_packed=False)
    if path.name.lower().endswith(pixel_tables.SUFFIXES):
        return pixel_tables.read(path)
    if path.suffix.lower() in _AS_TORCH:  # before 1.6 torch wrote a row of pickles
        return torch_files.read(path)
    if _is_safetensors(path, head):
        return safetensors_files.read(path)
    if head.startswith(_GZIP):
        return _packed(path)
    raise _foreign(path, head)


def _check(path: Path) -> None:
    """See that a path is that of a file, and that it stores what its size promises."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # whoever opens a pipe waits
        raise DatasetError(f"{path} is a pipe, a socket or a device, and no file: give the path of a file.")
    stored = 512 * getattr(status, "st_blocks", status.st_size)  # Windows has no blocks
    if not is_believed(status.st_size, stored):
        raise DatasetError(
            f"{path} is empty but for {in_words(stored)} of its {in_words(status.st_size)}: get the file again."
        )


def _archive(path: Path) -> ArrayFile:
    """Open a ZIP file: numpy's, torch's, or one of pictures."""
    damaged = "is a ZIP file, as .npz files are, but a damaged one"
    with contents(str(path), DatasetError, damaged, "write it again with numpy.savez, or get it again"):
        numpy_files.check_directory(path)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        if any(name.rpartition("/")[2] == "data.pkl" for name in names):
            return torch_files.read(path)
        with path.open("rb") as file:
            found = numpy_files.read_archive(path, file)
    if found is not None:
        return found
    pictures = sum(Path(name).suffix.lower() in _PICTURES for name in names)
    what = "a ZIP of pictures" if pictures else "a ZIP file without arrays"
    raise DatasetError(f"{path} is {what}: unpack it, and open the folder.")


def _packed(path: Path) -> ArrayFile:
    """Open a file packed by gzip: IDX files are used as they are."""
    with contents(str(path), DatasetError, "is packed by gzip, but damaged", "get the file again"):
        with gzip.open(path) as file:
            head = file.read(_HEAD)
        if idx_files.is_idx(head):
            return idx_files.read(path, is_packed=True)
    raise _no_arrays(path, *(_TAR if _is_tar(head) else ("packed by gzip", _UNPACK)))


def _is_safetensors(path: Path, head: bytes) -> bool:
    return path.suffix.lower() == ".safetensors" or (head[8:10] == b'{"' and head[4:8] == b"\0\0\0\0")


def _foreign(path: Path, head: bytes) -> DatasetError:
    """Say what a file is that cannot be read."""
    known = next((said for start, said in _OTHERS.items() if head.startswith(start)), None)
    known = known or _ENDINGS.get(path.suffix.lower())
    if known is None and _is_tar(head):
        known = _TAR
    if known is None and head[128:132] == b"DICM":
        known = ("a DICOM picture", "save it as PNG or TIFF, and open the folder")
    if known is None and _is_text(head):
        known = ("text", f"a table of pixels has a name that ends in .csv; otherwise {_AS_ARRAYS}")
    if known is None:
        known = (
            "of no format that is known here",
            ".npy, .npz, .csv, IDX, .pt, .h5, .mat and .safetensors are read; " + _AS_ARRAYS,
        )
    return _no_arrays(path, *known)


def _no_arrays(path: Path, what: str, remedy: str) -> DatasetError:
    return DatasetError(f"{path} is {what}: {remedy}.")


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character that is cut at the end is no matter
            return False
        text = head[: error.start].decode()
    return all(character.isprintable() or character.isspace() for character in text)
