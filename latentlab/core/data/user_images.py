"""A person's own images: a folder of picture files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps

from latentlab.core.data import picture_files, user_columns
from latentlab.core.data.columns import Column, taken
from latentlab.core.data.image_set import DatasetError, ImageSet, split

_LONGEST_SIDE = 64

_Bytes = npt.NDArray[np.uint8]
_Integers = npt.NDArray[np.int64]
_Part = tuple[_Bytes, _Integers, tuple[Column, ...]]


def load_folder(name: str, folder: Path) -> ImageSet:
    """Load the pictures of a folder in grey; sub-folders are classes, pictures beside sub-folders are left out.

    All are brought to the size that most of them have, or to 64 pixels along its longer side if that is larger: scaled
    with their aspect kept until they cover it, and cropped about the centre. Transparent pixels become white. Files
    that cannot be read are left out, and counted in the title. A sixth of each class is set apart for testing. A file
    ``columns.csv`` in the folder tells more of each picture: see `user_columns.of_folder`.

    Raises
    ------
    DatasetError
        If there is no such folder, fewer than two readable pictures are in it, or its columns cannot be used.
    """
    try:
        groups = _groups(folder)
    except OSError as error:
        raise DatasetError(f"The folder {folder} cannot be read: {error.strerror}.") from error
    size = _common_size([path for _, paths in groups for path in paths])
    images: list[_Bytes] = []
    labels: list[int] = []
    class_names: list[str] = []
    files: list[Path] = []
    unreadable = 0
    for class_name, paths in groups:
        readable = [(image, path) for path in paths if (image := _read_picture(path, size)) is not None]
        unreadable += len(paths) - len(readable)
        if readable and class_name is not None:
            class_names.append(class_name)
        images += [image for image, _ in readable]
        files += [path for _, path in readable]
        labels += [len(class_names) - 1] * len(readable)  # -1 in a folder without classes
    if len(images) < 2:
        found = f"{len(images)} readable and {unreadable} unreadable" if images or unreadable else "no"
        raise DatasetError(
            f"{folder} holds {found} pictures, and two are needed: choose a folder of PNG, JPEG, BMP, TIFF or PGM "
            "files."
        )
    title = folder.resolve().name
    if unreadable:
        title += f" ({unreadable} unreadable {'file' if unreadable == 1 else 'files'} left out)"
    columns = user_columns.of_folder(folder, files)
    return _split_set(name, title, np.stack(images), np.array(labels, dtype=np.int64), tuple(class_names), columns)


def _split_set(
    name: str,
    title: str,
    images: _Bytes,
    labels: _Integers,
    class_names: tuple[str, ...],
    columns: tuple[Column, ...],
) -> ImageSet:
    train, test = ((images[rows], labels[rows], taken(columns, rows)) for rows in split(labels))
    return _as_set(name, title, train, test, class_names)


def _as_set(name: str, title: str, train: _Part, test: _Part, class_names: tuple[str, ...]) -> ImageSet:
    return ImageSet(
        name=name,
        title=title,
        train_images=torch.from_numpy(train[0])[:, None],
        train_labels=torch.from_numpy(train[1]),
        test_images=torch.from_numpy(test[0])[:, None],
        test_labels=torch.from_numpy(test[1]),
        class_names=class_names,
        train_columns=train[2],
        test_columns=test[2],
    )


def _groups(folder: Path) -> list[tuple[str | None, list[Path]]]:
    """Give each class with its files, in the order that people count in; the class is None in a flat folder."""
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    folders = sorted((entry for entry in entries if entry.is_dir()), key=picture_files.natural_order)
    classes = [(entry.name, picture_files.among(entry.rglob("*"))) for entry in folders]
    with_pictures: list[tuple[str | None, list[Path]]] = [(name, paths) for name, paths in classes if paths]
    return with_pictures or [(None, picture_files.among(entries))]


def _common_size(paths: list[Path]) -> tuple[int, int]:
    """Give the commonest width and height, scaled down where the longer side is more than 64 pixels."""
    sizes: Counter[tuple[int, int]] = Counter()
    for path in paths:
        try:
            with Image.open(path) as picture:
                sizes[picture.size] += 1
        except Exception:
            continue  # counted when its pixels are read
    if not sizes:
        return (_LONGEST_SIDE, _LONGEST_SIDE)
    width, height = max(sizes, key=lambda size: (sizes[size], size))
    shrink = min(1.0, _LONGEST_SIDE / max(width, height))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def _read_picture(path: Path, size: tuple[int, int]) -> _Bytes | None:
    """Give a picture as grey (H, W), or None if it cannot be read."""
    try:
        with Image.open(path) as picture:
            picture.draft("L", size)  # lets a large JPEG be decoded at a fraction of its size
            fitted = ImageOps.fit(picture_files.grey(picture), size, Image.Resampling.LANCZOS)
            return np.array(fitted)
    except Exception:  # damaged files raise nearly anything
        return None
