"""The plane that a model's decoder spans, beside the one that PCA finds: for a linear autoencoder they are the same."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from latentlab.core.arrays import Floats
from latentlab.core.errors import LatentlabError
from latentlab.core.models.snapshot import Snapshot, as_input, chunks

MOST_DIMENSIONS = 50
MOST_SHOWN = 10_000
_MOST_PIXELS = 60_000 * 28 * 28  # of all images that PCA is fitted to

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


def compare(snapshot: Snapshot, images: Tensor) -> PcaComparison:
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

    Raises
    ------
    PcaError
        For a CVAE, more dimensions than `MOST_DIMENSIONS`, too few images, or a model that has diverged.
    """
    from scipy.linalg import subspace_angles  # takes a second to import, as does scikit-learn
    from sklearn.decomposition import PCA
    from threadpoolctl import threadpool_limits

    latent = snapshot.latent
    if snapshot.uses_labels:
        raise PcaError("A CVAE has another plane for each label: compare a VAE or an autoencoder with PCA.")
    if latent > MOST_DIMENSIONS:
        raise PcaError(
            f"A model of {latent} dimensions is too large to compare with PCA: take one of at most {MOST_DIMENSIONS}."
        )
    images = images[: _MOST_PIXELS // math.prod(snapshot.image_shape)]
    if len(images) <= latent or bool((images == images[0]).all()):
        raise PcaError(f"PCA finds no {latent} components in {len(images)} images: show more, and different, images.")
    codes = snapshot.encode(images[:MOST_SHOWN])[0].astype(np.float64)
    directions = _directions(snapshot, codes)
    if not (np.isfinite(codes).all() and np.isfinite(directions).all()):
        raise PcaError("The model's numbers are no longer finite: train it anew with a lower learning rate.")
    pixels = images.flatten(1).numpy().astype(np.float32)
    pixels /= 255
    shown = pixels[:MOST_SHOWN].astype(np.float64)
    # Threads of a matrix product wait for each other where cores are busy: with two it took 11 s, with one 2 s.
    with threadpool_limits(1, "blas"):
        pca = PCA(latent, copy=False, random_state=0).fit(pixels)  # which may write to them
        components: _Doubles = pca.components_.T.astype(np.float64)
        centred = shown - pca.mean_
        scores = centred @ components
        principal_error = _mean_square(centred - scores @ components.T)
        angles = np.degrees(subspace_angles(directions, components))
        aligned = _aligned(codes, scores)
    error, variance = _error(snapshot, images[:MOST_SHOWN]), _mean_square(centred)
    return PcaComparison(
        run_id=snapshot.run_id,
        angles=np.sort(angles).astype(np.float32),
        principal_positions=_two(scores),
        positions=_two(aligned),
        error=error,
        principal_error=principal_error,
        explained=1 - error / variance,
        principal_explained=1 - principal_error / variance,
    )


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


def _error(snapshot: Snapshot, images: Tensor) -> float:
    total = 0.0
    with torch.inference_mode():
        for part in chunks(images):
            x = as_input(images[part])
            total += float((_pixels(snapshot, snapshot.model.reconstruct(x)) - x).square().sum(dtype=torch.float64))
    return total / len(images)


def _pixels(snapshot: Snapshot, output: Tensor) -> Tensor:
    return output if snapshot.recipe.model.output == "linear" else snapshot.model.pixels(output)


def _mean_square(vectors: _Doubles) -> float:
    return float(np.square(vectors).sum(1).mean())


def _aligned(codes: _Doubles, scores: _Doubles) -> _Doubles:
    """Give the least-squares prediction of scores (N, L) that is affine in codes (N, L)."""
    inputs = np.column_stack([codes, np.ones(len(codes))])
    aligned: _Doubles = inputs @ np.linalg.lstsq(inputs, scores, rcond=None)[0]
    return aligned


def _two(positions: _Doubles) -> Floats:
    two = np.zeros((len(positions), 2), np.float32)
    two[:, : positions.shape[1]] = positions[:, :2]
    return two
