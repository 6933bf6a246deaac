"""The integral of a likelihood over a latent space of few dimensions, to an error that is told.

The space is cut into cells. One look at a few points of each says which of them an image's likelihood may lie in;
these are integrated by a rule of Clenshaw and Curtis (1960), whose every other point is a coarser rule: what the two
differ by is taken for the error. Cells that err are split in two along each dimension, and so on. All images are
looked at together, cell by cell: so each point is decoded once, whoever asks about it.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from latentlab.core.arrays import Doubles, Floats, Integers
from latentlab.core.models.prior import STANDARD_NORMAL, Prior
from latentlab.core.progress import part, reached

MOST_DIMENSIONS = 3
ERROR = 0.01
"""Nats: cells are split until the error that is told is below."""

_BEYOND = 1.0  # of the farthest code
_SIDES = {1: 1024, 2: 128, 3: 32}  # cells along each dimension to begin with
_LOOKS = 2  # points of a cell along each dimension, at the first look
_NODES = {1: 9, 2: 9, 3: 5}  # of the rule
_MOST_CELLS = {1: 1024, 2: 1024, 3: 8192}  # of an image, that are integrated after the first look
_HIDDEN = 0.3  # nats: where a cell holds so much more than it seemed to, more may be beside it
_HIDDEN_PEAK = math.exp(-30)  # of the highest point: where a peak may hide
_COUNTS = 1e-6  # share of an image in a cell that is nothing to care about
_MOST_SPLITS = 8
_AT_ONCE = 65_000_000  # numbers of images by points of the first look
_POINTS = 4096  # decoded together


class Likelihood(Protocol):
    """What an integral needs of a model: log p(x | z) of any images for any codes."""

    def decode(self, codes: Tensor) -> Tensor:
        """Give the decoder's raw output (K, C, H, W) of codes (K, L)."""

    def error_of_each(self, output: Tensor, images: Tensor) -> Tensor:
        """Give -log p(x | z) of images (B, C, H, W) under outputs (K, C, H, W): float32 (B, K), nats."""


@dataclass(frozen=True, slots=True, eq=False)
class Integral:
    """What an integral over the latent space came to.

    Attributes
    ----------
    log : float64 (N,)
        log ∫ p(x | z) p(z) dz of each image, nats.
    error : float64 (N,)
        How far that may be off, nats: what two rules differ by, and what was left out.
    """

    log: Doubles
    error: Doubles


def integrate(model: Likelihood, images: Tensor, means: Floats, prior: Prior = STANDARD_NORMAL) -> Integral:
    """Integrate the likelihood of images against a prior.

    Parameters
    ----------
    model : Likelihood
    images : float32 (N, C, H, W)
        In [0, 1].
    means : float32 (N, L)
        Of the encoder's posterior, L at most `MOST_DIMENSIONS`: it is integrated as far as these reach, and at least
        over six deviations of the prior to each side.
    prior : Prior

    Returns
    -------
    Integral
    """
    half = max(prior.reach, float(np.abs(means).max(initial=0)) + _BEYOND)
    with torch.inference_mode():
        return _Cells(model, images, means.shape[1], half, prior).integrate(means)


@dataclass(slots=True, eq=False)
class _Pieces:
    """Integrals over single cells, each of one image: rows of the arrays belong together."""

    image: Integers  # (P,)
    level: Integers  # (P,): how often a cell to begin with was split for it
    cell: Integers  # (P, L): its place in the grid of its level
    log: Doubles  # (P,)
    log_error: Doubles  # (P,)

    def take(self, rows: npt.NDArray[np.bool_]) -> _Pieces:
        return _Pieces(*(getattr(self, name)[rows] for name in self.__slots__))

    def and_those(self, more: _Pieces) -> _Pieces:
        return _Pieces(*(np.concatenate([getattr(self, name), getattr(more, name)]) for name in self.__slots__))


@dataclass(slots=True, eq=False)
class _Look:
    """What a first look at all cells has seen of each image; logarithms, as it had them."""

    image: Integers  # (P,): of the cells that are to be integrated over
    cell: Integers  # (P, L)
    log: Doubles  # (P,): what it saw in these
    total: Doubles  # (N,): in all cells
    error: Doubles  # (N,): the share by which the other cells err


