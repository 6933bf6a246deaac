"""Lists of a map's images: those nearest to the pick, the worst reconstructed, the most ambiguous or misjudged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from latentlab.core.arrays import Floats, Integers, row_order
from latentlab.core.errors import LatentlabError
from latentlab.core.map.image_gaps import AT_ONCE, gap_order, gaps_of
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.point_values import losses_of
from latentlab.core.map.posteriors import deviations_of, entropies
from latentlab.core.map.requirements import need_images, need_point, need_table
from latentlab.core.map.true_posterior import KeptTable
from latentlab.core.measures.neighbours import VOTERS, are_own
from latentlab.core.models.decode_grid import chunk_of

ListKind = Literal["selected", "near_codes", "near_pixels", "worst", "ambiguous", "misjudged"]
ListOrder = Literal["selected", "loss", "distance", "ambiguity", "amortisation"]
Measure = Literal[
    "elbo", "loss", "code_distance", "pixel_distance", "votes", "label_entropy", "posterior_entropy", "amortisation"
]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The images that lists are of.

    Attributes
    ----------
    images : uint8 (N, C, H, W) or None
        None where they are not loaded: then their reconstructions are shown.
    labels : int64 (N,)
        -1 where there is none.
    image_shape : tuple of int
        (C, H, W).
    """

    run_id: str
    images: npt.NDArray[np.uint8] | None
    labels: Integers
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a person wants listed.

    Attributes
    ----------
    kind : str
        The selected images, those nearest to the pick in latent space or in pixels, the worst reconstructed, the most
        ambiguous, or those that the encoder misjudges most.
    count : int
        At most so many, 0 for all; the selected ones are always listed whole.
    order : str
        As they were selected, by loss, by distance to the pick, by what makes them ambiguous, or by the amortisation
        gap.
    """

    kind: ListKind
    count: int
    order: ListOrder
    is_descending: bool


@dataclass(frozen=True, slots=True, eq=False)
class ListQuestion:
    """A list, and what it is about.

    Attributes
    ----------
    selected : int64 (K,)
        Rows of the map's images, in the order in which they were selected.
    point : int or None
        The image that is picked.
    code : float32 (L,) or None
        What is picked, an image or not.
    label : int
        Under which a picked place is decoded, by a CVAE.
    """

    listing: Listing
    selected: Integers
    point: int | None
    code: Floats | None
    label: int


@dataclass(frozen=True, slots=True, eq=False)
class ImageList:
    """A list of the map's images.

    Attributes
    ----------
    rows : int64 (K,)
        In the order of the list.
    values : float32 (K,)
        What stands below each; NaN where it is not known.
    measure : str
        What the values are: the negative ELBO of a VAE (``"elbo"``), the loss of an autoencoder (``"loss"``), nats;
        distances to the pick: Euclidean between means, or between images with pixels in [0, 1]; of the most ambiguous
        the entropy, nats, of the classes of the 15 nearest (``"votes"``), of p(label | image) or of the posterior; the
        amortisation gap, nats, see `image_gaps`.
    number : int
        Of the map's update: reconstructions of another are old.
    """

    run_id: str
    number: int
    listing: Listing
    rows: Integers
    values: Floats
    measure: Measure


@dataclass(frozen=True, slots=True, eq=False)
class Hovered:
    """An image of the map whose point the mouse rests on.

    Attributes
    ----------
    image : uint8 (C, H, W) or None
        None where it is not loaded.
    reconstruction : float32 (C, H, W) or None
        In [0, 1]; None until it is known.
    """

    row: int
    label: int
    class_names: tuple[str, ...]
    image: npt.NDArray[np.uint8] | None
    reconstruction: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Rebuilt:
    """Reconstructions of some of the map's images: rows int64 (K,), images float32 (K, C, H, W) in [0, 1]."""

    run_id: str
    number: int
    rows: Integers
    images: Floats


