"""What single images cost under a model: of a VAE the negative ELBO, however its terms were weighed in training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as functional
from torch import Tensor

from latentlab.core.arrays import Doubles, Floats, Integers
from latentlab.core.models.prior import Prior, normal_points
from latentlab.core.models.snapshot import Snapshot, as_input, chunks

SAMPLES = 16  # of an image that is looked at: on MNIST in two dimensions they err by 0.1 nats
FEW_SAMPLES = 4  # of each of many images: by 0.7 nats


def image_terms(
    snapshot: Snapshot, images: npt.ArrayLike | Tensor, labels: npt.ArrayLike | None, samples: int
) -> tuple[Floats, Floats, Floats]:
    """Give reconstruction, KL and penalty of each image, nats, at temperature 1.

    Of a VAE the first two make up the negative ELBO (Kingma and Welling, 2014, eq. 3): the KL in closed form, the
    reconstruction, and the KL from a mixture prior, averaged over samples of the posterior, by the same quasi-random
    numbers for every image (a scrambled Sobol sequence: Buchholz et al., 2018, "Quasi-Monte Carlo variational
    inference"). An autoencoder's code is a point.

    Parameters
    ----------
    snapshot : Snapshot
    images : uint8 (N, C, H, W), or float32 (N, C, H, W) in [0, 1]
    labels : int64 (N,) or None
        Needed by a CVAE.
    samples : int
        See `SAMPLES` and `FEW_SAMPLES`.

    Returns
    -------
    reconstruction, kl, penalty : float32 (N,)
    """
    if not snapshot.is_variational:
        return snapshot.loss_terms(images, labels)
    x = torch.as_tensor(images)
    y = torch.as_tensor(np.asarray(labels, np.int64)) if snapshot.uses_labels else None
    noise, prior = normal_points(samples, snapshot.latent), snapshot.prior
    parts = [
        _terms(snapshot, as_input(x[part]), None if y is None else y[part], noise, prior) for part in chunks(x)
    ] or [(torch.zeros(0), torch.zeros(0), torch.zeros(0))]
    reconstruction, kl, penalty = (torch.cat(terms).numpy() for terms in zip(*parts, strict=True))
    return reconstruction, kl, penalty


def misfits(snapshot: Snapshot, images: Floats, labels: Integers | None) -> Doubles:
    """Give how badly a model explains each image under each of some labels: nats, so that images can be compared.

    It is the negative ELBO with z at the mean, less what a decoder that knew the image would cost: of a Bernoulli one
    the entropy of the grey levels. What is left of the reconstruction is a divergence, 0 where the image is hit, and
    not larger for an image of more grey.

    Parameters
    ----------
    snapshot : Snapshot
    images : float32 (N, C, H, W)
        In [0, 1].
    labels : int64 (K,) or None
        Of a CVAE; other models take none.

    Returns
    -------
    float64 (N, K)
        (N, 1) without labels.
    """
    count = 1 if labels is None else len(labels)
    each = None if labels is None else np.tile(labels, len(images))
    reconstruction, kl, _ = snapshot.loss_terms(np.repeat(images, count, 0), each)
    found: Doubles = (reconstruction.astype(np.float64) + kl).reshape(len(images), count)
    if snapshot.recipe.loss.reconstruction == "bernoulli":
        x = torch.from_numpy(images).flatten(1)
        found -= functional.binary_cross_entropy(x, x, reduction="none").sum(1, keepdim=True).numpy()
    return found


def _terms(
    snapshot: Snapshot, x: Tensor, y: Tensor | None, noise: Tensor, prior: Prior
) -> tuple[Tensor, Tensor, Tensor]:
    model, recipe = snapshot.model, snapshot.recipe.loss
    count = len(x)
    at_once = max(1, snapshot.chunk // max(1, count))
    with torch.inference_mode():
        mean, logvar = model.encode(x, y)
        total = x.new_zeros(count)
        for start in range(0, len(noise), at_once):
            some = noise[start : start + at_once]
            codes = (mean + torch.exp(0.5 * logvar) * some[:, None]).flatten(0, 1)
            under = None if y is None else y.repeat(len(some))
            errors = model.error(model.decode(codes, under), x.repeat(len(some), 1, 1, 1))
            total += errors.reshape(len(some), count).sum(0)
        has_penalty = recipe.sparsity or recipe.contraction
        penalty = model.penalty(x, y) if has_penalty else x.new_zeros(count)
        weights = torch.full((len(noise),), 1 / len(noise))
        return total / len(noise), prior.kl_by_rule(mean, logvar, noise, weights), penalty.detach()
