"""Image sets that were slow to read, kept as they were read: opened again, their images are mapped from the disk.

Two files a set, named by a digest of everything that decides on what is read: ``KEY.ID.npy``, the images, those for
training first, and ``KEY.safetensors`` with all else. The second is written last and at once: without it there is no
set. Nobody moves what is mapped, which not every system allows.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import time
import uuid
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from latentlab import __version__
from latentlab.core import locks
from latentlab.core.arrays import Bytes
from latentlab.core.data.columns import Column
from latentlab.core.data.image_set import DatasetError, Fitted, ImageSet
from latentlab.core.data.mapped_images import Room, as_tensor, cache_dir, in_memory, new_map, open_map
from latentlab.core.errors import reason_of
from latentlab.core.files import exists, inside, is_file
from latentlab.core.locks import hold, remove_if_left
from latentlab.core.writing import sweep, whole_file

_VERSION = 3  # of what is read and how it is kept: another one when either changes
MOST_BYTES = 20_000_000_000  # of all sets, unless the last alone is larger
_FREE_BYTES = 1_000_000_000  # that are left on the disk
_SMALL = 64_000_000  # bytes of images: so few are held in memory
_QUICK = 1.0  # seconds: what is read in less is not worth keeping
_ENTRY, _IMAGES = ".safetensors", ".npy"
_NAMES = re.compile(r"([0-9a-f]{32})(?:\.safetensors|\.(?:([0-9a-f]{8})-)?[0-9a-f]{8}\.npy)")
_FACTS = ("name", "title", "class_names", "left_out", "notes", "fitted", "fingerprint")

# The maps that are in use here, by their files: these are not removed.
_open: weakref.WeakValueDictionary[Path, Bytes] = weakref.WeakValueDictionary()


def key_of(files: Iterable[Path], *choices: object) -> str:
    """Give the key of what is read of files: another one whenever any of them, or a choice, changes.

    Parameters
    ----------
    files : iterable of Path
        Those that are not there count as such.
    *choices : object
        Whatever else decides, as its `repr` tells it.
    """
    digest = blake2b(digest_size=16)
    digest.update(repr((_VERSION, __version__, PIL.__version__, choices)).encode())
    for path in files:
        try:
            found = os.stat(path)  # noqa: PTH116 - half of the time of Path's
            # What is copied over a file may have its size and time of writing; when that happened it cannot choose.
            facts = (found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        except OSError:
            facts = (-1, 0, 0)
        digest.update(repr((str(path), *facts)).encode())
    return digest.hexdigest()


def cached(key: str, read: Callable[[Room], ImageSet]) -> ImageSet:
    """Give a set from the cache or, where it is not there, read it, and keep it if that took long.

    Parameters
    ----------
    key : str
        Of `key_of`.
    read : callable
        Reads the set, with its images, those for training before those for testing, at the beginning of one array that
        the function gives that it is called with.

    Raises
    ------
    Exception
        What `read` raises; nothing is kept then.
    """
    entry = cache_dir() / f"{key}{_ENTRY}"
    if (known := _opened(entry)) is not None:
        return known
    begin = time.perf_counter()
    draft = _Draft(entry)
    try:
        data = read(draft.room)
        if draft.problem:
            return replace(data, notes=(*data.notes, draft.problem))
        if draft.images is not None or time.perf_counter() - begin >= _QUICK:
            with suppress(DatasetError, OSError, SafetensorError):  # then it is as it was read, and not kept
                draft.keep(data)
        return data
    finally:
        draft.leave()


@dataclass(frozen=True, slots=True)
class Removed:
    """How many sets were removed from the cache, and the bytes that are free again."""

    sets: int
    bytes: int


def clear() -> Removed:
    """Remove all sets but those that are in use here."""
    removed = [each for each in _stored() if each.remove()]
    return Removed(sum(each.is_whole for each in removed), sum(each.bytes for each in removed))


def tidy() -> None:
    """Remove what those left behind who died while they wrote; nothing is raised."""
    sweep(cache_dir())
    for each in _stored():
        if not each.is_whole:
            each.remove()


class _Draft:
    """A set in the making.

    Attributes
    ----------
    images : uint8 (N, C, H, W) or None
        Where they are read into a map.
    problem : str
        Why they are not, though they are many, in a sentence.
    """

    def __init__(self, entry: Path) -> None:
        self._entry = entry
        self._file = entry.with_name(f"{entry.stem}.{locks.machine()}-{uuid.uuid4().hex[:8]}{_IMAGES}")
        self._held: int | None = None
        self._is_kept = False
        self.images: Bytes | None = None
        self.problem = ""

    def room(self, shape: tuple[int, ...]) -> Bytes:
        """Give room for images: in memory for a few, and where the disk has none."""
        size = math.prod(shape)
        if size < _SMALL:
            return in_memory(shape)
        try:
            self.images = self._new(shape)
        except OSError as error:
            self.problem = (
                f"The images take {size / 1e9:,.1f} GB of memory, since the cache in {self._file.parent} has no room: "
                f"{reason_of(error)}."
            )
            return in_memory(shape)
        return self.images

    def keep(self, data: ImageSet) -> None:
        """Write what is not there yet.

        Raises
        ------
        DatasetError, OSError, SafetensorError
            When it cannot be written.
        """
        images, train, test = self.images, data.train_images, data.test_images
        if images is None:
            images = self._new((len(train) + len(test), *data.image_shape))
            np.concatenate([train.numpy(), test.numpy()], out=images)
        else:
            begin = images.ctypes.data
            assert (train.data_ptr(), test.data_ptr()) == (begin, begin + train.nbytes)
        assert isinstance(images, np.memmap)
        images.flush()  # or after a power cut there would be a set, but not its images
        if exists(self._entry):  # somebody else was quicker
            return
        with whole_file(self._entry, "The set", DatasetError) as partial:
            partial.write_bytes(_entry_of(data, self._file.name))
        self._is_kept = True

    def leave(self) -> None:
        """Remove the images' file, unless it belongs to a set now; where it is mapped, it is gone with that."""
        if self._held is not None:
            os.close(self._held)
        if not self._is_kept:
            with suppress(OSError):
                self._file.unlink()

    def _new(self, shape: tuple[int, ...]) -> Bytes:
        _make_room(math.prod(shape))
        self._held = hold(self._file)
        images = new_map(self._file, shape)
        _open[self._file] = images
        return images


