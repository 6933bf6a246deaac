"""Picture files: which there are in a folder, and their pixels in grey as a person sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

_SUFFIXES = frozenset((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".pgm", ".ppm", ".pbm", ".webp"))
_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)  # of EXIF


def among(entries: Iterable[Path]) -> list[Path]:
    """Give the picture files among some paths, told by their suffixes, in the order that people count in."""
    found = [entry for entry in entries if entry.suffix.lower() in _SUFFIXES and not entry.name.startswith(".")]
    return sorted((entry for entry in found if entry.is_file()), key=natural_order)


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Give a key that orders 'image 9' before 'image 10'."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", str(path).casefold())]


def grey(picture: Image.Image) -> Image.Image:
    """Turn a picture upright and into grey, 0 to 255; transparent pixels become white.

    Reads the pixels, and raises nearly anything where a file is damaged: SyntaxError, struct.error, OverflowError, ...
    """
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I") or upright.mode == "F":
        upright = Image.fromarray(_eight_bits(np.asarray(upright)))
    elif upright.has_transparency_data:
        coloured = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured)
    return upright.convert("L")


def upright_size(picture: Image.Image) -> tuple[int, int]:
    """Give the height and width that `grey` will have, without reading a pixel."""
    is_lying = picture.getexif().get(_ORIENTATION) in _LYING
    return (picture.width, picture.height) if is_lying else (picture.height, picture.width)


def _eight_bits(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Bring 16-bit, 32-bit and floating-point greys to 0 to 255; Pillow's own conversion cuts them off there."""
    highest = float(pixels.max())
    factor = 255.0 if highest <= 1 else 1.0 if highest <= 255 else 1 / 257 if highest <= 65535 else 255 / highest
    return np.rint(np.clip(pixels * factor, 0, 255)).astype(np.uint8)
