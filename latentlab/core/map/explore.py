"""What a point of the map, or a sketch, turns out to be: snapshot and projection put to use.

Functions without state: whoever explores owns the code, the label, the temperature and the noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from latentlab.core.arrays import Floats, Integers, to_floats
from latentlab.core.map.projection import Projection
from latentlab.core.map.results import DataPoint, Decoded, ImageLosses, Neighbour, Sketched
from latentlab.core.measures.image_losses import SAMPLES as LOSS_SAMPLES
from latentlab.core.measures.image_losses import image_terms
from latentlab.core.measures.label_misfits import POSED_LABELS, misfits_of_poses, shares
from latentlab.core.measures.many_gaps import ManyGaps, many_gaps
from latentlab.core.measures.neighbours import VOTERS, nearest_rows
from latentlab.core.measures.posterior_table import PosteriorTable
from latentlab.core.models.labels import AT_ONCE, around
from latentlab.core.models.operations import Operations
from latentlab.core.models.prior import Prior
from latentlab.core.models.snapshot import Snapshot
from latentlab.core.progress import reached
from latentlab.core.sketch.poses import POSES, poses

SAMPLES = 8
SHOWN_NEIGHBOURS = 8


def new_noise(seed: int, latent: int) -> Floats:
    """Draw ε for the samples around a pick, float32 (S, L); the same for the same seed."""
    return np.random.default_rng(seed).standard_normal((SAMPLES, latent), np.float32)


def decode(
    snapshot: Snapshot,
    projection: Projection,
    code: Floats,
    *,
    label: int | None,
    temperature: float,
    noise: Floats,
    prior: bool = False,
    image_alone: bool = False,
) -> Decoded:
    """Decode a code and samples around it, z + T σ ε, or samples of the prior: T ε of a standard normal one.

    Parameters
    ----------
    code : float32 (L,)
    label : int or None
        In force, for a CVAE.
    temperature : float
        T; 0 gives the image itself for every sample around a pick.
    noise : float32 (S, L)
        ε.
    prior : bool
        Sample the prior instead of around the pick.
    image_alone : bool
        Leave samples and other labels for later: they take most of the time.

    Notes
    -----
    σ is the deviation of the encoder's posterior for the decoded image: what the encoder would say of it.
    """
    image = snapshot.decode(code[None], snapshot.under(label, 1))
    deviation = np.zeros_like(code)
    if snapshot.is_variational:
        deviation = snapshot.posterior(image, snapshot.under(label, 1))[1][0]
    codes = snapshot.prior.place(noise, temperature) if prior else code + temperature * deviation * noise
    samples: Floats | None = None
    if not image_alone and (prior or snapshot.is_variational):
        samples = snapshot.decode(codes, snapshot.under(label, len(codes)))
    elif not image_alone:  # the posterior is a point: samples are the image itself
        samples = np.repeat(image, len(codes), 0)
    by_label: Floats | None = None
    beside: tuple[int, ...] = ()
    if snapshot.uses_labels and not image_alone:
        beside = around(label or 0, len(snapshot.class_names))
        by_label = snapshot.decode(np.repeat(code[None], len(beside), 0), np.array(beside, np.int64))
    return Decoded(
        run_id=snapshot.run_id,
        position=projection.position(code),
        code=code,
        deviation=deviation,
        image=image[0],
        samples=samples,
        sample_codes=codes.astype(np.float32),
        samples_are_prior=prior,
        prior_is_mixture=snapshot.prior.is_mixture,
        temperature=temperature,
        by_label=by_label,
        labels=beside,
        label=label if snapshot.uses_labels else None,
    )


def decode_operations(model: Operations) -> int:
    """Give how many operations `decode` takes: a pick, its posterior, its samples, and itself under other labels."""
    return model.encode + (1 + SAMPLES + min(model.labels, AT_ONCE)) * model.decode


def image_operations(model: Operations) -> int:
    """Give how many operations `decode` takes of the image alone: a pick, and its posterior."""
    return model.encode + model.decode


def data_point_operations(model: Operations) -> int:
    """Give how many operations `data_point` takes: the terms of the loss, and the reconstruction."""
    return 2 * model.encode + (LOSS_SAMPLES + 1) * model.decode + model.penalty


def sketched_operations(model: Operations) -> int:
    """Give how many operations `sketched` takes: the loss of each pose and under each label, and what is shown."""
    tried = model.labels + (POSES - 1) * max(1, min(model.labels, POSED_LABELS)) + (model.labels == 0)
    return (tried + 2) * (model.encode + model.decode) + LOSS_SAMPLES * model.decode + (tried + 1) * model.penalty


def data_point(
    snapshot: Snapshot,
    projection: Projection,
    index: int,
    mean: Floats,
    label: int,
    image: Floats | None,
) -> DataPoint:
    """Describe an image of the map: mean float32 (L,), its class, and the image (C, H, W) in [0, 1] if it is loaded."""
    labels = snapshot.under(label, 1)
    terms = None
    if image is not None:
        terms = image_losses(snapshot, image, labels)
    rebuilt = snapshot.decode(mean[None], labels) if image is None else snapshot.restore(image[None], labels)
    return DataPoint(
        run_id=snapshot.run_id,
        index=index,
        position=projection.position(mean),
        label=label,
        class_name=_name(snapshot, label),
        image=image,
        reconstruction=rebuilt[0],
        losses=terms,
    )


def label_probabilities(snapshot: Snapshot, image: Floats) -> Floats | None:
    """Give p(label | image) of a CVAE, float32 (K,): exp(ELBO) under each label, z at the mean, a uniform prior.

    After Kingma et al. (2014), section 3, with the bound in place of the likelihood. None for a VAE.
    """
    return all_label_probabilities(snapshot, image[None])[0] if snapshot.uses_labels else None


def all_label_probabilities(snapshot: Snapshot, images: npt.NDArray[np.generic]) -> Floats:
    """Give p(label | image) of a CVAE as `label_probabilities` does, of images (N, C, H, W): float32 (N, K)."""
    classes = len(snapshot.class_names)
    labels = np.tile(np.arange(classes), len(images))
    reconstruction, kl, _ = snapshot.loss_terms(np.repeat(images, classes, 0), labels)
    return shares(-(reconstruction + kl).astype(np.float64).reshape(len(images), classes))


def sketched(
    snapshot: Snapshot,
    projection: Projection,
    image: Floats,
    *,
    label: int | None,
    means: Floats,
    labels: Integers,
    images: npt.NDArray[np.uint8] | None,
    posed: bool = False,
    table: Callable[[int | None], PosteriorTable] | None = None,
) -> Sketched:
    """Say what a model makes of a prepared sketch.

    Parameters
    ----------
    image : float32 (C, H, W)
        In [0, 1], prepared like the data.
    label : int or None
        In force for a CVAE; None takes the one with the highest ELBO.
    means : float32 (N, L)
        Codes of the map's images, among which neighbours are found, with int64 (N,) `labels`.
    images : uint8 (N, C, H, W) or None
        The map's images, if they are loaded; else neighbours are shown as the model rebuilds them.
    posed : bool
        Turn and slant the sketch to where the model explains it best (see `poses`), as fits pen strokes.
    table : callable, optional
        Gives the table of the model's codes under a label, of a model that `has_table`. With it the decoder is asked
        where the sketch lies: at the mean of the best diagonal Gaussian, as `many_gaps` finds it.

    Notes
    -----
    Pose and label of a CVAE are sought together: of all pairs the one of the least misfit is taken, and the probability
    of a label is that of its best pose, calibrated where the model is. What is shown is all of that one image, under
    that one label.
    """
    variations = poses(image) if posed else image[None]
    reached()  # of a stroke that goes on nobody wants the rest
    found = misfits_of_poses(snapshot, variations, label)
    reached()
    probabilities, calibration = None, snapshot.calibration
    if snapshot.uses_labels:
        probabilities = shares(-found.min(0), calibration.temperature if calibration else 1.0)
        label = int(probabilities.argmax()) if label is None else int(snapshot.under(label, 1)[0])
    image = variations[int(found[:, label if snapshot.uses_labels else 0].argmin())]
    y = snapshot.under(label, 1)
    mean, deviation = (part[0] for part in snapshot.posterior(image[None], y))
    amortisation = None
    if table is not None:
        quick = many_gaps(table(label), image[None], mean[None], 2 * np.log(deviation)[None])
        amortisation, mean, deviation = float(quick.amortisation[0]), quick.mean[0], quick.deviation[0]
    reached()
    # The mean of planes is not all of their code.
    rebuilt = snapshot.restore(image[None], y) if snapshot.takes_any_size else snapshot.decode(mean[None], y)
    nearest = nearest_rows(means, mean, VOTERS)
    found, counts = np.unique(labels[nearest], return_counts=True)
    votes = sorted(zip(found.tolist(), counts.tolist(), strict=True), key=lambda vote: (-vote[1], vote[0]))
    return Sketched(
        run_id=snapshot.run_id,
        input=image,
        mean=mean,
        deviation=deviation,
        position=projection.position(mean),
        covariance=projection.covariance(deviation).astype(np.float32),
        reconstruction=rebuilt[0],
        losses=image_losses(snapshot, image, y) if table is None else _refined_losses(snapshot.prior, quick),
        neighbours=_neighbours(snapshot, mean, nearest[:SHOWN_NEIGHBOURS], means, labels, images),
        nearest=nearest,
        votes=tuple(vote for vote in votes if vote[0] >= 0),
        label=label if snapshot.uses_labels else None,
        label_probabilities=probabilities,
        amortisation=amortisation,
        calibration=calibration,
    )


def _neighbours(
    snapshot: Snapshot,
    mean: Floats,
    rows: Integers,
    means: Floats,
    labels: Integers,
    images: npt.NDArray[np.uint8] | None,
) -> tuple[Neighbour, ...]:
    if not len(rows):
        return ()
    shown = snapshot.decode(means[rows], labels[rows]) if images is None else to_floats(images[rows])
    distances = np.linalg.norm(means[rows] - mean, axis=1)
    return tuple(
        Neighbour(
            int(row), int(labels[row]), _name(snapshot, int(labels[row])), float(distance), picture, images is None
        )
        for row, distance, picture in zip(rows, distances, shown, strict=True)
    )


def image_losses(snapshot: Snapshot, image: Floats, labels: Integers | None) -> ImageLosses:
    """Say what an image (C, H, W) in [0, 1] costs under its label, int64 (1,)."""
    terms = image_terms(snapshot, image[None], labels, LOSS_SAMPLES)
    reconstruction, kl, penalty = (float(term[0]) for term in terms)
    if snapshot.is_variational:
        return ImageLosses(reconstruction + kl, reconstruction, kl, penalty, LOSS_SAMPLES)
    return ImageLosses(reconstruction + penalty, reconstruction, 0.0, penalty)


def _refined_losses(prior: Prior, found: ManyGaps) -> ImageLosses:
    """Say what an image costs by its best Gaussian."""
    mean, logvar = (torch.from_numpy(each).double() for each in (found.mean, 2 * np.log(found.deviation)))
    kl = float(prior.kl(mean, logvar)[0])
    loss = -float(found.best_elbo[0])
    return ImageLosses(loss, loss - kl, kl)


def _name(snapshot: Snapshot, label: int) -> str:
    return snapshot.class_names[label] if 0 <= label < len(snapshot.class_names) else ""
