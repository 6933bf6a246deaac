"""One picture file: what its header tells, and its images, upright and in levels, as a person sees them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps

from latentlab.core.data.levels import Scales
from latentlab.core.data.picture_files import WITH_PLUGIN
from latentlab.core.recipe.settings import Fit

Bytes = npt.NDArray[np.uint8]
Frame = Image.Image | npt.NDArray[np.uint16]
"""An image as it is stored: in Pillow's hands, or, in colours of 16 bits, which Pillow has no mode for, (H, W, 3)."""
Size = tuple[int, int]
"""Height and width, in pixels."""

BLACK, GREY, WHITE = 0, 128, 255
GROUNDS = {WHITE: "white", BLACK: "black", GREY: "grey"}

# Only these are tried: others may call programs, as that of PostScript does.
_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "DIB", "PPM", "WEBP", "JPEG2000", "AVIF", "PCX", "QOI")
_WITHOUT_SIGN = {".tga": ("TGA",)}  # nothing in these files says what they are, but their name
_DEEP = ("I", "F")  # what modes of more than 8 bits begin with
_STACKS = ("GIF", "TIFF", "WEBP", "PNG", "AVIF")  # whose further frames are images; a camera's MPO has previews
_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)  # of EXIF
_OTHER_HALF = {"RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B"}
_OTHER_HALF["RGB;16N"] = _OTHER_HALF["RGB;16L" if sys.byteorder == "little" else "RGB;16B"]
_REDUCED = 254  # of TIFF: bit 0 of this tag tells a smaller copy of another page


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a file before its pixels are read.

    Attributes
    ----------
    path : Path
    frames : tuple of int
        Which of its frames are images, counted from 0; one or more.
    sizes : tuple of Size
        Of each of them, upright.
    is_deep : bool
        Whether there may be numbers of more than 8 bits.
    may_have_colour, may_be_transparent : bool
    passed_over : int
        Further frames that are no images of their own: previews, smaller copies.
    """

    path: Path
    frames: tuple[int, ...]
    sizes: tuple[Size, ...]
    is_deep: bool
    may_have_colour: bool
    may_be_transparent: bool
    passed_over: int = 0


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


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture file; what is damaged raises nearly anything, here and when its pixels are read."""
    with Image.open(path, formats=formats(path.suffix.lower())) as picture:
        yield picture


def header_of(path: Path) -> Header:
    """Read the header of a picture file.

    Raises
    ------
    Exception
        Nearly anything, where it is none that can be read.
    """
    with opened(path) as picture:
        count = getattr(picture, "n_frames", 1)
        frames, sizes, modes = [], [], {picture.mode}
        for frame in range(count if picture.format in _STACKS else 1):
            if picture.format == "TIFF":  # the one format whose frames differ from each other
                picture.seek(frame)
                if _is_reduced(picture):
                    continue
                modes.add(picture.mode)
            frames.append(frame)
            sizes.append(_upright_size(picture))
        if not frames:
            frames, sizes = [0], [_upright_size(picture)]
        changes = len(frames) > 1 and picture.format != "TIFF"  # from its second frame on a GIF may be in colour
        return Header(
            path=path,
            frames=tuple(frames),
            sizes=tuple(sizes),
            is_deep=any(mode.startswith(_DEEP) for mode in modes) or _has_deep_colours(picture),
            may_have_colour=changes or not all(_is_grey(mode) for mode in modes),
            may_be_transparent=changes or picture.has_transparency_data,
            passed_over=count - len(frames),
        )


