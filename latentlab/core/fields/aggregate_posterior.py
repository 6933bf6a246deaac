"""The aggregate posterior on the plane of the map: where the codes of the data lie, and how that compares to the prior.

A VAE encodes an image x to a Gaussian q(z|x) with mean μ(x) and deviations σ(x). Over the N images of the map these
make up a mixture, the aggregate posterior (Makhzani et al., 2015, "Adversarial Autoencoders", section 2; Hoffman and
Johnson, 2016, "ELBO surgery: yet another way to carve up the variational evidence lower bound", section 1)::

    q(z) = 1/N Σₙ q(z|xₙ)

Training pulls it towards the prior p(z) = N(0, I), as the mean KL is the mutual information of x and z under q plus
KL(q(z) | p(z)) (Hoffman and Johnson, 2016, section 2). Where log q(z)/p(z) is far below 0 the prior has a hole: samples
from there decode to nothing that training has seen; where it is far above 0 codes pile up.

On a plane with origin o and orthonormal directions P the marginals are mixtures of N(P(μ - o), P diag(σ²) Pᵀ), and the
prior's is N(-Po, I). Where the plane's axes are latent axes, the covariances are diagonal, and the mixture on a grid is
one matrix product, A_x A_yᵀ with a column for each image; else the covariances are full, each place meets each image,
and fewer images are taken. Each Gaussian is widened by half a cell, (Δ/2)² more variance on an axis with cells of width
Δ, so that one narrower than a cell is not missed between two of them; it stays normalised, and so does q.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from latentlab.core.arrays import Extent, Floats, Position
from latentlab.core.errors import LatentlabError
from latentlab.core.fields.grid import Doubles, middles, sides
from latentlab.core.fields.prepared_map import PreparedMap
from latentlab.core.map.projection import Projection


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """How the codes of the map's images lie on the plane: their aggregate posterior, or a density of the codes alone.

    Attributes
    ----------
    values : float32 (R, C)
        Per unit of area of the latent space; per unit of length where it has one dimension.
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
        log q(z)/p(z), nats.
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


@dataclass(frozen=True, slots=True)
class Prior:
    """The prior on the plane of the map: a Gaussian of deviation 1, whatever the plane.

    Attributes
    ----------
    centre : tuple of float
    is_line : bool
        The latent space has one dimension: the prior tells nothing of y.
    """

    centre: Position
    is_line: bool


_TOP = 0.995  # of the density's own mass on the part: the value below which so much of it lies counts as most
_CHUNK = 384  # images at once, and places where each meets each: what is computed stays in the processor's cache
# Logarithms below which a density is as good as nothing: of smaller ones products would be denormal numbers, which
# take several times as long.
_FAINTEST, _FAINTEST_SINGLE = -300.0, np.float32(-80)
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
    xs, ys = middles(extent, cells)
    projection = prepared.model.projection
    prior = prior_of(projection)
    log_prior = _log_normal(xs - prior.centre[0], sides(extent, xs, ys)[0])[None]
    if not prior.is_line:
        log_prior = log_prior + _log_normal(ys - prior.centre[1], sides(extent, xs, ys)[1])[:, None]
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


def prior_of(projection: Projection) -> Prior:
    """Give the prior's marginal on a plane."""
    return Prior(projection.prior_centre(), not projection.directions[1].any())


def is_along_axes(projection: Projection) -> bool:
    """Whether each axis of the plane is an axis of the latent space, so that posteriors are diagonal on it."""
    return bool((np.count_nonzero(projection.directions, axis=1) <= 1).all())


def mixture_along_axes(xs: Doubles, ys: Doubles, means: Doubles, deviations: Doubles, *, is_line: bool) -> Doubles:
    """Give the density, float64 (R, C), of an even mixture of diagonal Gaussians on a grid.

    Parameters
    ----------
    xs, ys : float64 (C,), float64 (R,)
    means, deviations : float64 (N, 2)
        Up to 24 deviations away a Gaussian is told from nothing.
    is_line : bool
        The density is over x alone, per unit of length.
    """
    total = np.zeros((len(ys), len(xs)))
    with threadpool_limits(1, "blas"):  # threads of a matrix product wait for each other where cores are busy
        for start in range(0, len(means), _CHUNK):
            part = slice(start, start + _CHUNK)
            across = _normal(xs, means[part, 0], deviations[part, 0])
            up = np.ones((len(ys), across.shape[1])) if is_line else _normal(ys, means[part, 1], deviations[part, 1])
            total += up @ across.T
    return total / max(len(means), 1)