_CHUNK = 500  # images between two looks at whether the answer is still wanted
_CHUNK_NUMBERS = 200_000  # of an array at once: they stay in the processor's cache
_FEW = 1000  # losses that are measured though nobody has asked for their order
_PLANAR = 3  # dimensions: up to here a tree finds neighbours in no time
_MOST_VOTERS = 10_000  # beyond that each image is compared with every voter
GoesOn = Callable[[float], bool]
"""It is told which share of the work is done, and says whether the answer is still wanted."""


class Stopped(Exception):
    """An answer is no longer wanted."""


class Lists:
    """What can be listed of one map; what took long to find out is kept.

    Parameters
    ----------
    model : MapUpdate
    number : int
        Of the update: what is found of another is old.
    """

    def __init__(self, model: MapUpdate, number: int = 0) -> None:
        self._model, self._number = model, number
        self._losses = np.full(len(model.means), np.nan, np.float32)
        self._has_loss = np.zeros(len(model.means), bool)
        self._gaps = np.full(len(model.means), np.nan, np.float32)
        self._has_gap = np.zeros(len(model.means), bool)
        self._ambiguity: tuple[Floats, Measure] | None = None

    def find(self, question: ListQuestion, goes_on: GoesOn) -> ImageList:
        """Make a list.

        Parameters
        ----------
        question : ListQuestion
        goes_on : callable
            Called now and then: see `GoesOn`.

        Raises
        ------
        LatentlabError
            When there is no such list; the sentence says why.
        Stopped
        """
        need_point(self._model.snapshot)
        listing = question.listing
        rows, own = self._members(question, goes_on)
        values, measure = self._values(rows, own, question, goes_on)
        if listing.order == "selected":
            order = np.arange(len(rows))[:: -1 if listing.is_descending else 1]
        else:  # what has no value comes last in either direction
            order = np.argsort(-values if listing.is_descending else values, kind="stable")
        return ImageList(self._model.run_id, self._number, listing, rows[order], values[order], measure)

    def losses(self, rows: Integers, goes_on: GoesOn) -> Floats:
        """Give the loss of some images, of a VAE the negative ELBO: float32 (K,), nats.

        Raises
        ------
        LatentlabError
            When the images are not loaded.
        Stopped
        """
        need_images(self._model)
        for part in parts(rows[~self._has_loss[rows]], min(_CHUNK, chunk_of(self._model.snapshot)), goes_on):
            self._losses[part] = losses_of(self._model, part)
            self._has_loss[part] = True
        return self._losses[rows]

    def amortisation(self, rows: Integers, goes_on: GoesOn) -> Floats:
        """Give what the encoder loses of some images against their best Gaussians: float32 (K,), nats.

        Raises
        ------
        LatentlabError
            When the images are not loaded, or the model is no VAE of one or two dimensions.
        Stopped
        """
        need_table(self._model.snapshot)
        need_images(self._model)
        order = gap_order(self._model)
        wanted = np.zeros(len(order), bool)
        wanted[rows] = True
        kept = KeptTable()  # what is found stays, and it goes
        for part in parts(order[wanted[order] & ~self._has_gap[order]], AT_ONCE, goes_on):
            self._gaps[part] = gaps_of(self._model, kept, part)[0]
            self._has_gap[part] = True
        return self._gaps[rows]

    def _members(self, question: ListQuestion, goes_on: GoesOn) -> tuple[Integers, Floats | None]:
        """Give which images a list is of, and what made them so, if they were looked for."""
        kind, count = question.listing.kind, question.listing.count
        if kind == "selected":
            return question.selected[question.selected < len(self._model.means)], None
        if kind == "near_codes":
            return _first(self._code_distances(question, None, goes_on), count, question.point)
        if kind == "near_pixels":
            return _first(self._pixel_distances(question, goes_on), count, question.point)
        if kind == "worst":
            everything = np.arange(len(self._model.means))
            return _first(self.losses(everything, goes_on), count, largest=True)
        if kind == "misjudged":
            everything = np.arange(len(self._model.means))
            return _first(self.amortisation(everything, goes_on), count, largest=True)
        return _first(self._ambiguities(goes_on)[0], count, largest=True)

    def _values(
        self, rows: Integers, own: Floats | None, question: ListQuestion, goes_on: GoesOn
    ) -> tuple[Floats, Measure]:
        kind, order = question.listing.kind, question.listing.order
        loss: Measure = "elbo" if self._model.snapshot.is_variational else "loss"
        if order == "distance":
            if own is not None and kind in ("near_codes", "near_pixels"):
                return own, "code_distance" if kind == "near_codes" else "pixel_distance"
            return self._code_distances(question, rows, goes_on), "code_distance"
        if order == "ambiguity":
            values, measure = self._ambiguities(goes_on)
            return values[rows], measure
        if order == "amortisation":
            return self.amortisation(rows, goes_on), "amortisation"
        if order == "selected" and (self._model.images is None or len(rows) > _FEW):
            return self._losses[rows], loss
        return self.losses(rows, goes_on), loss

    def _code_distances(self, question: ListQuestion, rows: Integers | None, goes_on: GoesOn) -> Floats:
        if question.code is None:
            raise LatentlabError("Nothing is picked yet: click into the map, and what is nearest to that is listed.")
        means = self._model.means if rows is None else self._model.means[rows]
        code = question.code if question.point is None else self._model.means[question.point]
        return _distances(means, code, goes_on)

    def _pixel_distances(self, question: ListQuestion, goes_on: GoesOn) -> Floats:
        if question.code is None:
            raise LatentlabError("Nothing is picked yet: click into the map, and what looks most like it is listed.")
        images = need_images(self._model)
        if question.point is None:
            label = np.array([question.label])
            looks: Floats = self._model.snapshot.decode(question.code[None], label)[0] * 255
        else:
            looks = images[question.point].astype(np.float32)
        distances = _distances(images.reshape(len(images), -1), looks.reshape(-1), goes_on)
        return distances / np.float32(255)

    def _ambiguities(self, goes_on: GoesOn) -> tuple[Floats, Measure]:
        """Give how ambiguous each image is, an entropy in nats, and of what.

        With classes it is that of the votes of its 15 nearest neighbours. A CVAE is told the class, so that its map
        keeps none together: there it is that of p(label | image). Without classes it is that of the posterior.
        """
        if self._ambiguity is None:
            self._ambiguity = self._find_ambiguities(goes_on)
        return self._ambiguity

    def _find_ambiguities(self, goes_on: GoesOn) -> tuple[Floats, Measure]:
        model = self._model
        if model.snapshot.uses_labels:
            return self._label_entropies(goes_on), "label_entropy"
        if len(np.unique(model.labels[model.labels >= 0])) > 1:
            return vote_entropies(model.means, model.labels, goes_on), "votes"
        if model.snapshot.is_variational:
            return entropies(deviations_of(model)), "posterior_entropy"
        raise LatentlabError(
            "An image is ambiguous where classes meet or its posterior is wide, but these images have no classes and "
            "an autoencoder no posterior: open a VAE, or take images with classes."
        )

    def _label_entropies(self, goes_on: GoesOn) -> Floats:
        from latentlab.core.map.explore import (
            all_label_probabilities,  # not above: panels read this file, and load no torch
        )

        model, images = self._model, need_images(self._model)
        entropies = np.empty(len(images), np.float32)
        size = min(_CHUNK, chunk_of(model.snapshot)) // len(model.snapshot.class_names)
        for part in parts(np.arange(len(images)), size, goes_on):
            entropies[part] = _entropies(all_label_probabilities(model.snapshot, images[part]))
        return entropies


