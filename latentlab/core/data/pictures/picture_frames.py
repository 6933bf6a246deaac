"""One picture file: what its header tells, and its images, upright, in the modes that they are stored in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from latentlab.core.arrays import Size
from latentlab.core.budgets import FRAMES, is_believed
from latentlab.core.data.pictures import deep_pictures, imagej_stacks
from latentlab.core.data.pictures.deep_pictures import Frame
from latentlab.core.data.pictures.picture_opening import TooLargeError, check_size, in_turn, opened

_STACKS = ("GIF", "TIFF", "WEBP", "PNG", "AVIF")  # whose further frames are images; a camera's MPO has previews
_ORIENTATION, _LYING = 0x0112, (5, 6, 7, 8)  # of EXIF
_REDUCED = 254  # of TIFF: bit 0 of this tag tells a smaller copy of another page
_USUAL_GAMMA = 1 / 2.2  # as PNG files tell it


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
    is_of_its_own : bool
        Whether it says that its numbers mean other colours than those of screens (sRGB), by a profile or a gamma.
    is_of_imagej : bool
        Whether its frames are those that `imagej_stacks` finds.
    """

    path: Path
    frames: tuple[int, ...]
    sizes: tuple[Size, ...]
    is_deep: bool
    may_have_colour: bool
    may_be_transparent: bool
    passed_over: int = 0
    is_of_its_own: bool = False
    is_of_imagej: bool = False


def header_of(path: Path) -> Header:
    """Read the header of a picture file.

    Raises
    ------
    TooLargeError
        When it takes more room than pictures may, or promises more frames than it has room for.
    Exception
        Nearly anything else, where it is none that can be read.
    """
    with opened(path) as picture:
        count = min(getattr(picture, "n_frames", 1), FRAMES + 1)
        frames, sizes, modes, is_transparent = [], [], {picture.mode}, picture.has_transparency_data
        for frame in range(count if picture.format in _STACKS else 1):
            if picture.format == "TIFF":  # the one format whose frames differ from each other
                picture.seek(frame)
                check_size(picture)
                if _is_reduced(picture):
                    continue
                modes.add(picture.mode)
                is_transparent |= picture.has_transparency_data
            frames.append(frame)
            sizes.append(_upright_size(picture))
        if not frames:
            frames, sizes = [0], [_upright_size(picture)]
        is_of_imagej = picture.format == "TIFF" and count == 1 and imagej_stacks.images_in(picture, path) > 1
        if is_of_imagej:
            count = imagej_stacks.images_in(picture, path)
            frames, sizes = [*range(count)], sizes * count
        _check_frames(path, sizes)
        changes = len(frames) > 1 and picture.format != "TIFF"  # from its second frame on a GIF may be in colour
        return Header(
            path=path,
            frames=tuple(frames),
            sizes=tuple(sizes),
            is_deep=any(map(deep_pictures.is_deep, modes)) or deep_pictures.is_halved(picture),
            may_have_colour=changes or not all(_is_grey(mode) for mode in modes),
            may_be_transparent=changes or is_transparent,
            passed_over=count - len(frames),
            is_of_its_own=_is_of_its_own(picture),
            is_of_imagej=is_of_imagej,
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
    with in_turn(header.sizes), opened(header.path) as picture:
        if header.is_of_imagej:
            yield from _frames_of_imagej(header)
            return
        for frame, size in zip(header.frames, header.sizes, strict=True):
            if frame:
                picture.seek(frame)
            elif least is not None:
                height, width = least
                is_lying = size != (picture.height, picture.width)
                picture.draft("L" if channels == 1 else "RGB", (height, width) if is_lying else (width, height))
            deep_pictures.note_inversion(picture)
            if deep_pictures.is_halved(picture):
                with opened(header.path) as upper, opened(header.path) as lower:
                    for half in (upper, lower) if frame else ():
                        half.seek(frame)
                    yield deep_pictures.both_halves(upper, lower)
            elif len(header.frames) == 1:
                ImageOps.exif_transpose(picture, in_place=True)  # which spares a copy, but of these frames alone
                yield picture
            else:
                yield ImageOps.exif_transpose(picture)


def _frames_of_imagej(header: Header) -> Iterator[Frame]:
    for frame in header.frames:
        with opened(header.path) as picture:  # its first image only is in Pillow's hands
            imagej_stacks.move_to(picture, frame)
            deep_pictures.note_inversion(picture)
            yield picture


def _check_frames(path: Path, sizes: Sequence[Size]) -> None:
    promised = sum(height * width for height, width in sizes)
    if len(sizes) > FRAMES or (len(sizes) > 1 and not is_believed(promised, path.stat().st_size)):
        raise TooLargeError(f"{len(sizes)} frames, {promised} pixels")


def _is_grey(mode: str) -> bool:
    return mode in ("1", "L", "LA", "La") or deep_pictures.is_deep(mode)


def _is_of_its_own(picture: Image.Image) -> bool:
    profile = picture.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return b"sRGB" not in profile and "sRGB".encode("utf-16-be") not in profile
    gamma = picture.info.get("gamma") if "srgb" not in picture.info else None
    return isinstance(gamma, float) and abs(gamma - _USUAL_GAMMA) > 0.05


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
