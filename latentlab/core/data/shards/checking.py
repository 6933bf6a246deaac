"""Checking a packed set: whether all its shards are there, as large as they should be, and as they were written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.shards.shard_index import Index, Shard, read_index
from latentlab.core.errors import listed, reason_of

AT_ONCE = 1 << 23
"""Bytes that are read and counted, or written, at once."""
_NAMED = 3  # damaged files


def check(folder: Path, report: Callable[[float], None] = lambda share: None) -> Index:
    """Read every shard of a packed set, and compare it with its checksum.

    Raises
    ------
    DatasetError
        When one is missing, damaged or not whole.
    """
    index = read_index(folder)
    see_whole(index, folder)
    damaged, done = [], 0
    for stream in index.streams():
        for number, (name, begin, end) in enumerate(index.pieces(stream)):
            if not is_whole(folder / name, end - begin, index.shards[stream.name][number]):
                damaged.append(name)
            done += end - begin
            report(done / index.bytes)
    if damaged:
        raise DatasetError(
            f"In {folder}, {listed(damaged, _NAMED)} {'is' if len(damaged) == 1 else 'are'} damaged: "
            f"'latentlab pack {index.source} --out {folder}' writes what is damaged again."
        )
    return index


def see_whole(index: Index, folder: Path) -> None:
    """See that all shards are there, as large as they should be.

    Raises
    ------
    DatasetError
        When one is not.
    """
    again = f"'latentlab pack {index.source} --out {folder}' goes on where it ended"
    if index.lacking:
        total = sum(map(len, index.shards.values()))
        raise DatasetError(f"{folder} is not packed to the end, {index.lacking:,} of {total:,} shards lack: {again}.")
    for stream in index.streams():
        for name, begin, end in index.pieces(stream):
            try:
                size = os.stat(folder / name).st_size  # noqa: PTH116
            except FileNotFoundError as error:
                raise DatasetError(f"The shard {folder / name} is missing: {again}.") from error
            except OSError as error:
                raise DatasetError(f"The shard {folder / name} cannot be read: {reason_of(error)}.") from error
            if size != end - begin:
                raise DatasetError(f"The shard {folder / name} has {size:,} of {end - begin:,} bytes: {again}.")


def is_whole(path: Path, size: int, shard: Shard | None, watch: Callable[[], None] = lambda: None) -> bool:
    """Whether a file is there, and has the bytes that its index tells of."""
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb", buffering=0) as file:
            if shard is None or os.fstat(file.fileno()).st_size != size:
                return False
            room = memoryview(bytearray(min(AT_ONCE, size)))
            while read := file.readinto(room):
                watch()
                digest.update(room[:read])
    except OSError:
        return False
    return digest.hexdigest() == shard.digest
