"""The pictures of a set as images of levels, all alike: on one ground, on one scale, of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from PIL import Image, ImageOps

from latentlab.core.arrays import Bytes, Size, channels_last
from latentlab.core.data.grounds import BLACK, GROUNDS, WHITE
from latentlab.core.data.levels import Scales
from latentlab.core.data.pictures import deep_pictures
from latentlab.core.data.pictures.deep_pictures import Frame
from latentlab.core.data.pictures.picture_frames import Header, frames_of
from latentlab.core.recipe.settings import Fit


@dataclass(frozen=True, slots=True)
class Look:
    """How the pictures of a set become images, all alike.

    Attributes
    ----------
    channels : int
        1 or 3.
    scales : Scales
        Of numbers of more than 8 bits.
    ground : int
        Level of what transparent pixels are laid on.
    size : Size or None
        What they are brought to; None leaves each as large as it is.
    fit : Fit
        How they are brought to it.
    margin : int
        Level of what is added around them by ``"pad"``.
    """

    channels: int
    scales: Scales
    ground: int = WHITE
    size: Size | None = None
    fit: Fit = "crop"
    margin: int = BLACK


def on_ground(picture: Image.Image, ground: int) -> Image.Image:
    """Lay what is transparent of a picture on a ground of one level."""
    if not picture.has_transparency_data:
        return picture
    picture = with_alpha(picture)
    return Image.alpha_composite(Image.new("RGBA", picture.size, (ground, ground, ground, 255)), picture)


def with_alpha(picture: Image.Image) -> Image.Image:
    """Give a picture with transparency as RGBA."""
    return (picture.convert("LA") if picture.mode == "La" else picture).convert("RGBA")


def levels_of(frame: Frame, look: Look) -> Image.Image:
    """Give an image in grey or RGB, as a look says, as large as it is."""
    if deep := deep_pictures.numbers_of(frame):
        numbers, alpha = deep
        picture = deep_pictures.picture_of(frame, look.scales.apply(numbers), alpha)
    else:
        picture = cast(Image.Image, frame)
    picture, mode = on_ground(picture, look.ground), "L" if look.channels == 1 else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)  # which would copy it


def fitted(picture: Image.Image, look: Look) -> Image.Image:
    """Bring a picture in grey or RGB to the size that a look asks for, if it does."""
    if look.size is None or look.size == (picture.height, picture.width):
        return picture
    size = look.size[::-1]
    if look.fit == "stretch":
        return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if look.fit == "pad":
        margin = look.margin if look.channels == 1 else (look.margin,) * 3
        share = min(whole / own for whole, own in zip(size, picture.size, strict=True))
        width, height = (max(1, round(own * share)) for own in picture.size)  # a line remains of what is long and thin
        padded = Image.new(picture.mode, size, margin)
        corner = ((size[0] - width) // 2, (size[1] - height) // 2)
        padded.paste(picture.resize((width, height), Image.Resampling.LANCZOS), corner)
        return padded
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def fit_in_words(sizes: Sequence[Size], look: Look) -> str:
    """Say how images of some sizes were brought to that of a look, and how many of them grew: a clause."""
    assert look.size is not None
    height, width = look.size
    how = {
        "crop": "scaled to cover it, and cropped about the centre",
        "pad": f"scaled to lie within it, with {GROUNDS[look.margin]} around",
        "stretch": "stretched",
    }[look.fit]
    factor = min if look.fit == "pad" else max
    enlarged = sum(factor(height / own[0], width / own[1]) > 1 for own in sizes)
    return f"{how}; {enlarged:,} of them were enlarged" if enlarged else how


def as_picture(pixels: Bytes) -> Image.Image:
    """Give a picture, in grey or RGB, of pixels, uint8 (C, H, W)."""
    return Image.fromarray(np.ascontiguousarray(channels_last(pixels)))


def as_array(picture: Image.Image) -> Bytes:
    """Give a picture in grey or RGB as uint8 (C, H, W); it may not be writable."""
    pixels = np.asarray(picture)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def images_of(header: Header, look: Look) -> Iterator[Bytes]:
    """Give the images of a file one after the other, uint8 (C, H, W).

    Raises
    ------
    Exception
        Nearly anything, where the file is damaged.
    """
    # At twice the size a smaller copy, which comes quicker, is no less sharp in the end.
    least = None if look.size is None else (2 * look.size[0], 2 * look.size[1])
    for picture in frames_of(header, look.channels, least):
        yield as_array(fitted(levels_of(picture, look), look))
