"""The registry of image sets: which there are, which are on this machine, and loading one by its name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from latentlab.core.data import bundled_digits, pages, torchvision_sets, user_folder, user_images, user_pairs
from latentlab.core.data.fitting import fitted
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.pictures import Size
from latentlab.core.data.reading import Reading
from latentlab.core.data.torchvision_sets import STANDARD_SETS
from latentlab.core.data.user_pairs import name_of as pairs_name
from latentlab.core.files import path_as_text, shown_name, text_as_path
from latentlab.core.recipe.settings import DataSettings, Fit

__all__ = [
    "DatasetError",
    "DatasetStatus",
    "ImageSet",
    "default_data_dir",
    "load",
    "load_for",
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
    """Give the names of the sets; ``folder:PATH``, ``array:FILE.npz`` and ``pairs:DIRTY,CLEAN`` are understood too."""
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
    if name == bundled_digits.NAME:
        return DatasetStatus(name, bundled_digits.TITLE, True, 0, bundled_digits.TRAIN_COUNT, bundled_digits.TEST_COUNT)
    if name == pages.NAME:
        return DatasetStatus(name, pages.TITLE, True, 0, pages.COUNT - pages.TEST_COUNT, pages.TEST_COUNT)
    if name.startswith(user_pairs.PREFIX):
        problem = user_pairs.problem_of(name)
        title = " and ".join(shown_name(folder.name) for folder in user_pairs.folders_of(name))
        return DatasetStatus(name, title, problem is None, 0, 0, 0, problem)
    if name.startswith((_FOLDER, _ARRAY)):
        path = _own_path(name)
        is_here = path.is_dir() if name.startswith(_FOLDER) else path.is_file()
        problem = None if is_here else f"{shown_name(str(path))} does not exist."
        return DatasetStatus(name, shown_name(path.name), is_here, 0, 0, 0, problem)
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


def load(
    name: str,
    data_dir: Path,
    limit: int | None = None,
    *,
    size: Size | None = None,
    fit: Fit = "crop",
    reading: Reading | None = None,
) -> ImageSet:
    """Load a set.

    Parameters
    ----------
    name : str
        One of `names`, ``folder:PATH``, ``array:FILE.npz`` or ``pairs:DIRTY,CLEAN``.
    data_dir : Path
        Where downloaded sets lie; it is only read.
    limit : int, optional
        Use only so many training images: see `ImageSet.limited`.
    size, fit : optional
        What images are brought to, and how, as in a recipe's data settings.
    reading : Reading, optional
        Who follows the reading of a folder, and may cancel it.

    Raises
    ------
    DatasetError
        If there is no such set, it is not on this machine, its files cannot be used, or the reading was cancelled.
    """
    name = path_as_text(name)
    if name.startswith(_FOLDER):
        return user_folder.load_folder(name, _own_path(name), size, fit, reading).limited(limit)
    return fitted(_load(name, data_dir), size, fit).limited(limit)


def load_for(settings: DataSettings, data_dir: Path, reading: Reading | None = None) -> ImageSet:
    """Load the whole set that a recipe's data settings name, brought to the size that they ask for: see `load`."""
    return load(settings.dataset, data_dir, size=settings.size, fit=settings.fit, reading=reading)


def _load(name: str, data_dir: Path) -> ImageSet:
    if name == bundled_digits.NAME:
        return bundled_digits.load()
    if name == pages.NAME:
        return pages.load()
    if name.startswith(user_pairs.PREFIX):
        return user_pairs.load(name)
    if name.startswith(_ARRAY):
        return user_images.load_array(name, _own_path(name))
    return torchvision_sets.load(standard(name), data_dir)


def standard(name: str) -> torchvision_sets.StandardSet:
    """Give the set of torchvision's that has this name."""
    if name not in STANDARD_SETS:
        raise DatasetError(
            f"There is no image set '{name}': choose one of {', '.join(names())}, folder:PATH, array:FILE.npz or "
            "pairs:DIRTY,CLEAN."
        )
    return STANDARD_SETS[name]


def _own_path(name: str) -> Path:
    kind, _, path = name.partition(":")
    if not path.strip():
        raise DatasetError(f"'{name}' names no {'folder' if kind == 'folder' else 'file'}: write its path after it.")
    return text_as_path(path)
