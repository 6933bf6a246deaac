"""How probable one image is, and which codes made it, in milliseconds: from codes that are decoded once for a model.

Of two dimensions a table of 128 × 128 codes covers the latent space. What an image's errors are under all of them is
one product of matrices, as these are linear in the image; the few cells that hold most of the posterior are then looked
at more closely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from latentlab.core.arrays import Doubles, Floats, Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.measures.quadrature import product
from latentlab.core.measures.under_label import UnderLabel
from latentlab.core.models.losses import ErrorTable
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.progress import reached

MOST_DIMENSIONS = 2

_BEYOND = 1.0  # the farthest code, as far as `quadrature` goes
_SIDES = {1: 2048, 2: 128}  # cells along each dimension
_LEAST_SIDES = {1: 256, 2: 32}
_MOST_NUMBERS = 16_777_216  # that are kept: 64 MB
_HEAVIEST = 20  # cells that are looked at more closely
_LIKELY = 256  # cells among which these are sought
_WITHIN = 7  # points of these along each dimension
_AT_ONCE = 2048  # codes decoded together


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a table tells of one image.

    Attributes
    ----------
    log_p : float
        log p(x), nats.
    mean : float64 (L,)
        Of the posterior p(z | x).
    covariance : float64 (L, L)
    log_mass : float64 (S, ..., S)
        The logarithm of ∫ p(x, z) dz over each cell of the table, nats.
    cells : int64 (H, L)
        Those that were looked at more closely, the heaviest last.
    log_joint : float64 (H, W, ..., W)
        log p(x, z) at points spread evenly over each of them, nats.
    """

    log_p: float
    mean: Doubles
    covariance: Doubles
    log_mass: Doubles
    cells: Integers
    log_joint: Doubles


