"""Image sets that are fetched once: four files of arrays in a folder, whether they are whole, and opening them."""

from __future__ import annotations

import os
import string
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from latentlab.core.data.dataset import DatasetStatus
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.files import at_home, is_file, is_folder, resolved

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Source:
    """One file to fetch: the checksum that it must have, and where it can be had, the best address first."""

    md5: str
    urls: tuple[str, ...]

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.urls[0].rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Downloaded(ABC):
    """A set whose files lie in a folder below that of all data.

    What is derived from it, a file format each, tells where its files are had and how they are unpacked, and reads one.

    Attributes
    ----------
    train_count, test_count, download_bytes : int
        Of the full set.
    place : tuple of str
        Folders below that of all data, down to that of the files.
    files : tuple of str
        Names of the images and the labels for training, then of those for testing.
    """

    name: str
    title: str
    train_count: int
    test_count: int
    download_bytes: int
    place: tuple[str, ...]
    class_names: tuple[str, ...] = tuple(string.digits)
    files: tuple[str, ...] = ("train-images.npy", "train-labels.npy", "test-images.npy", "test-labels.npy")

    @abstractmethod
    def sources(self) -> tuple[Source, ...]:
        """Give what there is to fetch."""

    @abstractmethod
    def unpack(self, arrived: Sequence[Path], folder: Path) -> Generator[str, None, None]:
        """Make the files of the set of those that arrived, in the order of the sources.

        Yields
        ------
        str
            The name of what is worked on, many times a second where that is possible: then a cancel is seen.

        Raises
        ------
        Exception
            Nearly any, if what arrived is not what it should be.
        """

    @abstractmethod
    def opened(self, path: Path) -> npt.NDArray[Any]:
        """Map a file into memory, after comparing its size with what its header announces.

        Returns
        -------
        uint8 (N, C, H, W) or integers (N,)
            Images, or labels; N is not 0.

        Raises
        ------
        DatasetError
            If the file is damaged.
        """

    @property
    def megabytes(self) -> str:
        """Size of the download, in words."""
        return f"{self.download_bytes / 1e6:.0f} MB"

    @property
    def mend(self) -> str:
        """What to do about a damaged file."""
        return f"delete it and download {self.title} again"

    def folder(self, data_dir: Path) -> Path:
        """Give the folder of the files: `place` below `data_dir`, or below the part of it that is in that path."""
        data_dir = resolved(at_home(data_dir))
        usual = data_dir.joinpath(*self.place)
        within = (count for count in range(len(self.place), 0, -1) if data_dir.parts[-count:] == self.place[:count])
        inside = (data_dir.joinpath(*self.place[count:]) for count in within)
        return next((folder for folder in (usual, *inside) if is_folder(folder)), usual)

    def counts(self, data_dir: Path) -> tuple[int, int] | None:
        """Give how many images for training and testing the files hold, from their headers and sizes alone.

        Returns
        -------
        tuple of int, or None
            None where no file of the set is there.

        Raises
        ------
        DatasetError
            If files are there, but missing in part, packed or damaged.
        """
        folder = self.folder(data_dir)
        try:
            if is_folder(folder):
                os.scandir(folder).close()  # says so where one may not look
            missing = [name for name in self.files if not is_file(folder / name)]
            packed = [name for name in missing if is_file(folder / f"{name}.gz")]
            if packed:
                raise DatasetError(f"{folder / packed[0]}.gz is still packed: unpack the .gz files in that folder.")
            if len(missing) == len(self.files):
                return None
            if missing:
                raise DatasetError(f"{folder / missing[0]} is missing: download {self.title} again.")
            return self._count(folder, self.files[:2]), self._count(folder, self.files[2:])
        except OSError as error:
            raise DatasetError(f"{error.filename or folder} cannot be read: {error.strerror}.") from error

    def status(self, data_dir: Path) -> DatasetStatus:
        """Look whether the files are there, and whole as far as their sizes and headers tell."""
        counts, problem = None, None
        try:
            counts = self.counts(data_dir)
        except DatasetError as error:
            problem = str(error)
        size = 0 if counts else self.download_bytes
        train, test = counts or (self.train_count, self.test_count)
        return DatasetStatus(self.name, self.title, counts is not None, size, train, test, problem)

    def load(self, data_dir: Path) -> ImageSet:
        """Open the files, as they are."""
        folder = self.folder(data_dir)
        if self.counts(data_dir) is None:
            raise DatasetError(
                f"{self.title} is not on this machine (looked in {folder}): get its {self.megabytes} with "
                f"'latentlab data --download {self.name}' or the Download button, or use the bundled digits."
            )
        train, test = self._open(folder, self.files[:2]), self._open(folder, self.files[2:])
        return ImageSet(self.name, self.title, *train, *test, self.class_names)

    def _count(self, folder: Path, files: Sequence[str]) -> int:
        images, labels = (len(self.opened(folder / name)) for name in files)
        if images != labels:
            raise DatasetError(
                f"{folder / files[0]} holds {images:,} images, but {files[1]} {labels:,} labels: "
                f"delete both and download {self.title} again."
            )
        return images

    def _open(self, folder: Path, files: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        try:
            images = torch.from_numpy(np.array(self.opened(folder / files[0]), order="C"))
            labels = torch.from_numpy(np.array(self.opened(folder / files[1]), np.int64))
        except (OSError, ValueError) as error:
            raise DatasetError(f"{self.title} in {folder} cannot be opened: {first_line(error)}.") from error
        if int(labels.min()) < 0 or int(labels.max()) >= len(self.class_names):
            raise DatasetError(
                f"{folder / files[1]} holds labels outside of the {len(self.class_names)} classes of {self.title}: "
                f"{self.mend}."
            )
        return images, labels


def first_line(error: Exception) -> str:
    """Give what an error says, without its full stop, or its name if it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
