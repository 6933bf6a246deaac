"""What is known of an image set before its images are loaded, and the sets that are there without a download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from latentlab.core.data.image_set import ImageSet


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
    """A set that needs no download: it comes with the program, is made by it, or is a person's own files.

    Attributes
    ----------
    read : callable
        Makes or reads it.
    train_count, test_count : int
        How many images it has; 0 where only loading can tell.
    problem : str or None
        Why it cannot be read, as far as the path of a person's own files tells.
    """

    name: str
    title: str
    read: Callable[[], ImageSet]
    train_count: int = 0
    test_count: int = 0
    problem: str | None = None

    def status(self, data_dir: Path) -> DatasetStatus:
        """Say whether it is there."""
        counts = self.train_count, self.test_count
        return DatasetStatus(self.name, self.title, self.problem is None, 0, *counts, self.problem)

    def load(self, data_dir: Path) -> ImageSet:
        """Make or read it."""
        return self.read()
