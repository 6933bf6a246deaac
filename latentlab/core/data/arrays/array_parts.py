"""What the arrays of a file are: images, labels and what else is known of them, to train with and to test with.

Told by their names, and by the names of the files beside theirs: see `array_names`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from latentlab.core.data.arrays.array_axes import FEWEST, square_channels
from latentlab.core.data.arrays.array_files import open_arrays
from latentlab.core.data.arrays.array_names import Role, Split, Told, told, without_split
from latentlab.core.data.arrays.stored_array import DAMAGED, OBJECTS, ArrayFile, StoredArray
from latentlab.core.data.image_set import DatasetError
from latentlab.core.errors import listed
from latentlab.core.files import inside, is_file, is_folder

_NAMED = 8  # so many arrays are named in a sentence, and further ones are counted


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


def _named(file: ArrayFile, path: Path) -> dict[str, StoredArray]:
    """Give the arrays by their names; the only one, if nobody named it, by that of its file."""
    if [*file.arrays] in ([""], ["arr_0"]):
        return {path.name: next(iter(file.arrays.values()))}
    return file.arrays


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
        return min(fitting, key=lambda key: says[key].rank, default=None)

    images, labels = best("images", 2), best("labels", 1)
    others = {without_split(key): named[key] for key in keys if key not in (images, labels)}
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
    if any(reason == DAMAGED for reason, _ in left_out):
        raise DatasetError(f"{path} holds damaged arrays, and no array 'images': write it again with numpy.savez.")
    has = listed([f"'{key}' {source.shape}" for key, source in named.items()], _NAMED)
    raise DatasetError(
        f"{path} has no array 'images' (it has {has or 'none'}): give the images that name, (N, H, W) or (N, H, W, 3)."
    )


def _is_flat(source: StoredArray) -> bool:
    """Whether rows are as long as square images are."""
    return source.shape[1] >= FEWEST and square_channels(source.shape[1]) is not None


def _files_beside(path: Path, mine: Told) -> list[tuple[Told, Path]]:
    """Give the files that have the same name but for the words of split and role."""
    folders = [path.parent]
    if told(path.parent.name) == mine:  # unpacked into a folder of its own, and so are the others
        folders += sorted(each for each in inside(path.parent.parent) if is_folder(each) and each != path.parent)
    found = []
    for folder in folders:
        files = [each for each in inside(folder) if is_file(each) and each != path]
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


def _parts_beside(
    path: Path, mine: Told, split: Split | None, role: Role | None, what: str, notes: list[str]
) -> Iterator[tuple[Part, str]]:
    """Give what can be read of the files beside that are called so, with their names."""
    for says, other in _files_beside(path, mine):
        if (says.split, says.role) == (split, role) and (part := _opened(other, what, notes)):
            yield part, other.name


def _images_beside(path: Path, mine: Told, notes: list[str]) -> StoredArray | None:
    for part, name in _parts_beside(path, mine, mine.split, "images", "images", notes):
        if part.images is not None:
            notes.append(f"The images are those of {name} beside it.")
            return part.images
    return None


def _labels_beside(
    path: Path, mine: Told, split: Split | None, images: StoredArray, notes: list[str]
) -> StoredArray | None:
    for part, name in _parts_beside(path, mine, split, "labels", "labels", notes):
        if part.labels is None:
            continue
        if len(part.labels) in images.shape:
            notes.append(f"The labels are those of {name} beside it.")
            return part.labels
        notes.append(f"The {len(part.labels):,} labels in {name} beside it are not used: they are not as many.")
    return None


def _test_beside(path: Path, mine: Told, split: Split, images: StoredArray, notes: list[str]) -> Part:
    role: Role | None = None if mine.role is None else "images"
    for part, name in _parts_beside(path, mine, split, role, "images", notes):
        if part.images is None:
            continue
        if part.images.shape[1:] == images.shape[1:]:
            notes.append(f"The images to test with are those of {name} beside it.")
            if part.labels is None:
                part.labels = _labels_beside(path, mine, split, part.images, notes)
            return part
        notes.append(f"The images in {name} beside it are not used: their size is another.")
    return Part()
