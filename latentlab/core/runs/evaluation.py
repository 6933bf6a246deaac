"""All that is measured of a model on an image set at once; what does not apply to it is None."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from latentlab.core.arrays import Floats, Integers
from latentlab.core.data.corruption import corrupted
from latentlab.core.data.image_set import NO_LABEL, ImageSet
from latentlab.core.events import Losses
from latentlab.core.measures import metrics
from latentlab.core.measures.image_quality import peak_signal_to_noise
from latentlab.core.measures.latent import active_units, activity, movement
from latentlab.core.measures.pca import PcaError, compare
from latentlab.core.models.snapshot import Snapshot, as_input, chunks
from latentlab.core.ranks.ranks import ALONE, Ranks
from latentlab.core.runs.run import codes_of

MOVEMENT_NOISE = 0.1  # deviation of the noise that moves codes
_MOST_DIMENSIONS = 1024  # of codes whose neighbours are sought


@dataclass(frozen=True, slots=True)
class Quality:
    """Peak signal-to-noise ratio of damaged images and of what a model makes of them, decibels."""

    noisy: float
    restored: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Measures of a model on test images.

    Attributes
    ----------
    images : int
        How many.
    test : Losses
        Nats per image, with the recipe's β and a standard error.
    elbo, elbo_standard_error : float or None
        Of a VAE: -(reconstruction + KL) of one sample for each image, β = 1, and how sure its mean is; nats per image.
        Of a squared error the constant is left out.
    beta : float or None
        That of the loss, of a VAE.
    prior_components : int or None
        Gaussians of a prior that is a mixture: the KL from it is that of one sample for each image.
    agreement, agreement_standard_error : float or None
        Share of codes whose 15 nearest neighbours are mostly of their own class, of those that have one; None without
        labels. Its error is that of a share of images, √(p(1 - p)/n).
    agreement_images : int or None
        Of so many images it is the share, which are each other's neighbours: of many it is measured on a sample.
    psnr : Quality or None
        Of a model that learned to restore, or a set of pairs.
    active_units : int or None
        Dimensions that a VAE uses.
    active_share : float or None
        Share of units that an image switches on, for an autoencoder with a code that may be silent.
    movement : float or None
        How far an autoencoder's codes move, relative to their spread, under noise of deviation `MOVEMENT_NOISE`.
    principal_angles : tuple of float or None
        Between the plane of a linear model and that of PCA on the training images, degrees, ascending.
    """

    images: int
    test: Losses
    elbo: float | None
    elbo_standard_error: float | None
    beta: float | None
    prior_components: int | None
    agreement: float | None
    agreement_standard_error: float | None
    agreement_images: int | None
    psnr: Quality | None
    active_units: int | None
    active_share: float | None
    movement: float | None
    principal_angles: tuple[float, ...] | None


def evaluate(snapshot: Snapshot, data: ImageSet, ranks: Ranks = ALONE) -> Evaluation:
    """Measure a model on the test images of a set whose size and classes fit it.

    Where there are several ranks this is for the first of them, while the others `take_part`.
    """
    images, labels = data.test_images, data.test_labels
    terms = metrics.snapshot_terms(snapshot, images, labels, data.test_noisy, ranks)
    codes, code_labels = codes_of(snapshot, data)
    is_point = not snapshot.is_variational
    agreement = _agreement(codes, code_labels) if data.has_labels else None
    neighbours = int((np.isfinite(codes).all(1) & (code_labels >= 0)).sum())
    mixture = snapshot.prior.components
    bound = None if is_point else metrics.mean_losses([part * torch.tensor([1, 1, 0]) for part in terms], 1.0)
    return Evaluation(
        images=len(images),
        test=metrics.mean_losses(terms, snapshot.recipe.loss.beta),
        elbo=None if bound is None else -bound.loss,
        elbo_standard_error=None if bound is None else bound.standard_error,
        beta=None if is_point else snapshot.recipe.loss.beta,
        prior_components=None if mixture is None else len(mixture.weights),
        agreement=agreement,
        agreement_standard_error=None if agreement is None else math.sqrt(agreement * (1 - agreement) / neighbours),
        agreement_images=None if agreement is None else neighbours,
        psnr=_quality(snapshot, data),
        active_units=None if is_point else int(active_units(codes).sum()),
        active_share=_active_share(snapshot, codes) if is_point else None,
        movement=_known(movement(snapshot, images, labels, MOVEMENT_NOISE, 0)) if is_point else None,
        principal_angles=_principal_angles(snapshot, data),
    )


def take_part(snapshot: Snapshot, data: ImageSet, ranks: Ranks) -> None:
    """Compute, as one of several ranks, a part of what `evaluate` gathers."""
    metrics.snapshot_terms(snapshot, data.test_images, data.test_labels, data.test_noisy, ranks)


def _agreement(codes: Floats, labels: Integers) -> float | None:
    if codes.shape[1] > _MOST_DIMENSIONS:
        return None
    return _known(metrics.agreement(codes[labels >= 0], labels[labels >= 0]))


def _quality(snapshot: Snapshot, data: ImageSet) -> Quality | None:
    corruption, noisy = snapshot.recipe.corruption, data.test_noisy
    if noisy is None and not corruption.is_on:
        return None
    images, labels = data.test_images, data.test_labels
    generator = torch.Generator().manual_seed(0)
    sums = np.zeros(2)
    for part in chunks(images):
        clean = as_input(images[part])
        seen = corrupted(as_input((images if noisy is None else noisy)[part]), corruption, generator).numpy()
        both = seen, snapshot.restore(seen, labels[part])
        sums += [peak_signal_to_noise(clean, each) * len(clean) for each in both]
    before, after = (sums / len(images)).tolist()
    return Quality(before, after)


def _active_share(snapshot: Snapshot, codes: Floats) -> float | None:
    """Give the mean share of units that are on, where a penalty or a bound keeps units of the code silent."""
    recipe = snapshot.recipe
    if not recipe.loss.sparsity and recipe.model.code_activation == "linear":
        return None
    return float(activity(codes, np.full(len(codes), NO_LABEL), 0).by_image.mean(dtype=np.float64))


def _principal_angles(snapshot: Snapshot, data: ImageSet) -> tuple[float, ...] | None:
    model = snapshot.recipe.model
    for network in (model.encoder, model.decoder):
        if network.kind == "pool" or (network.layers and network.activation != "linear"):
            return None
    if (model.output, model.code_activation) != ("linear", "linear"):
        return None
    try:
        return tuple(compare(snapshot, data.train_images).angles.tolist())
    except PcaError:
        return None


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
