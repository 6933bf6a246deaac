"""The ground of images, by their edges: its colour, and whether it is empty, as that of drawings is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_MOST_PIXELS = 1_000_000  # of edges that are looked at
_EMPTY = 12  # of 255: the grain of a scan is no picture


def ground_of(images: npt.NDArray[np.uint8]) -> tuple[int, ...]:
    """Give the level of each channel that the edges of images come nearest to, 0 to 255.

    Parameters
    ----------
    images : uint8 (N, C, H, W)
        A hundred are plenty. Without any, the ground is 0.
    """
    _, channels, height, width = images.shape
    some = images[: max(1, _MOST_PIXELS // (2 * (height + width)))]
    edges = np.concatenate([some[:, :, 0], some[:, :, -1], some[:, :, :, 0], some[:, :, :, -1]], axis=2)
    if not edges.size:
        return (0,) * int(channels)
    return tuple(round(float(np.median(edges[:, channel]))) for channel in range(channels))


def are_drawings(ground: Sequence[int]) -> bool:
    """Whether images on this ground are ink: grey ones on an empty ground are; all others are photographs.

    Ink has no colour of its own, and is shown in that of the theme; photographs are shown as they are.
    """
    return len(ground) == 1 and ground[0] <= _EMPTY
