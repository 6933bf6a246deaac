"""One picture file: what its header tells, and its images, upright and in levels, as a person sees them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from latentlab.core.data.levels import Scales
from latentlab.core.recipe.settings import Fit

Bytes = npt.NDArray[np.uint8]
Size = tuple[int, int]
"""Height and width, in pixels."""

BLACK, GREY, WHITE = 0, 128, 255

# Only these are tried: others may call programs, as that of PostScript does.
_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "DIB", "PPM", "WEBP", "JPEG2000", "AVIF", "PCX", "QOI")
_WITHOUT_SIGN = {".tga": ("TGA",)}  # nothing in these files says what they are, but their name
_DEEP = ("I", "F")  # what modes of more than 8 bits begin with
_STACKS = ("GIF", "TIFF", "WEBP", "PNG", "AVIF")  # whose further frames are images; a camera's MPO has previews
_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)  # of EXIF
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
    with Image.open(path, formats=_formats(path.suffix.lower())) as picture:
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
            is_deep=any(mode.startswith(_DEEP) for mode in modes),
            may_have_colour=changes or not all(_is_grey(mode) for mode in modes),
            may_be_transparent=changes or picture.has_transparency_data,
            passed_over=count - len(frames),
        )


def frames_of(header: Header, channels: int, least: Size | None = None) -> Iterator[Image.Image]:
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
            yield ImageOps.exif_transpose(picture)


def is_deep(picture: Image.Image) -> bool:
    """Whether it holds numbers of more than 8 bits, which only a scale of the whole set can turn into levels."""
    return picture.mode.startswith(_DEEP)


def on_ground(picture: Image.Image, ground: int) -> Image.Image:
    """Lay what is transparent of a picture on a ground of one level."""
    if not picture.has_transparency_data:
        return picture
    picture = with_alpha(picture)
    return Image.alpha_composite(Image.new("RGBA", picture.size, (ground, ground, ground, 255)), picture)


def with_alpha(picture: Image.Image) -> Image.Image:
    """Give a picture with transparency as RGBA."""
    return (picture.convert("LA") if picture.mode == "La" else picture).convert("RGBA")


def levels_of(picture: Image.Image, look: Look) -> Image.Image:
    """Give a picture in grey or RGB, as a look says, as large as it is."""
    if is_deep(picture):
        picture = Image.fromarray(look.scales.apply(np.asarray(picture)))
    return on_ground(picture, look.ground).convert("L" if look.channels == 1 else "RGB")


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
def _formats(suffix: str) -> tuple[str, ...]:
    Image.init()  # otherwise formats are not known before a file is opened that might be of them
    wanted = _WITHOUT_SIGN.get(suffix, _FORMATS)
    if suffix in (".heic", ".heif", ".hif"):
        with suppress(ImportError):  # a plugin that not everybody has
            importlib.import_module("pillow_heif").register_heif_opener()
            wanted = (*wanted, "HEIF")
    return tuple(name for name in wanted if name in Image.OPEN)  # older versions of Pillow lack some


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
