"""Pairs of a person's own scans: a folder of dirty pages, and one of clean pages under the same names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Bytes
from latentlab.core.budgets import PICTURE, in_words
from latentlab.core.data.image_set import NO_LABEL, DatasetError, ImageSet
from latentlab.core.data.pictures import picture_files
from latentlab.core.data.reading import Reading
from latentlab.core.data.splitting import split
from latentlab.core.errors import listed
from latentlab.core.files import is_folder, named, resolved
from latentlab.core.recipe.settings import PAIRS

if TYPE_CHECKING:
    import torch

    from latentlab.core.data.pictures.picture_frames import Header
    from latentlab.core.data.pictures.picture_look import Look

    _Pair = tuple[Header, Header]

PREFIX = PAIRS
LARGEST_TILE = (258, 540)  # height and width, pixels
MOST_TILES = 2000  # with both pages 0.6 GB

_NAMED = 3  # so many files are named in a sentence, and further ones are counted

FURTHER = "further pages in files of several"


def name_of(dirty: Path, clean: Path) -> str:
    """Give the name of the image set that two folders make.

    Raises
    ------
    DatasetError
        If the dirty pages' folder has a comma in its path, where the name would be divided.
    """
    if "," in str(dirty):
        raise DatasetError(f"The path {dirty} has a comma in it, which divides the two folders: rename the folder.")
    return f"{PREFIX}{dirty},{clean}"


def folders_of(name: str) -> tuple[Path, Path]:
    """Give the folders of dirty and clean pages that ``pairs:DIRTY,CLEAN`` names; its first comma divides them.

    Raises
    ------
    DatasetError
        If it does not name two folders.
    """
    dirty, _, clean = name.removeprefix(PREFIX).partition(",")
    if not dirty.strip() or not clean.strip():
        raise DatasetError(f"'{name}' does not name two folders: write {PREFIX}DIRTY,CLEAN.")
    return named(dirty.strip()), named(clean.strip())


def problem_of(name: str) -> str | None:
    """Say which of the two folders is not there, in a sentence."""
    dirty, clean = folders_of(name)
    for folder in (dirty, clean):
        if not is_folder(folder):
            hint = (
                " (the first comma divides the two folders: rename one that has a comma)" if "," in str(clean) else ""
            )
            return f"The folder {folder} does not exist{hint}."
    return None


def load(name: str) -> ImageSet:
    """Load pairs of pages, dirty and clean, that have the same file names but for the suffix.

    Pages may differ in size from pair to pair. Each is cut into tiles of 258×540 pixels, or as high and as wide as the
    smallest pages if that is less, down to a multiple of 4. Tiles cover a page wholly: where it is no multiple of
    their size, they overlap. Where there would be more than `MOST_TILES`, each page gives as many of its own, chosen
    at random, and the title tells. A sixth of the pages is set apart for testing, so that no page is on both sides.

    Raises
    ------
    DatasetError
        If a folder or file cannot be read, a page has no partner, or the sizes of a pair differ.
    """
    import torch

    if problem := problem_of(name):
        raise DatasetError(problem)
    dirty, clean = folders_of(name)
    pairs, look = _looked_at(_pairs(dirty, clean))
    sizes = [_size(pair) for pair in pairs]
    tile = _tile_shape(sizes)
    corners = [_corners(size, tile) for size in sizes]
    total = sum(map(len, corners))
    if total > MOST_TILES:
        random, most = np.random.default_rng(0), max(1, MOST_TILES // len(pairs))
        corners = [random.permutation(each)[:most] for each in corners]
    kept = sum(map(len, corners))
    title = f"{resolved(dirty).name} and {resolved(clean).name}"
    if kept < total:
        title += f" ({kept:,} of {total:,} tiles)"
    train, test = (
        _tiles(pairs, look, corners, tile, rows) for rows in split(np.full(len(pairs), NO_LABEL, dtype=np.int64))
    )
    return ImageSet(
        name=name,
        title=title,
        train_images=train[1],
        train_labels=torch.full((len(train[1]),), NO_LABEL),
        test_images=test[1],
        test_labels=torch.full((len(test[1]),), NO_LABEL),
        class_names=(),
        train_noisy=train[0],
        test_noisy=test[0],
        left_out=((FURTHER, further),) if (further := _further(pairs)) else (),
        notes=look.scales.notes,
    )


def _pairs(dirty: Path, clean: Path) -> list[tuple[Path, Path]]:
    mine, theirs = _by_stem(dirty), _by_stem(clean)
    for here, there, folder, other in ((mine, theirs, dirty, clean), (theirs, mine, clean, dirty)):
        if lone := [path.name for stem, path in here.items() if stem not in there]:
            verb = "has" if len(lone) == 1 else "have"
            raise DatasetError(
                f"In {folder}, {listed(lone, _NAMED)} {verb} no partner of the same name in {other}: "
                "add or remove files until each dirty page has its clean one."
            )
    if len(mine) < 2:
        found = "one pair" if mine else "no pairs"
        raise DatasetError(
            f"{dirty} and {clean} hold {found} of pages, and two are needed: give PNG, JPEG, BMP, TIFF or PGM files."
        )
    return [(path, theirs[stem]) for stem, path in mine.items()]


def _by_stem(folder: Path) -> dict[str, Path]:
    try:
        files = picture_files.among(folder.iterdir())
    except OSError as error:
        raise DatasetError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    found: dict[str, Path] = {}
    for path in files:
        if path.stem in found:
            raise DatasetError(
                f"In {folder}, {found[path.stem].name} and {path.name} have the same name but for the suffix: "
                "remove one of them."
            )
        found[path.stem] = path
    return found


def _looked_at(paths: Sequence[tuple[Path, Path]]) -> tuple[list[_Pair], Look]:
    """Give the headers of the pages of each pair, and one look for all of them, in grey."""
    from latentlab.core.data.pictures.picture_look import Look
    from latentlab.core.data.pictures.picture_survey import survey

    files = [path for pair in paths for path in pair]
    found = survey(files, Reading())
    if len(found.readable) < len(files):
        if found.too_large:
            path = files[found.too_large[0]]
            raise DatasetError(f"{path} would take more than {in_words(PICTURE)} of memory: cut the page into parts.")
        raise _unreadable(next(path for row, path in enumerate(files) if row not in set(found.readable)))
    headers = found.headers
    return list(zip(headers[::2], headers[1::2], strict=True)), Look(1, found.range.scales(), found.ground)


def _unreadable(path: Path) -> DatasetError:
    return DatasetError(f"{path} cannot be read as a picture: repair or remove it, and its partner.")


def _further(pairs: Sequence[_Pair]) -> int:
    return sum(len(page.frames) + page.passed_over - 1 for pair in pairs for page in pair)


def _size(pair: _Pair) -> tuple[int, int]:
    """Give the height and width that both pages of a pair have."""
    sizes = [page.sizes[0] for page in pair]
    if sizes[0] != sizes[1]:
        mine, theirs = (f"{height}×{width}" for height, width in sizes)
        raise DatasetError(
            f"{pair[0].path} has {mine} pixels, but its clean page {pair[1].path} {theirs}: make their sizes equal."
        )
    if min(sizes[0]) < 4:
        raise DatasetError(f"{pair[0].path} is less than 4 pixels high or wide: remove it, and its partner.")
    return sizes[0]


def _tile_shape(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    smallest = (min(height for height, _ in sizes), min(width for _, width in sizes))
    height, width = (
        most if least >= most else least // 4 * 4 for least, most in zip(smallest, LARGEST_TILE, strict=True)
    )
    return height, width


def _corners(size: tuple[int, int], tile: tuple[int, int]) -> npt.NDArray[np.intp]:
    """Give the upper left corners of tiles that cover a page evenly, (N, 2)."""
    starts = [
        np.linspace(0, whole - part, -(-whole // part)).round().astype(np.intp)
        for whole, part in zip(size, tile, strict=True)
    ]
    return np.stack(np.meshgrid(*starts, indexing="ij"), axis=-1).reshape(-1, 2)


def _tiles(
    pairs: Sequence[_Pair],
    look: Look,
    corners: Sequence[npt.NDArray[np.intp]],
    tile: tuple[int, int],
    rows: npt.NDArray[np.intp],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cut some of the pairs: dirty and clean tiles, uint8 (N, 1, H, W)."""
    import torch

    height, width = tile
    cut = np.empty((2, sum(len(corners[row]) for row in rows), 1, height, width), np.uint8)
    number = 0
    for row in rows:
        dirty, clean = (_read(page, look) for page in pairs[row])
        for top, left in corners[row]:
            for side, page in enumerate((dirty, clean)):
                cut[side, number, 0] = page[top : top + height, left : left + width]
            number += 1
    return torch.from_numpy(cut[0]), torch.from_numpy(cut[1])


def _read(page: Header, look: Look) -> Bytes:
    from latentlab.core.data.pictures.picture_look import images_of

    try:
        image: Bytes = next(images_of(page, look))[0]
    except Exception as error:  # damaged files raise nearly anything
        raise _unreadable(page.path) from error
    return image
