"""Samples of posteriors above samples of the prior, of the same noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats, to_floats
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_images, need_posterior
from latentlab.core.models.decode_grid import decode_grid


@dataclass(frozen=True, slots=True)
class PosteriorSamplesQuestion:
    """Samples of the posteriors of `rows` x `columns` images, and of the prior with the same noise.

    Attributes
    ----------
    temperature : float
        T.
    noise_seed, image_seed : int
        Of the noise, and of which images are taken.
    """

    rows: int
    columns: int
    temperature: float
    noise_seed: int
    image_seed: int

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        return self.rows * self.columns * (model.operations.encode + 2 * model.operations.decode)

    def answer(self, model: MapUpdate) -> PosteriorSamples:
        """Answer it of a model as it is now: see `posterior_samples`."""
        return posterior_samples(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class PosteriorSamples:
    """Images x, decoded μ(x) + T·σ(x)·ε, and samples of the prior by the same ε: float32 (R, K, C, H, W) each."""

    run_id: str
    images: Floats
    posterior: Floats
    prior: Floats
    is_of_mixture: bool = False


def posterior_samples(question: PosteriorSamplesQuestion, model: MapUpdate) -> PosteriorSamples:
    """Decode μ + T·σ·ε for images of the map (Kingma and Welling, 2014, section 2.4), and the prior by the same ε.

    Raises
    ------
    LatentlabError
        When the model has no posterior, the images are not loaded, or a picture of so many would not fit into memory.
    """
    snapshot = model.snapshot
    need_posterior(snapshot)
    available = need_images(model)
    shape = (question.rows, question.columns)
    chosen = np.random.default_rng(question.image_seed).permutation(len(available))
    rows = np.resize(chosen, shape[0] * shape[1])  # of a handful of images some come more than once
    images, labels = available[rows], model.labels[rows]
    means, deviations = snapshot.posterior(images, labels)
    noise = np.random.default_rng(question.noise_seed).standard_normal(means.shape, np.float32)
    spread = np.float32(question.temperature) * noise
    drawn = snapshot.prior.place(noise, question.temperature)
    codes = np.stack([means + deviations * spread, drawn]).reshape(2 * shape[0], shape[1], -1)
    decoded = decode_grid(snapshot, codes, np.tile(labels, 2).reshape(2 * shape[0], shape[1]))
    posterior, prior = decoded.reshape(2, *shape, *snapshot.image_shape)
    clean = to_floats(images).reshape(*shape, *snapshot.image_shape)
    return PosteriorSamples(model.run_id, clean, posterior, prior, snapshot.prior.is_mixture)
