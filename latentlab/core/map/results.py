"""The frozen answers of exploring: what a point of the map, or a sketch, turns out to be.

Images are float32 in [0, 1], (C, H, W) with C = 1 for grey or 3 for red, green and blue. Positions are (x, y) on the
plane of the map. They carry the id of the run they belong to, so that stale ones can be dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.core.arrays import Floats, Integers, Position
from latentlab.core.map.image_ids import ImageIds
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.measures.image_quality import peak_signal_to_noise
from latentlab.core.models.label_calibration import LabelCalibration


@dataclass(frozen=True, slots=True, eq=False)
class MapPoints:
    """The encoder means of the images that the map shows.

    Attributes
    ----------
    points : float32 (N, 2)
        Positions on the map.
    labels : int64 (N,)
        Class of each; -1 where there is none.
    class_names : tuple of str
        Name of each class.
    axes : tuple of str
        What the two axes are, e.g. ``("z₁", "z₂")`` or ``("PC 1 (31 %)", "PC 2 (12 %)")``.
    ids : ImageIds
        Which images they are: where they are those that were shown before, points may move to their new places.
    """

    run_id: str
    points: Floats
    labels: Integers
    class_names: tuple[str, ...]
    axes: tuple[str, str]
    ids: ImageIds

    @classmethod
    def of(
        cls, model: MapUpdate, points: Floats, axes: tuple[str, str] | None = None, rows: Integers | None = None
    ) -> MapPoints:
        """Put images of a map, or those in some rows, int64 (N,), at these positions, float32 (N, 2)."""
        return cls(
            run_id=model.run_id,
            points=points,
            labels=model.labels if rows is None else model.labels[rows],
            class_names=model.snapshot.class_names,
            axes=model.projection.axes if axes is None else axes,
            ids=model.ids if rows is None else model.ids.taken(rows),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What the decoder makes of one code, and of codes around it.

    Attributes
    ----------
    code : float32 (L,)
        The picked code z.
    deviation : float32 (L,)
        σ: standard deviation of the encoder's posterior for the decoded image.
    image : float32 (C, H, W)
        Decoded from z.
    samples : float32 (S, C, H, W) or None
        Decoded from ``z + T * deviation * noise``, or samples of the prior: see `Prior.place`. None as long as they and
        `by_label` are still to come.
    sample_codes : float32 (S, L)
        The samples' own codes.
    samples_are_prior : bool
        Whether the samples are of the prior instead of around the pick.
    prior_is_mixture : bool
    by_label : float32 (K, C, H, W) or None
        z decoded under every label, for a CVAE; of very many, under those around the one in force.
    label : int or None
        The label in force, for a CVAE.
    labels : tuple of int
        Those of `by_label`; none where they are all of them, counted from 0.
    """

    run_id: str
    position: Position
    code: Floats
    deviation: Floats
    image: Floats
    samples: Floats | None
    sample_codes: Floats
    samples_are_prior: bool
    temperature: float
    by_label: Floats | None
    label: int | None
    labels: tuple[int, ...] = ()
    prior_is_mixture: bool = False


@dataclass(frozen=True, slots=True)
class ImageLosses:
    """What one image costs under a model, nats.

    Attributes
    ----------
    loss : float
        Of a VAE the negative ELBO, ``reconstruction + kl``, at β = 1 and temperature 1 however it was trained; of an
        autoencoder ``reconstruction + penalty``.
    reconstruction : float
        Averaged over samples of a VAE's posterior.
    kl, penalty : float
        0 where the model has none; the penalty has its weights already.
    samples : int
        How many of the posterior; 0 of an autoencoder, whose code is a point.
    """

    loss: float
    reconstruction: float
    kl: float
    penalty: float = 0.0
    samples: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class DataPoint:
    """An image of the data set that was picked on the map.

    Attributes
    ----------
    index : int
        Row among the map's points.
    label : int
        Its class; -1 where there is none.
    image : float32 (C, H, W) or None
        None when the data set is not on this machine.
    reconstruction : float32 (C, H, W)
        Decoded from its mean.
    losses : ImageLosses or None
        None without the image.
    """

    run_id: str
    index: int
    position: Position
    label: int
    class_name: str
    image: Floats | None
    reconstruction: Floats
    losses: ImageLosses | None

    @property
    def psnr(self) -> float | None:
        """The peak signal-to-noise ratio of its reconstruction, decibels; None without the image."""
        return None if self.image is None else peak_signal_to_noise(self.image, self.reconstruction)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """A point of the map near another; `image` is its own image, or its reconstruction where `is_reconstruction`."""

    index: int
    label: int
    class_name: str
    distance: float
    image: Floats
    is_reconstruction: bool


@dataclass(frozen=True, slots=True, eq=False)
class Sketched:
    """What a model makes of a drawing.

    Attributes
    ----------
    input : float32 (C, H, W)
        What the model sees: the drawing, prepared like the data.
    mean, deviation : float32 (L,)
        μ and σ of the encoder's posterior, or of the best diagonal Gaussian where the decoder was asked.
    position : tuple of float
        Where μ lies on the map.
    covariance : float32 (2, 2)
        Of that Gaussian on the plane of the map; its ellipse is drawn at 1 and 2 σ.
    reconstruction : float32 (C, H, W)
        Decoded from μ.
    losses : ImageLosses
        Of this image under the label in force, by that Gaussian.
    neighbours : tuple of Neighbour
        The nearest points in latent space, nearest first, at most eight.
    nearest : int64 (15,)
        Rows of the nearest points among the map's, fewer where the map has fewer.
    votes : tuple of (int, int)
        Class and number of points among the 15 nearest, most first.
    label : int or None
        The label in force, for a CVAE.
    label_probabilities : float32 (K,) or None
        For a CVAE, in proportion to exp(-misfit / T) of each label's best pose, with the T of its calibration. Without
        one T is 1: p(label | image) under the model and a uniform prior, which is not how often such a label is right.
    amortisation : float or None
        Nats by which the encoder's posterior has a lower ELBO, where the decoder was asked; else None.
    calibration : LabelCalibration or None
        By which the probabilities are right as often as they say.
    """

    run_id: str
    input: Floats
    mean: Floats
    deviation: Floats
    position: Position
    covariance: Floats
    reconstruction: Floats
    losses: ImageLosses
    neighbours: tuple[Neighbour, ...]
    nearest: Integers
    votes: tuple[tuple[int, int], ...]
    label: int | None
    label_probabilities: Floats | None
    amortisation: float | None = None
    calibration: LabelCalibration | None = None
