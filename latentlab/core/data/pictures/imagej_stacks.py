"""Stacks of ImageJ of more than 4 GB: TIFF files that tell of their first image only, and the others follow it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageFile

_COMPRESSION, _DESCRIPTION, _PLACES, _LENGTHS = 259, 270, 273, 279  # tags of TIFF
_COUNT = re.compile(r"^images=(\d{1,12})$", re.MULTILINE)


def images_in(picture: Image.Image, path: Path) -> int:
    """Give how many images there are in a TIFF file, open as a picture, that seems to have one."""
    tags: dict[int, Any] = getattr(picture, "tag_v2", {})
    told = str(tags.get(_DESCRIPTION, ""))
    found = _COUNT.search(told.replace("\r", "")) if told.startswith("ImageJ") else None
    if found is None or tags.get(_COMPRESSION, 1) != 1:
        return 1
    if _size(picture) < picture.width * picture.height:  # it tells of less than its first image
        return 1
    room = path.stat().st_size - int(min(tags[_PLACES]))
    return max(1, min(int(found[1]), room // _size(picture)))


def move_to(picture: Image.Image, number: int) -> None:
    """Have a picture, whose pixels have not been read, give another image of its file, counted from 0."""
    file, size = cast(ImageFile.ImageFile, picture), _size(picture)
    file.tile = [tile._replace(offset=tile.offset + number * size) for tile in file.tile]


def _size(picture: Image.Image) -> int:
    return max(1, int(sum(picture.tag_v2[_LENGTHS])))  # type: ignore[attr-defined]
