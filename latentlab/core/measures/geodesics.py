"""Geodesics: lines between two codes along which the decoded image changes least.

The length of a line is that of the curve of its decoded images, in pixels: one that turns from black to white is 1. A
geodesic is a line that no small change makes shorter (Arvanitidis, Hansen and Hauberg, 2018, "Latent space oddity: on
the curvature of deep generative models"). It is found as in Shao, Kumar and Fletcher (2018, "The Riemannian geometry of
deep generative models"), by the energy of a line of nodes z₀ ... z_N between fixed ends, which is least where the line
is shortest and its nodes equally far from each other::

    E = N/2 Σ |f(zᵢ₊₁) - f(zᵢ)|²

They go down its gradient, a node at a time; here all nodes move at once by Gauss and Newton's step, damped after
Levenberg and Marquardt, as E is a sum of squares: its matrix is block-tridiagonal, and its blocks are products JᵀJ. It
ends in the nearest minimum, so it begins twice: at the line that it is asked for, and at the shortest way over a grid
of decoded codes around it; and the shortest of the three is the answer, which so is never longer than the line itself.

A line of few nodes can leap over what it should go through, and seem short. Hence lengths are measured along many more
images than there are nodes, as many for each line; and where both differ there are twice as many nodes. Between images
that are hardly apart rounding seems to be a way of its own, to and fro: their lengths are measured in fewer pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from latentlab.core.arrays import Doubles, Floats
from latentlab.core.measures.polylines import at_equal_steps, chords
from latentlab.core.measures.tangents import Decode, tangents
from latentlab.core.progress import reached

MEASURED = 512
"""Images along a line by which its length is measured."""

_NODES, _MOST_NODES, _LEAST_NODES = 32, 256, 16  # pieces of the line that is bent
_LEAPS = 1.01  # times as long as its nodes say: such a line leaps
_ROUNDING = 256 * float(np.finfo(np.float32).eps)  # of an image's own length: a piece of a line is to be longer
_STEPS = 30  # of Gauss and Newton, with those that fail
_SETTLED = 1e-3  # share of its energy by which the last step has made it less
_MOST_VALUES = 40_000_000  # of the tangents of all nodes: 160 MB
_PART_VALUES = 8_000_000  # of images decoded at once for them
_GRID = 48  # cells on a side
_GRID_VALUES = 12_000_000
# Half of the 16 ways from a place of the grid to others, as straight as a knight's moves: the others are their backs.
_MOVES = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))


@dataclass(frozen=True, slots=True, eq=False)
class Geodesic:
    """The shortest line that was found.

    Attributes
    ----------
    codes : float32 (MEASURED, L)
        Along it, equally far from each other in decoded images; a single one where these are all the same.
    length, straight : float
        Of it, and of the line that it was asked for, both along `MEASURED` images of equal distances: pixels.
    """

    codes: Floats
    length: float
    straight: float


def geodesic(decode: Decode, line: Floats, directions: npt.ArrayLike, radius: float) -> Geodesic:
    """Find a geodesic between the ends of a line.

    Parameters
    ----------
    decode : callable
        A decoder's mean image, or several side by side.
    line : float32 (N, L)
        Codes from its beginning to its end: straight from each to the next.
    directions : float (K, L)
        Unit vectors: of these and the way between the ends is the plane over which the grid lies.
    radius : float
        Of the cloud of codes, by which derivatives take their steps.

    Returns
    -------
    Geodesic
        The line itself where no shorter one was found, or images are no numbers.
    """
    own, straight = measured(decode, line)
    best, length = own, straight
    if not 0 < straight < np.inf:
        return Geodesic(own, straight, straight)
    starts: tuple[Callable[[], Floats | None], ...] = (
        lambda: own,
        lambda: shortest_on_grid(decode, own[0], own[-1], directions),
    )
    for start in starts:
        begin = start()
        if begin is not None:
            codes, found = measured(decode, _bent(decode, begin, radius))
            if found < length:
                best, length = codes, found
    return Geodesic(best, length, straight)


def measured(decode: Decode, line: npt.NDArray[np.floating]) -> tuple[Floats, float]:
    """Give codes along a line whose decoded images are equally far from each other, and its length.

    Parameters
    ----------
    decode : callable
    line : float (N, L)

    Returns
    -------
    codes : float32 (MEASURED, L)
        A single one where all codes, or all images, are the same.
    length : float
        Pixels; not a number where an image has such.
    """
    codes = at_equal_steps(line, chords(line), MEASURED).astype(np.float32)
    with np.errstate(all="ignore"):  # a model that diverges
        pieces = chords(decode(codes))
        if not np.isfinite(pieces).all():
            return codes, float("nan")
        codes = at_equal_steps(codes, pieces, MEASURED).astype(np.float32)
        return codes, _length(_flat(decode(codes)))


def _length(images: Floats) -> float:
    """Give the length of the line through images (N, P), in as many pieces as are longer than rounding is."""
    length = float(chords(images).sum())
    rounding = _ROUNDING * float(np.linalg.norm(images, axis=1).max())
    if not length < rounding * (len(images) - 1):  # nor where it is no number
        return length
    pieces = max(1, int(length / rounding))
    return float(chords(images[np.linspace(0, len(images) - 1, pieces + 1).round().astype(int)]).sum())


def shortest_on_grid(decode: Decode, start: Floats, end: Floats, directions: npt.ArrayLike) -> Floats | None:
    """Give the shortest way between two codes over a grid, float32 (N, L); None where there is no grid to go over.

    Dijkstra's (1959), over squares of a plane through both, each place joined to 16 others by the distance of images.

    Parameters
    ----------
    decode : callable
    start, end : float32 (L,)
    directions : float (K, L)
    """
    from scipy.sparse import coo_matrix  # it is needed here alone, and takes its time to import
    from scipy.sparse.csgraph import dijkstra

    across = _across(end - start, np.asarray(directions, np.float64))
    if across is None:
        return None
    values = decode(start[None]).size
    half = min(_GRID, int((_GRID_VALUES / values) ** 0.5)) // 2
    if half < 4:
        return None
    # From half a length before the start to half a length behind the end, and as far to the sides.
    count = 2 * half + 1
    along, aside = np.meshgrid((np.arange(count) - half // 2) / half, (np.arange(count) - half) / half, indexing="ij")
    way = (end - start).astype(np.float64)
    codes = (start + along[..., None] * way + aside[..., None] * np.linalg.norm(way) * across).astype(np.float32)
    codes = codes.reshape(-1, len(start))
    images = decode(codes).reshape(len(codes), -1)
    places = np.arange(len(codes)).reshape(count, count)
    tails, heads, costs = [], [], []
    for down, right in _MOVES:
        tail = places[: count - down, max(0, -right) : count - max(0, right)].ravel()
        head = places[down:, max(0, right) : count + min(0, right)].ravel()
        tails.append(tail)
        heads.append(head)
        costs.append(np.linalg.norm(images[tail] - images[head], axis=1))
        reached()
    # What costs nothing would be no way at all.
    cost = np.maximum(np.concatenate(costs).astype(np.float64), 1e-9)
    graph = coo_matrix((cost, (np.concatenate(tails), np.concatenate(heads))), (len(codes), len(codes))).tocsr()
    first, last = int(places[half // 2, half]), int(places[half // 2 + half, half])
    _, before = dijkstra(graph, directed=False, indices=first, return_predecessors=True)
    path = [last]
    while path[-1] != first and before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    if path[-1] != first:
        return None
    found = codes[path[::-1]]
    found[0], found[-1] = start, end
    return found


def _across(way: Floats, directions: Doubles) -> Doubles | None:
    """Give the unit vector of a plane that is at right angles to a way on it; None where there is none."""
    length = np.linalg.norm(way)
    if not length > 0:
        return None
    unit = way.astype(np.float64) / length
    rest = directions - np.outer(directions @ unit, unit)
    lengths = np.linalg.norm(rest, axis=1)
    most = int(lengths.argmax())
    return rest[most] / lengths[most] if lengths[most] > 1e-3 else None


def _bent(decode: Decode, line: Floats, radius: float) -> Floats:
    """Bend a line until its energy is least, with twice as many nodes as long as it leaps."""
    values = decode(line[:1]).size
    affordable = int(_MOST_VALUES / (values * line.shape[1]))
    nodes = min(_NODES, affordable)
    if nodes < _LEAST_NODES:
        return line
    while True:
        line = _least_energy(decode, _at_equal_distances(decode, line, nodes + 1), radius)
        is_leaping = measured(decode, line)[1] > _LEAPS * chords(decode(line)).sum()
        if not is_leaping or 2 * nodes > min(_MOST_NODES, affordable):
            return line
        nodes *= 2


def _at_equal_distances(decode: Decode, line: Floats, count: int) -> Floats:
    codes, _ = measured(decode, line)
    found: Floats = codes[np.linspace(0, len(codes) - 1, count).round().astype(int)]
    return found


def _least_energy(decode: Decode, line: Floats, radius: float) -> Floats:
    """Move the nodes of a line (N, L) between its ends, until its energy hardly grows less."""
    images = _flat(decode(line))
    energy = _energy(images)
    damping, blocks = 1e-3, None
    for _ in range(_STEPS):
        reached()
        with threadpool_limits(1, "blas"):  # threads of a matrix product wait for each other where cores are busy
            if blocks is None:
                blocks = _blocks(decode, line, images, radius)
            step = _solved(*blocks, damping)
        moved = line.copy()
        moved[1:-1] -= step.astype(np.float32)
        tried = _flat(decode(moved))
        found = _energy(tried)
        if not found < energy:  # nor where it is no number
            damping *= 8
            if damping > 1e3:
                break
            continue
        gained, energy = 1 - found / energy, found
        line, images, blocks = moved, tried, None
        damping = max(damping / 4, 1e-9)
        if gained < _SETTLED:
            break
    return line


def _energy(images: Floats) -> float:
    return float(np.square(chords(images)).sum())


def _flat(images: Floats) -> Floats:
    flat: Floats = images.reshape(len(images), -1)
    return flat


def _blocks(decode: Decode, line: Floats, images: Floats, radius: float) -> tuple[Doubles, Doubles, Doubles]:
    """Give the gradient of half the energy by each node between the ends, and the blocks of its matrix.

    Returns
    -------
    slope : float64 (M, L)
        Jᵢᵀ(2fᵢ - fᵢ₋₁ - fᵢ₊₁)
    own : float64 (M, L, L)
        2 JᵢᵀJᵢ
    next_ones : float64 (M - 1, L, L)
        -JᵢᵀJᵢ₊₁
    """
    inner, latent = line[1:-1], line.shape[1]
    bends = 2 * images[1:-1] - images[:-2] - images[2:]
    every = np.eye(latent, dtype=np.float32)
    part = max(1, _PART_VALUES // (2 * latent * images.shape[1]))
    columns = np.concatenate(
        [tangents(decode, inner[start : start + part], every, radius) for start in range(0, len(inner), part)]
    )
    rows = columns.transpose(0, 2, 1)
    slope = (columns @ bends[:, :, None])[:, :, 0].astype(np.float64)
    own = 2 * (columns @ rows).astype(np.float64)
    next_ones = -(columns[:-1] @ rows[1:]).astype(np.float64)
    return slope, own, next_ones


def _solved(slope: Doubles, own: Doubles, next_ones: Doubles, damping: float) -> Doubles:
    """Solve the damped block-tridiagonal system by elimination from node to node: float64 (M, L)."""
    count, latent = slope.shape
    scale = np.trace(own, axis1=1, axis2=2).mean() / latent
    own = own + damping * max(scale, 1e-12) * np.eye(latent)
    factors = np.empty((count, latent, latent))
    right = slope.copy()
    for node in range(count):
        block = own[node]
        if node:
            block = block - next_ones[node - 1].T @ factors[node - 1]
            right[node] -= next_ones[node - 1].T @ right[node - 1]
        solved = np.linalg.solve(
            block, np.column_stack([next_ones[node] if node < count - 1 else np.zeros((latent, latent)), right[node]])
        )
        factors[node], right[node] = solved[:, :-1], solved[:, -1]
    for node in range(count - 2, -1, -1):
        right[node] -= factors[node] @ right[node + 1]
    return right
