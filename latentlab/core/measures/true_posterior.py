"""The true posterior p(z | x) of one image over a latent space of one or two dimensions: where it lies, to scale.

It may be as narrow as a hundredth of the prior's deviation, or lie in several places. So boxes around what a table has
found are looked at more closely and more closely, and cut where the density is not yet smooth between two nodes.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from torch import Tensor

from latentlab.core.arrays import Doubles, Floats, Integers
from latentlab.core.measures.posterior_table import Look, PosteriorTable, moments
from latentlab.core.measures.quadrature import product
from latentlab.core.progress import reached

ENCLOSED = (0.5, 0.9, 0.99)
"""Shares of the posterior within the contours that are drawn of it."""

_NODES = {1: 129, 2: 33}  # along each dimension of a box
_COUNTS = 2e-6  # share of an image at a node, or in a cell, that is looked at more closely
_WASTED = 0.35  # of a box that need be seen: the rest is left out
_SMOOTH = 0.35  # nats: second difference of the log density between nodes, as a Gaussian's 1.7 nodes wide has
_DEEPEST, _MOST_BOXES = 12, 64
_SEEDS = 4  # cells of the table in which peaks are sought, beside the encoder's guess
_CLIMBS = 24
_LOWEST, _MOST_MODES = 5.0, 5  # nats that a mode may be below the highest; how many are told
_DIP, _BETWEEN = 0.2, np.linspace(0, 1, 10)[1:-1]  # nats: less deep on the way from one to another, they are one


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The posterior over a box of the latent space.

    Attributes
    ----------
    low, high : float64 (L,)
        Its corners.
    log_density : float32 (N, ..., N)
        log p(z | x) at nodes spread evenly over it, edges and all, nats; axis i is dimension i.
    """

    low: Doubles
    high: Doubles
    log_density: Floats

    @property
    def spacing(self) -> Doubles:
        """Give how far its nodes are apart: float64 (L,)."""
        spacing: Doubles = (self.high - self.low) / (np.array(self.log_density.shape) - 1)
        return spacing


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """A place where the posterior is highest among those around it.

    Attributes
    ----------
    code : float64 (L,)
    log_density : float
        log p(z | x) there, nats.
    share : float
        Of the posterior that lies nearer to it than to any other mode.
    """

    code: Doubles
    log_density: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class TruePosterior:
    """p(z | x) of one image.

    Attributes
    ----------
    log_p : float
        log p(x), nats.
    error : float or None
        How far that may be off, nats: what coarser nodes say, and what was not looked at; None of a table alone.
    mean : float64 (L,)
    covariance : float64 (L, L)
    modes : tuple of Mode
        The one with the largest share first.
    patches : tuple of Patch
        Boxes that hold all of it but what is too little to draw.
    levels : float64 (3,)
        log p(z | x) at the edges of the smallest regions that hold `ENCLOSED` of it, nats.
    """

    log_p: float
    error: float | None
    mean: Doubles
    covariance: Doubles
    modes: tuple[Mode, ...]
    patches: tuple[Patch, ...]
    levels: Doubles


def roughly(table: PosteriorTable, image: Floats) -> TruePosterior:
    """Give the posterior of an image, float32 (C, H, W) in [0, 1], as a table tells it, within 30 ms for MNIST.

    Its patches are the heaviest cells of the table, its only mode is the highest point that was looked at.
    """
    look = table.look(image)
    lows = look.cells * table.width - table.half
    patches = tuple(
        Patch(low, low + table.width, (joint - look.log_p).astype(np.float32))
        for low, joint in zip(lows, look.log_joint, strict=True)
    )
    masses = np.concatenate([np.exp(patch.log_density).ravel() for patch in patches])
    masses *= (table.width / look.log_joint.shape[1]) ** table.latent
    place = np.unravel_index(int(look.log_joint.argmax()), look.log_joint.shape)
    middle = (np.array(place[1:]) + 0.5) / look.log_joint.shape[1]
    best = Mode(lows[place[0]] + middle * table.width, float(look.log_joint.max() - look.log_p), 1.0)
    levels = _levels(np.concatenate([patch.log_density.ravel() for patch in patches]), masses)
    return TruePosterior(look.log_p, None, look.mean, look.covariance, (best,), patches, levels)


def true_posterior(table: PosteriorTable, image: Floats, guess: Floats) -> TruePosterior:
    """Give the posterior of an image: its patches, its modes, its moments.

    Parameters
    ----------
    table : PosteriorTable
    image : float32 (C, H, W)
        In [0, 1].
    guess : float32 (L,)
        Where the encoder puts it: it is looked for there, too.
    """
    search = _Search(table, table.target(image))
    return search.find(table.look(image), guess)


