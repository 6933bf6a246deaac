"""Images in files that are mapped into memory: what is looked at is read, and forgotten when room is short."""

from __future__ import annotations

import ctypes
import errno
import math
import mmap
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
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

Room = Callable[[tuple[int, ...]], Bytes]
"""Gives an array of a shape (N, C, H, W) to put images into, in memory or mapped."""

LARGE = 1 << 30  # bytes of images, from which on they are not held in memory
_AHEAD = 1000  # images that the system is told of before they are needed
_WILL_NEED = 3  # of Linux and macOS


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
            return np.memmap(file, dtype, "r+", shape=shape)
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
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    if hasattr(os, "fstatvfs"):  # macOS, where nothing reserves it
        disk = os.fstatvfs(file)
        if disk.f_bavail * disk.f_frsize < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.truncate(file, size)


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
    return images


def as_tensor(images: Bytes) -> Tensor:
    """Give images that are only there to be read as a tensor; whoever writes to it ends the program."""
    import torch

    # A private map could be written to, but were it larger than the memory, systems would refuse it.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writ")
        return torch.from_numpy(images)


def taken(of: npt.NDArray[Any], rows: npt.NDArray[np.integer]) -> npt.NDArray[Any]:
    """Copy rows, int64 (K,), of an array (N, ...) into room of their own: see `roomy`."""
    room = roomy((len(rows), *of.shape[1:]), of.dtype)
    if len(rows):
        np.take(of, rows, axis=0, out=room, mode="clip")  # any other mode would make another copy first
    return room


def joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Copy arrays (N, ...) after each other into room of their own: see `roomy`."""
    return np.concatenate(parts, out=roomy((sum(map(len, parts)), *parts[0].shape[1:]), parts[0].dtype))


def looking_ahead(images: Tensor, batches: Sequence[Tensor]) -> Iterator[Tensor]:
    """Give batches of rows, and tell the system which follow, so that it fetches them from the disk in the meantime.

    Where images do not lie in the disk's cache that made random batches five times as quick.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
    batches : sequence of int64 (B,)
        On the CPU.
    """
    if images.nbytes < LARGE or os.name != "posix" or images.device.type != "cpu":
        yield from batches
        return
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    size, coming = images[0].nbytes, iter(batches)
    told = 0
    for number, batch in enumerate(batches):
        while told < (number + 1) * len(batches[0]) + _AHEAD and (rows := next(coming, None)) is not None:
            told += len(rows)
            for row in rows.tolist():
                begin = images.data_ptr() + row * size
                page = begin - begin % mmap.PAGESIZE
                advise(page, begin + size - page, _WILL_NEED)
        yield batch
