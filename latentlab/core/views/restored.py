"""Images damaged, and what a model makes of them: clean, noisy and restored side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, to_floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.measures.image_quality import peak_signal_to_noise
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.recipe.settings import CorruptionSettings

if TYPE_CHECKING:
    from latentlab.core.models.snapshot import Snapshot

DamageKind = Literal["training", "salt_and_pepper", "gaussian", "occlusion", "stains", "creases", "light"]


@dataclass(frozen=True, slots=True)
class Damage:
    """Damage that is done to images, to see what a model restores.

    Attributes
    ----------
    kind : str
        One of a recipe's corruptions; or ``"training"``, as the model saw its images: damaged as its recipe says, in
        a set of pairs the dirty ones.
    amount : float
        In [0, 1], as in a recipe; it says nothing of ``"training"``.
    seed : int
        Of what is random.
    """

    kind: DamageKind
    amount: float
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class RestoredImage:
    """An image, damaged, and what a model restores of it.

    Attributes
    ----------
    source : str
        What the image is: a ``"point"`` of the data, the ``"sketch"``, or what a code was ``"decoded"`` to.
    clean, noisy, restored : float32 (C, H, W)
    noisy_quality, restored_quality : float
        Peak signal-to-noise ratios against the clean image, decibels; infinite where there is no difference.
    """

    run_id: str
    source: Literal["point", "sketch", "decoded"]
    damage: Damage
    clean: Floats
    noisy: Floats
    restored: Floats
    noisy_quality: float
    restored_quality: float


@dataclass(frozen=True, slots=True)
class RestoredQuestion:
    """The first `count` images of the map damaged, and what the model restores; fewer where images are large."""

    damage: Damage
    count: int

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        return self.count * (model.operations.encode + model.operations.decode)

    def answer(self, model: MapUpdate) -> Restored:
        """Answer it of a model as it is now: see `restored`."""
        return restored(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class Restored:
    """Images clean, damaged and restored: float32 (N, C, H, W).

    Attributes
    ----------
    noisy_quality, restored_quality : float
        Peak signal-to-noise ratios against the clean images, their mean in decibels; infinite where nothing differs.
    """

    run_id: str
    damage: Damage
    clean: Floats
    noisy: Floats
    restored: Floats
    noisy_quality: float
    restored_quality: float


_MOST_PIXELS = 300_000  # of the images in a row: two pages, hundreds of digits


def restored(question: RestoredQuestion, model: MapUpdate) -> Restored:
    """Damage the first images of the map, and have the model restore them.

    Raises
    ------
    LatentlabError
        When the images are not on this machine.
    """
    if model.images is None:
        raise LatentlabError(
            "The images of this run are not on this machine, so there is nothing to damage: get the data set first."
        )
    height, width = model.images.shape[2:]
    count = min(question.count, max(2, _MOST_PIXELS // (height * width)))
    clean = to_floats(model.images[:count])
    pair = None if model.noisy is None else to_floats(model.noisy[:count])
    noisy = damaged_again(clean, pair, question.damage, model.snapshot.recipe)
    after = model.snapshot.restore(noisy, model.labels[:count])
    return Restored(
        model.run_id,
        question.damage,
        clean,
        noisy,
        after,
        peak_signal_to_noise(clean, noisy),
        peak_signal_to_noise(clean, after),
    )


def restored_image(
    snapshot: Snapshot,
    image: Floats,
    damage: Damage,
    *,
    label: int | None,
    pair: npt.NDArray[np.uint8] | None,
    source: Literal["point", "sketch", "decoded"],
) -> RestoredImage:
    """Damage one image, and have a model restore it.

    Parameters
    ----------
    snapshot : Snapshot
    image : float32 (C, H, W)
        In [0, 1].
    damage : Damage
    label : int or None
        Its class, for a CVAE.
    pair : uint8 (C, H, W) or None
        The dirty image that it has in a set of pairs.
    source : str
        What the image is: see `RestoredImage`.
    """
    clean = image[None]
    noisy = damaged_again(clean, None if pair is None else to_floats(pair)[None], damage, snapshot.recipe)
    after = snapshot.restore(noisy, [-1 if label is None else label])
    return RestoredImage(
        snapshot.run_id,
        source,
        damage,
        image,
        noisy[0],
        after[0],
        peak_signal_to_noise(clean, noisy),
        peak_signal_to_noise(clean, after),
    )


def damaged_again(clean: Floats, pair: Floats | None, damage: Damage, recipe: Recipe) -> Floats:
    """Damage images, in the same way every time.

    Parameters
    ----------
    clean : float32 (N, C, H, W)
        In [0, 1].
    pair : float32 (N, C, H, W) or None
        The dirty images, in a set of pairs.
    damage : Damage
    recipe : Recipe
        What the model was trained with.

    Returns
    -------
    float32 (N, C, H, W)
    """
    import torch  # not above: panels read this file, and load no torch

    from latentlab.core.data.corruption import corrupted

    before, settings = clean, recipe.corruption
    if damage.kind != "training":
        settings = CorruptionSettings.model_validate({damage.kind: damage.amount})
    elif pair is not None:
        before = pair
    generator = torch.Generator().manual_seed(damage.seed)
    result = corrupted(torch.from_numpy(before), settings, generator).numpy()
    return np.asarray(result, np.float32)
