"""A model's prior p(z), the one place that says what it is: how dense it is, how far posteriors are from it, samples.

It is the standard normal, as of Kingma and Welling (2014), or a mixture of Gaussians: of the posteriors of learned
pseudo-inputs (VampPrior, Tomczak and Welling, 2018, eq. 9), or one that was fitted to codes once a model was trained.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

from latentlab.core.arrays import Doubles, Floats
from latentlab.core.models import losses

NODES = 16
"""Quasi-random numbers over which an expectation is taken where nobody gives samples."""

_LOG_2PI = math.log(2 * math.pi)
_FARTHEST = 6.0  # deviations: a Gaussian has 4e-9 of its mass beyond, for two dimensions
_EDGE = 1e-12  # of the probabilities that tell a component
_AT_ONCE = 1 << 16  # numbers: as many as stay in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The Gaussians that a prior is a mixture of.

    Attributes
    ----------
    weights : float64 (K,)
        They add up to 1.
    means : float64 (K, L)
    covariances : float64 (K, L, L)
    """

    weights: Doubles
    means: Doubles
    covariances: Doubles


class Prior(ABC):
    """What a VAE takes codes to be drawn from."""

    @abstractmethod
    def log_density(self, codes: Tensor) -> Tensor:
        """Give log p(z) of codes (..., L): float (...), nats."""

    @abstractmethod
    def log_density_by_dimension(self, codes: Tensor) -> Tensor:
        """Give log p(z_d), of the marginal of each dimension, of codes (..., L): float (..., L), nats."""

    @abstractmethod
    def log_ratio(self, codes: Tensor, noise: Tensor, logvar: Tensor) -> Tensor:
        """Give log p(z) - log q(z | x), float (...), nats, at codes z = μ + σ ε (..., L) of noise ε and log σ²."""

    @abstractmethod
    def kl(self, mean: Tensor, logvar: Tensor, noise: Tensor | None = None) -> Tensor:
        """Give KL(q(z | x) ‖ p(z)) of diagonal Gaussians (B, L): float (B,), nats.

        The standard normal's is in closed form. That of a mixture has none, and is estimated by the mean of
        log q(z | x) - log p(z) over samples z = μ + σ ε, without bias (as Tomczak and Welling, 2018, do); without
        `noise` over 16 quasi-random ones, always the same.

        Parameters
        ----------
        mean, logvar : float (B, L)
        noise : float (B, L) or (S, B, L), optional
            ε, standard normal.
        """

    @abstractmethod
    def kl_by_rule(self, mean: Tensor, logvar: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        """Give the KL as `kl` does, an expectation being taken by nodes (K, L) of a standard Gaussian, weights (K,)."""

    @abstractmethod
    def kl_by_dimension(self, mean: Tensor, logvar: Tensor) -> Tensor:
        """Give the KL of each dimension of Gaussians (B, L) from the prior's marginal: float (B, L), nats.

        Of a mixture, whose dimensions may depend on each other, they do not add up to the KL.
        """

    @abstractmethod
    def place(self, noise: Floats, temperature: float = 1.0) -> Floats:
        """Turn standard normal noise (..., L) into samples: float32 (..., L).

        Those of a mixture take their component by the first number of the noise, of whose distribution function each
        component has a part, and what is left of it within that part is as uniform again. A temperature scales what a
        sample strays from the mean of its component.
        """

    @property
    @abstractmethod
    def components(self) -> Components | None:
        """What it is a mixture of; None for the standard normal."""

    @property
    def is_mixture(self) -> bool:
        """Whether it is one: then no KL from it has a closed form."""
        return self.components is not None

    @property
    @abstractmethod
    def reach(self) -> float:
        """How far from 0 along any dimension it has mass, to six deviations."""


class StandardNormal(Prior):
    """N(0, I)."""

    def log_density(self, codes: Tensor) -> Tensor:
        """See `Prior.log_density`."""
        return -0.5 * (codes.square().sum(-1) + codes.shape[-1] * _LOG_2PI)

    def log_density_by_dimension(self, codes: Tensor) -> Tensor:
        """See `Prior.log_density_by_dimension`."""
        return -0.5 * (codes.square() + _LOG_2PI)

    def log_ratio(self, codes: Tensor, noise: Tensor, logvar: Tensor) -> Tensor:
        """See `Prior.log_ratio`."""
        return 0.5 * (noise.square() + logvar - codes.square()).sum(-1)  # of both densities the constant is the same

    def kl(self, mean: Tensor, logvar: Tensor, noise: Tensor | None = None) -> Tensor:
        """See `Prior.kl`."""
        return losses.kl(mean, logvar)

    def kl_by_rule(self, mean: Tensor, logvar: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        """See `Prior.kl_by_rule`."""
        return losses.kl(mean, logvar)

    def kl_by_dimension(self, mean: Tensor, logvar: Tensor) -> Tensor:
        """See `Prior.kl_by_dimension`."""
        return losses.kl_by_dimension(mean, logvar)

    def place(self, noise: Floats, temperature: float = 1.0) -> Floats:
        """See `Prior.place`."""
        return np.float32(temperature) * noise

    @property
    def components(self) -> None:
        """See `Prior.components`."""
        return None

    @property
    def reach(self) -> float:
        """See `Prior.reach`."""
        return _FARTHEST


STANDARD_NORMAL = StandardNormal()


class Mixture(Prior):
    """A mixture of Gaussians.

    Parameters
    ----------
    log_weights : float (K,)
        Any constant may be added.
    means : float (K, L)
    scales : float (K, L, L)
        Lower triangles S of covariances S Sᵀ.
    """

    def __init__(self, log_weights: Tensor, means: Tensor, scales: Tensor) -> None:
        self.log_weights, self.means, self.scales = torch.log_softmax(log_weights, 0), means, scales
        one = torch.eye(means.shape[1], dtype=scales.dtype, device=scales.device).expand_as(scales)
        self._whitening = torch.linalg.solve_triangular(scales, one, upper=False)
        self._log_scale = torch.diagonal(scales, 0, 1, 2).log().sum(1)

    @classmethod
    def of_posteriors(cls, mean: Tensor, logvar: Tensor) -> Mixture:
        """Give the even mixture of diagonal Gaussians (K, L): Tomczak and Welling (2018), eq. 9."""
        return cls(mean.new_zeros(len(mean)), mean, torch.diag_embed(torch.exp(0.5 * logvar)))

    def log_density(self, codes: Tensor) -> Tensor:
        """See `Prior.log_density`."""
        away = codes[..., None, :] - self.means.to(codes.dtype)
        # Multiplied and summed: a product of matrices would be of bfloat16 where layers compute in it.
        white = (self._whitening.to(codes.dtype) * away[..., None, :]).sum(-1)
        constant = self.log_weights - self._log_scale - 0.5 * codes.shape[-1] * _LOG_2PI
        return torch.logsumexp(constant.to(codes.dtype) - 0.5 * white.square().sum(-1), -1)

    def log_density_by_dimension(self, codes: Tensor) -> Tensor:
        """See `Prior.log_density_by_dimension`."""
        variances = self.scales.square().sum(2).to(codes.dtype)  # (K, L)
        squares = (codes[..., None, :] - self.means.to(codes.dtype)).square() / variances
        constant = self.log_weights.to(codes.dtype)[:, None] - 0.5 * (variances.log() + _LOG_2PI)
        return torch.logsumexp(constant - 0.5 * squares, -2)

    def log_ratio(self, codes: Tensor, noise: Tensor, logvar: Tensor) -> Tensor:
        """See `Prior.log_ratio`."""
        return self.log_density(codes) + 0.5 * (noise.square() + logvar + _LOG_2PI).sum(-1)

    def kl(self, mean: Tensor, logvar: Tensor, noise: Tensor | None = None) -> Tensor:
        """See `Prior.kl`."""
        if noise is None:
            nodes = normal_points(NODES, mean.shape[1]).to(mean.device)
            return self.kl_by_rule(mean, logvar, nodes, mean.new_full((NODES,), 1 / NODES))
        ratios = self.log_ratio(mean + torch.exp(0.5 * logvar) * noise, noise, logvar)
        return -ratios if ratios.ndim == 1 else -ratios.mean(0)

    def kl_by_rule(self, mean: Tensor, logvar: Tensor, nodes: Tensor, weights: Tensor) -> Tensor:
        """See `Prior.kl_by_rule`."""
        deviation = torch.exp(0.5 * logvar)
        total = -0.5 * (logvar + 1 + _LOG_2PI).sum(1)  # minus the entropy
        at_once = max(1, _AT_ONCE // max(1, len(mean) * self.scales.numel()))
        for some, share in zip(torch.split(nodes, at_once), torch.split(weights, at_once), strict=True):
            total = total - (share[:, None] * self.log_density(mean + deviation * some[:, None])).sum(0)
        return total

    def kl_by_dimension(self, mean: Tensor, logvar: Tensor) -> Tensor:
        """See `Prior.kl_by_dimension`."""
        deviation = torch.exp(0.5 * logvar)
        total = -0.5 * (logvar + 1 + _LOG_2PI)
        for node in normal_points(NODES, 1).to(mean.device):
            total = total - self.log_density_by_dimension(mean + deviation * node) / NODES
        return total

    def place(self, noise: Floats, temperature: float = 1.0) -> Floats:
        """See `Prior.place`."""
        flat = torch.from_numpy(noise.reshape(-1, noise.shape[-1])).double()
        ends = self.log_weights.double().exp().cumsum(0)
        share = torch.special.ndtr(flat[:, 0]).clamp(_EDGE, 1 - _EDGE)
        chosen = torch.searchsorted(ends, share).clamp(max=len(ends) - 1)
        within = 1 - (ends[chosen] - share) / self.log_weights.double().exp()[chosen]
        strays = torch.cat([torch.special.ndtri(within.clamp(_EDGE, 1 - _EDGE))[:, None], flat[:, 1:]], 1)
        codes = self.means.double()[chosen] + temperature * (self.scales.double()[chosen] @ strays[..., None])[..., 0]
        placed: Floats = codes.float().numpy().reshape(noise.shape)
        return placed

    @property
    def components(self) -> Components:
        """See `Prior.components`."""
        scales = self.scales.double().numpy()
        return Components(
            self.log_weights.double().exp().numpy(), self.means.double().numpy(), scales @ scales.transpose(0, 2, 1)
        )

    @property
    def reach(self) -> float:
        """See `Prior.reach`."""
        return float((self.means.abs() + _FARTHEST * self.scales.square().sum(2).sqrt()).max())


@lru_cache(maxsize=8)
def normal_points(count: int, latent: int) -> Tensor:
    """Give numbers that lie as standard normal ones do, but evenly, and are always the same: float32 (count, L)."""
    engine = SobolEngine(latent, scramble=True, seed=0)  # type: ignore[no-untyped-call]
    even = engine.draw(count, dtype=torch.float64).clamp(1e-9, 1 - 1e-9)
    normal: Tensor = torch.special.ndtri(even).float()
    return normal
