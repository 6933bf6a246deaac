"""The best that a diagonal Gaussian can say of an image, and what an encoder's own loses against it.

Cremer et al. (2018), "Inference suboptimality in variational autoencoders", section 3: log p(x) lies above the ELBO of
the encoder's posterior by the amortisation gap, ELBO(q*) - ELBO(q), and the approximation gap, log p(x) - ELBO(q*), q*
being the diagonal Gaussian whose ELBO is highest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from latentlab.core.arrays import Doubles, Floats
from latentlab.core.measures.quadrature import gauss_hermite
from latentlab.core.measures.under_label import UnderLabel
from latentlab.core.progress import reached

_FAINTEST = 1e-9  # weight of a node
_MOST_RULED = 3  # dimensions over which Gaussians are integrated by a rule; over more, by samples
_NODES = {1: 15, 2: 7, 3: 5}  # of the rule along each dimension, while a Gaussian is sought
_FINE_NODES = {1: 41, 2: 21, 3: 11}  # once it is found
_SAMPLES, _FINE_SAMPLES = 64, 512
_STEPS = 80
_FASTEST, _SLOWEST = 0.15, 0.005  # steps, in deviations of where it starts
_SLOPE, _SQUARE = 0.8, 0.95  # of what was before, in Adam's means of the gradient and its square
_AT_ONCE = 4096  # codes decoded together


@dataclass(frozen=True, slots=True, eq=False)
class Gaussians:
    """Diagonal Gaussians over the latent space, one of each image.

    Attributes
    ----------
    mean, logvar : float32 (N, L)
    elbo : float64 (N,)
        Nats, at temperature 1 and β = 1.
    """

    mean: Floats
    logvar: Floats
    elbo: Doubles


def elbos(model: UnderLabel, images: Tensor, mean: Floats, logvar: Floats) -> Doubles:
    """Give the ELBO of Gaussians for images (N, C, H, W) in [0, 1]: float64 (N,), nats.

    Kingma and Welling (2014), eq. 3; its expectation by the rule of Gauss and Hermite, of more than 3 dimensions over
    512 samples, which are the same for all.
    """
    means, logvars = (torch.from_numpy(np.asarray(each, np.float32)) for each in (mean, logvar))
    nodes, weights = _rule(means.shape[1], fine=True)
    step = max(1, _AT_ONCE // len(nodes))
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), step):
            reached()
            rows = slice(start, start + step)
            found.append(_elbo(model, images[rows], means[rows], logvars[rows], nodes, weights))
    return torch.cat(found).numpy()


def best_gaussians(model: UnderLabel, images: Tensor, mean: Floats, logvar: Floats) -> Gaussians:
    """Give of each image the diagonal Gaussian with the highest ELBO that is found from some to start with.

    Parameters
    ----------
    model : UnderLabel
    images : float32 (N, C, H, W)
        In [0, 1].
    mean, logvar : float32 (N, S, L)
        S Gaussians of each image to start from, such as the encoder's, and those around the modes of the posterior: the
        best of all wins, be it one of these. From each, `Adam` (Kingma and Ba, 2015) takes 80 steps up the ELBO.
    """
    count, starts, latent = mean.shape
    nodes, _ = _rule(latent, fine=False)
    step = max(1, _AT_ONCE // (starts * len(nodes)))
    means, logvars = (np.concatenate([each, each], 1).astype(np.float32) for each in (mean, logvar))
    for begin in range(0, count, step):
        rows = slice(begin, begin + step)
        of_each = images[rows].repeat_interleave(starts, 0)
        climbed = _climbed(model, of_each, *(each[rows].reshape(-1, latent) for each in (mean, logvar)))
        means[rows, starts:], logvars[rows, starts:] = (each.reshape(-1, starts, latent) for each in climbed)
        reached(min(1.0, (begin + step) / count))
    elbo = np.stack([elbos(model, images, means[:, start], logvars[:, start]) for start in range(2 * starts)], 1)
    every, best = np.arange(count), elbo.argmax(1)
    return Gaussians(means[every, best], logvars[every, best], elbo[every, best])


def _climbed(model: UnderLabel, images: Tensor, mean: Floats, logvar: Floats) -> tuple[Floats, Floats]:
    """Go up from Gaussians (N, L), each of its own image."""
    first, spread = (torch.from_numpy(np.ascontiguousarray(each, np.float32)) for each in (mean, logvar))
    deviation = torch.exp(0.5 * spread)
    nodes, weights = _rule(first.shape[1], fine=False)
    with torch.inference_mode(False), torch.enable_grad():
        # A step of 1 is as long as the deviation where it starts, or multiplies that by e. Written out here: torch's
        # own optimisers load its compiler at the first step, for which a window would wait for seconds.
        at = torch.zeros(2, *first.shape)
        slope, square = torch.zeros_like(at), torch.zeros_like(at)
        for number in range(1, _STEPS + 1):
            reached()
            at.requires_grad_()
            elbo = _elbo(model, images, first + deviation * at[0], spread + 2 * at[1], nodes, weights)
            (gradient,) = torch.autograd.grad(elbo.sum(), at)
            slope = _SLOPE * slope + (1 - _SLOPE) * gradient
            square = _SQUARE * square + (1 - _SQUARE) * gradient.square()
            steep = (square / (1 - _SQUARE**number)).sqrt() + 1e-8
            length = _SLOWEST + 0.5 * (_FASTEST - _SLOWEST) * (1 + math.cos(math.pi * number / _STEPS))
            at = (at + length * slope / (1 - _SLOPE**number) / steep).detach()
        move, grow = at
        return (first + deviation * move).numpy(), (spread + 2 * grow).numpy()


def _elbo(model: UnderLabel, images: Tensor, mean: Tensor, logvar: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
    """Give the ELBO (N,) of Gaussians (N, L) for as many images, by nodes (K, L) of a standard Gaussian."""
    count = len(nodes)
    codes = mean[:, None] + torch.exp(0.5 * logvar)[:, None] * nodes
    error = model.error(model.decode(codes.flatten(0, 1)), images.repeat_interleave(count, 0)).reshape(-1, count)
    return -(error.double() * weights).sum(1) - model.snapshot.prior.kl_by_rule(mean, logvar, nodes, weights)


@lru_cache(maxsize=8)
def _rule(latent: int, *, fine: bool) -> tuple[Tensor, Tensor]:
    """Give nodes (K, L) and weights (K,) by which a standard Gaussian is integrated over."""
    if latent <= _MOST_RULED:
        nodes, weights = gauss_hermite(latent, (_FINE_NODES if fine else _NODES)[latent], _FAINTEST)
        return torch.from_numpy(nodes.astype(np.float32)), torch.from_numpy(weights)
    half = (_FINE_SAMPLES if fine else _SAMPLES) // 2
    drawn = torch.randn(half, latent, generator=torch.Generator().manual_seed(int(fine)))
    return torch.cat([drawn, -drawn]), torch.full((2 * half,), 0.5 / half, dtype=torch.float64)
