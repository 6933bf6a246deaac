"""The aggregate posterior on the plane of the map: where the codes of the data lie, and how that compares to the prior.

A VAE encodes an image x to a Gaussian q(z|x) with mean μ(x) and deviations σ(x). Over the N images of the map these
make up a mixture, the aggregate posterior (Makhzani et al., 2015, "Adversarial Autoencoders", section 2; Hoffman and
Johnson, 2016, "ELBO surgery: yet another way to carve up the variational evidence lower bound", section 1)::

    q(z) = 1/N Σₙ q(z|xₙ)

Training pulls it towards the prior p(z), such as N(0, I), as the mean KL is the mutual information of x and z under q
plus KL(q(z) | p(z)) (Hoffman and Johnson, 2016, section 2). Where log q(z)/p(z) is far below 0 the prior has a hole:
samples from there decode to nothing that training has seen; where it is far above 0 codes pile up.

On a plane with origin o and orthonormal directions P the marginals are mixtures of N(P(μ - o), P diag(σ²) Pᵀ), and the
prior's is what `plane_prior` says. What is given of either is its mean over each cell, so that a Gaussian narrower than
a cell is not missed between two of them, and so that the mean over some cells is what one cell as large as they has:
coarse and fine cells tell the same. Over a cell from a to b a Gaussian that is diagonal on the plane has on each axis
the mean (Φ((b - μ)/σ) - Φ((a - μ)/σ)) / (b - a), and the mixture on a grid is one matrix product, A_x A_yᵀ with a
column for each image. One with the correlation ρ is itself a mixture of narrower ones that are diagonal, along a line:
see `mixture`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from latentlab.core.arrays import Extent, Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.fields.grid import Doubles, middles, sides
from latentlab.core.fields.prepared_map import PreparedMap
from latentlab.core.map.plane_prior import prior_on_plane
from latentlab.core.map.projection import Projection


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """How the codes of the map's images lie on the plane: their aggregate posterior, or a density of the codes alone.

    Attributes
    ----------
    values : float32 (R, C)
        The mean over each cell, per unit of area of the latent space; per unit of length where it has one dimension.
    extent : tuple of float
    top : float
        What counts as most: nearly the largest value, so that a single spike does not rule.
    images, total : int
        How many of the map's images went into it, and how many there are.
    is_of_codes : bool
        It is of an autoencoder, which has no posterior: a kernel density of its codes.
    """

    run_id: str
    values: Floats
    extent: Extent
    top: float
    images: int
    total: int
    is_of_codes: bool


@dataclass(frozen=True, slots=True, eq=False)
class DensityRatio:
    """The aggregate posterior beside the prior: below 0 a hole of the latent space, above it a pile-up.

    Attributes
    ----------
    values : float32 (R, C)
        log q(z)/p(z), nats, of the means of both over each cell.
    trust : float32 (R, C)
        0 where so few images are to be expected that it would tell of these and not of the model, 1 where enough are.
    extent : tuple of float
    images, total : int
        As for `Density`.
    """

    run_id: str
    values: Floats
    trust: Floats
    extent: Extent
    images: int
    total: int


_TOP = 0.995  # of the density's own mass on the part: the value below which so much of it lies counts as most
_CHUNK = 384  # Gaussians at once: what is computed stays in the processor's cache
# Its logarithm is that below which a density is as good as nothing: of smaller ones products would be denormal numbers,
# which take several times as long.
_FAINTEST = -300.0
_FARTHEST = 17.3  # of what erfc is asked for: exp(-_FARTHEST²) is about as little
_FINE = 0.05  # of a deviation: over a cell as wide a Gaussian is nearly a parabola
_REACH = 6.0  # deviations, to either side, over which a correlated Gaussian is divided
_STEP = 1.4  # deviations of what is summed: the trapezoid rule errs by 2 exp(-2 π² / _STEP²), 8e-5
_STEEPEST = 0.998  # correlation: a steeper Gaussian is taken for one that is wider across, by 4 % of its length
_LEAST = 1e-37  # of a density: what float32 holds
_ENOUGH = 3.0  # images to be expected


def density(prepared: PreparedMap, extent: Extent, *, cells: int, images: int) -> Density:
    """Give the density of the aggregate posterior on a part of the plane.

    An autoencoder has no posterior: its codes get a Gaussian kernel, as wide on each axis as Scott's rule has it
    (Scott, 1992, "Multivariate Density Estimation", section 6.3), with a spread that a few far codes do not rule.

    Parameters
    ----------
    prepared : PreparedMap
    extent : tuple of float
        Left, right, bottom and top of the part.
    cells : int
        About so many places are computed.
    images : int
        At most so many go into it: the first of the map's, shuffled.

    Raises
    ------
    LatentlabError
        When the map has no codes that are finite, or an autoencoder's all lie at one point.
    """
    values = _values(prepared, extent, cells, images)
    return Density(
        prepared.model.run_id,
        values.astype(np.float32),
        extent,
        _top(values),
        min(images, len(prepared.rows)),
        len(prepared.rows),
        not prepared.model.snapshot.is_variational,
    )


def log_ratio(prepared: PreparedMap, extent: Extent, *, cells: int, images: int) -> DensityRatio:
    """Give log q(z)/p(z), nats, on a part of the plane; parameters as for `density`.

    It is given no trust where the images are too few to tell: as a hole, where the prior itself would put less than one
    of them on a unit of area; as a pile-up, where no more than one posterior reaches.

    Raises
    ------
    LatentlabError
        For an autoencoder, which has no prior, or when the map has no codes that are finite.
    """
    if not prepared.model.snapshot.is_variational:
        raise LatentlabError("An autoencoder has no prior that its codes could be compared with: train a VAE for that.")
    values = _values(prepared, extent, cells, images)
    projection = prepared.model.projection
    prior = prior_on_plane(prepared.model.snapshot.prior, projection)
    gaussians = prior.means, prior.covariances, prior.weights
    log_prior = np.log(mixture(extent, cells, *gaussians, is_line=prior.is_line))
    log_values = np.log(np.maximum(values, _LEAST))  # far from all codes a mixture is smaller than any number
    count, total = min(images, len(prepared.rows)), len(prepared.rows)
    ratio = log_values - log_prior
    reach = _reach(projection.covariance(prepared.deviations(count)), is_line=prior.is_line)
    expected = count * np.where(ratio > 0, reach * values, np.exp(log_prior))
    return DensityRatio(
        prepared.model.run_id,
        ratio.astype(np.float32),
        np.clip((expected - 1) / (_ENOUGH - 1), 0, 1).astype(np.float32),
        extent,
        count,
        total,
    )


def is_along_axes(projection: Projection) -> bool:
    """Whether each axis of the plane is an axis of the latent space, so that posteriors are diagonal on it."""
    return bool((np.count_nonzero(projection.directions, axis=1) <= 1).all())


def mixture(
    extent: Extent, cells: int, means: Doubles, covariances: Doubles, shares: Doubles | None = None, *, is_line: bool
) -> Doubles:
    """Give the mean density over each cell of a grid of a mixture of Gaussians: float64 (R, C).

    A Gaussian with deviations s and correlation ρ is the mixture, over u of a standard normal, of those around
    m + √|ρ| (s_x, ±s_y) u with deviations √(1 - |ρ|) s, which are diagonal; it is summed over equal steps of u.

    Parameters
    ----------
    extent : tuple of float
    cells : int
        As `grid.middles` divides the extent.
    means, covariances : float64 (N, 2), float64 (N, 2, 2)
        Up to 24 deviations away a Gaussian is told from nothing, a correlated one up to 6.
    shares : float64 (N,), optional
        Of the Gaussians; even where they are left out.
    is_line : bool
        The density is over x alone, per unit of length.
    """
    xs, ys = middles(extent, cells)
    width, height = sides(extent, xs, ys)
    total = np.zeros((len(ys), len(xs)))
    shares = np.full(len(means), 1 / max(len(means), 1)) if shares is None else shares
    with threadpool_limits(1, "blas"):  # threads of a matrix product wait for each other where cores are busy
        for centres, deviations, weights in _diagonal(means, covariances, shares):
            across = _averages(xs, width, centres[:, 0], deviations[:, 0])
            up = np.ones((len(centres), len(ys)))
            if not is_line:
                up = _averages(ys[::-1], height, centres[:, 1], deviations[:, 1])[:, ::-1]
            total += (weights[:, None] * up).T @ across
    return total


def _values(prepared: PreparedMap, extent: Extent, cells: int, images: int) -> Doubles:
    points = prepared.points[:images].astype(np.float64)
    if not len(points):
        raise LatentlabError("This map has no codes that are finite: there is no density to show.")
    projection = prepared.model.projection
    is_line = not projection.directions[1].any()
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        if prepared.model.snapshot.is_variational:
            covariances = projection.covariance(prepared.deviations(len(points)))
        else:
            kernel = np.diag(_kernel(points, is_line=is_line) ** 2)
            covariances = np.broadcast_to(kernel, (len(points), 2, 2))
        values = mixture(extent, cells, points, covariances, is_line=is_line)
    return np.nan_to_num(values)


def _reach(covariances: Doubles, *, is_line: bool) -> float:
    """Give the area (or length) over which a usual posterior, at its highest everywhere, would hold all its mass."""
    a, b, c = covariances[:, 0, 0], covariances[:, 0, 1], covariances[:, 1, 1]
    areas = np.sqrt(2 * np.pi * a) if is_line else 2 * np.pi * np.sqrt(np.maximum(a * c - b * b, 0))
    return float(np.median(areas))


def _kernel(points: Doubles, *, is_line: bool) -> Doubles:
    """Give the width of the kernel on each axis: N^(-1/(d+4)) deviations, told from the quartiles."""
    low, high = np.quantile(points, [0.25, 0.75], axis=0)
    spread = (high - low) / 1.349  # of a Gaussian, 1.349 deviations lie between its quartiles
    if not spread.any():
        raise LatentlabError("All codes of this map lie at one point: there is no scale for their density.")
    width: Doubles = np.maximum(spread, 1e-3 * spread.max()) * len(points) ** (-1 / (5 if is_line else 6))
    return width


def _diagonal(means: Doubles, covariances: Doubles, shares: Doubles) -> Iterator[tuple[Doubles, Doubles, Doubles]]:
    """Give means (K, 2), deviations (K, 2) and weights (K,) of diagonal Gaussians that make up shares of any."""
    scales = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    products = scales[:, 0] * scales[:, 1]
    correlations = np.where(products > 0, covariances[:, 0, 1] / np.where(products > 0, products, 1), 0)
    correlations = np.clip(correlations, -_STEEPEST, _STEEPEST)
    steepness = np.abs(correlations)
    # Seen from a place of the plane, u has this deviation: what is summed is a Gaussian in u itself.
    spread = np.sqrt((1 - steepness) / (1 + steepness))
    counts = np.where(steepness < 1e-6, 1, 4 * np.ceil((2 * _REACH / (_STEP * spread) + 1) / 4)).astype(int)
    for count in np.unique(counts):
        u = np.linspace(-_REACH, _REACH, count) if count > 1 else np.zeros(1)
        weights = np.exp(-(u**2) / 2)
        weights /= weights.sum()
        rows = np.flatnonzero(counts == count)
        for start in range(0, len(rows), step := max(1, _CHUNK // count)):
            part = rows[start : start + step]
            slopes = scales[part] * np.sqrt(steepness[part])[:, None]
            slopes[:, 1] *= np.sign(correlations[part])
            centres = means[part][:, None] + u[:, None] * slopes[:, None]
            narrower = scales[part] * np.sqrt(1 - steepness[part] * (count > 1))[:, None]
            yield centres.reshape(-1, 2), np.repeat(narrower, count, 0), np.outer(shares[part], weights).ravel()


def _averages(middles: Doubles, width: float, mean: Doubles, deviation: Doubles) -> Doubles:
    """Give the mean density of each Gaussian, (N,), over each cell of a width, (V,) ascending: float64 (N, V)."""
    deviation = np.maximum(deviation, 1e-12 * width)
    is_fine = width < _FINE * deviation
    if is_fine.all():
        found = _averages_of_wide(middles, width, mean, deviation)
    elif not is_fine.any():
        found = _averages_of_narrow(middles, width, mean, deviation)
    else:
        found = np.empty((len(mean), len(middles)))
        found[is_fine] = _averages_of_wide(middles, width, mean[is_fine], deviation[is_fine])
        found[~is_fine] = _averages_of_narrow(middles, width, mean[~is_fine], deviation[~is_fine])
    return np.maximum(found, np.exp(_FAINTEST), out=found)


def _averages_of_wide(middles: Doubles, width: float, mean: Doubles, deviation: Doubles) -> Doubles:
    """Give them for Gaussians beside which a cell is small, whose tails nearly cancel: up to the second derivative."""
    scale = 1 / deviation[:, None]
    squares: Doubles = np.square(middles * scale - mean[:, None] * scale)
    bend = (width * scale) ** 2 / 24
    densities: Doubles = np.exp(np.maximum(-0.5 * squares, _FAINTEST)) * (scale / np.sqrt(2 * np.pi))
    return densities * (1 + bend * (squares - 1))


def _averages_of_narrow(middles: Doubles, width: float, mean: Doubles, deviation: Doubles) -> Doubles:
    """Give them by the tails beyond the edges of the cells, on that side of the mean on which each edge is."""
    import torch  # it has the error function in a sixth of scipy's time

    edges = torch.from_numpy(np.append(middles, middles[-1] + width) - width / 2)
    scale = torch.from_numpy(1 / (deviation * np.sqrt(2)))[:, None]
    away = (edges - torch.from_numpy(mean)[:, None]).mul_(scale)
    is_beyond = away > 0
    tails = torch.erfc(away.abs_().clamp_(max=_FARTHEST)).mul_(0.5 / width)
    below = torch.where(is_beyond, -tails, tails)  # Φ / width, less 1 / width where the edge is beyond the mean
    masses: Doubles = (below[:, 1:] - below[:, :-1]).numpy()
    edge = is_beyond.sum(1).numpy()  # beyond the mean, which is in the cell before the first of them
    inside = np.flatnonzero((edge > 0) & (edge <= len(middles)))
    masses[inside, len(middles) - edge[inside]] += 1 / width
    return masses


def _top(values: Doubles) -> float:
    ordered = np.sort(values, axis=None)
    mass = np.cumsum(ordered)
    if not 0 < mass[-1] < np.inf:
        return 1.0
    return float(ordered[np.searchsorted(mass, _TOP * mass[-1])])