def rebuild(model: MapUpdate, rows: Integers, number: int = 0) -> Rebuilt:
    """Rebuild some of a map's images, int64 (K,), without them from their means; `number` is that of the update."""
    labels = model.labels[rows]
    if model.images is None:
        return Rebuilt(model.run_id, number, rows, model.snapshot.decode(model.means[rows], labels))
    return Rebuilt(model.run_id, number, rows, model.snapshot.restore(model.images[rows], labels))


def vote_entropies(means: Floats, labels: Integers, goes_on: GoesOn) -> Floats:
    """Give the entropy of the classes of the 15 nearest neighbours of each code, itself left out: float32 (N,), nats.

    Parameters
    ----------
    means : float32 (N, L)
        A code that is not finite has no neighbours, and NaN for an entropy.
    labels : int64 (N,)
        What has no class, -1, does not vote.
    goes_on : callable

    Raises
    ------
    Stopped

    Notes
    -----
    Of a large map in more than three dimensions 10,000 codes vote, drawn at random.
    """
    from sklearn.neighbors import NearestNeighbors  # a second to import: only when it is asked for

    is_finite = np.isfinite(means).all(1)
    voters = np.flatnonzero(is_finite & (labels >= 0))
    is_planar = means.shape[1] <= _PLANAR
    if not is_planar and len(voters) > _MOST_VOTERS:
        voters = np.sort(voters[row_order(len(voters))[:_MOST_VOTERS]])
    entropies = np.full(len(means), np.nan, np.float32)
    if not len(voters):
        return entropies
    index = NearestNeighbors(
        n_neighbors=min(VOTERS + 1, len(voters)), algorithm="kd_tree" if is_planar else "brute"
    ).fit(means[voters])
    classes = int(labels.max()) + 1
    for part in parts(np.flatnonzero(is_finite), _CHUNK, goes_on):
        nearest = voters[index.kneighbors(means[part], return_distance=False)]
        counts = np.zeros((len(part), classes))
        votes = ~are_own(nearest, part, VOTERS)
        np.add.at(counts, (np.nonzero(votes)[0], labels[nearest[votes]]), 1)
        entropies[part] = _entropies(counts / np.maximum(counts.sum(1, keepdims=True), 1))
    return entropies


