"""The images of a set that has a size, brought to another one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from latentlab.core.arrays import Size
from latentlab.core.data.image_set import ImageSet
from latentlab.core.data.levels import Scales
from latentlab.core.data.mapped_images import in_parts, roomy
from latentlab.core.recipe.settings import Fit

if TYPE_CHECKING:
    import torch

    from latentlab.core.data.pictures.picture_look import Look


def fitted(data: ImageSet, size: Size | None, fit: Fit) -> ImageSet:
    """Bring all images of a set to a size.

    Parameters
    ----------
    data : ImageSet
    size : Size or None
        None leaves them as they are.
    fit : Fit
        How; what is added around them by ``"pad"`` is 0, the ground of handwriting.

    Returns
    -------
    ImageSet
        With a note, where they had another size.
    """
    from latentlab.core.data.pictures import picture_look
    from latentlab.core.data.pictures.picture_look import Look

    if size is None or data.image_shape[1:] == size:
        return replace(data, fitted=(size, fit))
    channels, height, width = data.image_shape
    look = Look(channels, Scales({}), size=size, fit=fit)
    how = picture_look.fit_in_words([(height, width)] * (len(data.train_images) + len(data.test_images)), look)
    said = f"All images, of {height}×{width} pixels, were brought to {size[0]}×{size[1]}, as chosen: {how}."
    return replace(
        data,
        train_images=_fitted(data.train_images, look),
        test_images=_fitted(data.test_images, look),
        train_noisy=None if data.train_noisy is None else _fitted(data.train_noisy, look),
        test_noisy=None if data.test_noisy is None else _fitted(data.test_noisy, look),
        fitted=(size, fit),
        notes=(*data.notes, said),
        fingerprint="",  # of the images as they are now
        levels=None,
    )


def _fitted(images: torch.Tensor, look: Look) -> torch.Tensor:
    import torch

    from latentlab.core.data.pictures import picture_look

    assert look.size is not None
    made = roomy((len(images), look.channels, *look.size))
    levels = images.numpy()
    for part in in_parts(levels, made):
        for image, target in zip(levels[part], made[part], strict=True):
            target[...] = picture_look.as_array(picture_look.fitted(picture_look.as_picture(image), look))
    return torch.from_numpy(made)
