"""What a model makes of its latent dimensions: which it uses, which images use them, and how still a code stays.

N, the number of images, is at least 1 everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from latentlab.core.arrays import Floats, Integers
from latentlab.core.models.snapshot import Snapshot, as_input, chunks

_ACTIVE_VARIANCE = 0.01
_ACTIVE_SHARE = 0.01


class Activity(NamedTuple):
    """How often units of a code are on, as shares in [0, 1].

    Attributes
    ----------
    by_unit : float32 (L,)
        Of images that switch each unit on.
    by_class : float32 (K, L)
        The same for the images of each class; zeros for a class that has none.
    by_image : float32 (N,)
        Of units that each image switches on.
    """

    by_unit: Floats
    by_class: Floats
    by_image: Floats


def kl_per_dimension(snapshot: Snapshot, images: npt.ArrayLike | Tensor, labels: npt.ArrayLike | None = None) -> Floats:
    """Give each dimension's share of the KL divergence, averaged over images.

    Kingma and Welling (2014), appendix B, before its sum over dimensions; of a mixture prior, from its marginal.

    Parameters
    ----------
    snapshot : Snapshot
        Of a VAE or CVAE; an autoencoder has no posterior.
    images : uint8 (N, C, H, W), or float32 (N, C, H, W) in [0, 1]
    labels : int64 (N,), optional
        Needed by a CVAE.

    Returns
    -------
    float32 (L,)
        Nats.
    """
    if not snapshot.is_variational:
        raise ValueError("an autoencoder has no posterior")
    mean, logvar = (torch.from_numpy(part) for part in snapshot.encode(images, labels))
    each: Floats = snapshot.prior.kl_by_dimension(mean, logvar).mean(0).numpy()
    return each


def active_units(means: Floats) -> npt.NDArray[np.bool_]:
    """Say which dimensions a VAE uses: those whose mean varies over the data by more than 0.01.

    Burda et al. (2016), section 5.2.

    Parameters
    ----------
    means : float32 (N, L)
        Of the posterior.

    Returns
    -------
    bool (L,)
    """
    active: npt.NDArray[np.bool_] = means.var(0, dtype=np.float64) > _ACTIVE_VARIANCE
    return active


def activity(codes: Floats, labels: Integers, class_count: int) -> Activity:
    """Say which images switch on which units of an autoencoder's code.

    A unit is on where its size exceeds a hundredth of the largest in all codes. The bound goes with the scale of the
    code, which a penalty on it makes as small as the decoder's weights can make good; and it is not zero, since the
    penalty, and every activation but a ReLU, leave silent units at values that are next to nothing.

    Parameters
    ----------
    codes : float32 (N, L)
    labels : int64 (N,)
        -1 where there is none.
    class_count : int
        K.

    Returns
    -------
    Activity
    """
    sizes = np.abs(codes)
    is_on = sizes > _ACTIVE_SHARE * sizes.max()
    by_class = np.zeros((class_count, codes.shape[1]), np.float32)
    for label in np.unique(labels[labels >= 0]):
        by_class[label] = is_on[labels == label].mean(0)
    return Activity(is_on.mean(0, dtype=np.float32), by_class, is_on.mean(1, dtype=np.float32))


def movement(
    snapshot: Snapshot,
    images: npt.ArrayLike | Tensor,
    labels: npt.ArrayLike | None,
    deviation: float,
    seed: int,
) -> float:
    """Measure how far codes move when noise of one strength is added to images: see `movements`."""
    return float(movements(snapshot, images, labels, (deviation,), seed)[0])


def movements(
    snapshot: Snapshot,
    images: npt.ArrayLike | Tensor,
    labels: npt.ArrayLike | None,
    deviations: Sequence[float],
    seed: int,
) -> Floats:
    """Measure how far codes move when noise is added to images, relative to how far codes lie apart.

    After Rifai et al. (2011), section 5. The mean distance that Gaussian noise on every pixel moves a code is divided
    by the root mean square distance of codes from their mean: a code that merely shrank is not more still.

    Parameters
    ----------
    snapshot : Snapshot
    images : uint8 (N, C, H, W), or float32 (N, C, H, W) in [0, 1]
    labels : int64 (N,) or None
        Needed by a CVAE.
    deviations : sequence of K floats
        Of the noise, which is not cut off at black and white: it is as large as it says. It is the same noise, weaker
        or stronger.
    seed : int
        Of the noise.

    Returns
    -------
    float32 (K,)
        NaN where all images have the same code.
    """
    x, random = torch.as_tensor(images), np.random.default_rng(seed)
    y = None if labels is None else np.asarray(labels, np.int64)
    before, _ = snapshot.encode(x, y)
    total = np.zeros(len(deviations))
    for part in chunks(x):
        pixels = as_input(x[part]).numpy()
        noise = random.standard_normal(pixels.shape, np.float32)
        for which, deviation in enumerate(deviations):
            after = before[part]
            if deviation:
                after, _ = snapshot.encode(pixels + np.float32(deviation) * noise, None if y is None else y[part])
            total[which] += np.linalg.norm(after - before[part], axis=1).sum(dtype=np.float64)
    spread = np.sqrt(before.var(0, dtype=np.float64).sum()) or np.nan
    return (total / len(x) / spread).astype(np.float32)
