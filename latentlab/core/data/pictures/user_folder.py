"""A person's own folder of picture files as an image set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core.arrays import Bytes, Integers, Size
from latentlab.core.budgets import PICTURE, in_words
from latentlab.core.data import image_cache
from latentlab.core.data.columns import taken
from latentlab.core.data.grounds import ground_note
from latentlab.core.data.image_set import DatasetError, Fitted, ImageSet, without_label
from latentlab.core.data.levels import ALL_GREY, FEW, nearly_black
from latentlab.core.data.mapped_images import Room
from latentlab.core.data.pictures import folder_columns
from latentlab.core.data.pictures.folder_layout import Layout, layout_of
from latentlab.core.data.pictures.picture_look import Look, fit_in_words
from latentlab.core.data.pictures.picture_opening import formats
from latentlab.core.data.pictures.picture_reading import read_into
from latentlab.core.data.pictures.picture_survey import Survey, margin_of, survey
from latentlab.core.data.reading import Reading
from latentlab.core.data.shards import packed_set
from latentlab.core.data.splitting import split
from latentlab.core.errors import listed, reason_of
from latentlab.core.files import is_file, resolved
from latentlab.core.recipe.settings import SMALLEST_SIDE, Fit

_MOVED = 1000  # images at once
_NAMED = 3  # files that cannot be read
_LONGEST_SIDE = 64  # of images of a size that nobody chose
UNREADABLE = "files that cannot be read"
TOO_LARGE = f"files that would take more than {in_words(PICTURE)} of memory each"
PASSED_OVER = "previews and smaller copies within files"

_NOT_FINITE = "Numbers that are not finite are shown black (NaN and -infinity) or white (infinity)."
_OF_ITS_OWN = "say in a colour profile or a gamma what their numbers mean, which is not applied."
_MASK = "All pixels are 0 or 1, which are taken as black and white."


def load_folder(
    name: str, folder: Path, size: Size | None = None, fit: Fit = "crop", reading: Reading | None = None
) -> ImageSet:
    """Load the pictures of a folder, in colour if any of them has colour.

    Folders in it are classes, or the split for training and testing: see `folder_layout`. All frames of an animation or
    stack are images. Pictures are turned upright as their EXIF tells. What is transparent is laid on a ground on which
    the ink of all of them is seen. Numbers of more than 8 bits get one scale for the whole set: see `levels`. A sixth
    of each class is set apart for testing where no folder is for that. A file ``columns.csv`` in the folder tells more
    of each picture: see `folder_columns`. What cannot be read is left out and counted, and whatever was guessed or
    changed is told in the set's notes. What took long is kept, for as long as no file changes: see `image_cache`.

    Parameters
    ----------
    name : str
        That recipes use.
    folder : Path
    size : Size, optional
        What all pictures are brought to; otherwise the commonest size, shrunk until no side is longer than 64 pixels.
    fit : Fit
        How they are brought to it.
    reading : Reading, optional
        Who follows it.

    Raises
    ------
    DatasetError
        If there is no such folder, fewer than two readable pictures are in it, its columns cannot be used, or the
        reading was cancelled.
    """
    try:
        layout = layout_of(folder)
    except OSError as error:
        raise DatasetError(_closed(folder, error)) from error
    tables = [place / folder_columns.FILE for place in (folder, layout.folder)]
    told = (layout.labels, layout.class_names, layout.training, layout.left_out, layout.notes)
    key = image_cache.key_of([*layout.files, *tables], name, size, fit, told, formats(".heic"))
    return image_cache.cached(key, lambda room: _read(name, folder, layout, (size, fit), reading or Reading(), room))


def _read(name: str, folder: Path, layout: Layout, fitted: Fitted, reading: Reading, room: Room) -> ImageSet:
    size, fit = fitted
    found = survey(layout.files, reading)
    plan = _planned(layout, found)
    readable = {*found.readable, *found.too_large}
    unreadable = [file for number, file in enumerate(layout.files) if number not in readable]
    if len(plan.labels) < 2:
        if packed_set.is_pack(folder):
            raise DatasetError(f"{folder} holds no pictures but a packed set: write {packed_set.name_of(folder)}.")
        raise DatasetError(_too_few(folder, len(plan.labels), len(unreadable) + len(found.too_large), layout))
    look = _look(found, size, fit)
    assert look.size is not None
    images = room((len(plan.labels), look.channels, *look.size))
    is_read = read_into(images, found.headers, plan.rows, look, reading)
    damaged = plan.files[~is_read]  # a file once for each of its frames
    lacking = len(unreadable) + len(damaged)
    unreadable += [found.headers[number].path for number in np.unique(damaged)]
    images, plan = _moved_up(images, is_read), plan.kept(is_read)
    if len(plan.labels) < 2:
        raise DatasetError(_too_few(folder, len(plan.labels), lacking + len(found.too_large), layout))
    highest = _highest(images)
    if highest == 1:
        images *= 255
    files = [found.headers[number].path for number in plan.files]
    where = folder if is_file(folder / folder_columns.FILE) else layout.folder
    columns = folder_columns.of_folder(where, files)
    pixels, train, test = torch.from_numpy(images), slice(plan.training), slice(plan.training, None)
    class_names, labels = _used(layout.class_names, plan.labels)
    notes = [*layout.notes, *_notes(found, look, is_chosen=size is not None)]
    notes += [_MASK] if highest == 1 else nearly_black(highest)
    notes += without_label(labels) if class_names else []
    notes += _unreadable_note(folder, unreadable)
    left_out = Counter(layout.left_out)
    left_out[UNREADABLE] += lacking
    left_out[TOO_LARGE] += len(found.too_large)
    left_out[PASSED_OVER] += sum(header.passed_over for header in found.headers)
    return ImageSet(
        name=name,
        fitted=fitted,
        title=resolved(folder).name,
        train_images=pixels[train],
        train_labels=torch.from_numpy(labels[train]),
        test_images=pixels[test],
        test_labels=torch.from_numpy(labels[test]),
        class_names=class_names,
        train_columns=taken(columns, train),
        test_columns=taken(columns, test),
        left_out=tuple((reason, count) for reason, count in left_out.items() if count),
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Plan:
    """Which image goes to which row: those for training first, shuffled, then those for testing.

    Attributes
    ----------
    training : int
        How many are for training.
    files : int64 (N,)
        The number of each row's file, among the headers.
    labels : int64 (N,)
        The class of each row.
    rows : list of int64 (F,)
        The rows of each file's images.
    """

    training: int
    files: Integers
    labels: Integers
    rows: list[Integers]

    def kept(self, is_kept: npt.NDArray[np.bool_]) -> _Plan:
        """Give the plan without some rows, by bool (N,); one image or more is on either side if there are two."""
        training = int(np.count_nonzero(is_kept[: self.training]))
        total = int(np.count_nonzero(is_kept))
        return replace(
            self,
            training=min(max(training, 1), max(1, total - 1)),
            files=self.files[is_kept],
            labels=self.labels[is_kept],
        )


def _planned(layout: Layout, found: Survey) -> _Plan:
    counts = [len(header.frames) for header in found.headers]
    files = np.repeat(np.arange(len(counts)), counts)
    labels = np.repeat(np.array(layout.labels, np.int64)[found.readable], counts)
    if layout.training is None:
        train, test = split(labels) if len(labels) > 1 else (files, files[:0])
    else:
        is_training = np.repeat(np.array(found.readable) < layout.training, counts)
        train, test = np.flatnonzero(is_training), np.flatnonzero(~is_training)
        train = np.random.default_rng(0).permutation(train)  # or the first few would be of one class
    order = np.concatenate([train, test])
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    plan = _Plan(len(train), files[order], labels[order], np.split(place, np.cumsum(counts)[:-1]))
    return plan.kept(np.ones(len(order), bool))


def _look(found: Survey, size: Size | None, fit: Fit) -> Look:
    look = Look(
        channels=3 if found.is_coloured else 1,
        scales=found.range.scales(),
        ground=found.ground,
        size=size or _usual_size(found),
        fit=fit,
    )
    return replace(look, margin=margin_of(found.headers, look)) if fit == "pad" else look


def _usual_size(found: Survey) -> Size:
    """Give the commonest size, shrunk until no side is longer than 64 pixels, with sides of 8 or more."""
    height, width = _commonest_size(found)
    shrink = min(1.0, _LONGEST_SIDE / max(height, width))
    return max(SMALLEST_SIDE, round(height * shrink)), max(SMALLEST_SIDE, round(width * shrink))


def _commonest_size(found: Survey) -> Size:
    sizes = Counter(size for header in found.headers for size in header.sizes)
    return max(sizes, key=lambda size: (sizes[size], size))


def _moved_up(images: Bytes, is_read: npt.NDArray[np.bool_]) -> Bytes:
    """Close the gaps that were left by what cannot be read, in place."""
    kept = np.flatnonzero(is_read)
    if len(kept) == len(images):
        return images
    for start in range(0, len(kept), _MOVED):
        rows = kept[start : start + _MOVED]
        images[start : start + len(rows)] = images[rows]
    return images[: len(kept)]


def _highest(images: Bytes) -> int:
    """Give the highest level of all images, or one of which nothing needs to be said."""
    highest = 0
    for image in images:
        highest = max(highest, int(image.max()))
        if highest >= FEW:
            break
    return highest


def _used(class_names: Sequence[str], labels: Integers) -> tuple[tuple[str, ...], Integers]:
    """Leave out the classes of which no picture could be read."""
    used, places = np.unique(labels[labels >= 0], return_inverse=True)
    numbered = labels.copy()
    numbered[labels >= 0] = places
    return tuple(class_names[label] for label in used), numbered


def _closed(folder: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"The folder {folder} does not exist: give the path of one."
    if isinstance(error, NotADirectoryError):
        return f"{folder} is no folder: give that of the pictures, or array:{folder} for a file of arrays."
    reason = reason_of(error, "it is damaged")
    return f"The folder {folder} cannot be read ({reason}): choose one that you may read."


def _too_few(folder: Path, readable: int, unreadable: int, layout: Layout) -> str:
    found = f"{readable} readable and {unreadable} unreadable" if readable or unreadable else "no"
    others = ", ".join(f"{count:,} {reason}" for reason, count in layout.left_out.items())
    return (
        f"{folder} holds {found} pictures{f' but {others}' if others else ''}, and two are needed: choose a folder of "
        "PNG, JPEG, TIFF, BMP, GIF, WEBP or PGM files."
    )


def _notes(found: Survey, look: Look, *, is_chosen: bool) -> list[str]:
    notes = []
    if look.channels == 1 and any(header.may_have_colour for header in found.headers):
        notes.append(ALL_GREY)
    notes += look.scales.notes
    if not found.range.is_finite:
        notes.append(_NOT_FINITE)
    if own := sum(header.is_of_its_own for header in found.headers):
        notes.append(f"{own:,} of {len(found.headers):,} files {_OF_ITS_OWN}")
    if found.contrast is not None:
        notes.append(ground_note(look.ground))
    if changed := _size_note(found, look, is_chosen=is_chosen):
        notes.append(changed)
    return notes


def _unreadable_note(folder: Path, files: Sequence[Path]) -> tuple[str, ...]:
    """Name the first few files that cannot be read, so that one can look at them."""
    if not files:
        return ()
    names = [file.relative_to(folder).as_posix() for file in files]
    return (f"Not an image, or damaged: {listed(names, _NAMED)}.",)


def _size_note(found: Survey, look: Look, *, is_chosen: bool) -> str:
    assert look.size is not None
    sizes = [size for header in found.headers for size in header.sizes]
    changed = [size for size in sizes if size != look.size]
    if not changed:
        return ""
    usual = _commonest_size(found)
    why = "as chosen" if is_chosen else "the commonest size"
    if not is_chosen and usual != look.size:
        why += f", {usual[0]}×{usual[1]}, within 8 to 64 pixels a side"
    height, width = look.size
    how = fit_in_words(changed, look)
    which = f"All {len(sizes):,}" if len(changed) == len(sizes) else f"{len(changed):,} of {len(sizes):,}"
    return f"{which} images were brought to {height}×{width} pixels, {why}: {how}."
