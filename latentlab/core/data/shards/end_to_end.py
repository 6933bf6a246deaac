"""Files that are mapped into memory one behind the other, so that together they are one array: nothing is copied."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from latentlab.core.arrays import Bytes
from latentlab.core.data.mapped_images import joined, known_as_map

_FIXED = 0x10  # of mmap, on Linux and macOS
_LAYS = os.name == "posix"  # Windows has no address chosen for it
PAGES = 1 << 16  # bytes: a multiple of the pages of every system, and of all files but the last one


def end_to_end(files: Sequence[Path], sizes: Sequence[int]) -> Bytes:
    """Map files to be read, as one array.

    Where the system does not lay files behind each other they are copied to one that has no name: see `joined`.

    Parameters
    ----------
    files : sequence of Path
    sizes : sequence of int
        Bytes of each, which it has, and of all but the last a multiple of `PAGES`: what lies in a map and not in its
        file ends the program.

    Returns
    -------
    uint8 (sum of sizes,)

    Raises
    ------
    OSError
        When one cannot be opened or mapped.
    """
    if not sum(sizes):
        return np.empty(0, np.uint8)
    if not _LAYS:
        parts: list[Bytes] = [
            np.memmap(path, np.uint8, "r", shape=(size,)) for path, size in zip(files, sizes, strict=True)
        ]
        return parts[0] if len(parts) == 1 else joined(parts)
    # Room among the addresses, which takes no memory; it goes, with whatever was laid into it, when nobody has it.
    room = mmap.mmap(-1, sum(sizes), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
    laid: Bytes = np.frombuffer(room, np.uint8)
    lay = ctypes.CDLL(None, use_errno=True).mmap
    lay.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    lay.restype = ctypes.c_void_p
    at = laid.ctypes.data
    for path, size in zip(files, sizes, strict=True):
        file = os.open(path, os.O_RDONLY)
        try:
            if lay(at, size, mmap.PROT_READ, mmap.MAP_SHARED | _FIXED, file, 0) != at:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(path))
        finally:
            os.close(file)
        at += size
    return known_as_map(laid)
