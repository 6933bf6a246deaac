"""Many picture files read into one array, each brought to the same size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Bytes, Integers
from latentlab.core.budgets import is_ours
from latentlab.core.data.pictures.picture_frames import Header
from latentlab.core.data.pictures.picture_look import Look, images_of
from latentlab.core.data.reading import Reading

_Place = tuple[Header, Integers]  # a file, and the rows of its images


def read_into(
    images: Bytes, headers: Sequence[Header], rows: Sequence[Integers], look: Look, reading: Reading
) -> npt.NDArray[np.bool_]:
    """Read pictures into an array that is there already, in memory or mapped from a file.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        What is read is written here; C and the size are those of `look`.
    headers : sequence of Header
        The files.
    rows : sequence of int64 (F,)
        Where the images of each file go.
    look : Look
    reading : Reading

    Returns
    -------
    bool (N,)
        Which rows were written; the others are of images that cannot be read, or of nobody's.

    Raises
    ------
    ReadingCancelledError
        When it is to be stopped; some rows have been written then.
    """
    is_read = np.zeros(len(images), bool)

    def read(place: _Place) -> None:
        header, targets = place
        try:
            for row, image in zip(targets, images_of(header, look), strict=True):
                images[row] = image
                is_read[row] = True
        except Exception as error:  # damaged files raise nearly anything; the rows tell
            if is_ours(error):
                raise

    for _ in reading.each("reading", read, list(zip(headers, rows, strict=True))):
        pass
    return is_read
