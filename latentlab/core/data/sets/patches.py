"""Colour patches cut from the two photographs that come with scikit-learn: colour without a download."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from latentlab.core.data.dataset import Local
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.sets import scikit_learn_files

# Where the strip for testing begins: roofs, sky, lake and trees in the one, petals and leaves in the other.
_PHOTOGRAPHS = {"China": ("china.jpg", 136), "Flower": ("flower.jpg", 184)}
_SHRINK = 2  # from 640x427 pixels: a patch then holds a gable, a tree, a few petals
_SIDE, _STEP, _STRIP = 32, 4, 60  # pixels of the shrunk photograph


def load() -> ImageSet:
    """Give patches, uint8 (N, 3, 32, 32), their class the photograph that they are from.

    A strip of each photograph, from its top to its bottom, is for testing. Patches overlap their neighbours on the same
    side, but no patch lies across the strip's edges, so that no pixel is in a training patch and a test patch. Those
    for training are shuffled, so that the first few hold both classes.
    """
    import torch

    train, test = [], []
    for file, strip in _PHOTOGRAPHS.values():
        patches = np.lib.stride_tricks.sliding_window_view(_read(file), (_SIDE, _SIDE), axis=(0, 1))[::_STEP, ::_STEP]
        left = np.arange(patches.shape[1]) * _STEP
        is_test = (left >= strip) & (left + _SIDE <= strip + _STRIP)
        is_train = (left + _SIDE <= strip) | (left >= strip + _STRIP)
        train.append(patches[:, is_train].reshape(-1, 3, _SIDE, _SIDE))
        test.append(patches[:, is_test].reshape(-1, 3, _SIDE, _SIDE))
    order = np.random.default_rng(0).permutation(sum(map(len, train)))
    return ImageSet(
        name=DATASET.name,
        title=DATASET.title,
        train_images=torch.from_numpy(np.concatenate(train)[order]),
        train_labels=torch.from_numpy(_labels(train)[order]),
        test_images=torch.from_numpy(np.concatenate(test)),
        test_labels=torch.from_numpy(_labels(test)),
        class_names=tuple(_PHOTOGRAPHS),
    )


DATASET = Local("patches", "Photo patches (bundled)", load, 4692, 736)


def _labels(parts: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.int64]:
    return np.repeat(np.arange(len(parts), dtype=np.int64), [len(part) for part in parts])


def _read(file: str) -> npt.NDArray[np.uint8]:
    """Give a photograph at half its size, (H, W, 3)."""
    from PIL import Image

    from latentlab.core.data.pictures.picture_opening import opened

    path = scikit_learn_files.find("images", file)
    if path is not None:
        with opened(path) as picture:
            photograph = picture.convert("RGB")
    else:
        from sklearn.datasets import load_sample_image

        photograph = Image.fromarray(load_sample_image(file))
    return np.asarray(photograph.reduce(_SHRINK))
