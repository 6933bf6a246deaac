"""The terms of the loss, each per image: summed over pixels or latent dimensions, in nats."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

_PAIRS = 512  # of an image and a dimension of its code, at once


def bernoulli(logits: Tensor, target: Tensor) -> Tensor:
    """Give the negative log-likelihood of pixels under a Bernoulli decoder.

    Kingma and Welling (2014), appendix C.1, eq. 11, with grey values as targets.

    Parameters
    ----------
    logits : float32 (B, C, H, W)
        The decoder's output before the sigmoid.
    target : float32 (B, C, H, W)
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
    output, target : float32 (B, C, H, W)
        In the range of the model's output.

    Returns
    -------
    float32 (B,)
    """
    return F.mse_loss(output, target, reduction="none").flatten(1).sum(1)


class ErrorTable(NamedTuple):
    """What the negative log-likelihood of any image under some outputs is made of: it is linear in the image.

    Attributes
    ----------
    offset : float32 (K,)
        Of each output, nats.
    weights : float32 (K, D)
        What each of the D pixels of an image takes off.
    has_square : bool
        Whether the image's own sum of squares is added.
    """

    offset: Tensor
    weights: Tensor
    has_square: bool

    def of(self, target: Tensor) -> Tensor:
        """Give the error of each image (B, C, H, W) under each output, by one product of matrices: float32 (B, K)."""
        flat = target.flatten(1)
        errors = self.offset - flat @ self.weights.T
        return errors + flat.square().sum(1, keepdim=True) if self.has_square else errors


def bernoulli_table(logits: Tensor) -> ErrorTable:
    """Give what `bernoulli` of any image is made of, under logits (K, C, H, W)."""
    flat = logits.flatten(1)
    return ErrorTable(F.softplus(flat).sum(1), flat, has_square=False)


def squared_error_table(output: Tensor) -> ErrorTable:
    """Give what `squared_error` of any image is made of, under outputs (K, C, H, W)."""
    flat = output.flatten(1)
    return ErrorTable(flat.square().sum(1), 2 * flat, has_square=True)


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
    return kl_by_dimension(mean, logvar).sum(1)


def penalised_kl(
    mean: Tensor, logvar: Tensor, free_bits: float, average: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """Give what is minimised in the place of `kl` where some of it is free.

    Kingma et al. (2016), eq. 15, each dimension a group of its own.

    Parameters
    ----------
    mean, logvar : float32 (B, L)
        Of the posterior.
    free_bits : float
        λ, nats: a dimension whose KL is lower, averaged over the batch, counts as much, and has no gradient.
    average : callable, optional
        From (B, L) to the mean (L,) over the batch, where these images are a part of it.

    Returns
    -------
    float32 (B,)
        Its mean is the sum over dimensions of max(λ, mean over the batch of KL).
    """
    each = kl_by_dimension(mean, logvar)
    of_batch = each.mean(0) if average is None else average(each)
    return torch.where(of_batch < free_bits, free_bits, each).sum(1)


def kl_by_dimension(mean: Tensor, logvar: Tensor) -> Tensor:
    """Give each dimension's share of `kl`, before the sum over them: float (B, L)."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar)


def sparsity(code: Tensor) -> Tensor:
    """Give the L1 norm of each code: float32 (B, ...) to (B,); small where few units are active."""
    return code.flatten(1).abs().sum(1)


def contraction(encode: Callable[[Tensor], Tensor], images: Tensor, noise: Tensor) -> Tensor:
    """Estimate the squared Frobenius norm of the encoder's Jacobian at each image.

    Rifai et al. (2011), eq. 3: the sum over code and pixels of squared derivatives. With random signs v the square
    of the gradient of v·code is that norm in the mean (Hutchinson, 1990), at the cost of one backward pass instead
    of one for each dimension of the code.

    Parameters
    ----------
    encode : callable
        From images to codes (B, L).
    images : float32 (B, C, H, W)
    noise : float32 (B, L)
        Symmetric about zero; its signs are taken, those of zeros too: noise times 0 serves as well.

    Returns
    -------
    float32 (B,)
        With a gradient for the encoder's weights where the caller is in grad mode.
    """
    is_training = torch.is_grad_enabled()
    with torch.inference_mode(False), torch.enable_grad():  # a derivative is needed even where a model is only tested
        x = images.clone().requires_grad_()
        signs = torch.copysign(torch.ones_like(noise), noise)
        (gradient,) = torch.autograd.grad((encode(x) * signs).sum(), x, create_graph=is_training)
        return gradient.flatten(1).square().sum(1)


def contraction_of_each(encode: Callable[[Tensor, Tensor], Tensor], images: Tensor, latent: int) -> Tensor:
    """Give what `contraction` estimates, exactly: by a backward pass for each dimension of the code.

    Parameters
    ----------
    encode : callable
        From images (K, C, H, W), and which of `images` each of them is, int64 (K,), to codes (K, L).
    images : float32 (B, C, H, W)
    latent : int
        L.

    Returns
    -------
    float32 (B,)
        Without a gradient.
    """
    with torch.inference_mode(False), torch.enable_grad():
        norms = torch.zeros(len(images), device=images.device)
        for start in range(0, len(images) * latent, _PAIRS):
            part = torch.arange(start, min(start + _PAIRS, len(images) * latent))
            rows, dimensions = part // latent, part % latent
            x = images[rows].clone().requires_grad_()
            (gradient,) = torch.autograd.grad(encode(x, rows).gather(1, dimensions[:, None]).sum(), x)
            norms.index_add_(0, rows, gradient.flatten(1).square().sum(1))
    return norms
