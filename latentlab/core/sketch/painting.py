"""A painting -> what a model of colour images was trained on: all of its paper, made as small as the model's images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats

_SIDE = 512  # of the paper's longer side, pixels, about


@dataclass(frozen=True, slots=True)
class Paper:
    """What is painted on: the images' own ground, in their shape.

    Attributes
    ----------
    height, width : int
        Of the model's images, pixels.
    ground : (int, int, int)
        Red, green and blue of blank paper, 0 to 255.
    """

    height: int
    width: int
    ground: tuple[int, int, int]

    @property
    def scale(self) -> int:
        """How many pixels of the paper lie along one of an image: whole ones, so that none is blurred into another."""
        return max(1, round(_SIDE / max(self.height, self.width)))


def prepare(painting: Floats, paper: Paper) -> Floats:
    """Make a painting as small as an image of the data.

    Parameters
    ----------
    painting : float32 (3, h, w)
        In [0, 1]: all of the paper, of any size.

    Returns
    -------
    float32 (3, H, W)
        In [0, 1]; each pixel the mean of what lies in its place.
    """
    from PIL import Image  # not above: the window needs this file, and no picture files, to begin with

    size = (paper.width, paper.height)
    bands = np.asarray(painting, np.float32)
    small = [np.asarray(Image.fromarray(band).resize(size, Image.Resampling.BOX)) for band in bands]
    image: Floats = np.nan_to_num(np.stack(small)).clip(0, 1)
    return image
