"""How a folder of pictures is laid out: which folders are classes, which are the split for training and testing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from latentlab.core.budgets import CLASSES
from latentlab.core.data.image_set import NO_LABEL
from latentlab.core.data.natural_order import natural_order
from latentlab.core.data.pictures import picture_files
from latentlab.core.data.pictures.picture_files import Folder

_TRAINING = frozenset(("train", "training", "trainset"))
_TEST = frozenset(("test", "testing", "testset"))
_VALIDATION = frozenset(("val", "valid", "validation", "dev"))
_ANY = _TRAINING | _TEST | _VALIDATION
_OF_SPLIT = _ANY | frozenset(("set",))
_WRAPPING = frozenset(("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "data"))

BESIDE = "pictures beside the folders of classes"
BELOW = "pictures in folders below"
OUTSIDE = "pictures outside of the folders of the split"


@dataclass(frozen=True)
class Layout:
    """The pictures of a folder, with what their places tell.

    Attributes
    ----------
    folder : Path
        That they are laid out in: the one that was given, or the one that this wraps.
    files : tuple of Path
        Those for training, then those for testing where the folders tell.
    labels : tuple of int
        Index into `class_names` of each, -1 where there is none.
    class_names : tuple of str
        In natural order; empty where folders are no classes.
    training : int or None
        How many of the files are for training; None where the folders do not tell.
    left_out : dict of str to int
        How many pictures are left out for a reason.
    notes : tuple of str
        What was taken for what, in sentences.
    """

    folder: Path
    files: tuple[Path, ...]
    labels: tuple[int, ...]
    class_names: tuple[str, ...]
    training: int | None
    left_out: dict[str, int]
    notes: tuple[str, ...]


def layout_of(path: Path) -> Layout:
    """Tell how a folder is laid out.

    Folders named as ``train`` and ``test`` (or ``val``) are the split, be the classes in them or around them. Otherwise
    two or more folders with pictures are classes, with whatever is in them at any depth, unless most pictures lie
    beside them. A folder that holds nothing but one other is stepped into; in one of the split, where that is called
    like the split or ``images``.

    Raises
    ------
    OSError
        When the folder cannot be read.
    """
    given = picture_files.tree(path)
    left_out: Counter[str] = Counter()
    for each in given.walk():
        left_out.update(each.passed_over)
    whole = _unwrapped(given)
    split = _split_folders(whole)
    if split is not None:
        said = [" and ".join(f"'{inner.name}'" for inner in side) for side in split]
        left_out[OUTSIDE] += len(whole.all_pictures) - sum(len(inner.all_pictures) for side in split for inner in side)
        sides = [[group for inner in side for group in _groups(_stepped_into(inner), left_out)] for side in split]
        return _laid_out(whole.path, sides, left_out, (f"{said[0]} is for training, {said[1]} for testing.",))
    classes = {inner.name: _split_folders(inner) for inner in whole.folders if inner.all_pictures}
    if not whole.pictures and len(classes) > 1 and None not in classes.values():
        known = {name: found for name, found in classes.items() if found is not None}
        sides = [
            [(name, inner.all_pictures) for name, found in known.items() for inner in found[side]] for side in (0, 1)
        ]
        left_out[OUTSIDE] += len(whole.all_pictures) - sum(len(files) for side in sides for _, files in side)
        said = [
            " and ".join(sorted({f"'{inner.name}'" for found in known.values() for inner in found[side]}))
            for side in (0, 1)
        ]
        note = f"In the folder of each class, {said[0]} is for training, {said[1]} for testing."
        return _laid_out(whole.path, sides, left_out, (note,))
    return _laid_out(whole.path, [_groups(whole, left_out)], left_out, ())


_Group = tuple[str | None, Sequence[Path]]


def _laid_out(
    folder: Path, sides: Sequence[Sequence[_Group]], left_out: Counter[str], notes: tuple[str, ...]
) -> Layout:
    names = {name: Path(name) for side in sides for name, paths in side if name is not None and paths}
    if len(names) > CLASSES:
        most = f"the {CLASSES:,} classes that are told apart"
        notes, names = (*notes, f"{len(names):,} folders are more than {most}: no image has a class."), {}
    ordered = sorted(names, key=lambda name: natural_order(names[name]))
    class_names = tuple(ordered)
    number = {name: row for row, name in enumerate(ordered)}
    files: list[Path] = []
    labels: list[int] = []
    counts = []
    for side in sides:
        for name, paths in side:
            files += paths
            labels += [NO_LABEL if name is None else number.get(name, NO_LABEL)] * len(paths)
        counts.append(len(files))
    return Layout(
        folder=folder,
        files=tuple(files),
        labels=tuple(labels),
        class_names=class_names,
        training=counts[0] if len(sides) == 2 else None,
        left_out={reason: count for reason, count in left_out.items() if count},
        notes=notes,
    )


def _groups(folder: Folder, left_out: Counter[str]) -> list[_Group]:
    """Give each class with its files; the class is None in a folder without classes."""
    classes = [inner for inner in folder.folders if inner.all_pictures]
    below = sum(len(inner.all_pictures) for inner in classes)
    if not classes or len(folder.pictures) > below or (len(classes) == 1 and folder.pictures):
        left_out[BELOW] += below
        return [(None, folder.pictures)]
    left_out[BESIDE] += len(folder.pictures)
    return [(inner.name, inner.all_pictures) for inner in classes]


def _split_folders(folder: Folder) -> tuple[list[Folder], list[Folder]] | None:
    """Give the folders for training and those for testing; None where their names do not tell."""
    with_pictures = [inner for inner in folder.folders if inner.all_pictures]
    found = _sides([inner for inner in with_pictures if _words(inner) <= _OF_SPLIT])
    if found is None:  # train_images, test1, val2017: but not where these are a few classes among many
        found = _sides([inner for inner in with_pictures if _words(inner) & _ANY])
        if found is not None and 2 * (len(found[0]) + len(found[1])) <= len(with_pictures):
            return None
    return found


def _sides(folders: Sequence[Folder]) -> tuple[list[Folder], list[Folder]] | None:
    training = [inner for inner in folders if _words(inner) & _TRAINING]
    test = [inner for inner in folders if inner not in training and _words(inner) & _ANY]
    return (training, test) if training and test else None


def _words(folder: Folder) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]+", folder.name.casefold())) or frozenset((folder.name,))


def _stepped_into(folder: Folder) -> Folder:
    """Step out of a folder of the split into the only one in it, where its name says that it is no class."""
    while (inner := _only_one_in(folder)) and (_words(inner) & (_ANY | _WRAPPING) or inner.name == folder.name):
        folder = inner
    return folder


def _unwrapped(folder: Folder) -> Folder:
    """Step into folders that hold nothing but one other, as archives make them."""
    while inner := _only_one_in(folder):
        folder = inner
    return folder


def _only_one_in(folder: Folder) -> Folder | None:
    inside = [inner for inner in folder.folders if inner.all_pictures]
    return inside[0] if len(inside) == 1 and not folder.pictures else None
