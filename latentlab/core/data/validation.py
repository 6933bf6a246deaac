"""The training images that are set apart: the best epoch is chosen by them, so that test images choose nothing."""

from __future__ import annotations

import numpy as np

from latentlab.core.data.image_set import DatasetError, ImageSet


def set_apart(data: ImageSet, share: float, seed: int) -> tuple[ImageSet, ImageSet]:
    """Draw validation images from the training images of a set.

    Parameters
    ----------
    data : ImageSet
    share : float
        Of the training images, above 0 and at most 1/2; at least one is drawn.
    seed : int
        Draws the same ones each time.

    Returns
    -------
    learned, validation : ImageSet
        The set without them among its training images, and one that is tested on them.

    Raises
    ------
    DatasetError
        Where there is only one training image.
    """
    total = len(data.train_labels)
    if total < 2:
        raise DatasetError(
            f"'{data.name}' has one training image here, so none can be set apart to choose the best epoch by: set "
            "data.validation to 0, to choose by the test images, or training.patience to none."
        )
    count = max(1, round(share * total))
    is_apart = np.zeros(total, bool)
    is_apart[np.random.default_rng(seed).permutation(total)[:count]] = True
    return data.parted(is_apart)
