"""A person's own pen strokes, as a tablet records them: each drawn, and made an image like MNIST's as a sketch is.

Their file is of the UNIPEN format (Guyon et al., 1994), as that of UCI's pen digits is (Alpaydin and Alimoglu, 1998).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from latentlab.core.budgets import CLASSES, LINE, afford, contents, few
from latentlab.core.data import image_cache
from latentlab.core.data.columns import Column, taken
from latentlab.core.data.image_set import DatasetError, ImageSet
from latentlab.core.data.natural_order import natural_order
from latentlab.core.data.splitting import split

if TYPE_CHECKING:
    from latentlab.core.arrays import Floats, Integers
    from latentlab.core.data.mapped_images import Room
    from latentlab.core.data.reading import Reading

_SIDE, _EXTENT, _PEN = 512, 0.6, 24.0  # the pad's raster, how much of it a drawing takes, and its pen, in pixels
_OF_WRITERS = 5  # of so many one is for testing: the last ones
_IMAGE_SIDE = 28
_CLASS = re.compile(r'"([^"]*)"\s*$')
_WRONG = "is no file of pen strokes in the format UNIPEN"

Stroke = list[tuple[float, float]]


@dataclass
class Drawing:
    """What somebody drew, and in whose hand: strokes of points (x, y), y pointing up; NaN for a writer not told."""

    label: str
    writer: float = math.nan
    strokes: list[Stroke] = field(default_factory=list)


def load(name: str, path: Path, reading: Reading) -> ImageSet:
    """Give the drawings of a file, uint8 (N, 1, 28, 28), in the classes that their segments name.

    Where writers are told, by the second number of a segment's comment, the last fifth of them are for testing: hands
    that no model has learned from. Otherwise it is a sixth of each class.

    Parameters
    ----------
    name : str
        Of the set.
    path : Path
    reading : Reading
        Who follows it.

    Raises
    ------
    DatasetError
        When the file cannot be used, or the reading was cancelled.
    """
    return image_cache.cached(image_cache.key_of([path], name), lambda room: _read(name, path, reading, room))


def drawings_of(path: Path) -> list[Drawing]:
    """Read the drawings of a UNIPEN file: the points between each ``.PEN_DOWN`` and ``.PEN_UP`` of a ``.SEGMENT``.

    Raises
    ------
    DatasetError
        When it is none, or cannot be read.
    """
    drawings: list[Drawing] = []
    stroke: Stroke | None = None
    with contents(str(path), DatasetError, _WRONG, "name another"):
        afford(20 * path.stat().st_size, str(path), DatasetError)
        with path.open(encoding="ascii") as file:
            while line := file.readline(LINE):
                keyword, *words = line.split() or [""]
                if keyword == ".SEGMENT":
                    found = _CLASS.search(line)
                    drawings.append(Drawing(found[1] if found else ""))
                    stroke = None
                elif not drawings:
                    continue
                elif keyword == ".COMMENT" and len(words) == 3:
                    drawings[-1].writer = float(words[1])
                elif keyword == ".PEN_DOWN":
                    stroke = []
                    drawings[-1].strokes.append(stroke)
                elif keyword == ".PEN_UP":
                    stroke = None
                elif stroke is not None and keyword and keyword[0] != ".":
                    x, y = float(keyword), float(words[0])
                    if not math.isfinite(x + y):
                        raise ValueError("a place that is none")
                    stroke.append((x, y))
    return drawings


def drawn(strokes: Sequence[Stroke]) -> Floats:
    """Draw strokes in the middle of a sheet as the pad's pen would: ink, float32 (512, 512) in [0, 1].

    The pen has the pad's width, of which little is left: see `core.sketch.preparation.prepare`.
    """
    from PIL import Image, ImageDraw

    sheet = Image.new("L", (_SIDE, _SIDE))
    pen = ImageDraw.Draw(sheet)
    parts = [np.array(stroke) for stroke in strokes if stroke]
    if parts:
        both = np.concatenate(parts)
        low, high = both.min(0), both.max(0)
        scale = _EXTENT * _SIDE / (float((high - low).max()) or 1.0)
        for part in parts:
            places = (part - (low + high) / 2) * (scale, -scale) + _SIDE / 2
            pen.line([*map(tuple, places)], fill=255, width=round(_PEN))
            for x, y in places:  # so that ends and corners are round
                pen.ellipse((x - _PEN / 2, y - _PEN / 2, x + _PEN / 2, y + _PEN / 2), fill=255)
    ink: Floats = np.divide(np.asarray(sheet), 255, dtype=np.float32)
    return ink


def _read(name: str, path: Path, reading: Reading, room: Room) -> ImageSet:
    import torch

    from latentlab.core.arrays import to_levels
    from latentlab.core.sketch import preparation

    # As measured of MNIST
    like_mnist = preparation.Preparation(_IMAGE_SIDE, _IMAGE_SIDE, 20.0, "mass", 2.44, 0.11, 1.0, inverted=False)
    drawings = [drawing for drawing in drawings_of(path) if any(drawing.strokes)]
    if len(drawings) < 2:
        raise DatasetError(f"{path} {_WRONG} with two drawings or more: name another.")
    names = sorted({drawing.label for drawing in drawings}, key=natural_order)
    few(len(names), CLASSES, str(path), "classes", DatasetError, "name fewer of them")
    labels = np.array([names.index(drawing.label) for drawing in drawings], np.int64)
    writers = np.array([drawing.writer for drawing in drawings])
    rows, test_rows = _split(writers, labels)

    def image(row: int) -> Floats:
        made = preparation.prepare(drawn(drawings[row].strokes), like_mnist)
        assert made is not None  # there is ink
        return made

    images = room((len(drawings), 1, _IMAGE_SIDE, _IMAGE_SIDE))
    for place, made in enumerate(reading.each("reading", image, [*rows, *test_rows])):
        images[place] = to_levels(made)
    columns = () if np.isnan(writers).any() else (Column("writer", writers),)
    return ImageSet(
        name=name,
        title=path.stem,
        train_images=torch.from_numpy(images[: len(rows)]),
        train_labels=torch.from_numpy(labels[rows]),
        test_images=torch.from_numpy(images[len(rows) :]),
        test_labels=torch.from_numpy(labels[test_rows]),
        class_names=tuple(names),
        train_columns=taken(columns, rows),
        test_columns=taken(columns, test_rows),
        notes=(f"The last {len(set(writers[test_rows]))} writers are for testing.",) if columns else (),
    )


def _split(writers: Floats, labels: Integers) -> tuple[Integers, Integers]:
    """Give the rows to learn from and those to test on, of writers (N,) and labels (N,)."""
    known = np.unique(writers)
    apart = known[len(known) - len(known) // _OF_WRITERS :]
    if np.isnan(writers).any() or not len(apart):
        return split(labels)
    is_test = np.isin(writers, apart)
    order = np.random.default_rng(0).permutation(len(writers))
    return order[~is_test[order]], np.flatnonzero(is_test)
