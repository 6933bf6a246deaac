"""Images selected on a map, for use elsewhere: as a picture, as a table, or as an image set to train on."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers, channels_last, to_floats
from latentlab.core.data.image_set import ImageSet
from latentlab.core.map.browsing import GoesOn, Lists, parts, rebuild
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.posteriors import deviations_of
from latentlab.core.map.requirements import need_images
from latentlab.core.models.decode_grid import need_room
from latentlab.core.output.export import (
    ARRAYS,
    PICTURE,
    TABLE,
    Codes,
    ExportError,
    check_target,
    names_of,
    save_arrays,
    save_picture,
    save_table,
    sheet,
)

SUFFIXES = (PICTURE, TABLE, ARRAYS)
_AT_ONCE = 200  # images between two looks at whether the picture is still wanted
_ASPECT = 1.5  # of a picture


def save_selected(
    path: Path,
    model: MapUpdate,
    rows: Integers,
    numbers: Integers | None,
    data: ImageSet | None,
    *,
    with_reconstructions: bool,
    goes_on: GoesOn,
) -> None:
    """Write images of a map to a file of the kind that its ending says; it appears whole or not at all.

    ``.png``: a sheet of the images, in the order of the rows, below each line of them their reconstructions if wanted.
    ``.csv``: index, split, label, class_name, mean_1 to mean_L, deviation_1 to deviation_L and loss of each. ``.npz``:
    the same as arrays with the images, which the image set ``array:FILE.npz`` reads.

    Parameters
    ----------
    rows : int64 (K,)
        Of the map's images.
    numbers : int64 (K,) or None
        Which images of the data set they are, counted as in `ImageSet.selected`; None where these are not loaded, so
        that the map shows the codes of the first test images.
    data : ImageSet or None
        The current set.
    goes_on : callable
        Called now and then: see `browsing.GoesOn`.

    Raises
    ------
    LatentlabError
        When nothing is selected, the images that are needed are not loaded, or the file cannot be written.
    Stopped
    """
    check_target(path, "the selected images", SUFFIXES)
    if not len(rows):
        raise ExportError("No images are selected: select some on the map, then export them.")
    suffix = path.suffix.lower()
    if suffix == PICTURE:
        save_picture(path, _picture(model, rows, goes_on, with_reconstructions=with_reconstructions))
        return
    codes = _codes(model, rows, numbers, data)
    columns, loss = codes.columns(), "negative_elbo" if model.snapshot.is_variational else "loss"
    if model.images is not None:
        columns[loss] = Lists(model).losses(rows, goes_on)
    if suffix == TABLE:
        save_table(path, columns | {loss: columns.get(loss, np.full(len(rows), np.nan, np.float32))})
        return
    del columns["label"], columns["class_name"]
    arrays = {"images": channels_last(need_images(model)[rows])} | columns
    names = model.snapshot.class_names
    if names:
        arrays |= {"labels": codes.label, "class_names": np.array(names)}
    save_arrays(path, arrays)


def _codes(model: MapUpdate, rows: Integers, numbers: Integers | None, data: ImageSet | None) -> Codes:
    index, split = rows, np.full(len(rows), "test")
    if numbers is not None:
        theirs = model.snapshot.recipe.data.dataset
        if data is None or data.name != theirs:
            raise ExportError(f"The current set is no longer '{theirs}': take it again to export images of it.")
        training = len(data.train_labels)
        index = np.where(numbers < training, numbers, numbers - training)
        split = np.where(numbers < training, "training", "test")
    labels = model.labels[rows]
    names = names_of(labels, model.snapshot.class_names)
    return Codes(index, split, labels, names, model.means[rows], deviations_of(model, rows))


def _picture(model: MapUpdate, rows: Integers, goes_on: GoesOn, *, with_reconstructions: bool) -> npt.NDArray[np.uint8]:
    images = model.images if with_reconstructions else need_images(model)  # alone, if need be, their reconstructions
    lines = (images is not None) + with_reconstructions
    need_room(model.snapshot, lines * len(rows))
    channels, height, width = model.snapshot.image_shape
    columns = min(len(rows), max(1, round(math.sqrt(_ASPECT * lines * len(rows) * height / width))))
    down = -(-len(rows) // columns)
    cells: Floats = np.zeros((down * columns, lines, channels, height, width), np.float32)
    for places in parts(np.arange(len(rows)), _AT_ONCE, goes_on):
        if images is not None:
            cells[places, 0] = to_floats(images[rows[places]])
        if with_reconstructions:
            cells[places, -1] = rebuild(model, rows[places]).images
    laid_out = cells.reshape(down, columns, lines, channels, height, width).swapaxes(1, 2)
    return sheet(laid_out.reshape(down * lines, columns, channels, height, width))
