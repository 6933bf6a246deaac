"""What is known of an image set before its images are loaded: of the program's own ones, and of a person's files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from latentlab.core.arrays import Size
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.reading import Reading
from latentlab.core.recipe.settings import Fit


@dataclass(frozen=True)
class DatasetStatus:
    """What is known of an image set without reading a pixel.

    Attributes
    ----------
    is_here : bool
        Whether it can be loaded without a download.
    download_bytes : int
        How much a download fetches; 0 where nothing needs to be fetched.
    train_count, test_count : int
        Images in the files; in the full set if it is not here; 0 where only loading can tell.
    problem : str or None
        Why files that are there cannot be used, and what to do.
    """

    name: str
    title: str
    is_here: bool
    download_bytes: int
    train_count: int
    test_count: int
    problem: str | None = None


@dataclass(frozen=True)
class Local:
    """A set that comes with the program, or is made by it.

    Attributes
    ----------
    read : callable
        Makes or reads it.
    train_count, test_count : int
        How many images it has.
    """

    name: str
    title: str
    read: Callable[[], ImageSet]
    train_count: int
    test_count: int

    def status(self, data_dir: Path) -> DatasetStatus:
        """Say that it is there."""
        return DatasetStatus(self.name, self.title, True, 0, self.train_count, self.test_count)

    def load(self, data_dir: Path) -> ImageSet:
        """Make or read it."""
        return self.read()


@dataclass(frozen=True)
class Own:
    """A person's own files as a set.

    Attributes
    ----------
    read : callable
        Reads them, brought to a size in some way where its kind of files is read so; followed by a `Reading`.
    problem : str or None
        Why they cannot be read, as far as their paths tell.
    """

    name: str
    title: str
    read: Callable[[Size | None, Fit, Reading], ImageSet]
    problem: str | None

    def status(self, data_dir: Path) -> DatasetStatus:
        """Say whether they are there."""
        return DatasetStatus(self.name, self.title, self.problem is None, 0, 0, 0, self.problem)