def closer(
    table: PosteriorTable, image: Floats, found: TruePosterior, low: Doubles, high: Doubles, spacing: float
) -> TruePosterior:
    """Decode anew, at nodes so close, what of a posterior lies in a part of the latent space, `low` to `high` (L,).

    Patches whose nodes are as close already stay, others are cut to that part; what lies outside is left out.
    """
    target, patches = table.target(image), []
    for patch in found.patches:
        inside = np.maximum(patch.low, low), np.minimum(patch.high, high)
        if (inside[0] >= inside[1]).any():
            continue
        if (patch.spacing <= spacing).all():
            patches.append(patch)
            continue
        count = int(np.clip(math.ceil(float((inside[1] - inside[0]).max()) / spacing), 2, 2 * _NODES[table.latent])) + 1
        joint = table.log_joint(target, _nodes(*inside, count))
        patches.append(Patch(*inside, (joint - found.log_p).astype(np.float32)))
    return replace(found, patches=tuple(patches))


@dataclass(slots=True, eq=False)
class _Box:
    """A part of the latent space, and log p(x, z) at its nodes, once it was looked at."""

    low: Doubles
    high: Doubles
    depth: int = 0

    def part(self, begin: Integers, end: Integers, count: int, depth: int) -> _Box:
        """Give the part from some nodes to others (L,), of `count` along each dimension."""
        spacing = (self.high - self.low) / (count - 1)
        return _Box(self.low + begin * spacing, self.low + end * spacing, depth)


