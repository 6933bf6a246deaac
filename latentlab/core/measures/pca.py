"""The plane that a model's decoder spans, beside the one that PCA finds: for a linear autoencoder they are the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.models.snapshot import Snapshot, as_input, chunks
from latentlab.core.progress import reached

MOST_DIMENSIONS = 50
MOST_SHOWN = 10_000
_MOST_PIXELS = 60_000 * 28 * 28  # of all images that PCA is fitted to
_MOST_EXACT = 1500  # pixels of an image, of whose covariance all eigenvectors are found

_Doubles = npt.NDArray[np.float64]


class PcaError(LatentlabError):
    """A model or images that cannot be compared with PCA."""


@dataclass(frozen=True, slots=True, eq=False)
class PcaComparison:
    """A model's L dimensions beside the first L principal components of the images.

    Attributes
    ----------
    run_id : str
    angles : float32 (K,)
        Principal angles between what the decoder spans and what the components span, degrees, ascending. K is L, or
        less where the decoder takes no notice of a dimension.
    principal_positions : float32 (N, 2)
        Where images lie along the first two components, in units of pixels' values; the second is 0 for L = 1.
    positions : float32 (N, 2)
        The same, as far as the model's codes tell it: by the affine map of codes that comes nearest to the
        principal positions, in least squares. A linear code is any basis of its plane, skewed and stretched (Baldi
        and Hornik, 1989); what such a map cannot put right is a difference of the planes, or a curve.
    error, principal_error : float
        Squared error of reconstruction by the model and by PCA, summed over pixels, averaged over images.
    explained, principal_explained : float
        Share of the images' variance that the reconstructions keep: 1 - error / variance.
    """

    run_id: str
    angles: Floats
    principal_positions: Floats
    positions: Floats
    error: float
    principal_error: float
    explained: float
    principal_explained: float


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """The principal components of images: it takes the images alone, so it can be kept while a model changes.

    Attributes
    ----------
    images : int
        That they were fitted to.
    mean : float32 (P,)
        Of P pixels in [0, 1].
    components : float32 (P, K)
        Orthonormal, in columns, the one of the largest variance first.
    """

    images: int
    mean: Floats
    components: Floats


def principal(images: Tensor, count: int) -> Principal:
    """Find the first principal components of images, uint8 (N, C, H, W), `count` of them or more.

    Of images of few pixels they are the eigenvectors of the covariance, exactly; of others, whose covariance would not
    fit into memory, scikit-learn finds them.
    """
    images = images[: _MOST_PIXELS // math.prod(images.shape[1:])]
    flat = images.flatten(1)
    if flat.shape[1] <= _MOST_EXACT:
        return _exact(flat)
    from sklearn.decomposition import PCA  # takes a second to import
    from threadpoolctl import threadpool_limits

    # Threads of a matrix product wait for each other where cores are busy: with two it took 11 s, with one 2 s.
    with threadpool_limits(1, "blas"):
        pca = PCA(count, copy=False, random_state=0).fit(as_input(flat).numpy())  # which may write to them
    return Principal(len(images), pca.mean_, pca.components_.T)


def _exact(images: Tensor) -> Principal:
    """Find the first `MOST_DIMENSIONS` components of images, uint8 (N, P), by their covariance, summed in doubles."""
    varies = (images != images[0]).any(0)  # the margin of a digit does not: less to multiply, and no variance
    varying, count = images[:, varies], int(varies.sum())
    total, products = torch.zeros(count).double(), torch.zeros(count, count).double()
    for part in chunks(varying):
        pixels = as_input(varying[part])
        total += pixels.sum(0)
        products += pixels.T @ pixels
        reached(min(1.0, part.stop / len(images)))
    own = total / len(images)
    vectors = torch.linalg.eigh(products / len(images) - torch.outer(own, own))[1]  # ascending
    mean, found = as_input(images[0]).clone(), torch.zeros(images.shape[1], min(count, MOST_DIMENSIONS))
    mean[varies] = own.float()
    found[varies] = vectors[:, -MOST_DIMENSIONS:].flip(1).float()
    return Principal(len(images), mean.numpy(), found.numpy())


def compare(snapshot: Snapshot, images: Tensor, *, find: Callable[[], Principal] | None = None) -> PcaComparison:
    """Compare a model with PCA of as many components.

    What the decoder spans is its differential at the mean code, by central differences as wide as the codes vary:
    exact for a linear decoder, and at that scale for others. Pixels are those before a linear output is cut off at
    black and white.

    Parameters
    ----------
    snapshot : Snapshot
        Not of a CVAE, whose plane is another for each label.
    images : uint8 (N, C, H, W)
        Of the model's own size. PCA is fitted to as many as MNIST has for training, or fewer where they are larger:
        give all that the model learned from, since components of nearly the same variance turn by degrees from one
        sample to another. Positions and errors are those of the first `MOST_SHOWN`.
    find : callable, optional
        Gives the components of these images, where they may be known; by default they are found.

    Raises
    ------
    PcaError
        For a CVAE, more dimensions than `MOST_DIMENSIONS`, too few images, or a model that has diverged.
    """
    latent = snapshot.latent
    if snapshot.uses_labels:
        raise PcaError("A CVAE has another plane for each label: compare a VAE or an autoencoder with PCA.")
    if latent > MOST_DIMENSIONS:
        raise PcaError(
            f"A model of {latent} dimensions is too large to compare with PCA: take one of at most {MOST_DIMENSIONS}."
        )
    if len(images) <= latent or bool((images == images[0]).all()):
        raise PcaError(f"PCA finds no {latent} components in {len(images)} images: show more, and different, images.")
    codes, error = _codes_and_error(snapshot, images[:MOST_SHOWN])
    directions = _directions(snapshot, codes)
    if not (np.isfinite(codes).all() and np.isfinite(directions).all()):
        raise PcaError("The model's numbers are no longer finite: train it anew with a lower learning rate.")
    found = principal(images, latent) if find is None else find()
    components = torch.from_numpy(np.ascontiguousarray(found.components[:, :latent]))
    scores, variance, principal_error = _scores(
        images[:MOST_SHOWN].flatten(1), torch.from_numpy(found.mean), components
    )
    return PcaComparison(
        run_id=snapshot.run_id,
        angles=subspace_angles(directions, components.double().numpy()).astype(np.float32),
        principal_positions=_two(scores),
        positions=_two(_aligned(codes, scores)),
        error=error,
        principal_error=principal_error,
        explained=1 - error / variance,
        principal_explained=1 - principal_error / variance,
    )


def subspace_angles(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give the principal angles between what the columns of two matrices (P, K) and (P, M) span, degrees, ascending.

    Björck and Golub (1973): by their cosines, and by their sines where these are small. A function of scipy does the
    same, which takes longer to import than this to compute.
    """
    one, other = _basis(one), _basis(other)
    if one.shape[1] < other.shape[1]:
        one, other = other, one
    if not other.shape[1]:
        return np.empty(0)
    cosines = np.linalg.svd(one.T @ other, compute_uv=False).clip(-1, 1)
    sines = np.linalg.svd(other - one @ (one.T @ other), compute_uv=False)[::-1].clip(-1, 1)
    angles: _Doubles = np.degrees(np.where(cosines > np.sqrt(0.5), np.arcsin(sines), np.arccos(cosines)))
    return np.sort(angles)


