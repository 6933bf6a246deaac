"""Numbers of more than 8 bits in picture files, also where Pillow has no mode for them and gives their upper halves."""

from __future__ import annotations

import sys
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, ImageOps

Frame = Image.Image | npt.NDArray[np.uint16]
"""An image as it is stored: in Pillow's hands, or, in colours or with transparency of 16 bits, (H, W, 2), (H, W, 3) or
(H, W, 4), with its opacity in the second or the fourth channel."""

_DEEP = ("I", "F")  # what modes of more than 8 bits begin with
_GREY_WITH_ALPHA = "LA;16B"
# What reads the lower halves, as if bytes lay the other way round.
_ENDS = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_OTHER_HALF = {f"{mode};16{end}": f"{mode};16{_ENDS[end]}" for mode in ("RGB", "RGBA", "RGBX") for end in _ENDS}
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0  # a tag of TIFF
_INVERTED = "inverted"  # what is noted of such a picture


def is_deep(mode: str) -> bool:
    """Whether a mode of Pillow's holds more than 8 bits."""
    return mode.startswith(_DEEP)


def is_halved(picture: Image.Image) -> bool:
    """Whether a picture is stored in 16 bits of which Pillow would give the upper 8."""
    rawmodes = [_rawmode(tile.args) for tile in getattr(picture, "tile", ())]
    return bool(rawmodes) and all(
        rawmode in _OTHER_HALF or (rawmode == _GREY_WITH_ALPHA and picture.mode == "RGBA") for rawmode in rawmodes
    )


def both_halves(upper: Image.Image, lower: Image.Image) -> npt.NDArray[np.uint16]:
    """Read a picture that `is_halved`.

    Parameters
    ----------
    upper, lower : Image
        The same frame of the same file, opened twice; their pixels have not been read.

    Returns
    -------
    uint16 (H, W, 2), (H, W, 3) or (H, W, 4)
        Upright: see `Frame`.
    """
    if _rawmode(upper.tile[0].args) == _GREY_WITH_ALPHA:  # type: ignore[attr-defined]
        _read_as(upper, {_GREY_WITH_ALPHA: "RGBA"})  # four bytes a pixel, as these are
        halves = np.asarray(ImageOps.exif_transpose(upper), np.uint16)
        return halves[..., ::2] * 256 + halves[..., 1::2]
    _read_as(lower, _OTHER_HALF)
    first, second = (np.asarray(ImageOps.exif_transpose(half), np.uint16) for half in (upper, lower))
    numbers = first * 256 + second
    key = upper.info.get("transparency")
    return numbers if key is None else np.dstack([numbers, _opacity(numbers, key)])


def numbers_of(frame: Frame) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint16] | None] | None:
    """Give numbers of more than 8 bits, which only a scale of the whole set turns into levels.

    Returns
    -------
    tuple or None
        The numbers, (H, W) or (H, W, 3), and their opacity from 0 to 65,535, (H, W), if there is any; None for a
        picture of 8 bits.
    """
    if isinstance(frame, Image.Image):
        if not is_deep(frame.mode):
            return None
        numbers, key = np.asarray(frame), frame.info.get("transparency")
        return numbers, None if key is None else _opacity(numbers, key)
    channels = frame.shape[2]
    if channels == 3:
        return frame, None
    return frame[..., 0] if channels == 2 else frame[..., :3], frame[..., -1]


def picture_of(frame: Frame, levels: npt.NDArray[np.uint8], alpha: npt.NDArray[np.uint16] | None) -> Image.Image:
    """Make a picture of 8 bits of the levels, and the opacity, that the numbers of a frame became."""
    if isinstance(frame, Image.Image) and frame.info.get(_INVERTED):
        levels = 255 - levels
    picture = Image.fromarray(levels)
    if alpha is not None:
        picture.putalpha(Image.fromarray((alpha // 257).astype(np.uint8)))
    return picture


def note_inversion(picture: Image.Image) -> None:
    """Note of a picture of a TIFF file that 0 is white in it; of 8 bits Pillow turns it itself."""
    if is_deep(picture.mode) and getattr(picture, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        picture.info[_INVERTED] = True


def _opacity(numbers: npt.NDArray[Any], key: int | tuple[int, ...]) -> npt.NDArray[np.uint16]:
    """Give 0 where a picture has the one number, or colour, that stands for nothing, and otherwise all there is."""
    differs = numbers != np.array(key)
    return np.where(differs if numbers.ndim == 2 else differs.any(axis=2), np.uint16(65535), np.uint16(0))


def _read_as(picture: Image.Image, rawmodes: dict[str, str]) -> None:
    file = cast(ImageFile.ImageFile, picture)
    file.tile = [tile._replace(args=_with(tile.args, rawmodes)) for tile in file.tile]


def _rawmode(arguments: Any) -> str:
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def _with(arguments: Any, rawmodes: dict[str, str]) -> Any:
    other = rawmodes[_rawmode(arguments)]
    return (other, *arguments[1:]) if isinstance(arguments, tuple) else other
