"""The registry of image sets: which there are, which are on this machine, and loading one by its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from latentlab.core.data import (
    bundled_digits,
    cifar,
    eurosat,
    pages,
    patches,
    svhn,
    torchvision_sets,
    user_images,
    user_pairs,
)
from latentlab.core.data.dataset import DatasetStatus, Local
from latentlab.core.data.downloaded import Downloaded
from latentlab.core.data.image_set import DatasetError, ImageSet

Dataset = Local | Downloaded

_SETS: tuple[Dataset, ...] = (
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
    """Give the names of the sets; ``folder:PATH``, ``array:FILE.npz`` and ``pairs:DIRTY,CLEAN`` are understood too."""
    return tuple(DATASETS)


def default_data_dir() -> Path:
    """Give the folder of downloaded sets: ``$LATENTLAB_DATA``, or the place for a program's data on this system."""
    chosen = os.environ.get("LATENTLAB_DATA")
    return Path(chosen).expanduser() if chosen else platformdirs.user_data_path("latentlab") / "data"


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
            return own(name)
    raise DatasetError(
        f"There is no image set '{name}': choose one of {', '.join(names())}, folder:PATH, array:FILE.npz or "
        "pairs:DIRTY,CLEAN."
    )


def statuses(data_dir: Path) -> tuple[DatasetStatus, ...]:
    """Look which of the named sets are in a folder."""
    return tuple(known.status(data_dir) for known in DATASETS.values())


def status(name: str, data_dir: Path) -> DatasetStatus:
    """Look whether a set is there, from names, sizes and headers of its files."""
    return find(name).status(data_dir)


def load(name: str, data_dir: Path, limit: int | None = None) -> ImageSet:
    """Load a set.

    Parameters
    ----------
    name : str
        One of `names`, ``folder:PATH``, ``array:FILE.npz`` or ``pairs:DIRTY,CLEAN``.
    data_dir : Path
        Where downloaded sets lie; it is only read.
    limit : int, optional
        Use only the first so many training images.

    Raises
    ------
    DatasetError
        If there is no such set, it is not on this machine, or its files cannot be used.
    """
    return find(name).load(data_dir).limited(limit)


def _folder(name: str) -> Local:
    path = _path(name, "folder")
    problem = None if path.is_dir() else f"{path} does not exist."
    return Local(name, path.name, lambda: user_images.load_folder(name, path), problem=problem)


def _array(name: str) -> Local:
    path = _path(name, "file")
    problem = None if path.is_file() else f"{path} does not exist."
    return Local(name, path.name, lambda: user_images.load_array(name, path), problem=problem)


def _pairs(name: str) -> Local:
    title = " and ".join(folder.name for folder in user_pairs.folders_of(name))
    return Local(name, title, lambda: user_pairs.load(name), problem=user_pairs.problem_of(name))


_OWN: dict[str, Callable[[str], Local]] = {"folder:": _folder, "array:": _array, user_pairs.PREFIX: _pairs}


def _path(name: str, kind: str) -> Path:
    path = name.partition(":")[2]
    if not path.strip():
        raise DatasetError(f"'{name}' names no {kind}: write its path after it.")
    return Path(path).expanduser()
