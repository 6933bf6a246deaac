"""Opening a picture file: the one place where Pillow does, with the formats that it may try and the room it has."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from latentlab.core.arrays import Size
from latentlab.core.budgets import PICTURE
from latentlab.core.data.pictures.picture_files import WITH_PLUGIN
from latentlab.core.files import is_file

# Only these are tried: others may call programs, as that of PostScript does.
_FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "BMP", "DIB", "PPM", "WEBP", "JPEG2000", "AVIF", "PCX", "QOI")
_WITHOUT_SIGN = {".tga": ("TGA",)}  # nothing in these files says what they are, but their name
_SMALL_MODES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}  # bytes a pixel; others have 4
_LARGE = 64_000_000  # bytes of a picture, of which there is one at a time

TooLargeError = Image.DecompressionBombError
"""A picture that takes more room than any may; raised before its pixels are read."""

Image.MAX_IMAGE_PIXELS = PICTURE  # it is looked at here, in bytes
_turn = threading.Lock()


@contextmanager
def opened(file: Path | BinaryIO) -> Iterator[Image.Image]:
    """Open a picture file; what is damaged raises nearly anything, here and when its pixels are read.

    Raises
    ------
    TooLargeError
        When it takes more room than `budgets.PICTURE`, by its header.
    OSError
        When there is no file, but a pipe or a device, or it is no picture.
    """
    if isinstance(file, Path) and not is_file(file):  # whoever opens a pipe waits
        raise FileNotFoundError(f"{file} is no file")
    suffix = file.suffix.lower() if isinstance(file, Path) else ""
    with Image.open(file, formats=formats(suffix)) as picture:
        check_size(picture)
        yield picture


def check_size(picture: Image.Image) -> None:
    """See that a frame of an open picture takes no more room than it may.

    Raises
    ------
    TooLargeError
        When it does.
    """
    size = picture.width * picture.height * _SMALL_MODES.get(picture.mode, 4)
    if size > PICTURE:
        raise TooLargeError(f"{size} bytes")


@contextmanager
def in_turn(sizes: tuple[Size, ...]) -> Iterator[None]:
    """Read a picture of such sizes, in pixels: large ones one after the other, whatever the threads."""
    is_large = 4 * max(height * width for height, width in sizes) > _LARGE
    with _turn if is_large else nullcontext():
        yield


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