def mixture_on_plane(xs: Doubles, ys: Doubles, means: Doubles, covariances: Doubles) -> Doubles:
    """Give the density, float64 (R, C), of an even mixture of Gaussians on a grid.

    Parameters
    ----------
    xs, ys : float64 (C,), float64 (R,)
    means, covariances : float64 (N, 2), float64 (N, 2, 2)
    """
    # The exponent is a polynomial in x and y: of six terms, so that a matrix product gives it for all at once. Around
    # the middle of the grid, where rounding harms it least.
    middle = np.array([xs.mean(), ys.mean()])
    x, y = (side.ravel() for side in np.meshgrid(xs - middle[0], ys - middle[1]))
    terms = np.stack([x * x, x * y, y * y, x, y, np.ones_like(x)], 1)
    weights = _exponents(means - middle, covariances)
    total = np.zeros(len(x))
    with threadpool_limits(1, "blas"):
        for place in range(0, len(x), _CHUNK):
            some = slice(place, place + _CHUNK)
            for start in range(0, len(means), _CHUNK):
                exponents = (terms[some] @ weights[:, start : start + _CHUNK]).astype(np.float32)  # whose exp is quick
                np.maximum(exponents, _FAINTEST_SINGLE, out=exponents)
                total[some] += np.exp(exponents, out=exponents).sum(1)
    return total.reshape(len(ys), len(xs)) / max(len(means), 1)


def _values(prepared: PreparedMap, extent: Extent, cells: int, images: int) -> Doubles:
    points = prepared.points[:images].astype(np.float64)
    if not len(points):
        raise LatentlabError("This map has no codes that are finite: there is no density to show.")
    projection = prepared.model.projection
    xs, ys = middles(extent, cells)
    own = np.square(sides(extent, xs, ys)) / 4
    is_line = prior_of(projection).is_line
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        if not prepared.model.snapshot.is_variational:
            widths = np.broadcast_to(_kernel(points, is_line=is_line), points.shape)
            values = mixture_along_axes(xs, ys, points, np.sqrt(widths**2 + own), is_line=is_line)
        else:
            covariances = projection.covariance(prepared.deviations(len(points))) + np.diag(own)
            if is_along_axes(projection):
                spread = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
                values = mixture_along_axes(xs, ys, points, spread, is_line=is_line)
            else:
                values = mixture_on_plane(xs, ys, points, covariances)
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


def _exponents(means: Doubles, covariances: Doubles) -> Doubles:
    """Give what x², xy, y², x, y and 1 are multiplied by in the logarithm of each Gaussian: float64 (6, N)."""
    a, b, c = covariances[:, 0, 0], covariances[:, 0, 1], covariances[:, 1, 1]
    x, y = means.T
    area = a * c - b * b
    xx, xy, yy = -0.5 * c / area, b / area, -0.5 * a / area
    constant = xx * x * x + xy * x * y + yy * y * y - np.log(2 * np.pi) - 0.5 * np.log(area)
    return np.stack([xx, xy, yy, -2 * xx * x - xy * y, -2 * yy * y - xy * x, constant])


def _normal(values: Doubles, mean: Doubles, deviation: Doubles) -> Doubles:
    """Give the density of each Gaussian, (N,), at each value, (V,): float64 (V, N)."""
    scale = 1 / deviation
    densities: Doubles = values[:, None] * scale - mean * scale
    np.multiply(densities, densities, out=densities)
    densities *= -0.5
    np.maximum(densities, _FAINTEST, out=densities)
    np.exp(densities, out=densities)
    densities *= scale / np.sqrt(2 * np.pi)
    return densities


def _log_normal(values: Doubles, width: float) -> Doubles:
    """Give the logarithm of the standard Gaussian's density, widened by a cell as the posteriors are."""
    variance = 1 + width**2 / 4
    logarithms: Doubles = -0.5 * (values**2 / variance + np.log(2 * np.pi * variance))
    return logarithms


def _top(values: Doubles) -> float:
    ordered = np.sort(values, axis=None)
    mass = np.cumsum(ordered)
    if not 0 < mass[-1] < np.inf:
        return 1.0
    return float(ordered[np.searchsorted(mass, _TOP * mass[-1])])
