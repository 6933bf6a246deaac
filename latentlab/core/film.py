"""Films as files: a strip of all frames, an animation or a video, whichever the file's name says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from latentlab.core.arrays import Floats
from latentlab.core.output.animation import (
    AnimationError,
    fitting_scale,
    save_gif,
    save_mp4,
    side_by_side,
    there_and_back,
)
from latentlab.core.output.export import save_picture, sheet

STRIP, ANIMATION, VIDEO = ".png", ".gif", ".mp4"
_FRAME_SIDE = 64  # pixels that the longer side of a frame is brought to at least, in a strip


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
    images : float32 (R, N, H, W)
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
    kind = path.suffix.lower()
    if kind == STRIP:
        scale = max(1, -(-_FRAME_SIDE // max(images.shape[2:])))
        save_picture(path, sheet(images.repeat(scale, 2).repeat(scale, 3)))
    elif kind == ANIMATION:
        frames = there_and_back(side_by_side(images))
        save_gif(path, frames, len(frames) / rate, fitting_scale(*frames.shape[1:]))
    elif kind == VIDEO:
        save_mp4(path, there_and_back(side_by_side(images)), rate, report, is_cancelled)
    else:
        raise AnimationError(f"A film is saved as {STRIP}, {ANIMATION} or {VIDEO}, not as '{path.name}': rename it.")