def frames_of(header: Header, channels: int, least: Size | None = None) -> Iterator[Frame]:
    """Give the images of a file one after the other, upright, in the modes that they are stored in.

    Parameters
    ----------
    header : Header
    channels : int
        How many will be used: a file that holds brightness by itself is asked for no colour then.
    least : Size, optional
        Larger images may be given smaller, but not smaller than this, where that is quick.

    Raises
    ------
    Exception
        Nearly anything, where the file is damaged.
    """
    with opened(header.path) as picture:
        for frame, size in zip(header.frames, header.sizes, strict=True):
            if frame:
                picture.seek(frame)
            elif least is not None:
                height, width = least
                is_lying = size != (picture.height, picture.width)
                picture.draft("L" if channels == 1 else "RGB", (height, width) if is_lying else (width, height))
            if _has_deep_colours(picture):
                yield _deep_colours(header.path, frame)
            elif len(header.frames) == 1:
                ImageOps.exif_transpose(picture, in_place=True)  # which spares a copy, but of these frames alone
                yield picture
            else:
                yield ImageOps.exif_transpose(picture)


def deep_numbers(frame: Frame) -> npt.NDArray[Any] | None:
    """Give numbers of more than 8 bits, (H, W) or (H, W, 3), which only a scale of the whole set turns into levels.

    Returns
    -------
    array or None
        None for a picture of 8 bits.
    """
    if isinstance(frame, Image.Image):
        return np.asarray(frame) if frame.mode.startswith(_DEEP) else None
    return frame


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
    numbers = deep_numbers(frame)
    picture = Image.fromarray(look.scales.apply(numbers)) if numbers is not None else cast(Image.Image, frame)
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
        return ImageOps.pad(picture, size, Image.Resampling.LANCZOS, margin)
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


@lru_cache
def formats(suffix: str) -> tuple[str, ...]:
    """Give the names of the formats that a file of a suffix may have here, as far as Pillow and its plugins read them.

    Of ``".heic"`` they are all that there are.
    """
    Image.init()  # otherwise formats are not known before a file is opened that might be of them
    wanted = _WITHOUT_SIGN.get(suffix, _FORMATS)
    if suffix in WITH_PLUGIN:
        with suppress(ImportError):  # a plugin that not everybody has
            importlib.import_module("pillow_heif").register_heif_opener()
            wanted = (*wanted, "HEIF")
    return tuple(name for name in wanted if name in Image.OPEN)  # older versions of Pillow lack some


def _has_deep_colours(picture: Image.Image) -> bool:
    """Whether a picture is stored in colours of 16 bits, without transparency, of which Pillow gives the upper 8."""
    rawmodes = [_rawmode(tile.args) for tile in getattr(picture, "tile", ())]
    return bool(rawmodes) and all(rawmode in _OTHER_HALF for rawmode in rawmodes)


def _deep_colours(path: Path, frame: int) -> npt.NDArray[np.uint16]:
    """Read colours of 16 bits: once the upper halves, and once the lower ones, as if bytes lay the other way round."""
    halves = []
    for is_lower in (False, True):
        with opened(path) as picture:
            if frame:
                picture.seek(frame)
            if is_lower:
                file = cast(ImageFile.ImageFile, picture)
                file.tile = [tile._replace(args=_turned(tile.args)) for tile in file.tile]
            halves.append(np.asarray(ImageOps.exif_transpose(picture), np.uint16))
    return halves[0] * 256 + halves[1]


def _rawmode(arguments: Any) -> str:
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def _turned(arguments: Any) -> Any:
    other = _OTHER_HALF[_rawmode(arguments)]
    return (other, *arguments[1:]) if isinstance(arguments, tuple) else other


def _is_grey(mode: str) -> bool:
    return mode in ("1", "L", "LA", "La") or mode.startswith(_DEEP)


def _is_reduced(picture: Image.Image) -> bool:
    kind = getattr(picture, "tag_v2", {}).get(_REDUCED, 0)
    return isinstance(kind, int) and bool(kind & 1)


def _upright_size(picture: Image.Image) -> Size:
    # Looking for it in a PNG file that has none before its pixels would read them all.
    knows = picture.format != "PNG" or "exif" in picture.info
    if knows and picture.getexif().get(_ORIENTATION) in _LYING:
        if picture.format == "TIFF":  # some versions of Pillow turn it by themselves, some when the pixels are read
            width, height = ImageOps.exif_transpose(picture).size
            return height, width
        return picture.width, picture.height
    return picture.height, picture.width
