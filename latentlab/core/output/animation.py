"""Animations as GIF files and MP4 videos, and films as whichever the file's name says."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, channels_last, to_levels
from latentlab.core.errors import LatentlabError
from latentlab.core.writing import whole_file

_SIDE = 256  # pixels that the longer side of a small image is brought to at least
_TICK = 10  # milliseconds: what GIF counts in
_VIDEO_SIDE = 512  # pixels, for a video as _SIDE is for a GIF
# The first that this machine has; both finer than the eye sees.
_ENCODERS = {"libx264": {"crf": "16"}, "mpeg4": {"qmin": "2", "qmax": "2"}}
STRIP, ANIMATION, VIDEO = ".png", ".gif", ".mp4"
_FRAME_SIDE = 64  # pixels that the longer side of a frame is brought to at least, in a strip


class AnimationError(LatentlabError):
    """An animation that cannot be saved; the message names the file."""


def there_and_back(frames: Floats) -> Floats:
    """Give frames (N, C, H, W) followed by themselves backwards, neither end twice: a loop without a jump."""
    return np.concatenate([frames, frames[-2:0:-1]])


def fitting_scale(height: int, width: int) -> int:
    """Give the whole factor by which images of a size should be enlarged to be seen."""
    return max(1, -(-_SIDE // max(height, width)))


def side_by_side(films: Floats) -> Floats:
    """Give films (R, N, C, H, W) as one, float32 (N, C, H', W'): in rows of at most five, black between them."""
    count, frames, channels, height, width = films.shape
    rows = -(-count // 5)
    columns = -(-count // rows)
    gap = 2 if count > 1 else 0
    size = rows * (height + gap) - gap, columns * (width + gap) - gap
    joined = np.zeros((frames, channels, *size), np.float32)
    for index, film in enumerate(films):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        joined[..., top : top + height, left : left + width] = film
    return joined


def save_gif(path: Path, frames: Floats | npt.NDArray[np.uint8], seconds: float, scale: int) -> None:
    """Write an animation that loops for ever; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
    frames : float32 (N, C, H, W) in [0, 1], or uint8
    seconds : float
        Of one loop; a frame lasts a hundredth of a second at least.
    scale : int
        Pixels on a side that each pixel of a frame becomes.

    Raises
    ------
    AnimationError
        When there are no frames, or the file cannot be written.
    """
    from latentlab.core.data.pictures.picture_look import as_picture

    pictures = [as_picture(enlarged(pixels, scale)) for pixels in _levels(frames)]
    # Each frame ends at its place in the loop, rounded: rounding each duration would add up.
    ends = np.rint(np.linspace(0, 1000 * seconds, len(frames) + 1) / _TICK).astype(int)
    durations = [_TICK * max(1, int(ticks)) for ticks in np.diff(ends)]
    content = io.BytesIO()
    pictures[0].save(content, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    with whole_file(path, "The animation", AnimationError) as partial:
        partial.write_bytes(content.getvalue())


def save_mp4(
    path: Path,
    frames: Floats | npt.NDArray[np.uint8],
    rate: float,
    report: Callable[[float], None] = lambda share: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Write a video: H.264 in yuv420p, which every player reads; the file appears whole or not at all.

    Each pixel of a small frame becomes a square of pixels.

    Parameters
    ----------
    path : Path
    frames : float32 (N, C, H, W) in [0, 1], or uint8
        An odd side is made even by repeating its last row or column.
    rate : float
        Frames per second.
    report : callable
        Told the share that is done, after each frame.
    is_cancelled : callable
        Asked before each frame whether to give up.

    Raises
    ------
    AnimationError
        When there are no frames, it is given up, no encoder is here, or the file cannot be written.
    """
    levels = _levels(frames)
    scale = max(1, -(-_VIDEO_SIDE // max(levels.shape[2:])))
    try:
        import av  # a tenth of a second, and no other part needs it
    except ImportError as error:
        raise AnimationError(
            f"MP4 videos need the package av, which does not work here ({error}): save a GIF file instead."
        ) from error
    every = Fraction(rate).limit_denominator(1000)
    content = io.BytesIO()
    try:
        with av.open(content, "w", format="mp4") as file:
            name = next((name for name in _ENCODERS if _is_here(av.codec.Codec, name)), None)
            if name is None:
                raise AnimationError("No encoder for videos is on this machine: save a GIF file instead.")
            stream: Any = file.add_stream(name, rate=every, options=_ENCODERS[name])
            stream.pix_fmt = "yuv420p"
            height, width = (scale * side for side in levels.shape[2:])
            stream.height, stream.width = height + height % 2, width + width % 2
            for index, pixels in enumerate(levels):
                if is_cancelled():
                    raise AnimationError("The video was given up; nothing is saved.")
                large = np.pad(enlarged(pixels, scale), [(0, 0), (0, height % 2), (0, width % 2)], "edge")
                frame = _frame(av.VideoFrame, large)
                frame.pts, frame.time_base = index, 1 / every
                file.mux(stream.encode(frame))
                report((index + 1) / len(levels))
            file.mux(stream.encode())
    except av.FFmpegError as error:
        raise AnimationError(f"The video could not be made ({error}): save a GIF file instead.") from error
    with whole_file(path, "The video", AnimationError) as partial:
        partial.write_bytes(content.getvalue())


def enlarged(pixels: npt.NDArray[np.uint8], scale: int) -> npt.NDArray[np.uint8]:
    """Make each pixel of a picture (C, H, W) a square of `scale` x `scale`."""
    return pixels.repeat(scale, 1).repeat(scale, 2)


def _frame(kind: Any, pixels: npt.NDArray[np.uint8]) -> Any:
    """Make PyAV's frame of pixels (C, H, W), as a video takes it."""
    frame = kind.from_ndarray(
        np.ascontiguousarray(channels_last(pixels)), format="gray" if len(pixels) == 1 else "rgb24"
    )
    return frame.reformat(format="yuv420p")


def _levels(frames: Floats | npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    if not len(frames):
        raise AnimationError("There is nothing to animate yet: select two images first.")
    return frames.astype(np.uint8, copy=False) if frames.dtype == np.uint8 else to_levels(np.nan_to_num(frames))


def _is_here(codec: Callable[[str, str], object], name: str) -> bool:
    try:
        codec(name, "w")
    except ValueError:
        return False
    return True


def save_film(
    path: Path,
    images: Floats,
    rate: float,
    report: Callable[[float], None] = lambda share: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Write films; an animation or a video goes there and back. The file appears whole or not at all.

    Parameters
    ----------
    path : Path
        A strip for ``.png``, each film a row; an animation for ``.gif``, a video for ``.mp4``, with the films beside
        each other.
    images : float32 (R, N, C, H, W)
        R films of N frames, in [0, 1].
    rate : float
        Frames per second.
    report, is_cancelled : callable
        See `save_mp4`.

    Raises
    ------
    LatentlabError
        When the file's name says neither, or it cannot be written.
    """
    from latentlab.core.output.export import save_picture, sheet

    kind = path.suffix.lower()
    if kind == STRIP:
        scale = max(1, -(-_FRAME_SIDE // max(images.shape[3:])))
        save_picture(path, sheet(images.repeat(scale, 3).repeat(scale, 4)))
    elif kind == ANIMATION:
        frames = there_and_back(side_by_side(images))
        save_gif(path, frames, len(frames) / rate, fitting_scale(*frames.shape[2:]))
    elif kind == VIDEO:
        save_mp4(path, there_and_back(side_by_side(images)), rate, report, is_cancelled)
    else:
        raise AnimationError(f"A film is saved as {STRIP}, {ANIMATION} or {VIDEO}, not as '{path.name}': rename it.")
