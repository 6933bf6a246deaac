"""Random samples: what the decoder makes of codes drawn from the prior, or from a Gaussian like the codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from latentlab.core.arrays import Floats, row_order
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import need_point
from latentlab.core.models.decode_grid import decode_grid, need_room
from latentlab.core.models.labels import AT_ONCE


@dataclass(frozen=True, slots=True)
class SamplesQuestion:
    """Random codes, decoded: `rows` x `columns`, or for a CVAE `columns` under every label.

    Attributes
    ----------
    temperature : float
        T.
    seed : int
        Of the noise.
    like_codes : bool
        Drawn from a Gaussian with the mean and the covariance of the codes in place of N(0, I).
    """

    rows: int
    columns: int
    temperature: float
    seed: int
    like_codes: bool

    def operations(self, model: MapUpdate) -> float:
        """Say what an answer costs."""
        return self.rows * self.columns * model.operations.decode

    def answer(self, model: MapUpdate) -> Samples:
        """Answer it of a model as it is now: see `samples`."""
        return samples(self, model)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The decoded samples: float32 (R, K, C, H, W), R rows of K; of a CVAE each row is a class, with its name.

    Of very many classes only the first have a row, and how many more there are is told, and whether the prior is a
    mixture.
    """

    run_id: str
    images: Floats
    row_names: tuple[str, ...]
    more: int = 0
    is_of_mixture: bool = False


_MOST_FITTED = 3000  # codes that a Gaussian is fitted to


def samples(question: SamplesQuestion, model: MapUpdate) -> Samples:
    """Decode samples of the prior, see `Prior.place`; with `like_codes` of a Gaussian like the codes.

    A CVAE decodes one row of codes under every label, a row per class (Sohn et al., 2015, section 4.1).

    Raises
    ------
    LatentlabError
        When the model's code is no point, or the images would not fit into memory.
    """
    snapshot = model.snapshot
    need_point(snapshot)
    names = snapshot.class_names[:AT_ONCE] if snapshot.uses_labels else ()
    drawn = 1 if names else question.rows
    need_room(snapshot, (len(names) or drawn) * question.columns)
    generator = np.random.default_rng(question.seed)
    if question.like_codes:
        codes = _like(model.means, drawn * question.columns, question.temperature, generator)
    else:
        noise = generator.standard_normal((drawn * question.columns, snapshot.latent), np.float32)
        codes = snapshot.prior.place(noise, question.temperature)
    grid = codes.reshape(drawn, question.columns, snapshot.latent)
    labels = np.zeros(grid.shape[:2], np.int64)
    if names:
        grid = np.repeat(grid, len(names), 0)
        labels = np.repeat(np.arange(len(names))[:, None], question.columns, 1)
    more = len(snapshot.class_names) - len(names) if names else 0
    is_of_mixture = snapshot.prior.is_mixture
    return Samples(model.run_id, decode_grid(snapshot, grid, labels), names, more, is_of_mixture)


def _like(means: Floats, count: int, temperature: float, generator: np.random.Generator) -> Floats:
    """Draw codes (count, L) with the mean and, times T², the covariance of these (N, L).

    A sum of the N deviations from the mean, weighted by standard normals over √(N - 1), has just their covariance:
    nothing is inverted, so codes that fill fewer than L dimensions do as well.
    """
    means = means[np.isfinite(means).all(1)]  # a model that diverges is shown before its loss is read
    if not len(means):
        return np.zeros((count, means.shape[1]), np.float32)
    if len(means) > _MOST_FITTED:
        means = means[row_order(len(means))[:_MOST_FITTED]]
    centre = means.mean(0)
    weights = generator.standard_normal((count, len(means)), np.float32)
    spread = temperature / max(1, len(means) - 1) ** 0.5
    drawn: Floats = centre + np.float32(spread) * (weights @ (means - centre))
    return drawn
