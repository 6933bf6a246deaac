"""What the arrays of a file are: images, labels and what else is known of them, to train with and to test with.

Told by their names, and by the names of the files beside theirs: ``x_train``, ``train/images`` and
``train-images-idx3-ubyte`` say the same.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from latentlab.core.data.arrays.array_files import open_arrays
from latentlab.core.data.arrays.formats.pixel_tables import is_square
from latentlab.core.data.image_set import DatasetError
from latentlab.core.data.stored_array import OBJECTS, ArrayFile, StoredArray
from latentlab.core.errors import printable

Split = Literal["train", "test", "val"]
Role = Literal["images", "labels", "class names"]

_FEWEST = 16  # pixels of an image
_NAMED = 8  # so many arrays are named in a sentence, and further ones are counted

# The words of people's and libraries' names, the best known first.
_SPLITS: dict[str, Split] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing", "t10k"), "test"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
}
_ROLES: dict[str, Role] = {
    **dict.fromkeys(("images", "image", "imgs", "img", "x", "data", "pixels", "pictures", "arr_0"), "images"),
    **dict.fromkeys(("labels", "label", "y", "targets", "target", "classes", "class", "arr_1"), "labels"),
    **dict.fromkeys(("class_names", "label_names", "target_names", "list_classes"), "class names"),
}
_CONTAINERS = ("data", "dataset")  # of arrays that say themselves what they are
_RANKS = {word: place for place, word in enumerate(_ROLES)}
_TOGETHER = re.compile(r"([xy])(train|test|val)|(train|test|val)([xy]|images|labels|data)")
_OF_IDX = re.compile(r"idx\d|ubyte|int")
_OF_SPLIT = re.compile(rf"^({'|'.join(_SPLITS)})[^a-z0-9]+|[^a-z0-9]+({'|'.join(_SPLITS)})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Told:
    """What a name tells: of which split, and what it is; the word that says so, and what else is in the name."""

    split: Split | None
    role: Role | None
    word: str
    rest: str


@dataclass
class Part:
    """The arrays of one split.

    Attributes
    ----------
    images : StoredArray or None
    labels : StoredArray or None
        What is called so, whatever its shape.
    others : dict of str to StoredArray
        By their names, without the split in them.
    """

    images: StoredArray | None = None
    labels: StoredArray | None = None
    others: dict[str, StoredArray] = field(default_factory=dict)


@dataclass
class Parts:
    """The arrays of a file, and of those beside it that belong to it.

    Attributes
    ----------
    train, test : Part
        That of testing has no images where some of the others are to be set apart.
    class_names : StoredArray or None
    left_out : tuple of (str, int)
    notes : list of str
    """

    train: Part
    test: Part
    class_names: StoredArray | None
    left_out: tuple[tuple[str, int], ...]
    notes: list[str]


def parts_of(path: Path) -> Parts:
    """Open a file, and sort its arrays.

    Labels that the file does not have, and images to test with, are looked for in files beside it that have the same
    name but for the words that say so.

    Raises
    ------
    DatasetError
        When the file cannot be read, or it cannot be told which of its arrays are the images.
    """
    file = open_arrays(path)
    notes, left_out = list(file.notes), file.left_out
    named = _named(file, path)
    train, test, validation = (_part(named, split, path) for split in ("train", "test", "val"))
    mine = told(path.name)
    if mine.role == "labels" and train.images is None:
        train.images = _images_beside(path, mine, notes)
    if train.images is None:
        train.images = _guessed(named, train, path, left_out, notes)
    if train.labels is None:
        train.labels = _labels_beside(path, mine, mine.split, train.images, notes)
    if mine.split == "train":
        test = test if test.images else _test_beside(path, mine, "test", train.images, notes)
        if not (test.images or validation.images):
            validation = _test_beside(path, mine, "val", train.images, notes)
    if test.images and validation.images:
        left_out += (("validation images, beside others to test with", len(validation.images)),)
    elif validation.images:
        test = validation
        notes.append("The validation images are those to test with.")
    if not test.images:  # then the names of columns are whole, such as test_score
        known = [source for source in (train.images, train.labels) if source]
        train.others = {key: source for key, source in named.items() if all(source is not other for other in known)}
        test = Part()
    class_names = next((source for key, source in named.items() if told(key).role == "class names"), None)
    train.others = {key: source for key, source in train.others.items() if source is not class_names}
    return Parts(train, test, class_names, left_out, notes)


def files_beside(path: Path) -> list[Path]:
    """Give the files beside one that may be opened with it: what is read changes with them."""
    return [other for _, other in _files_beside(path, told(path.name))]


def told(name: str) -> Told:
    """Tell what the name of an array or a file says."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.casefold().removesuffix(".gz")) if word not in ("", "set")]
    words = [part for word in words for part in _parted(word)]
    split = next((_SPLITS[word] for word in words if word in _SPLITS), None)
    rest = [word for word in words if word not in _SPLITS and not _OF_IDX.fullmatch(word)]
    for whole in ("_".join(rest), "_".join(word for word in rest if word not in _CONTAINERS)):
        if whole in _ROLES:
            return Told(split, _ROLES[whole], whole, "")
    for place, word in enumerate(rest):
        if word in _ROLES:
            return Told(split, _ROLES[word], word, "_".join(rest[:place] + rest[place + 1 :]))
    return Told(split, None, "", whole)


def _parted(word: str) -> list[str]:
    """Part words that are written together: xtrain, testlabels."""
    found = _TOGETHER.fullmatch(word)
    return [part for part in found.groups() if part] if found else [word]


