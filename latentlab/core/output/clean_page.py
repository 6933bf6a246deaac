"""A page of any size cleaned by a trained model, in tiles if it is large; reading such a page, and writing it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from latentlab.core.arrays import Floats, to_levels
from latentlab.core.budgets import is_ours
from latentlab.core.data.pictures.picture_opening import TooLargeError
from latentlab.core.data.pictures.picture_survey import image_alone
from latentlab.core.errors import LatentlabError
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.writing import make_way, whole_file

PAGE_SUFFIX = ".png"
TILE = 512  # pixels; a tile, its surroundings and their planes bound the memory

_SEEN = 6  # what an output pixel sees to each side, at most, in pixels of the smallest planes


class CleaningError(LatentlabError):
    """A page that cannot be read, cleaned or written; the message names the file."""


def clean(
    snapshot: Snapshot,
    page: npt.ArrayLike,
    *,
    cancelled: threading.Event | None = None,
    report: Callable[[float], None] | None = None,
) -> Floats | None:
    """Restore a page.

    A large page is cut into tiles, each seen with as much of its surroundings as the model looks at, so that the
    result is that of the whole page.

    Parameters
    ----------
    snapshot : Snapshot
        A model of planes, for pages of every size, or one for images of the page's size.
    page : uint8 (1, H, W), or float32 (1, H, W) in [0, 1]
        Light paper, dark ink.
    cancelled : threading.Event, optional
        Stops between two tiles when it is set.
    report : callable, optional
        Is told the share that is done, after each tile.

    Returns
    -------
    float32 (1, H, W) in [0, 1], or None when cancelled

    Raises
    ------
    CleaningError
        When the model takes no images of this size.
    """
    pixels = np.asarray(page)
    _, height, width = pixels.shape
    check_fits(snapshot, (height, width))
    # Tiles begin where the pooling of the whole page does, so that the same pixels are pooled together.
    smallest = 2 ** len(snapshot.recipe.model.encoder.layers)
    step, around = math.ceil(TILE / smallest) * smallest, _SEEN * smallest
    if not snapshot.takes_any_size:
        step = max(height, width)
    corners = [(top, left) for top in range(0, height, step) for left in range(0, width, step)]
    restored = np.empty((1, height, width), np.float32)
    for number, (top, left) in enumerate(corners, start=1):
        if cancelled is not None and cancelled.is_set():
            return None
        above, before = min(around, top), min(around, left)
        seen = pixels[:, top - above : top + step + around, left - before : left + step + around]
        tile = snapshot.restore(np.ascontiguousarray(seen)[None])[0]
        part = restored[:, top : top + step, left : left + step]
        part[:] = tile[:, above : above + part.shape[1], before : before + part.shape[2]]
        if report is not None:
            report(number / len(corners))
    return restored


def check_fits(snapshot: Snapshot, shape: tuple[int, int]) -> None:
    """See that a model can clean pages of a shape (H, W) in pixels.

    Raises
    ------
    CleaningError
        When it cannot.
    """
    channels, *size = snapshot.image_shape
    if channels != 1:
        raise CleaningError(
            "Pages are cleaned in grey, and the run's model takes colours: choose a run of 'page-cleaner'."
        )
    if snapshot.takes_any_size or (shape == tuple(size) and not snapshot.uses_labels):
        return
    mine, theirs = ("×".join(map(str, each)) for each in (size, shape))
    if snapshot.uses_labels:
        raise CleaningError("The run's model must be told the class of an image: choose a run of 'page-cleaner'.")
    raise CleaningError(
        f"The run's model takes images of {mine} pixels, and the page has {theirs}: choose a run of 'page-cleaner', "
        "which takes any size."
    )


def read_page(path: Path) -> npt.NDArray[np.uint8]:
    """Read a page from a picture file, in grey as a person sees it, uint8 (1, H, W).

    Of several pages in one file it is the first.

    Raises
    ------
    CleaningError
        When there is no such file or it is no picture.
    """
    try:
        return np.array(image_alone(path))
    except FileNotFoundError as error:
        raise CleaningError(f"There is no file {path}: choose a picture of a page.") from error
    except TooLargeError as error:
        raise CleaningError(f"{path} is too large to be opened safely: cut it into parts.") from error
    except PermissionError as error:
        raise CleaningError(f"{path} cannot be opened: {error.strerror}.") from error
    except Exception as error:  # damaged files raise nearly anything
        if is_ours(error):
            raise
        raise CleaningError(
            f"{path} cannot be read as a picture: choose a PNG, JPEG, TIFF, BMP or PGM file."
        ) from error


def check_page_target(path: Path) -> None:
    """See, before a page is cleaned, that the result can go to a file, and make its folder.

    Raises
    ------
    CleaningError
        When it cannot.
    """
    if path.suffix.lower() != PAGE_SUFFIX:
        raise CleaningError(f"A page is saved as a {PAGE_SUFFIX} file, not as '{path}': change the name.")
    make_way(path, CleaningError)


def save_page(path: Path, page: npt.ArrayLike) -> None:
    """Write a page as PNG, 8 bits of grey; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.png``; its folder is made where there is none.
    page : float32 (1, H, W) in [0, 1]

    Raises
    ------
    CleaningError
        When the file cannot be written.
    """
    check_page_target(path)
    picture = Image.fromarray(to_levels(np.asarray(page))[0])
    with whole_file(path, "The page", CleaningError) as partial:
        picture.save(partial, "PNG")
