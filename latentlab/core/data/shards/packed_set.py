"""A packed set as an image set: its shards are mapped end to end, and nothing is read but what is looked at."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.data.columns import Column
from latentlab.core.data.image_set import NO_LABEL, DatasetError, ImageSet
from latentlab.core.data.mapped_images import LARGE, as_tensor, let_go
from latentlab.core.data.shards.checking import check, see_whole
from latentlab.core.data.shards.end_to_end import end_to_end
from latentlab.core.data.shards.shard_index import FILE, Index, Stream, no_pack, read_index
from latentlab.core.errors import printable, reason_of
from latentlab.core.files import absolute, is_file, is_folder
from latentlab.core.recipe.settings import PACKED_PAIRS, SHARDS

_BEGIN = 4096  # bytes in which an index says whether it is of pairs
_ARE_PAIRS = re.compile(rb'"format":"latentlab-shards/[^"]*","pairs":true')


def is_pack(folder: Path) -> bool:
    """Whether a folder is that of a packed set, as the beginning of its index tells."""
    return b'"format":"latentlab-shards/' in _begin(folder)


def name_of(folder: Path) -> str:
    """Give the name that recipes have for a packed set."""
    prefix = PACKED_PAIRS if _ARE_PAIRS.search(_begin(folder)) else SHARDS
    return f"{prefix}{printable(absolute(folder).as_posix())}"


def problem_of(folder: Path) -> str | None:
    """Say in a sentence why a folder is no packed set, as far as the names of its files tell."""
    if not is_folder(folder):
        return f"{folder} does not exist."
    if not is_file(folder / FILE):
        return no_pack(folder)
    return None


def load_packed(name: str, folder: Path) -> ImageSet:
    """Map a packed set.

    It is the set that was packed: the same images in the same order, with its fingerprint. Shards of less than a
    gigabyte in all are compared with their checksums; of larger ones the sizes, and `checking.check` reads all.

    Parameters
    ----------
    name : str
        That recipes use; it says whether these are pairs.
    folder : Path

    Raises
    ------
    DatasetError
        When a file is missing, damaged, not whole or of a later version, or the name says something else.
    """
    index = read_index(folder)
    if index.pairs != name.startswith(PACKED_PAIRS):
        prefix, are = (PACKED_PAIRS, "pairs") if index.pairs else (SHARDS, "no pairs")
        raise DatasetError(f"The images in {folder} are {are}: write {prefix}{folder}.")
    if index.bytes < LARGE:
        check(folder)
    else:
        see_whole(index, folder)
    arrays = {stream.name: _mapped(index, stream, folder) for stream in index.streams()}
    labels = arrays["labels"]
    if int(labels.min()) < NO_LABEL or int(labels.max()) >= max(1, len(index.class_names)):
        raise DatasetError(f"The labels in {folder} are damaged, some are of no class: pack the set again.")
    let_go(labels)
    images, noisy = as_tensor(arrays["images"]), as_tensor(arrays["noisy"]) if index.pairs else None
    train, test = slice(index.training), slice(index.training, None)
    return ImageSet(
        name=name,
        title=index.title,
        train_images=images[train],
        train_labels=as_tensor(labels)[train],
        test_images=images[test],
        test_labels=as_tensor(labels)[test],
        class_names=index.class_names,
        train_noisy=None if noisy is None else noisy[train],
        test_noisy=None if noisy is None else noisy[test],
        train_columns=_columns(index, arrays, train),
        test_columns=_columns(index, arrays, test),
        left_out=index.left_out,
        notes=index.notes,
        fingerprint=index.fingerprint,
        levels=_levels(index),
    )


def _begin(folder: Path) -> bytes:
    if not is_file(folder / FILE):  # a pipe would be waited for; a link to a file is one, as stores of data lay them
        return b""
    try:
        with (folder / FILE).open("rb") as file:
            return file.read(_BEGIN)
    except (OSError, ValueError):
        return b""


def _mapped(index: Index, stream: Stream, folder: Path) -> npt.NDArray[Any]:
    pieces = list(index.pieces(stream))
    try:
        laid = end_to_end([folder / name for name, _, _ in pieces], [end - begin for _, begin, end in pieces])
    except OSError as error:
        raise DatasetError(f"The shards in {folder} cannot be mapped: {reason_of(error)}.") from error
    return laid.view(np.dtype(f"<{stream.kind}")).reshape(stream.rows, *stream.shape)


def _columns(index: Index, arrays: dict[str, npt.NDArray[Any]], part: slice) -> tuple[Column, ...]:
    named = enumerate(index.columns)
    return tuple(Column(each.name, arrays[f"column{number}"][part], each.texts) for number, each in named)


def _levels(index: Index) -> tuple[int, int, float]:
    shards: Sequence[Any] = index.shards["images"]
    mean = sum(shard.total for shard in shards) / ((index.training + index.test) * math.prod(index.shape))
    return min(shard.lowest for shard in shards), max(shard.highest for shard in shards), mean
