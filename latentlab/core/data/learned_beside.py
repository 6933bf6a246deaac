"""The images of a second set that a training learns from beside those of its own; nothing is tested on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from latentlab.core.data import registry
from latentlab.core.data.image_set import NO_LABEL, DatasetError, ImageSet, in_words
from latentlab.core.data.mapped_images import joined
from latentlab.core.files import absolute, is_file, is_folder
from latentlab.core.recipe.settings import DataSettings


def with_beside(data: ImageSet, settings: DataSettings) -> ImageSet:
    """Add the training images of the set that is to be learned from as well, as often as the settings say.

    Parameters
    ----------
    data : ImageSet
        What the settings' own set leaves to learn from, loaded from the folder that the other one lies in, too.
    settings : DataSettings
        With ``beside`` and ``beside_repeat``.

    Returns
    -------
    ImageSet
        `data` itself where there is none. Classes are those of `data`, found by their names; an image of another class
        has no label. Columns and dirty sides of pairs are left out.

    Raises
    ------
    DatasetError
        When that set is not there, or its images have another shape.
    """
    if not settings.beside:
        return data
    folder = data.folder or registry.default_data_dir()
    name = _in_folder(settings.beside, folder)
    if not registry.status(name, folder).is_here:
        raise DatasetError(
            f"'{settings.beside}' is to be learned from beside '{data.name}' and is not here: put it into {folder} or "
            "leave data.beside empty."
        )
    other = registry.load(name, folder, size=settings.size, fit=settings.fit)
    if other.image_shape != data.image_shape:
        raise DatasetError(
            f"'{settings.beside}' has images of {in_words(other.image_shape)}, and to be learned from beside "
            f"'{data.name}' they need {in_words(data.image_shape)}: choose another set for data.beside."
        )
    if data.train_noisy is not None or other.train_noisy is not None:
        raise DatasetError("Pairs are learned from alone: leave data.beside empty.")
    places = {name: place for place, name in enumerate(data.class_names)}
    # The last is that of images without a label
    classes = np.array([places.get(name, NO_LABEL) for name in other.class_names] + [NO_LABEL], np.int64)
    other = other.repeated(settings.beside_repeat)
    total = len(data.train_labels) + len(data.test_labels)
    rows, added = data.rows()[0], torch.arange(len(other.train_labels))
    return replace(
        data,
        train_images=torch.from_numpy(joined([data.train_images.numpy(), other.train_images.numpy()])),
        train_labels=torch.cat([data.train_labels, torch.from_numpy(classes[other.train_labels.numpy()])]),
        train_columns=(),
        test_columns=(),
        train_rows=torch.cat([rows, max(total, int(rows.max()) + 1) + added]),
    )


def _in_folder(name: str, folder: Path) -> str:
    """Give the name of a set whose file is looked for in the data folder first: a recipe then serves elsewhere."""
    kind, colon, path = name.partition(":")
    there = absolute(folder) / path.strip()
    return f"{kind}:{there}" if colon and path.strip() and (is_file(there) or is_folder(there)) else name
