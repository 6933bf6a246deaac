"""The image sets that torchvision knows and keeps as MNIST is kept: four IDX files in a folder of their own."""

from __future__ import annotations

import gzip
import string
import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from latentlab.core.budgets import UNPACKED, few
from latentlab.core.data.arrays.formats import idx_files
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.sets.downloaded import Downloaded, Source, first_line

_CHUNK = 1 << 16

_Array = npt.NDArray[Any]


def _on_mirrors(described: Any) -> tuple[Source, ...]:
    return tuple(Source(md5, tuple(f"{url}{file}" for url in described.mirrors)) for file, md5 in described.resources)


def _files(train: str, test: str, labels: str = "idx1-ubyte") -> tuple[str, ...]:
    return tuple(f"{part}-{kind}" for part in (train, test) for kind in ("images-idx3-ubyte", f"labels-{labels}"))


def _as_stored(array: _Array) -> _Array:
    return array


@dataclass(frozen=True)
class StandardSet(Downloaded):
    """A set of torchvision's, and what in it is otherwise than in MNIST.

    Attributes
    ----------
    place : tuple of str
        The name of its class in torchvision, and ``raw``.
    sources_of : callable
        Gives what there is to fetch, from that class.
    images_of, labels_of : callable
        Give upright images (N, H, W), or classes (N,), of what is stored.
    """

    files: tuple[str, ...] = _files("train", "t10k")
    sources_of: Callable[[Any], tuple[Source, ...]] = _on_mirrors
    images_of: Callable[[_Array], _Array] = _as_stored
    labels_of: Callable[[_Array], _Array] = _as_stored

    def sources(self) -> tuple[Source, ...]:
        """Give what torchvision says about where its sets are to be had."""
        return self.sources_of(getattr(torchvision_datasets(), self.place[0]))

    def unpack(self, arrived: Sequence[Path], folder: Path) -> Generator[str, None, None]:
        """Unpack the files from gzip, in archives those of this set."""
        for path in arrived:
            if path.suffix == ".zip":
                with zipfile.ZipFile(path) as archive:
                    members = {PurePosixPath(member).name: member for member in archive.namelist()}
                    for file in self.files:
                        with archive.open(members[f"{file}.gz"]) as packed:
                            yield from _gunzip(packed, folder / file)
            else:
                with path.open("rb") as packed:
                    yield from _gunzip(packed, folder / path.stem)

    def opened(self, path: Path) -> npt.NDArray[Any]:
        """Map an IDX file; not by torchvision: importing it takes seconds, and 200 MB."""
        is_images, is_wide = "images" in path.name, "idx2-int" in path.name
        expected = np.dtype(">i4" if is_wide else np.uint8), 3 if is_images else 2 if is_wide else 1
        with path.open("rb") as file:
            header = idx_files.header_of(file.read(idx_files.HEAD))
        if header is None or (header.dtype, len(header.shape)) != expected:
            raise DatasetError(f"{path} is damaged, it does not start as an IDX file of its kind: {self.mend}.")
        if (found := path.stat().st_size) != header.size:
            raise DatasetError(f"{path} is damaged, it has {found:,} bytes instead of {header.size:,}: {self.mend}.")
        if not all(header.shape):
            raise DatasetError(f"{path} holds no images: {self.mend}.")
        stored = np.memmap(path, header.dtype, "r", header.start, header.shape)
        return self.images_of(stored)[:, None] if is_images else self.labels_of(stored)


_GARMENTS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
_KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")

DATASETS = (
    StandardSet("mnist", "MNIST", 60_000, 10_000, 11_594_722, ("MNIST", "raw")),
    StandardSet("fashion-mnist", "Fashion-MNIST", 60_000, 10_000, 30_878_645, ("FashionMNIST", "raw"), _GARMENTS),
    StandardSet("kmnist", "Kuzushiji-MNIST", 60_000, 10_000, 21_240_888, ("KMNIST", "raw"), _KANA),
    StandardSet(
        "qmnist",
        "QMNIST",
        60_000,
        60_000,
        20_499_295,
        ("QMNIST", "raw"),
        files=_files("qmnist-train", "qmnist-test", "idx2-int"),
        sources_of=lambda described: tuple(
            Source(md5, (url,)) for part in ("train", "test") for url, md5 in described.resources[part]
        ),
        labels_of=lambda table: table[:, 0],  # the rest says who wrote it, and where it lies in NIST's files
    ),
    StandardSet(
        "emnist-letters",
        "EMNIST letters",
        124_800,
        20_800,
        561_753_746,  # one archive holds every part of EMNIST; only the letters are unpacked
        ("EMNIST", "raw"),
        tuple(string.ascii_uppercase),
        files=_files("emnist-letters-train", "emnist-letters-test"),
        sources_of=lambda described: (Source(described.md5, (described.url,)),),
        images_of=lambda columns: columns.transpose(0, 2, 1),  # stored column by column
        labels_of=lambda numbers: numbers - 1,  # stored as 1 to 26
    ),
)


def torchvision_datasets() -> ModuleType:
    """Import ``torchvision.datasets``; this takes a second, and fails where it was built for another torch."""
    import torch

    try:
        from torchvision import datasets
    except (ImportError, RuntimeError, AttributeError, OSError) as error:
        raise DatasetError(
            f"torchvision cannot be opened ({first_line(error)}): it does not match torch {torch.__version__}, so "
            "reinstall both together, with 'pip install --force-reinstall torch torchvision'."
        ) from error
    return datasets  # type: ignore[no-any-return]


def _gunzip(packed: IO[bytes], target: Path) -> Iterator[str]:
    with gzip.open(packed) as unpacked, target.open("wb") as file:
        size = 0
        while chunk := unpacked.read(_CHUNK):
            size += len(chunk)
            few(size, UNPACKED, target.name, "bytes or more, unpacked", DatasetError, "try again later")
            file.write(chunk)
            yield target.name
