"""Packing: any image set becomes a folder of shards, of which those that are whole are not written again."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Bytes
from latentlab.core.budgets import in_words
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.mapped_images import let_go
from latentlab.core.data.shards.checking import AT_ONCE, is_whole
from latentlab.core.data.shards.shard_index import FILE, Index, Shard, Stream, read_index
from latentlab.core.errors import listed, reason_of
from latentlab.core.files import exists, inside, is_file
from latentlab.core.locks import hold_alone, release
from latentlab.core.writing import make_way, sweep, whole_file

_LOCK = ".latentlab-packing.lock"
_SURE = ("images", "labels")  # streams that a set's fingerprint tells

_Job = tuple[Stream, int, str, int, int]  # a stream, the number and the name of a shard, and which of its bytes


@dataclass(frozen=True, slots=True)
class Packed:
    """What packing came to: shards that were written, those that were whole already, and the bytes of all."""

    written: int
    kept: int
    bytes: int


def pack(
    data: ImageSet,
    folder: Path,
    jobs: int = 1,
    report: Callable[[float], None] = lambda share: None,
    cancelled: threading.Event | None = None,
) -> Packed | None:
    """Write a set as shards; where that broke off it goes on, and where it was done it is checked and mended.

    A shard that the index tells of is read, and stays where its checksum is right; another one is written anew. The
    packed set has the images, the order, the split, the labels and the fingerprint of this one.

    Parameters
    ----------
    data : ImageSet
    folder : Path
        New, empty, or of the same set.
    jobs : int
        Shards that are written at a time, each by a thread: checksums and writing leave Python's lock to the others.
    report : callable
        Told the share that is done, from a thread.
    cancelled : threading.Event, optional
        Seen after every few megabytes.

    Returns
    -------
    Packed or None
        None where it was cancelled.

    Raises
    ------
    DatasetError
        When the folder holds anything else, another program packs into it, or it cannot be written.
    """
    wanted = Index.of(data)
    with _alone(folder, wanted):
        index = _begun(wanted, folder)
        _see_room(index, folder)
        packing = _Packing(data, folder, index, cancelled or threading.Event())
        return packing.run(jobs, report)


class _Packing:
    def __init__(self, data: ImageSet, folder: Path, index: Index, cancelled: threading.Event) -> None:
        self._folder, self._index, self._cancelled = folder, index, cancelled
        self._has_ended = threading.Event()
        self._sources = {stream.name: _parts_of(data, stream) for stream in index.streams()}
        self._writing = threading.Lock()

    def run(self, jobs: int, report: Callable[[float], None]) -> Packed | None:
        index = self._index
        shards: list[_Job] = [
            (stream, number, *piece) for stream in index.streams() for number, piece in enumerate(index.pieces(stream))
        ]
        index.write(self._folder)
        written = done = 0
        with ThreadPoolExecutor(max(1, jobs), "packing") as pool:
            running = {pool.submit(self._see, shard): shard for shard in shards}
            try:
                for future in as_completed(running):
                    written += future.result()
                    done += running[future][4] - running[future][3]
                    report(done / index.bytes)
            except _Cancelled:
                return None
            finally:
                self._has_ended.set()  # whatever ended this, the others end too
                pool.shutdown(cancel_futures=True)
        return Packed(written, len(shards) - written, index.bytes)

    def _see(self, shard: _Job) -> bool:
        """See that a shard is whole; give whether it had to be written."""
        stream, number, name, begin, end = shard
        path, known = self._folder / name, self._index.shards[stream.name][number]
        if known is None or stream.name not in _SURE:
            # Perhaps it is whole, and who wrote it did not come to say so.
            known = self._described(stream, begin, end) if is_file(path) else None
        if known is not None and is_whole(path, end - begin, known, self._watch):
            self._tell(stream, number, known)
            return False
        with whole_file(path, "The shard", DatasetError) as partial, partial.open("r+b") as file:
            described = self._described(stream, begin, end, file.write)
        self._tell(stream, number, described)
        return True

    def _tell(self, stream: Stream, number: int, shard: Shard) -> None:
        with self._writing:
            if self._index.shards[stream.name][number] != shard:
                self._index = self._index.with_shard(stream.name, number, shard)
                self._index.write(self._folder)

    def _described(
        self, stream: Stream, begin: int, end: int, write: Callable[[memoryview], object] = lambda part: None
    ) -> Shard:
        digest, lowest, highest, total = hashlib.blake2b(digest_size=16), 255, 0, 0
        for part in _pieces(self._sources[stream.name], begin, end):
            self._watch()
            digest.update(part.data)
            if stream.kind == "u1":
                lowest, highest = min(lowest, int(part.min())), max(highest, int(part.max()))
                total += int(part.sum(dtype=np.int64))
            write(part.data)
            let_go(part)
        levels = {"lowest": lowest, "highest": highest, "total": total} if stream.kind == "u1" else {}
        return Shard(digest=digest.hexdigest(), **levels)

    def _watch(self) -> None:
        if self._cancelled.is_set() or self._has_ended.is_set():
            raise _Cancelled


class _Cancelled(Exception):
    pass


def _parts_of(data: ImageSet, stream: Stream) -> tuple[Bytes, Bytes]:
    """Give the bytes of a stream: those of the training images, and of the test images."""
    parts: Sequence[npt.NDArray[Any]]
    if stream.name == "images":
        parts = data.train_images.numpy(), data.test_images.numpy()
    elif stream.name == "noisy":
        assert data.train_noisy is not None
        assert data.test_noisy is not None
        parts = data.train_noisy.numpy(), data.test_noisy.numpy()
    elif stream.name == "labels":
        parts = data.train_labels.numpy(), data.test_labels.numpy()
    else:
        number = int(stream.name.removeprefix("column"))
        parts = data.train_columns[number].values, data.test_columns[number].values
    first, second = (np.ascontiguousarray(part, f"<{stream.kind}").reshape(-1).view(np.uint8) for part in parts)
    return first, second


def _pieces(parts: Sequence[Bytes], begin: int, end: int) -> Iterator[Bytes]:
    """Give some bytes of parts that lie one behind the other, a few at once."""
    for part in parts:
        for start in range(max(0, begin), min(len(part), end), AT_ONCE):
            yield part[start : min(start + AT_ONCE, end)]
        begin, end = begin - len(part), end - len(part)


@contextmanager
def _alone(folder: Path, wanted: Index) -> Iterator[None]:
    """Have a folder that is new, empty or of this set, while nobody else packs into it."""
    if is_file(folder):
        raise DatasetError(f"{folder} is a file: name a folder for --out.")
    make_way(folder / FILE, DatasetError, ("remove it", "change --out"))
    others = [path.name for path in inside(folder) if path.name not in _own_names(wanted)]
    if others and not exists(folder / FILE):
        raise DatasetError(
            f"{folder} holds something else, such as {listed(sorted(others), 1)}: give --out a new or an empty folder."
        )
    try:
        held = hold_alone(folder / _LOCK)
    except OSError as error:
        raise DatasetError(f"Nothing can be written in {folder}: {reason_of(error)}; change --out.") from error
    if held is None:
        raise DatasetError(f"Another latentlab packs into {folder}: wait until it has ended, or change --out.")
    try:
        yield
    finally:
        release(folder / _LOCK, held)


def _own_names(index: Index) -> set[str]:
    shards = {name for stream in index.streams() for name, _, _ in index.pieces(stream)}
    return shards | {FILE, _LOCK}


def _begun(wanted: Index, folder: Path) -> Index:
    """Give the index of a set, with the shards that were told whole by one that was packed to here before."""
    sweep(folder)
    if not exists(folder / FILE):
        return wanted
    found = read_index(folder)
    if not found.is_of(wanted):
        raise DatasetError(
            f"{folder} holds the shards of another set, {found.title} ({found.training + found.test:,} images): choose "
            "another folder for --out, or remove that one."
        )
    return wanted.model_copy(update={"shards": found.shards})


def _see_room(index: Index, folder: Path) -> None:
    lacking = 0
    for stream in index.streams():
        lacking += sum(end - begin for name, begin, end in index.pieces(stream) if not is_file(folder / name))
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    if lacking > free:
        raise DatasetError(
            f"The shards take {in_words(lacking)} more, and the disk of {folder} has {in_words(free)} left: free some "
            "space, or choose another disk for --out."
        )