def _entry_of(data: ImageSet, file: str) -> bytes:
    facts = {name: getattr(data, name) for name in _FACTS}
    facts |= {"images": file, "columns": [(column.name, column.texts) for column in data.train_columns]}
    arrays = {"train": data.train_labels.numpy(), "test": data.test_labels.numpy()}
    for number, (train, test) in enumerate(zip(data.train_columns, data.test_columns, strict=True)):
        arrays |= {f"train {number}": train.values, f"test {number}": test.values}
    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    content: bytes = save(tensors, {"set": json.dumps(facts)})
    return content


def _opened(entry: Path) -> ImageSet | None:
    """Open a set; one that is damaged is removed."""
    if not is_file(entry):
        return None
    try:
        found = _read(entry)
    except Exception:  # whatever others did to it; what it was made of is still there
        with suppress(OSError):
            entry.unlink()
        return None
    with suppress(OSError):
        os.utime(entry)  # when it was used last
    return found


def _read(entry: Path) -> ImageSet:
    with safe_open(entry, "np") as file:
        facts: dict[str, Any] = json.loads(file.metadata()["set"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    path = entry.with_name(Path(facts["images"]).name)
    mapped = open_map(path)
    _open[path] = mapped
    train, test = arrays["train"], arrays["test"]
    end = len(train) + len(test)
    if len(mapped) < end:
        raise ValueError("images are missing")
    images = as_tensor(mapped)
    size, fit = facts["fitted"]
    chosen: Fitted = (tuple(size) if size else None, fit)
    return ImageSet(
        name=facts["name"],
        title=facts["title"],
        train_images=images[: len(train)],
        train_labels=torch.from_numpy(train),
        test_images=images[len(train) : end],
        test_labels=torch.from_numpy(test),
        class_names=tuple(facts["class_names"]),
        train_columns=_columns("train", facts, arrays),
        test_columns=_columns("test", facts, arrays),
        left_out=tuple((reason, count) for reason, count in facts["left_out"]),
        notes=tuple(facts["notes"]),
        fitted=chosen,
        fingerprint=facts["fingerprint"],
    )


def _columns(split: str, facts: dict[str, Any], arrays: dict[str, Any]) -> tuple[Column, ...]:
    named = enumerate(facts["columns"])
    return tuple(Column(name, arrays[f"{split} {number}"], tuple(texts)) for number, (name, texts) in named)


def _make_room(size: int) -> None:
    """Remove sets, those first that were not used for longest, until there is room for another one.

    Raises
    ------
    OSError
        When the disk has not enough.
    """
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(_stored(), key=lambda each: each.used)
    total = sum(each.bytes for each in found)
    for each in found:
        has_room = total + size <= MOST_BYTES and shutil.disk_usage(folder).free >= size + _FREE_BYTES
        if not (has_room and each.is_whole) and each.remove():
            total -= each.bytes
    if (free := shutil.disk_usage(folder).free) < size + _FREE_BYTES:
        raise OSError(f"the disk has only {free / 1e9:,.1f} GB left")


@dataclass(frozen=True, slots=True)
class _Stored:
    """What lies in the cache under one key.

    Attributes
    ----------
    files : tuple of Path
        What makes it a set comes first, if it is there.
    bytes : int
    used : float
        When it was used last, or when it was changed last if it is not whole.
    """

    files: tuple[Path, ...]
    bytes: int
    used: float

    @property
    def is_whole(self) -> bool:
        """Whether it is a set, and not the beginning of one."""
        return self.files[0].suffix == _ENTRY

    def remove(self) -> bool:
        """Remove it unless it is in use here, or somebody is writing it; give whether it is gone."""
        if any(path in _open for path in self.files):
            return False
        if not self.is_whole:
            return all(map(_removed_if_left, self.files))
        for path in self.files:
            with suppress(OSError):  # some systems keep what others have mapped; without an entry it is forgotten
                path.unlink()
        return True


def _removed_if_left(path: Path) -> bool:
    found = _NAMES.fullmatch(path.name)
    with suppress(OSError):
        return remove_if_left(path, (found and found[2]) or "")
    return False


def _stored() -> list[_Stored]:
    files = defaultdict(list)
    for path in inside(cache_dir()):
        if match := _NAMES.fullmatch(path.name):  # or nobody knows what else somebody has there
            files[match[1]].append(path)
    return [found for each in files.values() if (found := _found(each))]


def _found(files: list[Path]) -> _Stored | None:
    files.sort(key=lambda path: path.suffix != _ENTRY)
    with suppress(OSError):  # gone already
        known = [path.stat() for path in files]
        used = known[:1] if files[0].suffix == _ENTRY else known
        return _Stored(tuple(files), sum(each.st_size for each in known), max(each.st_mtime for each in used))
    return None
