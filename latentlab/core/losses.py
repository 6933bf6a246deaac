"""The terms of the loss, each per image: summed over pixels or latent dimensions, in nats."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def bernoulli(logits: Tensor, target: Tensor) -> Tensor:
    """Give the negative log-likelihood of pixels under a Bernoulli decoder.

    Kingma and Welling (2014), appendix C.1, eq. 11, with grey values as targets.

    Parameters
    ----------
    logits : float32 (B, 1, H, W)
        The decoder's output before the sigmoid.
    target : float32 (B, 1, H, W)
        In [0, 1].

    Returns
    -------
    float32 (B,)
    """
    return F.binary_cross_entropy_with_logits(logits, target, reduction="none").flatten(1).sum(1)


def squared_error(output: Tensor, target: Tensor) -> Tensor:
    """Give the squared error: a Gaussian decoder's negative log-likelihood with variance 1/2, less a constant.

    Parameters
    ----------
    output, target : float32 (B, 1, H, W)
        In the range of the model's output.

    Returns
    -------
    float32 (B,)
    """
    return F.mse_loss(output, target, reduction="none").flatten(1).sum(1)


def kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """Give the KL divergence of the diagonal Gaussian posterior from the standard normal prior.

    Kingma and Welling (2014), appendix B.

    Parameters
    ----------
    mean, logvar : float32 (B, L)
        Of the posterior.

    Returns
    -------
    float32 (B,)
    """
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)
