"""What an encoder loses of each of many images, and what any diagonal Gaussian does, in a few milliseconds each.

`gaps` does the same of one image, more exactly and for longer. Here a table says where the posterior of
each image may lie, and a few Gaussians of each, all of them decoded together, go up the ELBO by steps of Newton's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from latentlab.core.arrays import Doubles, Floats
from latentlab.core.measures.posterior_table import PosteriorTable
from latentlab.core.measures.quadrature import gauss_hermite, product
from latentlab.core.progress import reached

_PEAKS = 3  # of the table that are tried, beside the encoder's guess
_STAGES = ((3, 2, 4), (3, 2, 2), (5, 4, 1))  # nodes along each dimension; steps; how many Gaussians of each take them
_NODES = 7  # along each dimension, of the ELBO that is told
_FARTHEST = 2.0  # deviations that a step is long at most
_GROWTH = 4.0  # of a precision in one step, at most
_REACH, _SPACING = 4.3, 1.0  # deviations of the nodes by which p(x) is summed around the best Gaussian
_NUMBERS = 3_000_000  # of the decoded images that there are at once
_FAINTEST = 1e-5  # weight of a node: of the corners nothing would be seen


@dataclass(frozen=True, slots=True, eq=False)
class ManyGaps:
    """How far the ELBO of each image lies below log p(x), and why: Cremer et al. (2018), eq. 4.

    Attributes
    ----------
    log_p, elbo, best_elbo : float64 (N,)
        log p(x), the ELBO of the encoder's posterior and that of the best diagonal Gaussian that was found, nats, at
        temperature 1 and β = 1.
    mean, deviation : float32 (N, L)
        Of that Gaussian: the refined encodings.

    Of a model whose numbers are not finite, they are NaN.
    """

    log_p: Doubles
    elbo: Doubles
    best_elbo: Doubles
    mean: Floats
    deviation: Floats

    @property
    def amortisation(self) -> Doubles:
        """Give what the encoder loses against the best diagonal Gaussian: float64 (N,), nats."""
        return self.best_elbo - self.elbo

    @property
    def approximation(self) -> Doubles:
        """Give what that Gaussian loses against the true posterior: float64 (N,), nats."""
        return self.log_p - self.best_elbo


def many_gaps(table: PosteriorTable, images: Floats, mean: Floats, logvar: Floats) -> ManyGaps:
    """Measure the gaps of some images, at most a few hundred.

    Parameters
    ----------
    table : PosteriorTable
    images : float32 (N, C, H, W)
        In [0, 1].
    mean, logvar : float32 (N, L)
        Of the encoder's posteriors.

    Notes
    -----
    At the best Gaussian the precision is the mean over it of -∂² log p(x, z), and the mean of ∂ log p(x, z) is 0 (Opper
    and Archambeau, 2009, eq. 9): both are had from log p(x, z) at the nodes of a rule of Gauss and Hermite, without a
    derivative of the decoder. p(x) is summed over nodes around the best Gaussian, and over cells of the table beyond.
    """
    with torch.inference_mode():
        search = _Search(table, torch.as_tensor(images))
        own = _Gaussians(*(torch.from_numpy(np.asarray(each, np.float64)) for each in (mean, np.exp(0.5 * logvar))))
        (elbo,), *_ = search.look(_Gaussians(own.mean[None], own.deviation[None]), _NODES)
        best, best_elbo, curvature = search.climbed(own)
        is_own = elbo > best_elbo
        best_elbo = torch.maximum(elbo, best_elbo)
        found = _Gaussians(*(torch.where(is_own[:, None], *pair) for pair in zip(own.both, best.both, strict=True)))
        log_p = torch.maximum(search.log_p(best.mean, curvature), best_elbo)
    codes, deviations = (each.float().numpy() for each in found.both)
    return ManyGaps(log_p.numpy(), elbo.numpy(), best_elbo.numpy(), codes, deviations)


@dataclass(frozen=True, slots=True, eq=False)
class _Gaussians:
    """Diagonal Gaussians: float64 (S, N, L), S of each of N images."""

    mean: Tensor
    deviation: Tensor

    @property
    def both(self) -> tuple[Tensor, Tensor]:
        return self.mean, self.deviation

    def taken(self, chosen: Tensor) -> _Gaussians:
        """Give some of each image, int64 (S', N)."""
        return _Gaussians(*(each.gather(0, chosen[..., None].expand(-1, -1, each.shape[2])) for each in self.both))


class _Search:
    """Looks for the best Gaussians of some images."""

    def __init__(self, table: PosteriorTable, images: Tensor) -> None:
        target = table.model.target(images)
        self._table, self._target, self._latent = table, target.flatten(1), table.latent
        self._joint, self._middles = table.log_joint_of_cells(target), table.middles()

    def climbed(self, own: _Gaussians) -> tuple[_Gaussians, Tensor, Tensor]:
        """Give the best Gaussian (N, L) of each image, its ELBO (N,), and the precision (N, L, L) that is around it."""
        peaks = self._peaks()
        wide = torch.full_like(peaks, self._table.width / 3)
        found = _Gaussians(torch.cat([peaks, own.mean[None]]), torch.cat([wide, own.deviation[None]]))
        elbo, slope, bend = self.look(found, _STAGES[0][0])
        for number, (nodes, steps, kept) in enumerate(_STAGES):
            chosen = elbo.topk(kept, 0).indices
            found, elbo, slope, bend = found.taken(chosen), *(_taken(each, chosen) for each in (elbo, slope, bend))
            if number and nodes != _STAGES[number - 1][0]:
                elbo, slope, bend = self.look(found, nodes)
            length = torch.ones_like(elbo)
            for _ in range(steps):
                tried = _stepped(found, slope, bend, length)
                new, new_slope, new_bend = self.look(tried, nodes)
                is_better = new > elbo
                elbo, slope = torch.maximum(new, elbo), _either(is_better, new_slope, slope)
                bend = _either(is_better, new_bend, bend)
                found = _Gaussians(*(_either(is_better, *pair) for pair in zip(tried.both, found.both, strict=True)))
                length = torch.where(is_better, (2 * length).clamp(max=1), length / 3)
        elbo, _, bend = self.look(found, _NODES)
        return _Gaussians(found.mean[0], found.deviation[0]), elbo[0], -bend[0]

    def look(self, found: _Gaussians, nodes: int) -> tuple[Tensor, Tensor, Tensor]:
        """Give the ELBO of Gaussians (S, N), and the means over them of the slope and the bend of log p(x, z).

        By parts the mean of ∂f is that of f ε / σ, and that of ∂²f is that of f (ε εᵀ - 1) / σ σᵀ (Stein's lemma).
        """
        places, weights = map(torch.from_numpy, gauss_hermite(self._latent, nodes, _FAINTEST))
        deviation = found.deviation
        values = self._log_joint(found.mean[..., None, :] + deviation[..., None, :] * places)
        average = (values * weights).sum(-1)
        entropy = deviation.log().sum(-1) + 0.5 * self._latent * math.log(2 * math.pi * math.e)
        away = (values - average[..., None]) * weights
        slope = away @ places / deviation
        squares = places[:, :, None] * places[:, None] - torch.eye(self._latent)
        bend = torch.einsum("snk,kij->snij", away, squares) / (deviation[..., None] * deviation[..., None, :])
        return average + entropy, slope, bend

    def log_p(self, mean: Tensor, precision: Tensor) -> Tensor:
        """Give log p(x) (N,): over nodes as wide as the posterior is around means (N, L), and over cells beyond."""
        least = torch.tensor(0.1, dtype=torch.float64)
        bends, directions = _eigen(precision)
        bends = torch.maximum(bends, least)
        places = _disc(self._latent)
        axes = directions / bends.sqrt()[:, None]  # a column is a deviation along one of them
        values = self._log_joint(mean[:, None] + places @ axes.transpose(1, 2))
        area = self._latent * math.log(_SPACING) - 0.5 * bends.log().sum(1)
        within = values.logsumexp(1) + area
        turned = directions * bends.sqrt()[:, None]
        away = self._middles @ turned.float() - (mean[:, None] @ turned).float()
        squares = away.square().sum(-1)
        beyond = torch.where(squares > _REACH**2, self._joint, -math.inf).logsumexp(1)
        return torch.logaddexp(within, beyond + self._latent * math.log(self._table.width))

    def _peaks(self) -> Tensor:
        """Give the highest places (S, N, L) of the table among those around them, as parabolas through them say."""
        latent, side = self._latent, self._table.side
        grid = self._joint.reshape(-1, *(side,) * latent)
        height, shifts = grid.clone(), []
        is_peak = torch.ones_like(grid, dtype=torch.bool)
        for axis in range(1, latent + 1):
            before, after = grid.roll(1, axis), grid.roll(-1, axis)
            slope, bend = 0.5 * (after - before), (before + after - 2 * grid).clamp(max=-1e-6)
            shift = (-slope / bend).clamp(-0.5, 0.5)
            height += slope * shift + 0.5 * bend * shift**2
            shifts.append(shift.flatten(1))
            is_peak &= (grid >= before) & (grid >= after)
        tops = torch.where(is_peak, height, height - 1e6).flatten(1).topk(_PEAKS, 1).indices
        away = torch.stack([shift.gather(1, tops) for shift in shifts], -1)
        return (self._middles.double()[tops] + away * self._table.width).transpose(0, 1)

    def _log_joint(self, codes: Tensor) -> Tensor:
        """Give log p(x, z) of each image at codes of its own (..., N, K, L): float64 (..., N, K), nats."""
        each = codes.reshape(-1, *codes.shape[-3:]).transpose(0, 1).flatten(1, 2)  # (N, SK, L)
        found = torch.empty(each.shape[:2], dtype=torch.float64)
        step = max(1, _NUMBERS // (each.shape[1] * self._target.shape[1]))
        for start in range(0, len(each), step):
            reached()
            some = each[start : start + step]
            flat = some.flatten(0, 1).float()
            errors = self._table.model.error_table(self._table.model.decode(flat))
            products = errors.weights.reshape(*some.shape[:2], -1) @ self._target[start : start + step, :, None]
            constant = self._table.prior.log_density(flat) - errors.offset
            found[start : start + step] = constant.reshape(some.shape[:2]) + products[..., 0]
        if errors.has_square:
            found -= self._target.square().sum(1, keepdim=True)
        return found.reshape(len(each), -1, codes.shape[-2]).transpose(0, 1).reshape(codes.shape[:-1])


def _eigen(matrices: Tensor) -> tuple[Tensor, Tensor]:
    """Give the eigenvalues (..., L) and eigenvectors (..., L, L) of symmetric matrices; of those not finite, of 0."""
    is_finite = matrices.isfinite().all(-1).all(-1)[..., None, None]
    values, vectors = torch.linalg.eigh(torch.where(is_finite, matrices, torch.zeros_like(matrices)))
    return values, vectors


def _either(is_first: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Give values (S, N, ...) of the first where that is so (S, N), else of the second."""
    return torch.where(is_first[(..., *[None] * (first.ndim - 2))], first, second)


def _taken(values: Tensor, chosen: Tensor) -> Tensor:
    """Give of values (S, N, ...) some of each image, int64 (S', N)."""
    return values[chosen, torch.arange(chosen.shape[1])]


def _stepped(found: _Gaussians, slope: Tensor, bend: Tensor, length: Tensor) -> _Gaussians:
    """Take a step of Newton's, or a share of it, `length` (S, N)."""
    bends, directions = _eigen(-bend)
    along = (directions.transpose(-1, -2) @ slope[..., None])[..., 0] / bends.abs().clamp(min=1)
    move = (directions @ along[..., None])[..., 0]
    farthest = (move.abs() / found.deviation).amax(-1, keepdim=True)
    move = move * (_FARTHEST / farthest.clamp(min=_FARTHEST)) * length[..., None]
    before = found.deviation**-2
    precision = torch.minimum(torch.maximum(-torch.diagonal(bend, 0, -2, -1), before / _GROWTH), before * _GROWTH)
    growth = (precision / before) ** (-0.5 * length[..., None])
    return _Gaussians(found.mean + move, found.deviation * growth)


@lru_cache(maxsize=2)
def _disc(latent: int) -> Tensor:
    """Give nodes (K, L) spread evenly within `_REACH` of 0: float64."""
    steps = np.arange(-math.floor(_REACH / _SPACING), math.floor(_REACH / _SPACING) + 1) * _SPACING
    places = product(steps, latent)
    return torch.from_numpy(places[(places**2).sum(1) <= _REACH**2])