def _named(file: ArrayFile, path: Path) -> dict[str, StoredArray]:
    """Give the arrays by their names; the only one, if nobody named it, by that of its file."""
    if [*file.arrays] in ([""], ["arr_0"]):
        return {path.name: next(iter(file.arrays.values()))}
    return {printable(key): source for key, source in file.arrays.items()}


def _part(named: Mapping[str, StoredArray], split: Split, path: Path) -> Part:
    """Take the arrays of one split; those whose names say nothing of it are for training."""
    says = {key: told(key) for key in named}
    # The name of a file that is an array has more words in it: kmnist-train-imgs.
    is_lone = [*named] == [path.name]
    if is_lone and split == "train":
        source = named[path.name]
        return Part(labels=source) if says[path.name].role == "labels" else Part(images=source)
    keys = [] if is_lone else [key for key in named if (says[key].split or "train") == split]

    def best(role: Role, axes: int) -> str | None:
        fitting = [key for key in keys if (says[key].role, says[key].rest) == (role, "")]
        fitting = [key for key in fitting if len(named[key].shape) >= axes]
        return min(fitting, key=lambda key: _RANKS[says[key].word], default=None)

    images, labels = best("images", 2), best("labels", 1)
    others = {_OF_SPLIT.sub("", key): named[key] for key in keys if key not in (images, labels)}
    return Part(None if images is None else named[images], None if labels is None else named[labels], others)


def _guessed(
    named: Mapping[str, StoredArray], train: Part, path: Path, left_out: tuple[tuple[str, int], ...], notes: list[str]
) -> StoredArray:
    """Take the only array that may be images for them."""
    numbers = {key: source for key, source in train.others.items() if source.dtype.kind in "buif" and len(source)}
    deep = {key: source for key, source in numbers.items() if len(source.shape) in (3, 4)}
    flat = {key: source for key, source in numbers.items() if len(source.shape) == 2 and _is_flat(source)}
    for fitting in (deep, flat):
        if len(fitting) == 1:
            ((key, source),) = fitting.items()
            notes.append(f"'{key}' is taken for the images.")
            del train.others[key]
            return source
    if any(reason == OBJECTS for reason, _ in left_out):
        raise DatasetError(
            f"{path} holds Python objects, which are never unpickled, and no array 'images': save the images as "
            "numbers alone, with numpy.savez."
        )
    has = ", ".join(f"'{key}' {source.shape}" for key, source in [*named.items()][:_NAMED])
    has += f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    raise DatasetError(
        f"{path} has no array 'images' (it has {has or 'none'}): give the images that name, (N, H, W) or (N, H, W, 3)."
    )


def _is_flat(source: StoredArray) -> bool:
    """Whether rows are as long as square images are."""
    return source.shape[1] >= _FEWEST and is_square(source.shape[1])


def _files_beside(path: Path, mine: Told) -> list[tuple[Told, Path]]:
    """Give the files that have the same name but for the words of split and role."""
    folders = [path.parent]
    if told(path.parent.name) == mine:  # unpacked into a folder of its own, and so are the others
        folders += sorted(each for each in path.parent.parent.iterdir() if each.is_dir() and each != path.parent)
    found = []
    for folder in folders:
        with contextlib.suppress(OSError):
            files = [each for each in folder.iterdir() if each.is_file() and each != path]
            found += [(told(each.name), each) for each in sorted(files) if told(each.name).rest == mine.rest]
    is_packed = path.suffix.lower() == ".gz"
    return sorted(found, key=lambda each: (each[1].suffix.lower() == ".gz") != is_packed)  # packed alike first


def _opened(path: Path, what: str, notes: list[str]) -> Part | None:
    """Open a file beside; one that cannot be read is told, and is no reason to fail."""
    try:
        named = _named(open_arrays(path), path)
    except DatasetError as error:
        notes.append(f"The {what} in {path.name} beside it are not used: {error}")
        return None
    parts = [_part(named, split, path) for split in ("train", "test", "val")]
    return next((part for part in parts if part.images or part.labels), parts[0])


def _images_beside(path: Path, mine: Told, notes: list[str]) -> StoredArray | None:
    for says, other in _files_beside(path, mine):
        if (says.split, says.role) == (mine.split, "images") and (part := _opened(other, "images", notes)):
            notes.append(f"The images are those of {other.name} beside it.")
            return part.images
    return None


def _labels_beside(
    path: Path, mine: Told, split: Split | None, images: StoredArray, notes: list[str]
) -> StoredArray | None:
    for says, other in _files_beside(path, mine):
        if (says.split, says.role) != (split, "labels"):
            continue
        part = _opened(other, "labels", notes)
        labels = None if part is None else part.labels
        if labels is None:
            continue
        if len(labels) not in images.shape:
            notes.append(f"The {len(labels):,} labels in {other.name} beside it are not used: they are not as many.")
            continue
        notes.append(f"The labels are those of {other.name} beside it.")
        return labels
    return None


def _test_beside(path: Path, mine: Told, split: Split, images: StoredArray, notes: list[str]) -> Part:
    role = None if mine.role is None else "images"
    for says, other in _files_beside(path, mine):
        if (says.split, says.role) != (split, role):
            continue
        part = _opened(other, "images", notes)
        if part is None or part.images is None:
            continue
        if part.images.shape[1:] != images.shape[1:]:
            notes.append(f"The images in {other.name} beside it are not used: their size is another.")
            continue
        notes.append(f"The images to test with are those of {other.name} beside it.")
        if part.labels is None:
            part.labels = _labels_beside(path, mine, split, part.images, notes)
        return part
    return Part()
