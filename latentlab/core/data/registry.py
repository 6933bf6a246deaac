"""The registry of image sets: which there are, which are on this machine, and loading one by its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import platformdirs

from latentlab.core.arrays import Size
from latentlab.core.data.dataset import DatasetStatus, Local, Own
from latentlab.core.data.fitting import fitted
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.pictures import user_pairs
from latentlab.core.data.reading import Reading
from latentlab.core.data.sets import bundled_digits, cifar, eurosat, pages, patches, svhn, torchvision_sets
from latentlab.core.data.sets.downloaded import Downloaded
from latentlab.core.errors import printable
from latentlab.core.files import absolute, at_home, is_file, is_folder, named
from latentlab.core.recipe.settings import PACKED_PAIRS, SHARDS, DataSettings, Fit

Dataset = Local | Downloaded | Own

_SETS: tuple[Local | Downloaded, ...] = (
    bundled_digits.DATASET,
    patches.DATASET,
    *torchvision_sets.DATASETS,
    cifar.DATASET,
    svhn.DATASET,
    eurosat.DATASET,
    pages.DATASET,
)
DATASETS = {known.name: known for known in _SETS}


def names() -> tuple[str, ...]:
    """Give the names of the sets.

    ``folder:PATH``, ``array:FILE``, ``strokes:FILE``, ``pairs:DIRTY,CLEAN`` and ``shards:DIR`` are names too.
    """
    return tuple(DATASETS)


def is_own(name: str) -> bool:
    """Whether a name is of a person's own files, as it is written: nothing is looked at."""
    return name.startswith(tuple(_OWN))


def default_data_dir() -> Path:
    """Give the folder of downloaded sets: ``$LATENTLAB_DATA``, or the place for a program's data on this system."""
    chosen = os.environ.get("LATENTLAB_DATA")
    return at_home(chosen) if chosen else platformdirs.user_data_path("latentlab") / "data"


def find(name: str) -> Dataset:
    """Give the set of a name: one of `names`, or of a person's own files.

    Raises
    ------
    DatasetError
        If there is none.
    """
    if name in DATASETS:
        return DATASETS[name]
    for prefix, own in _OWN.items():
        if name.startswith(prefix):
            return own(printable(name))
    # Whether there is such a path is not looked at: a stranger's recipe may name it, even one of another machine.
    if "/" in name or "\\" in name:
        raise DatasetError(f"'{name}' is a path, and no image set: write folder:PATH or array:FILE.")
    raise DatasetError(
        f"There is no image set '{name}': choose one of {', '.join(names())}, folder:PATH, array:FILE, "
        "strokes:FILE, pairs:DIRTY,CLEAN or shards:DIR."
    )


def statuses(data_dir: Path) -> tuple[DatasetStatus, ...]:
    """Look which of the named sets are in a folder."""
    return tuple(known.status(data_dir) for known in DATASETS.values())


def status(name: str, data_dir: Path) -> DatasetStatus:
    """Look whether a set is there, from names, sizes and headers of its files."""
    return find(name).status(data_dir)


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
        One of `names`, ``folder:PATH``, ``array:FILE``, ``strokes:FILE``, ``pairs:DIRTY,CLEAN`` or ``shards:DIR``.
    data_dir : Path
        Where downloaded sets lie; it is only read.
    limit : int, optional
        Use only so many training images: see `ImageSet.limited`.
    size, fit : optional
        What images are brought to, and how, as in a recipe's data settings.
    reading : Reading, optional
        Who follows the reading of a person's own files, and may cancel it.

    Raises
    ------
    DatasetError
        If there is no such set, it is not on this machine, its files cannot be used, or the reading was cancelled.
    """
    known = find(located(name))
    data = known.read(size, fit, reading or Reading()) if isinstance(known, Own) else known.load(data_dir)
    return replace(fitted(data, size, fit).limited(limit), folder=data_dir)


def load_for(settings: DataSettings, data_dir: Path, reading: Reading | None = None) -> ImageSet:
    """Load the whole set that a recipe's data settings name, brought to the size that they ask for: see `load`."""
    return load(settings.dataset, data_dir, size=settings.size, fit=settings.fit, reading=reading)


def located(name: str) -> str:
    """Give the name of a set with the whole path of a person's own images, where it has one; others as they are.

    Nothing is looked at: the path may be one that a stranger's file names, on another machine even.
    """
    name = printable(name)
    prefix = next(filter(name.startswith, _OWN), "")
    paths = name.removeprefix(prefix)
    parts = paths.split(",", 1) if prefix == user_pairs.PREFIX else [paths]
    if not prefix or not all(part.strip() for part in parts):
        return name
    whole = [printable(str(absolute(at_home(part.strip())))) for part in parts]
    if prefix == user_pairs.PREFIX and (len(whole) < 2 or "," in whole[0]):
        return name  # it would be divided elsewhere
    return prefix + ",".join(whole)


def _folder(name: str) -> Own:
    path = _path(name, "folder")

    def read(size: Size | None, fit: Fit, reading: Reading) -> ImageSet:
        from latentlab.core.data.pictures import user_folder  # not before it is needed: the window is open sooner

        return user_folder.load_folder(name, path, size, fit, reading)

    return Own(name, printable(path.name), read, None if is_folder(path) else f"{path} does not exist.")


def _array(name: str) -> Own:
    path = _path(name, "file")

    def read(size: Size | None, fit: Fit, reading: Reading) -> ImageSet:
        from latentlab.core.data.arrays import user_arrays

        return user_arrays.load_array(name, path, reading)

    return Own(name, printable(path.name), read, None if is_file(path) else f"{path} does not exist.")


def _strokes(name: str) -> Own:
    path = _path(name, "file")

    def read(size: Size | None, fit: Fit, reading: Reading) -> ImageSet:
        from latentlab.core.data.sets import strokes

        return strokes.load(name, path, reading)

    return Own(name, printable(path.name), read, None if is_file(path) else f"{path} does not exist.")


def _pairs(name: str) -> Own:
    title = " and ".join(printable(folder.name) for folder in user_pairs.folders_of(name))
    return Own(name, title, lambda size, fit, reading: user_pairs.load(name), user_pairs.problem_of(name))


def _shards(name: str) -> Own:
    path = _path(name, "folder", PACKED_PAIRS if name.startswith(PACKED_PAIRS) else SHARDS)

    def read(size: Size | None, fit: Fit, reading: Reading) -> ImageSet:
        from latentlab.core.data.shards import packed_set

        return packed_set.load_packed(name, path)

    from latentlab.core.data.shards import packed_set

    return Own(name, printable(path.name), read, packed_set.problem_of(path))


# The first that a name begins with is the one that counts.
_OWN: dict[str, Callable[[str], Own]] = {
    "folder:": _folder,
    "array:": _array,
    "strokes:": _strokes,
    user_pairs.PREFIX: _pairs,
    PACKED_PAIRS: _shards,
    SHARDS: _shards,
}


def _path(name: str, kind: str, prefix: str = "") -> Path:
    path = name.removeprefix(prefix) if prefix else name.partition(":")[2]
    if not path.strip():
        raise DatasetError(f"'{name}' names no {kind}: write its path after it.")
    return named(path)