class PosteriorTable:
    """Codes all over the latent space of a model under a label, decoded.

    Parameters
    ----------
    snapshot : Snapshot
        A VAE of at most `MOST_DIMENSIONS` dimensions, or a CVAE.
    label : int or None
        That a CVAE decodes under; None for none of its own.
    farthest : float
        How far codes of images lie from 0 along any dimension; the table reaches beyond.

    Attributes
    ----------
    half : float
        It covers the cube of ± so much.
    prior : Prior
    side : int
        Cells along each dimension, S: 128 of two, fewer where images are so large that they would take too much memory.

    Raises
    ------
    LatentlabError
        When the model has no posterior, or one of more dimensions.
    """

    def __init__(self, snapshot: Snapshot, label: int | None, farthest: float = 0.0) -> None:
        latent = snapshot.latent
        if not snapshot.is_variational:
            raise LatentlabError("An autoencoder has no posterior: choose a VAE.")
        if latent > MOST_DIMENSIONS:
            raise LatentlabError(
                f"The true posterior is computed of 1 or 2 latent dimensions, and this model has {latent}."
            )
        self.model = UnderLabel.of(snapshot, label)
        self.prior = snapshot.prior
        self.latent, self.half = latent, max(self.prior.reach, farthest + _BEYOND)
        most = int((_MOST_NUMBERS / math.prod(snapshot.image_shape)) ** (1 / latent))
        self.side = min(_SIDES[latent], max(_LEAST_SIDES[latent], most))
        self._log_prior, self._errors = self._decoded()

    @property
    def width(self) -> float:
        """Give the width of a cell."""
        return 2 * self.half / self.side

    def target(self, image: Floats) -> Tensor:
        """Give an image, float32 (C, H, W) in [0, 1], as `log_joint` takes it: float32 (1, C, H, W)."""
        return self.model.target(torch.as_tensor(np.asarray(image, np.float32))[None])

    def middles(self) -> Tensor:
        """Give the middles of all cells: float32 (S^L, L)."""
        return torch.from_numpy(self._middles(np.arange(self.side**self.latent)).astype(np.float32))

    def log_joint_of_cells(self, target: Tensor) -> Tensor:
        """Give log p(x, z) in the middles of all cells, of images as `UnderLabel.target` gives them.

        Of (N, C, H, W) it is float32 (N, S^L), nats, in the order of `middles`.
        """
        return self._log_prior - self._errors.of(target)

    def log_joint(self, target: Tensor, codes: Doubles) -> Doubles:
        """Give log p(x, z) of one image at codes (..., L), float64 (...), nats."""
        flat = torch.from_numpy(codes.reshape(-1, self.latent).astype(np.float32))
        found = np.empty(len(flat))
        with torch.inference_mode():
            for start in range(0, len(flat), _AT_ONCE):
                reached()
                part = flat[start : start + _AT_ONCE]
                errors = self.model.error_table(self.model.decode(part)).of(target)[0]
                found[start : start + len(part)] = (self.prior.log_density(part) - errors).numpy()
        return found.reshape(codes.shape[:-1])

    def look(self, image: Floats) -> Look:
        """Look at one image, float32 (C, H, W) in [0, 1]: by the table, and within its heaviest cells more closely."""
        target, latent, width = self.target(image), self.latent, self.width
        with torch.inference_mode():
            joint = self.log_joint_of_cells(target)[0].double().numpy()
        log_mass = joint + latent * math.log(width)
        heaviest = self._heaviest(joint)
        count = len(heaviest)
        cells = np.stack(np.unravel_index(heaviest, (self.side,) * latent), 1)
        points = (cells[:, None] + product((np.arange(_WITHIN) + 0.5) / _WITHIN, latent)) * width - self.half
        closer = self.log_joint(target, points)
        log_within = closer + latent * math.log(width / _WITHIN)
        log_mass[heaviest] = np.logaddexp.reduce(log_within, 1)
        log_p = float(np.logaddexp.reduce(log_mass))
        is_rough = np.ones(len(joint), bool)
        is_rough[heaviest] = False
        is_rough &= log_mass > log_p - 30
        places = np.concatenate([self._middles(np.flatnonzero(is_rough)), points.reshape(-1, latent)])
        shares = np.exp(np.concatenate([log_mass[is_rough], log_within.ravel()]) - log_p)
        mean, covariance = moments(places, shares)
        grid = (self.side,) * latent
        return Look(log_p, mean, covariance, log_mass.reshape(grid), cells, closer.reshape(count, *(_WITHIN,) * latent))

    def _heaviest(self, joint: Doubles) -> Integers:
        """Give the cells that are likely to hold most, the last one most, by log p(x, z) in their middles.

        A peak may be much narrower than a cell, and its logarithm still bends no more than a parabola: that through the
        middles of a cell and of those beside it says how high it gets within the cell.
        """
        likely = np.argpartition(joint, -_LIKELY)[-_LIKELY:]
        cells = np.stack(np.unravel_index(likely, (self.side,) * self.latent), 1)
        height = joint[likely]
        for axis in range(self.latent):
            inner = np.clip(cells[:, axis], 1, self.side - 2) - cells[:, axis]  # at the edge as beside it
            step = self.side ** (self.latent - 1 - axis)
            before, middle, after = (joint[likely + (inner + each) * step] for each in (-1, 0, 1))
            slope, bend = 0.5 * (after - before), np.minimum(before + after - 2 * middle, -1e-9)
            at = np.clip(-slope / bend, -0.5, 0.5)
            height = height + slope * at + 0.5 * bend * at**2
        # Half of them by what their middles say: where that is too much, it is put right.
        sure = np.argsort(joint[likely])[-_HEAVIEST // 2 :]
        hidden = np.setdiff1d(np.argsort(height), sure, assume_unique=True)[-_HEAVIEST // 2 :]
        chosen = np.concatenate([sure, hidden])
        found: Integers = likely[chosen[np.argsort(height[chosen])]]
        return found

    def _middles(self, numbers: Integers) -> Doubles:
        """Give the middles of cells (K,): float64 (K, L)."""
        cells = np.stack(np.unravel_index(numbers, (self.side,) * self.latent), 1)
        return np.asarray((cells + 0.5) * self.width - self.half, np.float64)

    def _decoded(self) -> tuple[Tensor, ErrorTable]:
        codes = self.middles()
        offset, weights, log_prior = torch.empty(len(codes)), torch.empty(0), torch.empty(len(codes))
        with torch.inference_mode():
            for start in range(0, len(codes), _AT_ONCE):
                reached(start / len(codes))
                part = slice(start, start + _AT_ONCE)
                table = self.model.error_table(self.model.decode(codes[part]))
                if not start:
                    weights = torch.empty(len(codes), table.weights.shape[1])
                offset[part], weights[part] = table.offset, table.weights
                log_prior[part] = self.prior.log_density(codes[part])
            return log_prior, ErrorTable(offset, weights, table.has_square)


def moments(places: Doubles, shares: Doubles) -> tuple[Doubles, Doubles]:
    """Give the mean (L,) and the covariance (L, L) of shares (K,), which need not add up to 1, at places (K, L)."""
    shares = shares / shares.sum()
    mean = np.asarray(shares @ places, np.float64)
    away = places - mean
    return mean, np.asarray((shares[:, None] * away).T @ away, np.float64)
