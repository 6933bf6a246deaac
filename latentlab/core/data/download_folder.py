"""The folder of downloaded sets, told from one that holds a person's own pictures."""

from __future__ import annotations

import os
from pathlib import Path

from latentlab.core.data import registry
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.pictures import picture_files
from latentlab.core.data.sets.downloaded import Downloaded

_MOST_FOLDERS = 1_000  # that are looked into


def holds_pictures(folder: Path) -> bool:
    """Whether a folder holds pictures and no downloaded set: hardly one to download to.

    Raises
    ------
    DatasetError
        When it cannot be read.
    """
    try:
        list(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"The folder {folder} cannot be read: {error.strerror}; choose another.") from error
    statuses = [known.status(folder) for known in registry.DATASETS.values() if isinstance(known, Downloaded)]
    if any(status.is_here or status.problem for status in statuses):
        return False
    walk = zip(range(_MOST_FOLDERS), os.walk(folder), strict=False)
    return any(picture_files.among(Path(inside) / name for name in names) for _, (inside, _, names) in walk)
