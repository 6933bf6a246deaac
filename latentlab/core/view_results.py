"""What the views ask of a model, and the answers: frozen, plain numbers and numpy arrays.

A question is asked again of every new model, so it holds all that the user chose. Answers carry the id of the run
they belong to. Images are float32 in [0, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from latentlab.core.arrays import Floats
from latentlab.core.views.pca import BesidePca, BesidePcaQuestion
from latentlab.core.views.posterior_scatter import Deviations, DeviationsQuestion
from latentlab.core.views.restored import Damage
from latentlab.core.views.sensitivity import Nudges, NudgesQuestion
from latentlab.core.views.traversals import DimensionsQuestion, DimensionUse, Traversals, TraversalsQuestion
from latentlab.core.views.units import FiringUnits, UnitsQuestion, UsedDimensions
from latentlab.core.views.walk import Walk, WalkQuestion

Way = Literal["linear", "spherical", "arithmetic"]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a view needs to know of a model to offer what fits it."""

    latent: int
    class_names: tuple[str, ...]
    uses_labels: bool
    is_variational: bool
    is_denoising: bool = False


@dataclass(frozen=True, slots=True)
class ManifoldQuestion:
    """A grid of `side` x `side` codes of the map's plane, decoded.

    Attributes
    ----------
    over : str
        ``"radius"``: from -radius to radius on both axes. ``"means"``: the range of the encoder's means, and `radius`
        beyond it on every side. ``"quantiles"``: at equal steps of the prior's probability.
    radius : float
        In units of the latent space.
    label : int
        Decoded under it, by a CVAE.
    """

    side: int
    over: Literal["radius", "means", "quantiles"]
    radius: float
    label: int


@dataclass(frozen=True, slots=True, eq=False)
class Manifold:
    """The decoded grid.

    Attributes
    ----------
    images : float32 (N, N, H, W)
        The first row is the uppermost, where y is largest; x grows to the right.
    xs, ys : float32 (N,)
        Positions on the map of columns from the left, and of rows from the top.
    axes : tuple of str
        Names of the two axes.
    """

    run: str
    images: Floats
    xs: Floats
    ys: Floats
    axes: tuple[str, str]


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


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The decoded samples: float32 (R, C, H, W); of a CVAE each row is a class, with its name."""

    run: str
    images: Floats
    row_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RestoredQuestion:
    """The first `count` images of the map damaged, and what the model restores; fewer where images are large."""

    damage: Damage
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Restored:
    """Images clean, damaged and restored: float32 (N, H, W).

    Attributes
    ----------
    noisy_quality, restored_quality : float
        Peak signal-to-noise ratios against the clean images, their mean in decibels; infinite where nothing differs.
    """

    run: str
    damage: Damage
    clean: Floats
    noisy: Floats
    restored: Floats
    noisy_quality: float
    restored_quality: float


@dataclass(frozen=True, slots=True)
class PassagesQuestion:
    """Ways between chosen images of the map: from A to B, straight and on a sphere; from C to A - B + C.

    Attributes
    ----------
    rows : tuple of int
        Of A, B, C and so on, among the map's images.
    steps : int
        Decoded on each way, its ends included.
    way : str
        Which of them is wanted finely too, for an animation.
    label : int or None
        Decoded under it, by a CVAE; None takes that of A.
    """

    rows: tuple[int, ...]
    steps: int
    way: Way
    label: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """A way, decoded.

    Attributes
    ----------
    ends : float32 (2, H, W)
        The images of the data that it leads from and to: A and B; or C and the one nearest to A - B + C.
    steps : float32 (S, H, W)
    """

    way: Way
    ends: Floats
    steps: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Passages:
    """What lies between chosen images.

    Attributes
    ----------
    images : float32 (K, H, W)
        The chosen ones, rebuilt from their means where the data set is not on this machine.
    passages : tuple of Passage
        None for a single image, two for two, three for three and more.
    frames : float32 (F, H, W)
        Of the way that was asked for; none where there are too few images for it.
    nearest : int or None
        Row of the image whose mean is nearest to A - B + C.
    """

    run: str
    images: Floats
    passages: tuple[Passage, ...]
    frames: Floats
    nearest: int | None


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


@dataclass(frozen=True, slots=True, eq=False)
class PosteriorSamples:
    """Images x, decoded μ(x) + T·σ(x)·ε, and decoded T·ε of the same ε: float32 (R, C, H, W) each."""

    run: str
    images: Floats
    posterior: Floats
    prior: Floats


Question = (
    ManifoldQuestion
    | SamplesQuestion
    | RestoredQuestion
    | PassagesQuestion
    | PosteriorSamplesQuestion
    | DeviationsQuestion
    | UnitsQuestion
    | BesidePcaQuestion
    | NudgesQuestion
    | TraversalsQuestion
    | DimensionsQuestion
    | WalkQuestion
)
Answer = (
    Manifold
    | Samples
    | Restored
    | Passages
    | PosteriorSamples
    | Deviations
    | UsedDimensions
    | FiringUnits
    | BesidePca
    | Nudges
    | Traversals
    | DimensionUse
    | Walk
)