class _Search:
    """Looks for the posterior of one image."""

    def __init__(self, table: PosteriorTable, target: Tensor) -> None:
        self._table, self._target, self._latent = table, target, table.latent
        self._count = _NODES[table.latent]
        trapezoids = np.ones(self._count)
        trapezoids[[0, -1]] = 0.5
        every_other = np.where(np.arange(self._count) % 2, 0, 2) * trapezoids
        self._weights, self._coarse = (self._outer(each) for each in (trapezoids, every_other))

    def find(self, look: Look, guess: Floats) -> TruePosterior:
        self._log_p = look.log_p
        is_heavy = look.log_mass > look.log_p + math.log(_COUNTS)
        for peak in self._peaks(look, guess):
            is_heavy[tuple(peak)] = True
        is_seen = np.zeros_like(is_heavy)
        waiting, done, dropped = [], [], 0.0
        for part in _parts(is_heavy):
            is_seen[part] = True
            low, high = (np.array([getattr(each, end) for each in part]) for end in ("start", "stop"))
            waiting.append(
                _Box(low * self._table.width - self._table.half, high * self._table.width - self._table.half)
            )
        rest = float(np.exp(look.log_mass[~is_seen] - look.log_p).sum())
        looked = 0
        while waiting:
            reached()
            box, looked = waiting.pop(0), looked + 1
            joint = self._table.log_joint(self._target, _nodes(box.low, box.high, self._count))
            parts, left = self._next(box, joint, looked + len(waiting) < _MOST_BOXES)
            waiting += parts
            if parts:
                dropped += left
            elif left > _COUNTS:
                done.append((box, joint))
        return self._told(done, rest + dropped, guess)

    def _peaks(self, look: Look, guess: Floats) -> Integers:
        """Give the cells of the table in which peaks lie near the encoder's guess, and within the heaviest cells."""
        within = look.log_joint.shape[1]
        best = look.log_joint.reshape(len(look.cells), -1)[-_SEEDS:].argmax(1)
        places = np.stack(np.unravel_index(best, (within,) * self._latent), 1)
        seeds = (look.cells[-_SEEDS:] + (places + 0.5) / within) * self._table.width - self._table.half
        codes, _ = self._climbed(np.concatenate([seeds, guess[None]]), self._table.width / (2 * within))
        cells = np.floor((codes + self._table.half) / self._table.width).astype(np.int64)
        return np.clip(cells, 0, self._table.side - 1)

    def _next(self, box: _Box, joint: Doubles, may_cut: bool) -> tuple[list[_Box], float]:
        """Give the parts of a box to look at in its place, none where it is good, and its share of what they leave."""
        shares = self._shares(box, joint, self._weights)
        is_heavy = shares > _COUNTS
        total = float(shares.sum())
        # Where what was missed so far is found, all of it is more than it seemed.
        self._log_p = max(self._log_p, self._log_p + math.log(max(total, 1.0)))
        if not may_cut or box.depth == _DEEPEST or not is_heavy.any():
            return [], total
        last, parts, needed = self._count - 1, [], 0.0
        for part in _parts(is_heavy):
            begin, end = (np.array([getattr(each, side) for each in part]) for side in ("start", "stop"))
            end = np.maximum(end - 1, begin + 1)
            parts.append((begin, end))
            needed += float(np.prod((end - begin) / last))
        if needed > _WASTED:
            if self._is_smooth(joint, is_heavy):
                return [], total
            halves = np.array([*itertools.product((0, 1), repeat=self._latent)]) * (last // 2)
            parts = [(half, half + last // 2) for half in halves if is_heavy[_slices(half, half + last // 2)].any()]
        kept = sum(float(shares[_slices(begin, end)].sum()) for begin, end in parts)
        found = [box.part(begin, end, self._count, box.depth + 1) for begin, end in parts]
        return found, max(0.0, total - kept)

    def _is_smooth(self, joint: Doubles, is_heavy: npt.NDArray[np.bool_]) -> bool:
        for axis in range(self._latent):
            inner = tuple(slice(1, -1) if each == axis else slice(None) for each in range(self._latent))
            seen = np.abs(np.diff(joint, 2, axis=axis))[is_heavy[inner]]
            if len(seen) and seen.max() > _SMOOTH:
                return False
        return True

    def _shares(self, box: _Box, joint: Doubles, weights: Doubles) -> Doubles:
        """Give the share of the posterior at each node of a box, by a rule's weights."""
        volume = float(np.prod((box.high - box.low) / (self._count - 1)))
        shares: Doubles = np.exp(joint - self._log_p) * weights * volume
        return shares

    def _told(self, done: list[tuple[_Box, Doubles]], rest: float, guess: Floats) -> TruePosterior:
        shares = [self._shares(box, joint, self._weights) for box, joint in done]
        coarse = [self._shares(box, joint, self._coarse) for box, joint in done]
        total = rest + sum(float(each.sum()) for each in shares)
        # Boxes that were cut err at both sides of the cut by the same, up and down: all are taken together.
        differs = rest + abs(sum(float((fine - other).sum()) for fine, other in zip(shares, coarse, strict=True)))
        log_p = self._log_p + math.log(total)
        patches = tuple(Patch(box.low, box.high, (joint - log_p).astype(np.float32)) for box, joint in done)
        masses = np.concatenate([each.ravel() for each in shares]) / total
        places = np.concatenate([_nodes(box.low, box.high, self._count).reshape(-1, self._latent) for box, _ in done])
        mean, covariance = moments(places, masses)
        density = np.concatenate([patch.log_density.ravel() for patch in patches])
        modes = self._modes(patches, log_p, guess, places, masses)
        return TruePosterior(
            log_p, math.log1p(differs / total), mean, covariance, modes, patches, _levels(density, masses)
        )

    def _modes(
        self, patches: tuple[Patch, ...], log_p: float, guess: Floats, places: Doubles, masses: Doubles
    ) -> tuple[Mode, ...]:
        seeds, steps = [np.asarray(guess, np.float64)], [min(float(patch.spacing.max()) for patch in patches)]
        for patch in patches:
            is_mode = patch.log_density == ndimage.maximum_filter(patch.log_density, 5, mode="nearest")
            found = np.argwhere(is_mode & (patch.log_density > max(each.log_density.max() for each in patches) - 6))
            seeds += [*(patch.low + found * patch.spacing)]
            steps += [float(patch.spacing.max())] * len(found)
        codes, logs = self._climbed(np.array(seeds), np.array(steps) / 2)
        chosen: list[int] = []
        for number in np.argsort(-logs, kind="stable").tolist():
            if len(chosen) == _MOST_MODES or logs[number] < logs.max() - _LOWEST:
                break
            between = codes[chosen, None] + _BETWEEN[:, None] * (codes[number] - codes[chosen, None])
            if (self._table.log_joint(self._target, between).min(1) < logs[number] - _DIP).all():
                chosen.append(number)
        nearest = np.linalg.norm(places[:, None] - codes[chosen], axis=2).argmin(1)
        shares = np.bincount(nearest, masses, len(chosen)).tolist()
        modes = [
            Mode(codes[number], float(logs[number] - log_p), share)
            for number, share in zip(chosen, shares, strict=True)
        ]
        return tuple(sorted(modes, key=lambda mode: -mode.share))

    def _climbed(self, codes: Doubles, steps: Doubles | float) -> tuple[Doubles, Doubles]:
        """Go up from codes (K, L) by steps to what is around, which become smaller where all of it is lower.

        The peak of the parabola through what is around is tried, too: a narrow ridge would take many steps otherwise.
        Gives the codes, and log p(x, z) there.
        """
        codes, steps = codes.copy(), np.broadcast_to(steps, len(codes)).copy()
        around = product(np.array([-1.0, 0.0, 1.0]), self._latent)
        rows, middle, peaks = np.arange(len(codes)), len(around) // 2, codes.copy()
        best = np.empty(len(codes))
        for _ in range(_CLIMBS):
            tried = np.concatenate([codes[:, None] + steps[:, None, None] * around, peaks[:, None]], 1)
            joint = self._table.log_joint(self._target, tried)
            peaks = codes + steps[:, None] * _summits(joint[:, :-1], around)
            joint[:, middle] += 1e-4  # nats: float32 tells no less apart, and what is flat leads nowhere
            chosen = joint.argmax(1)
            best = joint[rows, chosen] - 1e-4 * (chosen == middle)
            codes = tried[rows, chosen]
            steps[chosen == middle] /= 3
        return codes, best

    def _outer(self, weights: Doubles) -> Doubles:
        outer: Doubles = product(weights, self._latent).prod(1).reshape((self._count,) * self._latent)
        return outer


def _summits(values: Doubles, around: Doubles) -> Doubles:
    """Give the peaks (K, L), at most eight steps away, of parabolas through values (K, P) at steps around (P, L)."""
    latent = around.shape[1]
    pairs = [*itertools.combinations_with_replacement(range(latent), 2)]
    terms = np.column_stack([np.ones(len(around)), around, *(around[:, i] * around[:, j] for i, j in pairs)])
    fitted = values @ np.linalg.pinv(terms).T
    slope, bend = fitted[:, 1 : latent + 1], np.empty((len(values), latent, latent))
    for (i, j), each in zip(pairs, fitted[:, latent + 1 :].T, strict=True):
        bend[:, i, j] = bend[:, j, i] = each * (2 if i == j else 1)
    lengths, directions = np.linalg.eigh(bend)
    along = np.einsum("kji,kj->ki", directions, slope) / np.minimum(lengths, -1e-9)  # where it bends up, far away
    summits: Doubles = -np.einsum("kij,kj->ki", directions, np.clip(along, -8, 8))
    return summits


def _slices(begin: Integers, end: Integers) -> tuple[slice, ...]:
    """Give what is from some nodes to others (L,), these and all."""
    return tuple(map(slice, begin, end + 1))


def _parts(is_heavy: npt.NDArray[np.bool_]) -> list[tuple[slice, ...]]:
    """Give the boxes around what hangs together of a grid, with a node beside it on each side."""
    touching = np.ones((3,) * is_heavy.ndim, bool)
    numbers, _ = ndimage.label(ndimage.binary_dilation(is_heavy, touching), touching)
    found: list[tuple[slice, ...]] = ndimage.find_objects(numbers)
    return _apart(found)


def _apart(boxes: list[tuple[slice, ...]]) -> list[tuple[slice, ...]]:
    """Put boxes that overlap into one."""
    for first, second in itertools.combinations(boxes, 2):
        if all(one.start < other.stop and other.start < one.stop for one, other in zip(first, second, strict=True)):
            both = tuple(
                slice(min(one.start, other.start), max(one.stop, other.stop))
                for one, other in zip(first, second, strict=True)
            )
            return _apart([*(each for each in boxes if each is not first and each is not second), both])
    return boxes


def _nodes(low: Doubles, high: Doubles, count: int) -> Doubles:
    """Give so many nodes along each dimension of a box: float64 (N, ..., N, L)."""
    latent = len(low)
    steps = product(np.arange(count) / (count - 1), latent).reshape(*(count,) * latent, latent)
    nodes: Doubles = low + steps * (high - low)
    return nodes


def _levels(log_density: Floats, masses: Doubles) -> Doubles:
    """Give the log densities above which `ENCLOSED` of the posterior lies (Hyndman, 1996, highest-density regions)."""
    order = np.argsort(-log_density.ravel())
    within = masses[order].cumsum()
    last = np.searchsorted(within, np.minimum(ENCLOSED, within[-1]))
    levels: Doubles = log_density.ravel()[order][np.minimum(last, len(order) - 1)].astype(np.float64)
    return levels
