"""Reads an HDF5 file in a process of its own: on a damaged file its library may never come back, or end its program.

Started as ``python -m latentlab.core.data.arrays.formats.hdf5_reader FILE``. It answers on standard output with lines
of JSON. The first tells which data sets there are; then each line of standard input asks for rows of one, as
``[name, start, stop]``, and gets what they are, followed by their bytes. What cannot be is answered by
``{"refused": sentence}``.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

import h5py
import numpy as np

from latentlab.core.budgets import ARRAYS, DEPTH, afford, contents, few, in_words, is_believed
from latentlab.core.errors import LatentlabError

Answer = tuple[dict[str, Any], bytes]


def listed(path: str, file: h5py.File) -> Answer:
    """Tell the data sets that an image set can use, by name: shape, and type of numpy or "" for text; and the others.

    Raises
    ------
    LatentlabError
        Where one lies in another file, or promises more than is there, and where there are too many.
    """
    found: dict[str, tuple[tuple[int, ...], str]] = {}
    seen = others = 0

    def count(inside: int) -> None:  # before their names are read, which takes long where there are very many
        few(seen + inside, ARRAYS, path, "groups and data sets or more", LatentlabError, "make several files of it")

    def take(name: str, item: Any) -> None:
        nonlocal seen, others
        seen += 1
        count(len(item) if isinstance(item, h5py.Group) else 0)
        few(name.count("/"), DEPTH, path, "groups within each other", LatentlabError, "store its arrays in one")
        if isinstance(item, h5py.Dataset) and not name.startswith("#"):  # as MATLAB calls the parts of cells
            is_text = h5py.check_string_dtype(item.dtype) is not None
            if item.shape is None or not (is_text or item.dtype.kind in "buif"):
                others += 1
            else:
                _check(path, name, item)
                found[name] = item.shape, "" if is_text else item.dtype.str

    count(len(file))
    file.visititems(take)
    return {"found": found, "others": others}, b""


def rows(path: str, file: h5py.File, name: str, start: int, stop: int) -> Answer:
    """Give rows of a data set: their shape, type and bytes.

    Raises
    ------
    LatentlabError
        Where texts are longer than memory.
    """
    item = file[name]
    if h5py.check_string_dtype(item.dtype) is None:
        array = np.ascontiguousarray(item[start:stop] if item.shape else item[()])
    else:
        text = item.asstr("utf-8", "surrogateescape")
        texts = text[start:stop] if item.shape else text[()]
        longest = max(map(len, texts.reshape(-1)), default=0) if isinstance(texts, np.ndarray) else 0
        afford(4 * longest * np.size(texts), f"'{name}' in {path}", LatentlabError)
        array = np.ascontiguousarray(np.array(texts, np.str_))
    return {"shape": array.shape, "type": array.dtype.str, "bytes": array.nbytes}, array.tobytes()


def serve(path: str, questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more questions."""

    def answer(make: Callable[[], Answer], what: str, problem: str) -> bool:
        try:
            with contents(what, LatentlabError, problem):
                told, data = make()
        except LatentlabError as error:
            told, data = {"refused": str(error)}, b""
        answers.write(json.dumps(told).encode() + b"\n")
        answers.write(data)
        answers.flush()
        return "refused" not in told

    opened: list[h5py.File] = []

    def begin() -> Answer:
        opened.append(h5py.File(path, "r"))
        return listed(path, opened[0])

    if not answer(begin, path, "is damaged, or no HDF5 file"):
        return
    for line in questions:
        name, start, stop = json.loads(line)
        answer(partial(rows, path, opened[0], name, start, stop), f"'{name}' in {path}", "is damaged")


def _check(path: str, name: str, item: h5py.Dataset) -> None:
    if item.external or item.is_virtual:  # whoever made a file does not choose which others are read
        raise LatentlabError(f"'{name}' in {path} lies in another file: copy it into this one.")
    promised, stored = math.prod(item.shape) * item.dtype.itemsize, item.id.get_storage_size()
    if not is_believed(promised, stored):
        raise LatentlabError(
            f"'{name}' in {path} is empty but for {in_words(stored)} of its {in_words(promised)}: write it again."
        )
    afford(math.prod(item.chunks or ()) * item.dtype.itemsize, f"A part of '{name}' in {path}", LatentlabError)


if __name__ == "__main__":
    serve(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
