"""HDF5 files: data sets by name, read a part at a time by a process of its own; h5py is an extra."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import weakref
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from latentlab.core.budgets import FOREIGN
from latentlab.core.data.arrays.stored_array import Array, ArrayFile, StoredArray
from latentlab.core.data.image_set import DatasetError

MAGIC = b"\x89HDF\r\n\x1a\n"

_READER = "latentlab.core.data.arrays.formats.hdf5_reader"


def can_be_read() -> bool:
    """Whether h5py is installed."""
    return find_spec("h5py") is not None


def read(path: Path, *, is_matlab: bool = False) -> ArrayFile:
    """Read which data sets there are, in all groups; those of MATLAB 7.3 have their axes the other way round.

    Raises
    ------
    DatasetError
        When h5py is not installed, or the file is damaged.
    """
    if not can_be_read():
        raise DatasetError(
            f"{path} is an HDF5 file, for which h5py is needed: install it with 'pip install h5py', and open it again."
        )
    reader = _Reader(path)
    arrays: dict[str, StoredArray] = {}
    for name, (shape, kind) in reader.found.items():
        dtype = np.dtype(kind or np.str_)
        source = StoredArray(path, name, tuple(shape), dtype, partial(reader.rows, name))
        arrays[name] = source.turned(np.transpose, source.shape[::-1]) if is_matlab else source
    others = (("data sets that hold neither numbers nor text", reader.others),) if reader.others else ()
    return ArrayFile(arrays, others)


class _Reader:
    """The process that reads a file; it ends with who asks it, and at once where it does not answer.

    Attributes
    ----------
    found : dict
        By the names of data sets: their shape, and their type, "" for text.
    others : int
        How many hold neither numbers nor text.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._one_at_a_time = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", _READER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._end = weakref.finalize(self, _end, self._process)
        told, _ = self._answer()
        self.found: dict[str, tuple[list[int], str]] = told["found"]
        self.others: int = told["others"]

    def rows(self, name: str, part: slice) -> Array:
        """Ask for rows of a data set."""
        with self._one_at_a_time:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps([name, part.start, part.stop]).encode() + b"\n")
                self._process.stdin.flush()
            except OSError as error:
                raise self._damaged() from error
            told, data = self._answer()
        return np.frombuffer(data, np.dtype(told["type"])).reshape(told["shape"])

    def _answer(self) -> tuple[dict[str, Any], bytearray]:
        """Wait for an answer, but not for ever."""
        assert self._process.stdout is not None
        clock = threading.Timer(FOREIGN, self._process.kill)
        clock.daemon = True
        clock.start()
        try:
            line = self._process.stdout.readline()
            told = json.loads(line) if line.endswith(b"\n") else {}
            size = told.get("bytes", 0)
            data = bytearray(self._process.stdout.read(size))  # an array of it can be written to
        finally:
            clock.cancel()
        if not told or len(data) < size:
            raise self._damaged()
        if "refused" in told:
            raise DatasetError(told["refused"])
        return told, data

    def _damaged(self) -> DatasetError:
        self._end()
        return DatasetError(f"{self._path} is damaged, or no HDF5 file: write it again.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()
