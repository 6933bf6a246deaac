"""How a folder of pictures is laid out: which folders are classes, which are the split for training and testing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from latentlab.core.data import picture_files
from latentlab.core.data.image_set import NO_LABEL
from latentlab.core.data.picture_files import Folder
from latentlab.core.errors import printable

_TRAINING = frozenset(("train", "training", "trainset", "train_set", "training_set"))
_TEST = frozenset(("test", "testing", "testset", "test_set", "testing_set"))
_VALIDATION = frozenset(("val", "valid", "validation", "dev", "val_set", "validation_set"))

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

    Folders named as ``train`` and ``test`` (or ``val``) are the split. Otherwise two or more folders with pictures are
    classes, with whatever is in them at any depth, unless most pictures lie beside them. A folder that holds nothing
    but one other is stepped into.

    Raises
    ------
    OSError
        When the folder cannot be read.
    """
    whole = _unwrapped(picture_files.tree(path))
    left_out: Counter[str] = Counter()
    split = _split_folders(whole)
    if split is None:
        return _laid_out(whole.path, [_groups(whole, left_out)], left_out, ())
    training, test = split
    rest = [inner for inner in whole.folders if inner not in (*training, *test)]
    left_out[OUTSIDE] += len(whole.pictures) + sum(len(inner.all_pictures) for inner in rest)
    sides = [[group for inner in side for group in _groups(inner, left_out)] for side in (training, test)]
    said = [" and ".join(f"'{printable(inner.name)}'" for inner in side) for side in (training, test)]
    return _laid_out(whole.path, sides, left_out, (f"{said[0]} is for training, {said[1]} for testing.",))


_Group = tuple[str | None, Sequence[Path]]


def _laid_out(
    folder: Path, sides: Sequence[Sequence[_Group]], left_out: Counter[str], notes: tuple[str, ...]
) -> Layout:
    names = {name: Path(name) for side in sides for name, paths in side if name is not None and paths}
    ordered = sorted(names, key=lambda name: picture_files.natural_order(names[name]))
    class_names = tuple(map(printable, ordered))
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
    for each in folder.walk():
        for suffix, count in each.foreign.items():
            left_out[f"files of a format that is not read here ({suffix})"] += count
    if not classes or len(folder.pictures) > below or (len(classes) == 1 and folder.pictures):
        left_out[BELOW] += below
        return [(None, folder.pictures)]
    left_out[BESIDE] += len(folder.pictures)
    return [(inner.name, inner.all_pictures) for inner in classes]


def _split_folders(folder: Folder) -> tuple[list[Folder], list[Folder]] | None:
    """Give the folders for training and those for testing; None where their names do not tell."""
    with_pictures = [inner for inner in folder.folders if inner.all_pictures]
    training = [inner for inner in with_pictures if inner.name.casefold() in _TRAINING]
    test = [inner for inner in with_pictures if inner.name.casefold() in _TEST | _VALIDATION]
    return (training, test) if training and test else None


def _unwrapped(folder: Folder) -> Folder:
    """Step into folders that hold nothing but one other, as archives make them."""
    while not folder.pictures and len(inside := [inner for inner in folder.folders if inner.all_pictures]) == 1:
        folder = inside[0]
    return folder
