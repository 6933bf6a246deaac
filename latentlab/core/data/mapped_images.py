"""Images in files that are mapped into memory: what is looked at is read, and forgotten when room is short."""

from __future__ import annotations

import ctypes
import errno
import math
import mmap
import os
import tempfile
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import platformdirs

from latentlab.core.arrays import Bytes
from latentlab.core.budgets import afford
from latentlab.core.errors import LatentlabError
from latentlab.core.files import at_home

if TYPE_CHECKING:
    from torch import Tensor

    from latentlab.core.ranks.ranks import Ranks

Room = Callable[[tuple[int, ...]], Bytes]
"""Gives an array of a shape (N, C, H, W) to put images into, in memory or mapped."""

LARGE = 1 << 30  # bytes of images, from which on they are not held in memory
_AHEAD = 1000  # images that the system is told of before they are needed
_WILL_NEED, _DO_NOT_NEED = 3, 4  # of Linux and macOS
_HELD = 1 << 28  # bytes of maps that batches may have looked at before they let them go
_AROUND = 1 << 16  # bytes beside an image that the system maps with it

# The maps of files by their addresses: of other memory nothing may be let go.
_maps: weakref.WeakValueDictionary[int, npt.NDArray[Any]] = weakref.WeakValueDictionary()


def cache_dir() -> Path:
    """Give the folder of what can be made again: ``$LATENTLAB_CACHE``, or the place for caches on this system."""
    chosen = os.environ.get("LATENTLAB_CACHE")
    return at_home(chosen) if chosen else platformdirs.user_cache_path("latentlab") / "images"


def in_memory(shape: tuple[int, ...]) -> Bytes:
    """Give room for images in memory.

    Raises
    ------
    LatentlabError
        When they are more than it holds.
    """
    afford(math.prod(shape), "So many images", LatentlabError, "choose fewer of them, or free some space on the disk")
    return np.empty(shape, np.uint8)


def roomy(shape: tuple[int, ...], dtype: npt.DTypeLike = np.uint8) -> npt.NDArray[Any]:
    """Give room for images or what belongs to them: in memory or, for a gigabyte and more, in a file without a name.

    The file is gone when nobody needs it any more. Where there is no place for it, it is memory all the same.

    Raises
    ------
    LatentlabError
        When memory does not hold that either.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    try:
        cache_dir().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache_dir()) as file:
            allocate(file.fileno(), size)
            return known_as_map(np.memmap(file, dtype, "r+", shape=shape))
    except OSError:
        afford(size, "So many images", LatentlabError, "choose fewer of them, or free some space on the disk")
        return np.empty(shape, dtype)


def allocate(file: int, size: int) -> None:
    """Make an open file so many bytes long, and see that the disk has them.

    Otherwise a disk that is full while a map is written to would end the program (SIGBUS), with no error to catch.

    Raises
    ------
    OSError
        When it has not.
    """
    if hasattr(os, "fstatvfs"):  # or a disk would be full of what it has no room for until that fails
        disk = os.fstatvfs(file)
        if disk.f_bavail * disk.f_frsize < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    os.truncate(file, size)  # macOS, where nothing reserves it


def new_map(path: Path, shape: tuple[int, ...]) -> Bytes:
    """Make a ``.npy`` file for images, and map it to write them.

    Raises
    ------
    OSError
        When it cannot be made that large.
    """
    images: Bytes = np.lib.format.open_memmap(path, "w+", np.dtype(np.uint8), shape)
    with path.open("r+b") as file:
        allocate(file.fileno(), path.stat().st_size)
    return images


def open_map(path: Path) -> Bytes:
    """Map the images of a ``.npy`` file, uint8 (N, C, H, W), to read them.

    Raises
    ------
    OSError, ValueError
        When it is not there, not whole, or of something else.
    """
    images: np.memmap[Any, Any] = np.lib.format.open_memmap(path, mode="r")
    if images.dtype != np.uint8 or images.ndim != 4 or images.offset + images.nbytes > path.stat().st_size:
        raise ValueError(f"{path} holds no images")
    return known_as_map(images)


def as_tensor(images: Bytes) -> Tensor:
    """Give images that are only there to be read as a tensor; whoever writes to it ends the program."""
    import torch

    # A private map could be written to, but were it larger than the memory, systems would refuse it.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writ")
        return torch.from_numpy(images)


def known_as_map(mapped: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give the whole of what a file is mapped to, of which `let_go` may let go from now on."""
    _maps[mapped.ctypes.data] = mapped
    return mapped


