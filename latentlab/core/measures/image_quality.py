"""How near a damaged or restored image comes to the clean one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def peak_signal_to_noise(clean: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Give the peak signal-to-noise ratio, 10 log10(1 / mean squared error), averaged over images.

    Parameters
    ----------
    clean, other : float32 (C, H, W) or (N, C, H, W)
        In [0, 1]; N is at least 1. The error is the mean over pixels and channels.

    Returns
    -------
    float
        Decibels; infinite where an image equals its clean one.
    """
    first, second = np.asarray(clean, np.float32), np.asarray(other, np.float32)
    if first.shape != second.shape:
        raise ValueError(f"shapes {first.shape} and {second.shape} differ")
    errors = np.square(first - second).mean(axis=(-3, -2, -1), dtype=np.float64)
    with np.errstate(divide="ignore"):
        return float(np.mean(-10 * np.log10(errors)))