class _Cells:
    """The latent space cut into cells, and images whose likelihoods are integrated over them."""

    def __init__(self, model: Likelihood, images: Tensor, latent: int, half: float, prior: Prior) -> None:
        self._model, self._images, self._prior = model, images, prior
        self._latent, self._half, self._sides = latent, half, _SIDES[latent]
        count = _NODES[latent]
        coarse = np.zeros(count)
        coarse[::2] = _weights((count + 1) // 2)
        nodes = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / (count - 1))
        self._nodes = product(nodes, latent)
        self._fine, self._coarse = (product(weights, latent).prod(1) for weights in (_weights(count), coarse))

    def integrate(self, means: Floats) -> Integral:
        with part(0, 0.3):
            look = self._first_look(means)
        with part(0.3, 0.8):
            pieces = self._pieces(look.image, look.cell, 0)
        with part(0.8, 0.8):
            pieces = self._with_neighbours(pieces, look)
            pieces = self._split(pieces, look)
        log, error, _ = self._sums(pieces, look)
        return Integral(log, np.log1p(error))

    def _split(self, pieces: _Pieces, look: _Look) -> _Pieces:
        """Split the cells of each image until what it errs by is small."""
        corners = np.array([*itertools.product((0, 1), repeat=self._latent)])
        while True:
            _, error, shares = self._sums(pieces, look)
            # The cells of an image that are not split err by half of what they may, together.
            most = 0.5 * ERROR / np.bincount(pieces.image, minlength=len(self._images))
            splits = (error > ERROR)[pieces.image] & (shares > most[pieces.image]) & (pieces.level < _MOST_SPLITS)
            if not splits.any():
                return pieces
            split, pieces = pieces.take(splits), pieces.take(~splits)
            for level in np.unique(split.level).tolist():
                parents = split.take(split.level == level)
                children = (2 * parents.cell[:, None] + corners).reshape(-1, self._latent)
                pieces = pieces.and_those(self._pieces(np.repeat(parents.image, len(corners)), children, level + 1))

    def _sums(self, pieces: _Pieces, look: _Look) -> tuple[Doubles, Doubles, Doubles]:
        """Give each image's integral, its error as a share of it, and the share that each piece errs by."""
        count = len(self._images)
        highest = np.maximum(self._highest(pieces), look.total)
        seen = np.exp(look.total - highest)
        integrated = np.bincount(look.image, np.exp(look.log - highest[look.image]), count)
        total = np.maximum(seen - integrated, 0)
        total += np.bincount(pieces.image, np.exp(pieces.log - highest[pieces.image]), count)
        shares = np.exp(pieces.log_error - highest[pieces.image]) / total[pieces.image]
        error = look.error * seen / total + np.bincount(pieces.image, shares, count)
        return highest + np.log(total), error, shares

    def _highest(self, pieces: _Pieces) -> Doubles:
        highest = np.full(len(self._images), -np.inf)
        np.maximum.at(highest, pieces.image, pieces.log)
        return highest

    def _first_look(self, means: Floats) -> _Look:
        """Look at a few points of each cell, and choose those that are to be integrated over with more care.

        A cell errs by what the second differences of its points say, along each dimension: w² f″ / 24 of the midpoint
        rule. Where the points of each place within the cells give the same sum, all of them together are good enough,
        however much the cells err: what is smooth is summed as well as by any rule.
        """
        count, latent = len(self._images), self._latent
        side = self._sides * _LOOKS
        step = max(1, _AT_ONCE // side**latent)
        own = self._own(means)
        looks = []
        for start in range(0, count, step):
            rows = slice(start, min(count, start + step))
            with part(start / count, rows.stop / count):
                values, highest = self._looked_at(rows)
            for number in range(start, rows.stop):
                looks.append(self._chosen(values[number - start].reshape((side,) * latent), own[number]))
                looks[-1].image += number
                for logs in (looks[-1].log, looks[-1].total):
                    logs += highest[number - start]
            reached(rows.stop / count)
        return _Look(*(np.concatenate([getattr(look, name) for look in looks]) for name in _Look.__slots__))

    def _chosen(self, values: Floats, own: Integers) -> _Look:
        """Choose cells of one image by its values at the points of the first look, the highest of which is 1."""
        latent = self._latent
        volume = (self._width(0) / _LOOKS) ** latent
        cells = (self._sides, _LOOKS) * latent
        within = tuple(range(1, 2 * latent, 2))
        by_place = values.reshape(cells).sum(tuple(range(0, 2 * latent, 2)), dtype=np.float64)
        total = by_place.sum()
        differs = float(np.abs(by_place * by_place.size / total - 1).max())
        by_cell = values.reshape(cells).sum(within)
        wrong = np.zeros_like(values)
        for axis in range(latent):
            ends = [(int(axis == each),) * 2 for each in range(latent)]
            wrong += np.abs(np.diff(np.pad(values, ends), 2, axis=axis))
        errs = wrong.reshape(cells).sum(within).ravel() / (24 * total)
        chosen, error = own, differs + float(errs[own].sum())  # where these are integrated over, nothing cancels
        if error > ERROR / 4:
            most = min(_MOST_CELLS[latent], errs.size)
            worst = np.argpartition(errs, errs.size - most)[errs.size - most :]
            worst = worst[np.argsort(-errs[worst])]
            remaining = errs.sum(dtype=np.float64) - errs[worst].cumsum(dtype=np.float64)
            needed = min(most, int(np.searchsorted(-remaining, -ERROR / 4)) + 1)
            chosen = np.union1d(np.union1d(own, worst[:needed]), self._peaks(values))
            error = max(0.0, float(remaining[needed - 1]))
        log = _log(by_cell.ravel()[chosen].astype(np.float64) * volume)
        where = np.zeros(len(chosen), np.int64)
        return _Look(where, self._places(chosen), log, np.log([total * volume]), np.array([error]))

    def _peaks(self, values: Floats) -> Integers:
        """Give the cells of points that are higher than those around them: a narrow peak between points lowers these.

        Of a peak whose deviation is a tenth of the distance between points they may be lower than it by 25 nats.
        """
        padded = np.pad(values, 1)
        strides = np.array(padded.strides) // padded.itemsize
        flat, places = padded.ravel(), np.stack(np.nonzero(values > _HIDDEN_PEAK), 1)
        own = (places + 1) @ strides
        steps = np.array([step for step in itertools.product((-1, 0, 1), repeat=self._latent) if any(step)])
        is_peak = (flat[own[:, None] + steps @ strides] <= flat[own][:, None]).all(1)
        return self._flat(places[is_peak] // _LOOKS, 0)

    def _own(self, means: Floats) -> list[Integers]:
        """Give the cell of each image's mean and those around it: int64 (up to 3^L,)."""
        centre = np.clip((means + self._half) / self._width(0), 0, self._sides - 1).astype(np.int64)
        row, flat = self._around(np.arange(len(means)), centre)
        return np.split(flat, np.searchsorted(row, np.arange(1, len(means))))

    def _around(self, image: Integers, cell: Integers) -> tuple[Integers, Integers]:
        """Give the numbers of cells to begin with (P, L) and of those around them, with their images: int64 (Q,)."""
        steps = np.array([*itertools.product((-1, 0, 1), repeat=self._latent)])
        image, around = np.repeat(image, len(steps)), (cell[:, None] + steps).reshape(-1, self._latent)
        is_inside = ((around >= 0) & (around < self._sides)).all(1)
        return image[is_inside], self._flat(around[is_inside], 0)

    def _looked_at(self, rows: slice) -> tuple[Floats, Doubles]:
        """Give p(x, z) of some images at the points of all cells, as a share of the highest, and that one's logarithm.

        Returns
        -------
        float32 (N, K)
            The points in the order of a grid of them.
        float64 (N,)
        """
        latent, side = self._latent, self._sides * _LOOKS
        middles = (np.arange(side) + 0.5) * (2 * self._half / side) - self._half
        points = torch.from_numpy(product(middles, latent).astype(np.float32))
        log = np.empty((rows.stop - rows.start, len(points)), np.float32)
        for start in range(0, len(points), _POINTS):
            codes = points[start : start + _POINTS]
            error = self._model.error_of_each(self._model.decode(codes), self._images[rows])
            log[:, start : start + _POINTS] = (self._prior.log_density(codes) - error).numpy()
            reached(start / len(points))
        highest = log.max(1, keepdims=True)
        log -= highest
        return np.exp(log, out=log), highest[:, 0].astype(np.float64)

    def _with_neighbours(self, pieces: _Pieces, look: _Look) -> _Pieces:
        """Integrate over the neighbours of cells that hold more than they seemed to, too; the look then has them."""
        cells = self._sides**self._latent
        middles = product((np.arange(_LOOKS) + 0.5) / _LOOKS, self._latent)
        new, seen = pieces, look.log[self._sorted(look.image, look.cell)]
        while True:
            log, _, _ = self._sums(pieces, look)
            hidden = new.take((new.log - seen > _HIDDEN) & (new.log - log[new.image] > np.log(_COUNTS)))
            image, flat = self._around(hidden.image, hidden.cell)
            known = pieces.image * cells + self._flat(pieces.cell, 0)
            image, flat = np.divmod(np.setdiff1d(image * cells + flat, known), cells)
            if not len(image):
                return pieces
            cell = self._places(flat)
            new, (image, cell, joint) = self._pieces(image, cell, 0), self._joint(image, cell, middles, 0)
            seen = torch.logsumexp(torch.from_numpy(joint), 1).numpy() + self._latent * np.log(self._width(0) / _LOOKS)
            pieces = pieces.and_those(new)
            look.image = np.concatenate([look.image, image])
            look.cell = np.concatenate([look.cell, cell])
            look.log = np.concatenate([look.log, seen])

    def _pieces(self, image: Integers, cell: Integers, level: int) -> _Pieces:
        """Integrate over cells of a level (P, L), each for one image (P,), by both rules; in the order of the cells."""
        image, cell, joint = self._joint(image, cell, self._nodes, level)
        highest = joint.max(1, keepdims=True)
        values = np.exp(joint - highest)
        fine, coarse = values @ self._fine, values @ self._coarse
        # What hangs on a single point may be a peak that neither rule has seen much of.
        error = np.where((values * self._fine).max(1) > 0.5 * fine, fine, np.abs(fine - coarse))
        scale = highest[:, 0] + self._latent * np.log(self._width(level))
        levels = np.full(len(image), level)
        return _Pieces(image, levels, cell, scale + np.log(fine), scale + _log(error))

    def _joint(
        self, image: Integers, cell: Integers, points: Doubles, level: int
    ) -> tuple[Integers, Integers, Doubles]:
        """Give log p(x, z) at points (K, L) of cells (P, L), each of one image (P,), once they are in order.

        Returns
        -------
        int64 (P,), int64 (P, L)
            The images and cells, in the order of the cells.
        float64 (P, K)
        """
        order = self._sorted(image, cell, level)
        image, cell = image[order], cell[order]
        joint = np.empty((len(image), len(points)))
        _, first, counts = np.unique(self._flat(cell, level), return_index=True, return_counts=True)
        step = max(1, _POINTS // len(points))
        for start in range(0, len(first), step):
            batch = slice(start, start + step)
            codes = self._codes(cell[first[batch]], points, level)
            output, prior = self._model.decode(codes), self._prior.log_density(codes)
            for number, (begin, count) in enumerate(zip(first[batch], counts[batch], strict=True)):
                rows, own = slice(begin, begin + count), slice(number * len(points), (number + 1) * len(points))
                joint[rows] = (prior[own] - self._model.error_of_each(output[own], self._images[image[rows]])).numpy()
            reached(start / len(first))
        return image, cell, joint

    def _sorted(self, image: Integers, cell: Integers, level: int = 0) -> Integers:
        """Give the order of cells, and of the images of each."""
        return np.lexsort((image, self._flat(cell, level)))

    def _codes(self, cell: Integers, points: Doubles, level: int) -> Tensor:
        """Place points of the cube of side 1 (K, L) into cells (P, L): float32 (P · K, L)."""
        codes = self._width(level) * (cell[:, None] + points) - self._half
        return torch.from_numpy(codes.reshape(-1, self._latent).astype(np.float32))

    def _width(self, level: int) -> float:
        return 2 * self._half / (self._sides << level)

    def _flat(self, cell: Integers, level: int) -> Integers:
        """Number the cells of a level."""
        flat: Integers = np.ravel_multi_index(tuple(cell.T), (self._sides << level,) * self._latent)
        return flat

    def _places(self, flat: Integers) -> Integers:
        """Give the places (P, L) of cells to begin with, by their numbers (P,)."""
        return np.stack(np.unravel_index(flat, (self._sides,) * self._latent), 1)


def _weights(count: int) -> Doubles:
    """Give the weights of Clenshaw and Curtis over [0, 1], at cosines of `count` equal steps of an angle."""
    last = count - 1
    angles = np.pi * np.arange(count) / last
    even = np.arange(1, last // 2 + 1)
    factors = np.where(2 * even == last, 1, 2) / (4 * even**2 - 1)
    weights: Doubles = (1 - np.cos(2 * np.outer(angles, even)) @ factors) / last
    weights[[0, -1]] /= 2
    return weights


@lru_cache(maxsize=16)
def gauss_hermite(latent: int, count: int, faintest: float) -> tuple[Doubles, Doubles]:
    """Give the product rule of Gauss and Hermite, by which a standard Gaussian is integrated over.

    Parameters
    ----------
    latent : int
        Dimensions.
    count : int
        Nodes along each.
    faintest : float
        Nodes of a smaller weight are left out: of the corners nothing would be seen.

    Returns
    -------
    nodes : float64 (K, L)
    weights : float64 (K,)
        They add up to 1.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    of_each = product(weights / weights.sum(), latent).prod(1)
    kept = of_each > faintest
    return product(nodes, latent)[kept], of_each[kept] / of_each[kept].sum()


def product(values: npt.NDArray[np.floating[Any]], latent: int) -> Doubles:
    """Give all combinations of values along each dimension: float64 (K, L)."""
    return np.stack(np.meshgrid(*[values] * latent, indexing="ij"), -1).reshape(-1, latent)


def _log(values: Doubles) -> Doubles:
    with np.errstate(divide="ignore"):
        logs: Doubles = np.log(values)
    return logs