def let_go(*arrays: npt.NDArray[Any] | Tensor | None) -> None:
    """Have this process hold nothing of what lies in maps of files; the disk's cache keeps it, as far as there is room.

    What a process has looked at in a map counts as its own memory until the system needs the room, or this is called.
    Whoever looks at it again finds it as it was. Nothing happens to other memory.

    Parameters
    ----------
    *arrays : ndarray, Tensor or None
        Each in one piece, on the CPU.
    """
    for array in arrays:
        if array is None or os.name != "posix":
            continue
        begin = array.ctypes.data if isinstance(array, np.ndarray) else array.data_ptr()
        end = begin + array.nbytes
        if any(start <= begin and end <= start + whole.nbytes for start, whole in list(_maps.items())):
            page = begin - begin % mmap.PAGESIZE
            _advise()(page, end - page, _DO_NOT_NEED)


@cache
def _advise() -> Callable[[int, int, int], int]:
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return advise


def in_parts(*arrays: npt.NDArray[Any], beside: int = 0) -> Iterator[slice]:
    """Go once through arrays (N, ...) by parts of their rows, and let go of each part that was looked at.

    Parameters
    ----------
    *arrays : ndarray
        Of as many rows.
    beside : int
        Bytes of something else that are looked at with each row.
    """
    count = len(arrays[0])
    each = sum(array.nbytes for array in arrays) // max(1, count) + beside
    at_once = max(1, _HELD // max(1, each))
    for begin in range(0, count, at_once):
        try:
            yield slice(begin, min(begin + at_once, count))
        finally:  # whoever has what it wanted of the last one asks for no more
            let_go(*arrays)


def taken(of: npt.NDArray[Any], rows: npt.NDArray[np.integer]) -> npt.NDArray[Any]:
    """Copy rows, int64 (K,), of an array (N, ...) into room of their own: see `roomy`."""
    room = roomy((len(rows), *of.shape[1:]), of.dtype)
    around = 0 if 2 * len(rows) > len(of) else _AROUND  # the rows between are among those
    for part in in_parts(room, beside=of.nbytes // max(1, len(of)) + around):
        np.take(of, rows[part], axis=0, out=room[part], mode="clip")  # any other mode would make another copy first
        let_go(of)
    return room


def joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Copy arrays (N, ...) after each other into room of their own: see `roomy`."""
    room, begin = roomy((sum(map(len, parts)), *parts[0].shape[1:]), parts[0].dtype), 0
    for array in parts:
        target = room[begin : begin + len(array)]
        for part in in_parts(array, target):
            target[part] = array[part]
        begin += len(array)
    return room


class Batches:
    """An order of images in parts of a size: each is made when one asks for it.

    As tensors all at once those of a hundred million images would take a quarter of a gigabyte.

    Parameters
    ----------
    order : integers (N,)
    size : int
    first : int
        The part to begin with.
    ranks : Ranks, optional
        Of each part this rank gets its own images.
    block : int
        In whole blocks of so many.
    """

    def __init__(self, order: Tensor, size: int, first: int = 0, ranks: Ranks | None = None, block: int = 1) -> None:
        self._order, self._size, self._first, self._ranks, self._block = order, size, first, ranks, block

    def __iter__(self) -> Iterator[Tensor]:
        for begin in range(self._first * self._size, len(self._order), self._size):
            batch = self._order[begin : begin + self._size]
            yield batch if self._ranks is None else batch[self._ranks.part(len(batch), self._block).rows]


def looking_ahead(images: Tensor, batches: Iterable[Tensor], *beside: Tensor | None) -> Iterator[Tensor]:
    """Give batches of rows, and tell the system which follow, so that it fetches them from the disk in the meantime.

    Where images do not lie in the disk's cache that made random batches five times as quick. What was looked at is let
    go now and then, so that a process never holds more than a part of a set, however large that is.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
    batches : iterable of integers (B,)
        On the CPU; gone through twice.
    *beside : Tensor (N, ...) or None
        What else is looked at of each image.
    """
    if images.nbytes < LARGE or os.name != "posix" or images.device.type != "cpu":
        yield from batches
        return
    advise = _advise()
    size, coming = images[0].nbytes, iter(batches)
    told = asked = held = 0
    looked_at = size + (1 + sum(each is not None for each in beside)) * _AROUND
    for batch in batches:
        asked += len(batch)
        while told < asked + _AHEAD and (rows := next(coming, None)) is not None:
            told += len(rows)
            for row in rows.tolist():
                begin = images.data_ptr() + row * size
                page = begin - begin % mmap.PAGESIZE
                advise(page, begin + size - page, _WILL_NEED)
        yield batch
        held += len(batch) * looked_at
        if held >= _HELD:
            let_go(images, *beside)
            held = 0