def _basis(vectors: _Doubles) -> _Doubles:
    """Give an orthonormal basis of what columns span: fewer where some depend on others."""
    basis, sizes, _ = np.linalg.svd(vectors, full_matrices=False)
    found: _Doubles = basis[:, sizes > max(vectors.shape) * np.finfo(float).eps * sizes.max(initial=0)]
    return found


def _directions(snapshot: Snapshot, codes: _Doubles) -> _Doubles:
    """Give the decoder's differential at the mean of codes (N, L): float64 (pixels, L)."""
    steps = np.diag(np.maximum(codes.std(0), 1e-6))
    ends = torch.from_numpy(np.concatenate([codes.mean(0) + steps, codes.mean(0) - steps])).float()
    with torch.inference_mode():
        there, back = (
            _pixels(snapshot, snapshot.model.decode(ends)).flatten(1).double().numpy().reshape(2, len(steps), -1)
        )
    directions: _Doubles = ((there - back) / (2 * np.diag(steps)[:, None])).T
    return directions


def _codes_and_error(snapshot: Snapshot, images: Tensor) -> tuple[_Doubles, float]:
    """Give the codes of images, float64 (N, L), and the squared error of what they decode to, summed over pixels."""
    codes, total = [], 0.0
    with torch.inference_mode():
        for part in chunks(images):
            x = as_input(images[part])
            code, _ = snapshot.model.encode(x)
            total += float((_pixels(snapshot, snapshot.model.decode(code)) - x).square().sum(dtype=torch.float64))
            codes.append(code)
        return torch.cat(codes).double().numpy(), total / len(images)


def _scores(images: Tensor, mean: Tensor, components: Tensor) -> tuple[_Doubles, float, float]:
    """Give where images, uint8 (N, P), lie along components, float64 (N, L), their variance, and PCA's error."""
    scores, variance, error = [], 0.0, 0.0
    for part in chunks(images):
        centred = as_input(images[part]) - mean
        along = centred @ components
        variance += float(centred.square().sum(dtype=torch.float64))
        error += float((centred - along @ components.T).square().sum(dtype=torch.float64))
        scores.append(along)
    return torch.cat(scores).double().numpy(), variance / len(images), error / len(images)


def _pixels(snapshot: Snapshot, output: Tensor) -> Tensor:
    return output if snapshot.recipe.model.output == "linear" else snapshot.model.pixels(output)


def _aligned(codes: _Doubles, scores: _Doubles) -> _Doubles:
    """Give the least-squares prediction of scores (N, L) that is affine in codes (N, L)."""
    inputs = np.column_stack([codes, np.ones(len(codes))])
    aligned: _Doubles = inputs @ np.linalg.lstsq(inputs, scores, rcond=None)[0]
    return aligned


def _two(positions: _Doubles) -> Floats:
    two = np.zeros((len(positions), 2), np.float32)
    two[:, : positions.shape[1]] = positions[:, :2]
    return two
