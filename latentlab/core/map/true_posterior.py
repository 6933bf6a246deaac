"""The true posterior of one image as it lies on the plane of the map, beside what the encoder says of the image.

It loads no torch before it is asked: panels and layers read this file.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal
from weakref import WeakValueDictionary

import numpy as np

from latentlab.core.arrays import Doubles, Extent, Floats, Position
from latentlab.core.map.map_update import MapUpdate

if TYPE_CHECKING:
    from latentlab.core.map.projection import Projection
    from latentlab.core.measures.gaps import Gaps
    from latentlab.core.measures.posterior_table import PosteriorTable
    from latentlab.core.measures.true_posterior import Patch, TruePosterior
    from latentlab.core.models.snapshot import Snapshot

_FAR = 3.0  # deviations: what lies beyond is elsewhere
_CLOSE = 4.0  # pixels from node to node: closer, nobody would see the difference
_FAINTEST = 9.0  # nats below its peak that are shaded


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """An image whose posterior is looked at.

    Attributes
    ----------
    kind : str
        Whether it was picked on the map, lies under the mouse, or was drawn.
    row : int or None
        Of the map; None of a sketch.
    image : float32 (C, H, W)
        In [0, 1].
    label : int or None
        That a CVAE encodes and decodes it under.
    """

    kind: Literal["point", "hovered", "sketch"]
    row: int | None
    image: Floats
    label: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Shade:
    """How dense a posterior is over a part of the plane, a parallelogram.

    Attributes
    ----------
    corners : float64 (3, 2)
        Where the first node lies, and the last ones along both dimensions.
    strength : float32 (N, M)
        0 where it is faintest, 1 at its peak; at nodes along the first dimension and the second.
    """

    corners: Doubles
    strength: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PosteriorOnPlane:
    """p(z | x) of an image on the plane of the map; of one latent dimension, along x alone.

    Attributes
    ----------
    run_id : str
    subject : Subject
    log_p : float
        log p(x), nats.
    shades : tuple of Shade
    lines : tuple of float64 (S, 2, 2)
        Pieces of the contours within which `true_posterior.ENCLOSED` of it lies; of one dimension, of none.
    modes : float64 (M, 2)
        Where it is highest, the mode with the largest share first.
    encoded : tuple of float
        The encoder's mean, with the (2, 2) `covariance` of its posterior.
    best : tuple of float or None
        The mean of the best diagonal Gaussian, with `best_covariance`; None before it is known.
    is_elsewhere : bool
        Whether the first mode lies more than three of the encoder's deviations from its mean.
    is_line : bool
        Whether it is one of one dimension.
    """

    run_id: str
    subject: Subject
    log_p: float
    shades: tuple[Shade, ...]
    lines: tuple[Doubles, ...]
    modes: Doubles
    encoded: Position
    covariance: Doubles
    best: Position | None
    best_covariance: Doubles | None
    is_elsewhere: bool
    is_line: bool


class KeptTable:
    """The table of the model that was asked about last, for whatever thread asks about it.

    One that somebody else keeps of the same model is shared: it takes 50 MB.
    """

    _all: ClassVar[WeakValueDictionary[tuple[int, int | None, float], PosteriorTable]] = WeakValueDictionary()
    _making = threading.Lock()

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: tuple[Snapshot, int | None] | None = None
        self._table: PosteriorTable | None = None
        self._turn = 0

    def of(self, model: MapUpdate, label: int | None) -> PosteriorTable:
        """Give the table of a map's model under a label; made now, in half a second for MNIST, where it is another.

        Raises
        ------
        LatentlabError
            When the model is no VAE of one or two dimensions.
        """
        from latentlab.core.measures.posterior_table import PosteriorTable

        wanted = model.snapshot, label if model.snapshot.uses_labels else None
        with self._lock:
            is_kept = self._model is not None and self._model[0] is wanted[0] and self._model == wanted
            if self._table is not None and is_kept:
                return self._table
            self._table = self._model = None  # before the next takes as much memory
            turn = self._turn
        # Nobody waits for that lock meanwhile: the window drops tables.
        farthest = float(np.nan_to_num(np.abs(model.means), nan=0, posinf=0).max(initial=0))
        name = id(wanted[0]), wanted[1], farthest  # a table keeps its model: nobody else has its id meanwhile
        with self._making:
            table = self._all[name] = self._all.get(name) or PosteriorTable(*wanted, farthest)
        with self._lock:
            if turn == self._turn:
                self._table, self._model = table, wanted
        return table

    def drop(self) -> None:
        """Keep none any more, nor one that is being made."""
        with self._lock:
            self._turn += 1
            self._table = self._model = None


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is known of an image's posterior so far.

    Attributes
    ----------
    snapshot : Snapshot
        The model that it is of.
    posterior : TruePosterior
    mean, logvar : float32 (L,)
        Of the encoder's posterior.
    gaps : Gaps or None
    """

    snapshot: Snapshot
    subject: Subject
    posterior: TruePosterior
    mean: Floats
    logvar: Floats
    gaps: Gaps | None = None


