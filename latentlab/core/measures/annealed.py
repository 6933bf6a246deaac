"""Annealed importance sampling: log p(x) over a latent space of any dimensions, without any encoder.

Chains go from the prior to the posterior through distributions p(z) p(x | z)^β, and their weights on the way estimate
p(x): Neal (2001), "Annealed importance sampling"; for decoders Wu et al. (2017), "On the quantitative analysis of
decoder-based generative models". Between two of them each chain takes a step of Hamiltonian Monte Carlo (Neal, 2011).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from latentlab.core.arrays import Doubles
from latentlab.core.errors import LatentlabError
from latentlab.core.measures.likelihood import estimate
from latentlab.core.measures.under_label import UnderLabel
from latentlab.core.models.snapshot import Snapshot, as_input
from latentlab.core.progress import reached

DISTRIBUTIONS, CHAINS = 500, 16
"""Between the prior and the posterior, and of each image."""

_LEAPS = 10  # of each step
_ACCEPTED = 0.65  # share of steps for which their length is chosen: Wu et al. (2017), section 4.1
_LONGER = 1.02  # it is this times as long after one that too many accepted
_FIRST = 0.1  # length of a leap
_LONGEST = 1.0
_STEEP = 4.0  # how much closer the distributions are at both ends: the schedule is a sigmoid's
_AT_ONCE = 1600  # chains
_APART = 3.0  # standard errors: farther from each other, two estimates disagree


@dataclass(frozen=True, slots=True, eq=False)
class Annealed:
    """What annealed importance sampling says of some images.

    Attributes
    ----------
    log_p : float64 (N,)
        log p(x), nats: of a stochastic lower bound, whose mean lies below it.
    error : float64 (N,)
        Its standard error, by how much the weights of an image's chains differ, nats.
    accepted : float
        Share of the steps that were accepted.
    distributions, chains : int
    seconds : float
    """

    log_p: Doubles
    error: Doubles
    accepted: float
    distributions: int
    chains: int
    seconds: float


def annealed(
    snapshot: Snapshot, images: Tensor, labels: Tensor, *, distributions: int = DISTRIBUTIONS, chains: int = CHAINS
) -> Annealed:
    """Estimate how probable images are: uint8 (N, C, H, W), with int64 (N,) labels, of a CVAE under these.

    Raises
    ------
    LatentlabError
        When the model is no VAE.
    """
    if not snapshot.is_variational:
        raise LatentlabError("An autoencoder has no prior, so it makes no image probable: measure a VAE.")
    begin = time.perf_counter()
    generator = torch.Generator().manual_seed(0)
    logs, errors, accepted = np.empty(len(images)), np.empty(len(images)), 0.0
    groups = labels.numpy() if snapshot.uses_labels else np.zeros(len(images), np.int64)
    step, done = max(1, _AT_ONCE // chains), 0
    for label in np.unique(groups).tolist():
        rows = np.flatnonzero(groups == label)
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            climb = _Climb(UnderLabel.of(snapshot, label), as_input(images[torch.from_numpy(part)]), chains, generator)
            weights = climb.weights(distributions, done / len(images), len(part) / len(images))
            logs[part], errors[part] = estimate(weights)
            accepted += climb.accepted * len(part) / len(images)
            done += len(part)
    return Annealed(logs, errors, accepted, distributions, chains, time.perf_counter() - begin)


def disagreement(found: Annealed, bound: Doubles, error: Doubles) -> float | None:
    """Give by how much the mean of another estimate (N,) of log p(x), with its standard errors, lies below, nats.

    None where it is no more than three of both estimates' errors: then they agree. What lies below is farther from
    log p(x), since both are lower bounds but for their errors.
    """
    below = float((found.log_p - bound).mean())
    known_to = float(np.sqrt((found.error**2 + error**2).sum())) / len(bound)
    return below if abs(below) > _APART * known_to else None


class _Climb:
    """Chains of some images on their way from the prior to the posteriors."""

    def __init__(self, model: UnderLabel, images: Tensor, chains: int, generator: torch.Generator) -> None:
        self._model, self._chains, self._generator = model, chains, generator
        self._prior = model.snapshot.prior
        self._images = images.repeat_interleave(chains, 0)
        noise = self._drawn(len(self._images), model.snapshot.latent)
        self._codes = torch.from_numpy(self._prior.place(noise.numpy()))
        self._log_prior, self._pull = self._of_prior(self._codes)
        self._leap = torch.full((len(images),), _FIRST)
        self.accepted = 0.0

    def weights(self, distributions: int, share: float, part: float) -> Tensor:
        """Give the logarithms of the weights, float64 (N, K), as a part of all that is done."""
        schedule = torch.sigmoid(_STEEP * torch.linspace(-1, 1, distributions + 1, dtype=torch.float64))
        schedule = (schedule - schedule[0]) / (schedule[-1] - schedule[0])
        log_weights = torch.zeros(len(self._codes), dtype=torch.float64)
        likelihood, slope = self._likelihood(self._codes)
        for number in range(1, distributions + 1):
            reached(share + part * number / distributions)
            log_weights += (schedule[number] - schedule[number - 1]) * likelihood.double()
            if number < distributions:  # after the last nobody looks where they go
                likelihood, slope = self._step(float(schedule[number]), likelihood, slope)
        self.accepted /= max(1, distributions - 1)
        return log_weights.reshape(-1, self._chains)

    def _step(self, power: float, likelihood: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
        """Take a step of Hamiltonian Monte Carlo, Neal (2011), figure 2; give log p(x | z) and its slope there."""
        leap = self._leap.repeat_interleave(self._chains)[:, None]
        speed = self._drawn(*self._codes.shape)
        energy = _energy(self._log_prior, speed, power * likelihood)
        codes, there, steep, log_prior, pull = self._codes, likelihood, slope, self._log_prior, self._pull
        speed = speed + 0.5 * leap * (power * steep + pull)
        for number in range(_LEAPS):
            codes = codes + leap * speed
            (there, steep), (log_prior, pull) = self._likelihood(codes), self._of_prior(codes)
            speed = speed + (1.0 if number < _LEAPS - 1 else 0.5) * leap * (power * steep + pull)
        gain = energy - _energy(log_prior, speed, power * there)
        is_taken = torch.log(torch.rand(len(codes), generator=self._generator)) < gain  # never where it is not a number
        self._codes = torch.where(is_taken[:, None], codes, self._codes)
        self._log_prior = torch.where(is_taken, log_prior, self._log_prior)
        self._pull = torch.where(is_taken[:, None], pull, self._pull)
        shares = is_taken.float().reshape(-1, self._chains).mean(1)
        self._leap = (self._leap * torch.where(shares > _ACCEPTED, _LONGER, 1 / _LONGER)).clamp(max=_LONGEST)
        self.accepted += float(shares.mean())
        return torch.where(is_taken, there, likelihood), torch.where(is_taken[:, None], steep, slope)

    def _likelihood(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Give log p(x | z) of chains, float32 (M,), and its slope (M, L)."""
        with torch.inference_mode(False), torch.enable_grad():
            at = codes.clone().requires_grad_()
            found = -self._model.error(self._model.decode(at), self._images)
            (slope,) = torch.autograd.grad(found.sum(), at)
        return found.detach(), slope

    def _of_prior(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Give log p(z) of chains, float32 (M,), less a constant, and its slope (M, L)."""
        if not self._prior.is_mixture:
            return -0.5 * codes.square().sum(1), -codes
        with torch.inference_mode(False), torch.enable_grad():
            at = codes.clone().requires_grad_()
            found = self._prior.log_density(at)
            (slope,) = torch.autograd.grad(found.sum(), at)
        return found.detach(), slope

    def _drawn(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self._generator)


def _energy(log_prior: Tensor, speed: Tensor, weighted: Tensor) -> Tensor:
    return 0.5 * speed.square().sum(1) - log_prior - weighted
