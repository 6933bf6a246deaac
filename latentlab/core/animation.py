"""Animations as GIF files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from latentlab.core.errors import LatentlabError
from latentlab.core.events import Floats
from latentlab.core.whole_file import whole_file

_SIDE = 256  # pixels that the longer side of a small image is brought to at least
_TICK = 10  # milliseconds: what the format counts in


class AnimationError(LatentlabError):
    """An animation that cannot be saved; the message names the file."""


def there_and_back(frames: Floats) -> Floats:
    """Give frames (N, H, W) followed by themselves backwards, neither end twice: a loop without a jump."""
    return np.concatenate([frames, frames[-2:0:-1]])


def fitting_scale(height: int, width: int) -> int:
    """Give the whole factor by which images of a size should be enlarged to be seen."""
    return max(1, -(-_SIDE // max(height, width)))


def save_gif(path: Path, frames: Floats, seconds: float, scale: int) -> None:
    """Write an animation that loops for ever; the file appears whole or not at all.

    Parameters
    ----------
    path : Path
    frames : float32 (N, H, W)
        In [0, 1].
    seconds : float
        Of one loop; a frame lasts a hundredth of a second at least.
    scale : int
        Pixels on a side that each pixel of a frame becomes.

    Raises
    ------
    AnimationError
        When there are no frames, or the file cannot be written.
    """
    if not len(frames):
        raise AnimationError("There is nothing to animate yet: choose two images first.")
    grey = np.rint(np.clip(np.nan_to_num(frames), 0, 1) * 255).astype(np.uint8)
    pictures = [Image.fromarray(pixels.repeat(scale, 0).repeat(scale, 1)) for pixels in grey]
    # Each frame ends at its place in the loop, rounded: rounding each duration would add up.
    ends = np.rint(np.linspace(0, 1000 * seconds, len(frames) + 1) / _TICK).astype(int)
    durations = [_TICK * max(1, int(ticks)) for ticks in np.diff(ends)]
    content = io.BytesIO()
    pictures[0].save(content, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    with whole_file(path, "The animation", AnimationError) as partial:
        partial.write_bytes(content.getvalue())
