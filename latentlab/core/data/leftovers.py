"""What was left behind by those who died while they wrote: removed at the next start."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import platformdirs

from latentlab.core import writing
from latentlab.core.data import image_cache, registry
from latentlab.core.data.sets.downloaded import Downloaded
from latentlab.core.files import inside, is_folder

# What versions wrote that held no locks, and the seconds after which nobody does any more.
_OLD = re.compile(r"\.download-\w{8}|\..+\.(json|safetensors)\.part")
_FORGOTTEN = 86_400


def sweep(data_dir: Path, folders: Iterable[Path] = ()) -> None:
    """Remove it from the program's own folders, those of downloaded sets, the cache, and more; nothing is raised.

    Parameters
    ----------
    data_dir : Path
        Where downloaded sets lie.
    folders : iterable of Path
        In which a person saves files.
    """
    own = platformdirs.user_data_path("latentlab", appauthor=False)
    kept = [own, *filter(is_folder, inside(own))]
    kept += [known.folder(data_dir) for known in registry.DATASETS.values() if isinstance(known, Downloaded)]
    for folder in {*kept, *folders}:
        writing.sweep(folder)
    for path in (path for folder in kept for path in inside(folder) if _OLD.fullmatch(path.name)):
        with suppress(OSError):
            if time.time() - path.lstat().st_mtime > _FORGOTTEN:
                shutil.rmtree(path) if is_folder(path) else path.unlink()
    image_cache.tidy()
