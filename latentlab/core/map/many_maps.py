"""The maps of several runs as one: which images they share, where each puts them, and what each makes of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from latentlab.core.arrays import Floats, Integers, Position, to_floats
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.point_values import Colouring, PointValues, on_scale
from latentlab.core.measures.neighbours import nearest_rows
from latentlab.core.measures.procrustes import Alignment, procrustes
from latentlab.core.progress import reached

MOST_MAPS = 9
MOST_DISPUTED = 12
_AT_ONCE = 500  # images, of small ones


@dataclass(frozen=True, slots=True, eq=False)
class OneOfMany:
    """A map among others.

    Attributes
    ----------
    update : MapUpdate
    points : float32 (N, 2)
        Its images on its own plane.
    rows : int64 (K,)
        Where it shows the shared images; of none where it has none of them in common with the first map.
    numbers : int64 (N,)
        Of each of its images which of the shared ones it is; -1 for none.
    alignment : Alignment or None
        How it is turned onto the first map; None of that itself, and where they share too little.
    """

    update: MapUpdate
    points: Floats
    rows: Integers
    numbers: Integers
    alignment: Alignment | None

    @property
    def shares(self) -> bool:
        """Whether it has the shared images."""
        return bool(len(self.rows))

    def placed(self, *, is_aligned: bool) -> Floats:
        """Give where its images are, float32 (N, 2), turned onto the first map if that is wanted and can be."""
        return self.alignment.moved(self.points) if is_aligned and self.alignment is not None else self.points


@dataclass(frozen=True, slots=True, eq=False)
class Disagreement:
    """How far runs are apart about images that they share.

    Attributes
    ----------
    values : float32 (K,)
        Of each shared image: see `ManyMaps.disagreement`.
    most : int64 (M,)
        The images that they disagree about most, at most `MOST_DISPUTED`, the first one most.
    images : float32 (M, C, H, W)
        These; where they are not loaded the means of their reconstructions.
    """

    values: Floats
    most: Integers
    images: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ManyMaps:
    """Maps of several runs.

    Attributes
    ----------
    maps : tuple of OneOfMany
    shared : int
        How many images all of them show that show any of the first one's.
    """

    maps: tuple[OneOfMany, ...]
    shared: int

    @classmethod
    def of(cls, updates: Sequence[MapUpdate]) -> ManyMaps:
        """Put maps together; images are the same by their ids."""
        if not updates:
            return cls((), 0)
        first = updates[0]
        found = np.arange(len(first.labels))
        places = [_places(update, first) for update in updates]
        for each in places:
            if (each >= 0).any():
                found = found[each[found] >= 0]
        made: list[OneOfMany] = []
        onto: Floats | None = None
        for update, each in zip(updates, places, strict=True):
            points = update.projection.to_plane(update.means)
            rows = each[found] if (each >= 0).any() else np.empty(0, np.int64)
            numbers = np.full(len(points), -1, np.int64)
            numbers[rows] = np.arange(len(rows))
            made.append(OneOfMany(update, points, rows, numbers, _alignment(points[rows], onto)))
            onto = points[rows] if onto is None else onto
        return cls(tuple(made), len(found))

    def nearest(self, map_number: int, position: Position, *, is_aligned: bool) -> int | None:
        """Give which shared image a map shows nearest to a place; None where it has none."""
        one = self.maps[map_number]
        if not one.shares:
            return None
        points = one.placed(is_aligned=is_aligned)[one.rows]
        rows = nearest_rows(points, np.asarray(position, np.float32), 1)
        return int(rows[0]) if len(rows) else None

    def image(self, number: int) -> Floats | None:
        """Give a shared image, float32 (C, H, W) in [0, 1]; None where none of the maps has it loaded."""
        for one in self.maps:
            if one.shares and one.update.images is not None:
                return to_floats(one.update.images[one.rows[number]])
        return None

    def reconstructions(self, number: int) -> list[Floats | None]:
        """Give what each model decodes at its own code of a shared image, float32 (C, H, W); None where it has none."""
        return [rebuilt(one, one.rows[[number]])[0] if one.shares else None for one in self.maps]

    def coloured(self, values: Floats, name: str) -> list[PointValues]:
        """Give what colours each map by values of the shared images, float32 (K,), under a name: on one scale."""
        made = on_scale("", Colouring("column", name), values)
        found: list[PointValues] = []
        for one in self.maps:
            own, levels = np.full(len(one.points), np.nan, np.float32), np.zeros(len(one.points), np.uint8)
            own[one.rows], levels[one.rows] = (values, made.levels) if one.shares else (values[:0], made.levels[:0])
            found.append(replace(made, run_id=one.update.run_id, values=own, levels=levels))
        return found

    def disagreement(self) -> Floats:
        """Give how far the reconstructions of each shared image are apart, float32 (K,), in pixels of [0, 1].

        It is the root mean square, over pixels and runs, of the differences of the runs' reconstructions from their
        mean: each run decodes at its own mean of the image's posterior. Runs whose images have another shape than the
        first one's are left out.

        Raises
        ------
        LatentlabError
            Where fewer than two runs share images.
        GivenUp
        """
        used = self.judged()
        if len(used) < 2:
            raise LatentlabError("Runs disagree about images that two of them share, and rebuild in one size.")
        found = np.empty(self.shared, np.float32)
        size = min(_AT_ONCE, used[0].update.snapshot.chunk)
        for start in range(0, self.shared, size):
            part = slice(start, start + size)
            made = np.stack([rebuilt(one, one.rows[part]) for one in used])
            found[part] = np.sqrt(made.var(0, dtype=np.float64).mean((1, 2, 3)))
            reached(min(1.0, (start + size) / self.shared))
        return found

    def judge(self) -> Disagreement:
        """Find the images that the runs disagree about most: see `disagreement`."""
        values = self.disagreement()
        most = np.argsort(-values, kind="stable")[:MOST_DISPUTED].astype(np.int64)
        images: list[Floats] = []
        for number in most.tolist():
            image = self.image(number)
            if image is None:
                image = np.mean([rebuilt(one, one.rows[[number]])[0] for one in self.judged()], 0)
            images.append(image)
        return Disagreement(values, most, np.stack(images))

    def judged(self) -> list[OneOfMany]:
        """Give the maps whose models' reconstructions are compared: those of the shared images, in one size."""
        sharing = [one for one in self.maps if one.shares]
        shape = sharing[0].update.snapshot.image_shape if sharing else None
        return [one for one in sharing if one.update.snapshot.image_shape == shape]


def rebuilt(one: OneOfMany, rows: Integers) -> Floats:
    """Give what a model decodes at its codes of some images of its map, float32 (K, C, H, W)."""
    snapshot = one.update.snapshot
    return snapshot.decode(one.update.means[rows], one.update.labels[rows])


def _places(update: MapUpdate, first: MapUpdate) -> Integers:
    """Give where a map shows each image of the first one, int64 (N,); -1 where it does not."""
    count = len(first.labels)
    if update.ids == first.ids and len(update.labels) == count:
        return np.arange(count)
    places: Integers = np.full(count, -1, np.int64)
    mine, theirs = first.ids, update.ids
    if mine.rows is None or theirs.rows is None or mine.fingerprint != theirs.fingerprint:
        return places
    _, at_first, at = np.intersect1d(mine.rows, theirs.rows, return_indices=True)
    places[at_first] = at
    return places


def _alignment(points: Floats, onto: Floats | None) -> Alignment | None:
    if onto is None or not len(points):
        return None
    try:
        return procrustes(points, onto)
    except LatentlabError:
        return None
