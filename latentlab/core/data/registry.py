"""The registry of image sets: which there are, which are on this machine, and loading one by its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from latentlab.core.data import bundled_digits, pages, torchvision_sets, user_arrays, user_images, user_pairs
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.torchvision_sets import STANDARD_SETS
from latentlab.core.data.user_pairs import name_of as pairs_name
from latentlab.core.errors import printable
from latentlab.core.files import named

__all__ = [
    "DatasetError",
    "DatasetStatus",
    "ImageSet",
    "default_data_dir",
    "load",
    "names",
    "pairs_name",
    "status",
    "statuses",
]

_FOLDER, _ARRAY = "folder:", "array:"


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


def names() -> tuple[str, ...]:
    """Give the names of the sets; ``folder:PATH``, ``array:FILE`` and ``pairs:DIRTY,CLEAN`` are understood too."""
    return (bundled_digits.NAME, *STANDARD_SETS, pages.NAME)


def default_data_dir() -> Path:
    """Give the folder of downloaded sets: ``$LATENTLAB_DATA``, or the place for a program's data on this system."""
    chosen = os.environ.get("LATENTLAB_DATA")
    return Path(chosen).expanduser() if chosen else platformdirs.user_data_path("latentlab") / "data"


def statuses(data_dir: Path) -> tuple[DatasetStatus, ...]:
    """Look which of the named sets are in a folder."""
    return tuple(status(name, data_dir) for name in names())


def status(name: str, data_dir: Path) -> DatasetStatus:
    """Look whether a set is there, from names, sizes and headers of its files."""
    name = printable(name)
    if name == bundled_digits.NAME:
        return DatasetStatus(name, bundled_digits.TITLE, True, 0, bundled_digits.TRAIN_COUNT, bundled_digits.TEST_COUNT)
    if name == pages.NAME:
        return DatasetStatus(name, pages.TITLE, True, 0, pages.COUNT - pages.TEST_COUNT, pages.TEST_COUNT)
    if name.startswith(user_pairs.PREFIX):
        problem = user_pairs.problem_of(name)
        title = " and ".join(folder.name for folder in user_pairs.folders_of(name))
        return DatasetStatus(name, title, problem is None, 0, 0, 0, problem)
    if name.startswith((_FOLDER, _ARRAY)):
        path = _own_path(name)
        is_here = path.is_dir() if name.startswith(_FOLDER) else path.is_file()
        return DatasetStatus(name, path.name, is_here, 0, 0, 0, None if is_here else f"{path} does not exist.")
    known = standard(name)
    try:
        counts = torchvision_sets.counts(known, data_dir)
    except DatasetError as error:
        problem = str(error)
        counts = None
    else:
        problem = None
    train, test = counts or (known.train_count, known.test_count)
    size = 0 if counts else known.download_bytes
    return DatasetStatus(name, known.title, counts is not None, size, train, test, problem)


def load(name: str, data_dir: Path, limit: int | None = None) -> ImageSet:
    """Load a set.

    Parameters
    ----------
    name : str
        One of `names`, ``folder:PATH``, ``array:FILE`` or ``pairs:DIRTY,CLEAN``.
    data_dir : Path
        Where downloaded sets lie; it is only read.
    limit : int, optional
        Use only the first so many training images.

    Raises
    ------
    DatasetError
        If there is no such set, it is not on this machine, or its files cannot be used.
    """
    name = printable(name)
    if name == bundled_digits.NAME:
        images = bundled_digits.load()
    elif name == pages.NAME:
        images = pages.load()
    elif name.startswith(user_pairs.PREFIX):
        images = user_pairs.load(name)
    elif name.startswith(_FOLDER):
        images = user_images.load_folder(name, _own_path(name))
    elif name.startswith(_ARRAY):
        images = user_arrays.load_array(name, _own_path(name))
    else:
        images = torchvision_sets.load(standard(name), data_dir)
    return images.limited(limit)


def standard(name: str) -> torchvision_sets.StandardSet:
    """Give the set of torchvision's that has this name."""
    if name not in STANDARD_SETS:
        raise DatasetError(
            f"There is no image set '{name}': choose one of {', '.join(names())}, folder:PATH, array:FILE or "
            "pairs:DIRTY,CLEAN."
        )
    return STANDARD_SETS[name]


def _own_path(name: str) -> Path:
    kind, _, path = name.partition(":")
    if not path.strip():
        raise DatasetError(f"'{name}' names no {'folder' if kind == 'folder' else 'file'}: write its path after it.")
    return named(path)