def look(model: MapUpdate, kept: KeptTable, subject: Subject) -> Found:
    """Look at an image by the table alone."""
    from latentlab.core.measures.true_posterior import roughly

    posterior = roughly(kept.of(model, subject.label), subject.image)
    return Found(model.snapshot, subject, posterior, *_encoded(model, subject))


def find(model: MapUpdate, kept: KeptTable, subject: Subject) -> Found:
    """Find the posterior of an image to its own scale."""
    from latentlab.core.measures.true_posterior import true_posterior

    mean, logvar = _encoded(model, subject)
    posterior = true_posterior(kept.of(model, subject.label), subject.image, mean)
    return Found(model.snapshot, subject, posterior, mean, logvar)


def measure(model: MapUpdate, kept: KeptTable, found: Found) -> Found:
    """Add what the encoder loses, and what the best diagonal Gaussian does."""
    from latentlab.core.measures.gaps import gaps

    table = kept.of(model, found.subject.label)
    measured = gaps(table, found.subject.image, found.mean, found.logvar, found.posterior)
    return replace(found, gaps=measured)


def on_plane(
    model: MapUpdate, kept: KeptTable, found: Found, extent: Extent | None = None, pixel: float = 0.0
) -> PosteriorOnPlane:
    """Lay a posterior on the plane of the map.

    Parameters
    ----------
    extent : tuple of float, optional
        Left, right, bottom and top of the part that is seen: where a `pixel` is so fine that one would see single
        nodes, that part is decoded anew.
    pixel : float
        How wide a pixel is on the plane.
    """
    posterior, plane = found.posterior, model.projection
    if extent is not None and any((patch.spacing > _CLOSE * pixel).any() for patch in posterior.patches):
        from latentlab.core.measures.true_posterior import closer

        low, high = _box(plane, extent, model.snapshot.latent)
        table = kept.of(model, found.subject.label)
        seen = closer(table, found.subject.image, posterior, low, high, _CLOSE * pixel)
    else:
        seen = posterior
    deviation, known = np.exp(0.5 * found.logvar), found.gaps
    away = (posterior.modes[0].code - found.mean) / deviation
    peak = max(float(patch.log_density.max()) for patch in posterior.patches)
    return PosteriorOnPlane(
        run_id=model.run_id,
        subject=found.subject,
        log_p=posterior.log_p if known is None else known.log_p,
        shades=tuple(_shade(plane, patch, peak) for patch in seen.patches),
        lines=() if posterior.error is None else _lines(plane, seen.patches, posterior.levels),
        modes=_places(plane, np.stack([mode.code for mode in posterior.modes])),
        encoded=plane.position(found.mean),
        covariance=plane.covariance(deviation),
        best=None if known is None else plane.position(known.mean),
        best_covariance=None if known is None else plane.covariance(known.deviation),
        is_elsewhere=float(np.linalg.norm(away)) > _FAR,
        is_line=model.snapshot.latent == 1,
    )


def _encoded(model: MapUpdate, subject: Subject) -> tuple[Floats, Floats]:
    snapshot = model.snapshot
    mean, logvar = snapshot.encode(subject.image[None], snapshot.under(subject.label, 1))
    return mean[0], logvar[0]


def _places(plane: Projection, codes: Doubles) -> Doubles:
    """Project codes (..., L), in the precision that a narrow posterior takes: float64 (..., 2)."""
    places: Doubles = (codes - plane.origin.astype(np.float64)) @ plane.directions.T.astype(np.float64)
    return places


def _box(plane: Projection, extent: Extent, latent: int) -> tuple[Doubles, Doubles]:
    """Give the corners, float64 (L,), of the box that holds a part of the plane: of it all that can be seen."""
    left, right, bottom, top = extent
    corners = np.array([(x, y) for x in (left, right) for y in (bottom, top)])
    codes = corners @ plane.directions.astype(np.float64) + plane.origin
    return codes.min(0)[:latent], codes.max(0)[:latent]


def _shade(plane: Projection, patch: Patch, peak: float) -> Shade:
    ends = np.array(
        [patch.low, *(np.where(axis, patch.high, patch.low) for axis in np.eye(len(patch.low), dtype=bool))]
    )
    # Of the square root more is seen around the peak; it ends at nothing, so that no box shows around it.
    faintest = np.exp(-0.5 * _FAINTEST)
    strength = (np.exp(0.5 * np.maximum(patch.log_density - peak, -_FAINTEST)) - faintest) / (1 - faintest)
    if strength.ndim == 1:
        ends, strength = np.concatenate([ends, ends[:1]]), strength[:, None]
    return Shade(_places(plane, ends), np.clip(strength, 0, 1).astype(np.float32))


def _lines(plane: Projection, patches: tuple[Patch, ...], levels: Doubles) -> tuple[Doubles, ...]:
    from latentlab.core.measures.level_lines import level_lines

    found = []
    for level in levels:
        pieces = [np.empty((0, 2, 2))]
        for patch in patches:
            if patch.log_density.ndim == 2:
                codes = patch.low + level_lines(patch.log_density, level) * patch.spacing
                pieces.append(_places(plane, codes))
        found.append(np.concatenate(pieces))
    return tuple(found)
