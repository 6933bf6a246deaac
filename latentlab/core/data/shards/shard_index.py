"""What a packed set is, as its index tells: what belongs to its images, into which files they go, and which are whole.

A pack is a folder of ``index.json`` and of files of one size, the shards. Of each *stream*, that is the images, their
dirty ones in a set of pairs, the labels and each column, the bytes lie one behind the other, training images first,
as if in one file that was cut: an image may begin in a shard and end in the next. So all shards but the last are whole
pages, and can be mapped end to end.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from latentlab.core.budgets import CLASSES, COLUMNS, IMAGES, contents
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.shards.end_to_end import PAGES
from latentlab.core.errors import reason_of
from latentlab.core.writing import whole_file

FILE = "index.json"
FORMAT: Literal["latentlab-shards/1"] = "latentlab-shards/1"
_FEWEST, _MOST = 1 << 22, 1 << 28  # bytes of a shard
_SHARDS = 64  # of a set that is neither small nor large
_LONGEST = 64_000_000  # bytes of an index

_Kind = Literal["u1", "i8", "u8", "f8"]
_Count = Annotated[int, Field(ge=0)]
_KINDS: dict[str, _Kind] = {"uint8": "u1", "int64": "i8", "uint64": "u8", "float64": "f8"}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)


class Shard(_Part):
    """A file that is whole: the checksum of its bytes (BLAKE2b, 128 bits) and, for what is drawn, its levels.

    Attributes
    ----------
    digest : str
    lowest, highest, total : int
        The lowest and the highest of its bytes, and their sum.
    """

    digest: str = Field(pattern="^[0-9a-f]{32}$")
    lowest: _Count = 0
    highest: _Count = 0
    total: _Count = 0


class NamedColumn(_Part):
    """What else is known of each image: see `Column`."""

    name: str
    kind: _Kind
    texts: tuple[str, ...] = ()


class Stream(_Part):
    """What lies in the shards of one name.

    Attributes
    ----------
    name : str
        That their files begin with.
    kind : str
        Of its numbers, as numpy writes it, the first byte the least.
    shape : tuple of int
        Of one image.
    rows : int
    """

    name: str
    kind: _Kind
    shape: tuple[int, ...]
    rows: int

    @property
    def bytes(self) -> int:
        """Of all its shards."""
        return self.rows * math.prod(self.shape) * int(self.kind[1:])


class Index(_Part):
    """The index of a packed set; what the attributes of `ImageSet` are called, they are here.

    Attributes
    ----------
    pairs : bool
        Whether there is a dirty image beside each one.
    training, test : int
        Images.
    shape : tuple of int
        Channels, height and width.
    shard_bytes : int
        Of each file but the last of a stream.
    shards : dict of str to tuple of Shard or None
        Of each stream its files in their order, None where one is not whole yet.
    """

    format: Literal["latentlab-shards/1"] = FORMAT
    pairs: bool
    source: str
    title: str
    fingerprint: str
    class_names: Annotated[tuple[str, ...], Field(max_length=CLASSES)]
    training: Annotated[int, Field(ge=1, le=IMAGES)]
    test: Annotated[int, Field(ge=0, le=IMAGES)]
    shape: tuple[Literal[1, 3], Annotated[int, Field(ge=1, le=65_535)], Annotated[int, Field(ge=1, le=65_535)]]
    columns: Annotated[tuple[NamedColumn, ...], Field(max_length=COLUMNS)] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    shard_bytes: Annotated[int, Field(ge=PAGES, le=1 << 40, multiple_of=PAGES)]
    shards: dict[str, tuple[Shard | None, ...]]

    @model_validator(mode="after")
    def _lists_its_shards(self) -> Self:
        if {name: len(each) for name, each in self.shards.items()} != {
            stream.name: -(-stream.bytes // self.shard_bytes) for stream in self.streams()
        }:
            raise ValueError("it does not list its shards")
        return self

    @classmethod
    def of(cls, data: ImageSet) -> Self:
        """Plan how a set is packed: no shard is whole yet."""
        size = shard_bytes(data)
        kinds = [_KINDS[column.values.dtype.name] for column in data.train_columns]
        columns = zip(data.train_columns, kinds, strict=True)
        facts: dict[str, Any] = {
            "pairs": data.train_noisy is not None,
            "source": data.name,
            "title": data.title,
            "fingerprint": data.fingerprint,
            "class_names": data.class_names,
            "training": len(data.train_images),
            "test": len(data.test_images),
            "shape": data.image_shape,
            "columns": tuple(NamedColumn(name=each.name, kind=kind, texts=each.texts) for each, kind in columns),
            "left_out": data.left_out,
            "notes": data.notes,
            "shard_bytes": size,
        }
        streams = cls.model_construct(**facts, shards={}).streams()
        return cls(**facts, shards={each.name: (None,) * -(-each.bytes // size) for each in streams})

    def streams(self) -> tuple[Stream, ...]:
        """Give what lies in its shards."""
        rows = self.training + self.test
        found = [Stream(name="images", kind="u1", shape=self.shape, rows=rows)]
        if self.pairs:
            found.append(Stream(name="noisy", kind="u1", shape=self.shape, rows=rows))
        found.append(Stream(name="labels", kind="i8", shape=(), rows=rows))
        columns = enumerate(self.columns)
        found += [Stream(name=f"column{number}", kind=each.kind, shape=(), rows=rows) for number, each in columns]
        return tuple(found)

    def pieces(self, stream: Stream) -> Iterator[tuple[str, int, int]]:
        """Give the name of each file of a stream, and from where to where its bytes go."""
        for number, begin in enumerate(range(0, stream.bytes, self.shard_bytes)):
            yield f"{stream.name}-{number:05}.bin", begin, min(begin + self.shard_bytes, stream.bytes)

    @property
    def bytes(self) -> int:
        """Of all shards."""
        return sum(stream.bytes for stream in self.streams())

    @property
    def lacking(self) -> int:
        """How many shards are not whole yet."""
        return sum(each.count(None) for each in self.shards.values())

    def with_shard(self, name: str, number: int, shard: Shard) -> Index:
        """Give the index once a shard is whole."""
        changed = (*self.shards[name][:number], shard, *self.shards[name][number + 1 :])
        return self.model_copy(update={"shards": self.shards | {name: changed}})

    def is_of(self, other: Index) -> bool:
        """Whether the shards are to hold the same bytes."""
        mine, theirs = (
            (each.fingerprint, each.shape, each.training, each.test, each.pairs, each.shard_bytes, each.class_names)
            for each in (self, other)
        )
        return mine == theirs and [(each.kind, each.texts) for each in self.columns] == [
            (each.kind, each.texts) for each in other.columns
        ]

    def write(self, folder: Path) -> None:
        """Write it into the folder of its shards.

        Raises
        ------
        DatasetError
            When it cannot be written.
        """
        with whole_file(folder / FILE, "The index", DatasetError) as partial:
            partial.write_text(self.model_dump_json(), encoding="utf-8")


def shard_bytes(data: ImageSet) -> int:
    """Give the bytes of the shards that a set is packed into."""
    pixels = data.train_images.nbytes + data.test_images.nbytes
    return min(_MOST, max(_FEWEST, -(-pixels // _SHARDS // _FEWEST) * _FEWEST))


def images_of_a_shard(data: ImageSet) -> int:
    """Give how many images are in a shard of a set that is packed, or would be."""
    return max(1, shard_bytes(data) // math.prod(data.image_shape))


def no_pack(folder: Path) -> str:
    """Say that a folder is none of a packed set."""
    return f"{folder} is no packed set, it has no {FILE}: name the folder that 'pack' wrote."


def read_index(folder: Path) -> Index:
    """Read the index of a packed set.

    Raises
    ------
    DatasetError
        When there is none, it is damaged, or of a later version.
    """
    path = folder / FILE
    try:
        with path.open("rb") as file:
            found = file.read(_LONGEST + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatasetError(no_pack(folder)) from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {reason_of(error)}.") from error
    remedy = "pack the set again into another folder"
    with contents(str(path), DatasetError, "is damaged", remedy):
        if len(found) > _LONGEST:
            raise ValueError("longer than any")
        known = json.loads(found)["format"]
    if known != FORMAT:
        later = isinstance(known, str) and known.startswith(FORMAT.partition("/")[0])
        what = f"is of a later version of latentlab ({known}): update latentlab" if later else "is no index of shards"
        raise DatasetError(f"{path} {what}{', or ' if later else ': '}{remedy}.")
    with contents(str(path), DatasetError, "is damaged", remedy):
        try:
            return Index.model_validate_json(found)
        except ValidationError as error:
            raise ValueError("not as an index is") from error
