"""What the pictures of a set have in common: whether any has colour, their range, the ground that their ink needs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image, ImageChops

from latentlab.core.arrays import Bytes, Size
from latentlab.core.budgets import is_ours
from latentlab.core.data.grounds import BLACK, GROUNDS, WHITE, best_ground
from latentlab.core.data.levels import Range
from latentlab.core.data.pictures import deep_pictures
from latentlab.core.data.pictures.deep_pictures import Frame
from latentlab.core.data.pictures.picture_frames import Header, frames_of, header_of
from latentlab.core.data.pictures.picture_look import Look, images_of, levels_of, on_ground, with_alpha
from latentlab.core.data.pictures.picture_opening import TooLargeError
from latentlab.core.data.reading import Reading, quiet

_TINT = 2  # levels by which the channels of a grey may differ: so much do conversions round
_SOME = 64  # pictures whose edges are looked at
_LEAST: Size = (64, 64)  # colour is looked for in smaller copies where these are quick


@dataclass
class Survey:
    """What is known of all pictures of a set.

    Attributes
    ----------
    headers : list of Header
        Of the files that can be read, in order.
    readable : list of int
        Which of the files those are.
    too_large : list of int
        Which of the others take more room than pictures may.
    is_coloured : bool
        Whether any picture has a colour other than grey.
    range : Range
        Of the numbers of pictures of more than 8 bits.
    contrast : dict of int to float, or None
        By how many levels the ink of the faintest picture differs from each ground; None where nothing is transparent.
    deep_inks : list of float
        Of pictures with transparency in 16 bits, the mean number of the ink; only all of them tell its level.
    """

    headers: list[Header]
    readable: list[int]
    too_large: list[int]
    is_coloured: bool = False
    range: Range = field(default_factory=Range)
    contrast: dict[int, float] | None = None
    deep_inks: list[float] = field(default_factory=list)

    @property
    def ground(self) -> int:
        """The level of the ground that transparent pixels are laid on."""
        return WHITE if self.contrast is None else best_ground(self.contrast)

    def include_contrast(self, contrast: dict[int, float]) -> None:
        """Take the contrast of a picture's ink with each ground into account."""
        known = self.contrast or contrast
        self.contrast = {ground: min(contrast[ground], known[ground]) for ground in GROUNDS}


def survey(files: Sequence[Path], reading: Reading) -> Survey:
    """Look at the headers of all files, and at the pixels of those whose headers do not tell enough.

    Raises
    ------
    ReadingCancelledError
        When it is to be stopped.
    """
    found = list(reading.each("looking", _header, files))
    readable = [row for row, header in enumerate(found) if isinstance(header, Header)]
    too_large = [row for row, header in enumerate(found) if isinstance(header, TooLargeError)]
    result = Survey([header for header in found if isinstance(header, Header)], readable, too_large)
    lock = threading.Lock()

    def look(header: Header) -> None:
        wants_colour = header.may_have_colour and not result.is_coloured
        if not (header.is_deep or header.may_be_transparent or wants_colour):
            return
        try:
            for picture in frames_of(header, 3, _LEAST):
                _look(picture, result, lock)
        except Exception as error:  # damaged files raise nearly anything; they are counted when they are read
            if is_ours(error):
                raise

    for _ in reading.each("looking", look, result.headers):
        pass
    for level in result.range.scales().apply(np.array(result.deep_inks).round().astype(np.uint16)).tolist():
        result.include_contrast({ground: abs(level - ground) for ground in GROUNDS})
    return result


def margin_of(headers: Sequence[Header], look: Look) -> int:
    """Give the level, black, grey or white, that is nearest to the edges of some of the pictures."""
    edges: list[float] = []
    for header in headers[:: 1 + len(headers) // _SOME]:
        with quiet(), suppress(Exception):  # damaged files raise nearly anything
            picture = next(frames_of(header, look.channels, _LEAST))
            pixels = np.asarray(levels_of(picture, look).convert("L"))
            edges.append(float(np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]))))
    middle = float(np.median(edges)) if edges else 0.0
    return min(GROUNDS, key=lambda ground: abs(ground - middle))


def image_alone(path: Path) -> Bytes:
    """Read the first image of a file that is of no set, in grey: uint8 (1, H, W).

    Raises
    ------
    Exception
        Nearly anything, where it cannot be read.
    """
    with quiet():
        header = header_of(path)
        found = survey([path], Reading())
        return next(images_of(header, Look(1, found.range.scales(), found.ground)))


def _header(path: Path) -> Header | TooLargeError | None:
    try:
        return header_of(path)
    except TooLargeError as error:
        return error
    except Exception as error:  # damaged files raise nearly anything
        if is_ours(error):
            raise
        return None


def _look(frame: Frame, result: Survey, lock: threading.Lock) -> None:
    if deep := deep_pictures.numbers_of(frame):
        numbers, alpha = deep
        if alpha is not None and alpha.min() < alpha.max():
            ink = float(np.average(numbers if numbers.ndim == 2 else numbers.mean(axis=2), weights=alpha))
            with lock:
                result.deep_inks.append(ink)
        has_colours = numbers.ndim == 3
        numbers = numbers if alpha is None else numbers[alpha > 0]
        with lock:
            result.range.learn(numbers)
            if has_colours and numbers.size:
                result.is_coloured |= bool(np.ptp(numbers, axis=-1).max() > _TINT / 255 * numbers.max())
        return
    picture = cast(Image.Image, frame)
    contrast = _contrast(picture) if picture.has_transparency_data else None
    is_coloured = not result.is_coloured and _has_colour(picture)
    with lock:
        if contrast is not None:
            result.include_contrast(contrast)
        result.is_coloured |= is_coloured


def _has_colour(picture: Image.Image) -> bool:
    """Whether a picture has colour where it is not transparent."""
    red, green, blue = on_ground(picture, BLACK).convert("RGB").split()
    return any(np.asarray(ImageChops.difference(green, other)).max() > _TINT for other in (red, blue))


def _contrast(picture: Image.Image) -> dict[int, float] | None:
    """Give by how many levels ink differs from each ground; None if nothing, or everything, is transparent."""
    picture = with_alpha(picture)
    weights = np.asarray(picture.getchannel("A"), np.float32)
    if weights.min() == 255 or weights.max() == 0:
        return None
    ink = np.asarray(picture.convert("RGB").convert("L"), np.float32)
    return {ground: float(np.average(np.abs(ink - ground), weights=weights)) for ground in GROUNDS}
