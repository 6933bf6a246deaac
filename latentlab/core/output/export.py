"""Pictures and tables of a run, for use elsewhere: sheets of images, and the codes of a data set."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core.arrays import Doubles, Floats, Integers, channels_last, to_floats, to_levels
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.pictures.picture_look import as_picture
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_images import Split
from latentlab.core.map.requirements import need_point, need_posterior
from latentlab.core.models.decode_grid import decode_grid, need_room
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.runs.run import Run
from latentlab.core.views.interpolations import linear, spherical
from latentlab.core.views.restored import Damage, damaged_again
from latentlab.core.writing import make_way, whole_file

SHEET_GAP = 2  # pixels between two images
PICTURE, TABLE, ARRAYS = ".png", ".csv", ".npz"


class ExportError(LatentlabError):
    """What cannot be exported; the message says why and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The posteriors of a data set's images.

    Attributes
    ----------
    index : int64 (N,)
        Of each image in its split.
    split : str (N,)
        ``"training"`` or ``"test"``.
    label : int64 (N,)
        -1 where there is none.
    class_name : str (N,)
        Empty where there is none.
    mean, deviation : float32 (N, L)
        An autoencoder's deviations are 0.
    elbo, log_p : float64 (N,) or None
        How probable each image is, nats: see `likelihood.Likelihoods`. None where they were not asked for, and of
        `log_p` where there are too many dimensions.
    """

    index: Integers
    split: npt.NDArray[np.str_]
    label: Integers
    class_name: npt.NDArray[np.str_]
    mean: Floats
    deviation: Floats
    elbo: Doubles | None = None
    log_p: Doubles | None = None

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Give what is known, by the names of the attributes."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: array for name, array in values.items() if array is not None}


def sheet(images: npt.NDArray[Any], gap: int = SHEET_GAP) -> npt.NDArray[np.uint8]:
    """Lay images out in rows and columns, pixel for pixel.

    Parameters
    ----------
    images : float32 (R, K, C, H, W) in [0, 1], or uint8 (R, K, C, H, W)
        R rows of K.
    gap : int
        Black pixels between two images; 0 joins them to one surface.

    Returns
    -------
    uint8 (C, R * (H + gap) - gap, K * (W + gap) - gap)
    """
    rows, columns, channels, height, width = images.shape
    cells = np.zeros((channels, rows, height + gap, columns, width + gap), np.uint8)
    cells[:, :, :height, :, :width] = to_levels(images).transpose(2, 0, 3, 1, 4)
    joined = cells.reshape(channels, rows * (height + gap), columns * (width + gap))
    return joined[:, : joined.shape[1] - gap, : joined.shape[2] - gap]


def rebuilt(
    snapshot: Snapshot, images: npt.NDArray[np.uint8], labels: Integers, noisy: npt.NDArray[np.uint8] | None = None
) -> Floats:
    """Give rows of originals and their reconstructions; between them what the encoder sees, if that is damaged.

    Parameters
    ----------
    snapshot : Snapshot
    images : uint8 (N, C, H, W)
    labels : int64 (N,)
        Told to a CVAE.
    noisy : uint8 (N, C, H, W), optional
        The dirty images of a set of pairs.

    Returns
    -------
    float32 (2 or 3, N, C, H, W)
        In [0, 1].
    """
    clean = to_floats(images)
    if noisy is None and not snapshot.recipe.corruption.is_on:
        return np.stack([clean, snapshot.restore(clean, labels)])
    pair = None if noisy is None else to_floats(noisy)
    seen = damaged_again(clean, pair, Damage("training", 0.0, 0), snapshot.recipe)
    return np.stack([clean, seen, snapshot.restore(seen, labels)])


def interpolated(run: Run, first: int, last: int, steps: int, *, is_spherical: bool, label: int | None) -> Floats:
    """Interpolate from one test image's mean to another's, and decode.

    Parameters
    ----------
    run : Run
        It keeps the codes, so that no images are needed.
    first, last : int
        Rows of the codes.
    steps : int
        Both ends included.
    is_spherical : bool
        On an arc around the origin in place of a straight line.
    label : int or None
        Decoded under it, by a CVAE; None takes that of the first image.

    Returns
    -------
    float32 (steps, C, H, W)

    Raises
    ------
    LatentlabError
        When the run keeps no such codes, they are no points, or the images would not fit into memory.
    """
    need_point(run.snapshot)
    need_room(run.snapshot, steps)
    kept, most = len(run.codes), max(first, last)
    if most >= kept:
        raise ExportError(f"The run keeps the codes of {kept:,} test images, counted from 0: there is no {most}.")
    codes = (spherical if is_spherical else linear)(run.codes[first], run.codes[last], steps)
    under = int(run.labels[first]) if label is None else label
    return decode_grid(run.snapshot, codes, np.full(steps, under, np.int64))


def alike(run: Run, index: int, rows: int, columns: int, temperature: float, seed: int) -> Floats:
    """Decode samples of the posterior of a test image, z = mean + T * deviation * noise: more images like that one.

    Parameters
    ----------
    run : Run
        It keeps the codes, so that no images are needed; the deviation is that of what the code decodes to.
    index : int
        Row of the codes.

    Returns
    -------
    float32 (rows, columns, C, H, W)

    Raises
    ------
    LatentlabError
        When the run keeps no such code, the model has no posterior, or the images would not fit into memory.
    """
    need_point(run.snapshot)
    need_posterior(run.snapshot)
    need_room(run.snapshot, rows * columns)
    if index >= len(run.codes):
        raise ExportError(f"The run keeps the codes of {len(run.codes):,} test images, counted from 0: no {index}.")
    mean, label = run.codes[index], run.labels[index : index + 1]
    _, deviation = run.snapshot.posterior(run.snapshot.decode(mean[None], label), label)
    noise = np.random.default_rng(seed).standard_normal((rows, columns, len(mean)), np.float32)
    codes = (mean + temperature * deviation[0] * noise).astype(np.float32)
    return decode_grid(run.snapshot, codes, np.broadcast_to(label, (rows, columns)))


def encode_split(snapshot: Snapshot, data: ImageSet, split: Split, *, with_likelihood: bool = False) -> Codes:
    """Encode the images of a split, or of both, training images first; and measure how probable they are.

    Raises
    ------
    LatentlabError
        When a model cannot say how probable they are.
    """
    parts = {"training": (data.train_images, data.train_labels), "test": (data.test_images, data.test_labels)}
    chosen = {name: part for name, part in parts.items() if split in (name, "both")}
    means, deviations = zip(*(snapshot.posterior(images, labels) for images, labels in chosen.values()), strict=True)
    label = np.concatenate([labels.numpy().astype(np.int64) for _, labels in chosen.values()])
    found = None
    if with_likelihood:
        from latentlab.core.measures.likelihood import likelihoods  # windows read this file, and do without it

        found = likelihoods(snapshot, torch.cat([images for images, _ in chosen.values()]), torch.from_numpy(label))
    return Codes(
        index=np.concatenate([np.arange(len(labels)) for _, labels in chosen.values()]),
        split=np.repeat([*chosen], [len(labels) for _, labels in chosen.values()]),
        label=label,
        class_name=names_of(label, data.class_names),
        mean=np.concatenate(means),
        deviation=np.concatenate(deviations),
        elbo=None if found is None else found.elbo,
        log_p=None if found is None else found.log_p,
    )


def names_of(labels: Integers, class_names: Sequence[str]) -> npt.NDArray[np.str_]:
    """Give the names of classes, str (N,); that of -1, for none, is empty."""
    return np.array([*class_names, ""])[labels]


def check_target(path: Path, what: str, suffixes: Sequence[str]) -> None:
    """See that `what` can go to a file, which ends in one of the suffixes, and make its folder.

    Raises
    ------
    ExportError
        When it cannot.
    """
    if path.suffix.lower() not in suffixes:
        raise ExportError(f"Export {what} to a {' or '.join(suffixes)} file, not to '{path}'.")
    make_way(path, ExportError)


def save_picture(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write pixels (C, H, W) as PNG, in grey or in colour; the file appears whole or not at all.

    Raises
    ------
    ExportError
        When it cannot be written.
    """
    with whole_file(path, "The file", ExportError) as partial:
        as_picture(pixels).save(partial, "PNG")