def _distances(points: npt.NDArray[np.generic], centre: Floats, goes_on: GoesOn) -> Floats:
    """Give the Euclidean distance of each point (N, D), of any numbers, from a centre (D,): float32 (N,)."""
    distances: Floats = np.empty(len(points), np.float32)
    step = max(1, _CHUNK_NUMBERS // max(1, points.shape[1]))
    for start in range(0, len(points), step):
        if not goes_on(start / len(points)):
            raise Stopped
        part = slice(start, start + step)
        with np.errstate(invalid="ignore", over="ignore"):  # codes of a model that has diverged
            away = np.subtract(points[part], centre, dtype=np.float32)
            np.einsum("ij,ij->i", away, away, out=distances[part])
    return np.sqrt(distances, out=distances)


def _first(values: Floats, count: int, besides: int | None = None, *, largest: bool = False) -> tuple[Integers, Floats]:
    """Give the rows of the smallest, or largest, values, and these; without one row, and what is not finite."""
    rows = np.flatnonzero(np.isfinite(values))
    if besides is not None:
        rows = rows[rows != besides]
    keys = -values[rows] if largest else values[rows]
    if 0 < count < len(rows):
        rows = rows[np.sort(np.argpartition(keys, count - 1)[:count])]
    return rows.astype(np.int64), values[rows]


def parts(rows: Integers, size: int, goes_on: GoesOn) -> Iterator[Integers]:
    """Go through rows, int64 (K,), so many at a time; raises `Stopped` where what comes of them is no longer wanted."""
    size = max(1, size)
    for start in range(0, len(rows), size):
        if not goes_on(start / len(rows)):
            raise Stopped
        yield rows[start : start + size]


def _entropies(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Give the entropy of each row of probabilities (N, C), nats."""
    logs = np.log(np.where(probabilities > 0, probabilities, 1))
    entropies: npt.NDArray[np.floating] = np.maximum(-(probabilities * logs).sum(1), 0)
    return entropies