def save_images(path: Path, images: Floats, labels: Integers | None, class_names: Sequence[str]) -> None:
    """Write images (N, C, H, W) in [0, 1] as arrays that the image set ``array:FILE.npz`` reads.

    Raises
    ------
    ExportError
        When they cannot be written.
    """
    arrays: dict[str, Any] = {"images": channels_last(to_levels(images))}
    if labels is not None:
        arrays |= {"labels": labels, "class_names": np.array(class_names)}
    save_arrays(path, arrays)


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays by name; the file appears whole or not at all.

    Raises
    ------
    ExportError
        When it cannot be written.
    """
    with whole_file(path, "The file", ExportError) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **cast(dict[str, Any], arrays))


def save_table(path: Path, columns: Mapping[str, npt.NDArray[Any]]) -> int:
    """Write columns (N,) by name as comma-separated values; an array (N, L) is the columns NAME_1 to NAME_L.

    Numbers with a fraction have seven digits; where there is none, NaN, the cell is empty. The file appears whole or
    not at all.

    Returns
    -------
    int
        How many columns there are.

    Raises
    ------
    ExportError
        When it cannot be written.
    """
    header: list[str] = []
    cells: list[list[Any]] = []
    for name, array in columns.items():
        parts = [array] if array.ndim == 1 else list(array.T)
        header += [name] if array.ndim == 1 else [f"{name}_{place}" for place in range(1, len(parts) + 1)]
        cells += [_cells(part) for part in parts]
    with whole_file(path, "The file", ExportError) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(zip(*cells, strict=True))
    return len(header)


def _cells(column: npt.NDArray[Any]) -> list[Any]:
    if column.dtype.kind != "f":
        return list(column.tolist())
    return ["" if number != number else f"{number:.7g}" for number in column.tolist()]


def save_codes(path: Path, codes: Codes) -> int:
    """Write codes as a table, or as arrays if the path ends in ``.npz``; the file appears whole or not at all.

    The table's columns are index, split, label, class_name, mean_1 to mean_L and deviation_1 to deviation_L,
    and elbo and log_p where these are known; the arrays have the names of the attributes.

    Returns
    -------
    int
        How many columns, or arrays, there are.

    Raises
    ------
    ExportError
        When it cannot be written.
    """
    arrays: dict[str, Any] = codes.columns()
    if path.suffix.lower() == ARRAYS:
        with whole_file(path, "The file", ExportError) as partial, partial.open("wb") as file:
            np.savez(file, **arrays)
        return len(arrays)
    return save_table(path, arrays)
