"""Which image of its data set each point of a map is, and maps without the images that a recipe excludes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from latentlab.core.arrays import Integers
from latentlab.core.data import columns
from latentlab.core.data.image_set import ImageSet
from latentlab.core.errors import LatentlabError
from latentlab.core.map.live_map import MapChoice, MapUpdate
from latentlab.core.map.selected_images import are_of, rows_on_map


@dataclass(frozen=True, slots=True, eq=False)
class _Numbered:
    """A map, and which image of its data set each one of it is: int64 (N,)."""

    update: MapUpdate
    numbers: Integers


class MapNumbers:
    """Follows the maps that are shown; images are counted as in `ImageSet.selected`.

    The maps of a training, which show the same images, are looked through once.

    Attributes
    ----------
    choice : MapChoice
        What the next map with other images shows.
    """

    def __init__(self) -> None:
        self.choice = MapChoice()
        self._whole: _Numbered | None = None
        self._shown: _Numbered | None = None

    @property
    def excluded(self) -> int:
        """How many images the map would show besides."""
        if self._whole is None or self._shown is None:
            return 0
        return len(self._whole.numbers) - len(self._shown.numbers)

    def visible(self, update: MapUpdate, data: ImageSet | None, exclude: Sequence[int]) -> MapUpdate:
        """Give a map without excluded images; a map of nothing else, or of images that are not at hand, stays whole.

        Parameters
        ----------
        update : MapUpdate
        data : ImageSet or None
            The set at hand, of the map's images or not.
        exclude : sequence of int
            Rows of the map's own set.
        """
        numbers = self._numbers_of(update, data)
        if numbers is None:
            self._whole = self._shown = None
            return update
        same = self._whole is not None and self._whole.numbers is numbers
        before = self._shown if same else None
        self._whole = _Numbered(update, numbers)
        if not exclude:
            self._shown = self._whole
            return update
        rows = np.flatnonzero(~np.isin(numbers, np.array(exclude, np.int64)))
        if len(rows) in (0, len(numbers)):
            self._shown = self._whole
            return update
        as_before = before is not None and np.array_equal(before.numbers, numbers[rows])
        like = before.update if before is not None and as_before else None
        self._shown = _Numbered(_taken(update, rows, like), numbers[rows])
        return self._shown.update

    def of(self, shown: MapUpdate | None) -> Integers | None:
        """Give which image each one of a map is, int64 (N,); None where that is not known."""
        for known in (self._shown, self._whole):
            if shown is not None and known is not None and _show_the_same(shown, known.update):
                return known.numbers
        return None

    def named(self, shown: MapUpdate | None, rows: Integers) -> Integers:
        """Give which images of the data set the chosen ones are, int64 (K,), by their rows on the map.

        Raises
        ------
        LatentlabError
            When nothing is chosen, or nobody can tell.
        """
        if shown is None or not len(rows):
            raise LatentlabError("No images are chosen yet: Ctrl+click some points of the map.")
        if shown.images is None:
            name = shown.snapshot.recipe.data.dataset
            raise LatentlabError(f"The images of '{name}' are not loaded, so nobody can tell which ones are chosen.")
        numbers = self.of(shown)
        if numbers is None:
            raise LatentlabError("The map is about to show other images: wait a moment, then choose again.")
        return numbers[rows]

    def rows(self, shown: MapUpdate | None, numbers: Integers) -> Integers:
        """Give where a map shows these images, int64 (J,) in their order; those that it does not show are left out."""
        known = self.of(shown)
        if known is None or not len(numbers):
            return np.empty(0, np.int64)
        places = np.full(max(int(known.max()), int(numbers.max())) + 1, -1)
        places[known[::-1]] = np.arange(len(known))[::-1]  # of an image that is there twice the first place
        found = places[numbers[numbers >= 0]]
        return found[found >= 0]

    def _numbers_of(self, update: MapUpdate, data: ImageSet | None) -> Integers | None:
        if self._whole is not None and _show_the_same(update, self._whole.update):
            return self._whole.numbers
        recipe = update.snapshot.recipe
        if data is None or update.images is None or data.name != recipe.data.dataset:
            return None
        try:
            numbers = rows_on_map(data, recipe, self.choice)
        except LatentlabError:  # a set that has changed since then
            return None
        return numbers if are_of(update, data, numbers) else None


def _show_the_same(one: MapUpdate, other: MapUpdate) -> bool:
    """Whether two maps show the same images in the same memory."""
    if one.images is None or other.images is None or one.images.shape != other.images.shape:
        return False
    return one.images.ctypes.data == other.images.ctypes.data


def _taken(update: MapUpdate, rows: Integers, like: MapUpdate | None) -> MapUpdate:
    """Give a map of some of its images; what training leaves as it is comes from an earlier map of the same ones."""
    means = update.means[rows]
    changing = replace(
        update,
        means=means,
        deviations=None if update.deviations is None else update.deviations[rows],
        missing=int(np.isnan(means[:, 0]).sum()) if update.missing else 0,
        pending=min(update.pending, len(rows)),
    )
    if like is not None:
        return replace(changing, labels=like.labels, images=like.images, noisy=like.noisy, columns=like.columns)
    return replace(
        changing,
        labels=update.labels[rows],
        images=None if update.images is None else np.take(update.images, rows, axis=0),
        noisy=None if update.noisy is None else np.take(update.noisy, rows, axis=0),
        columns=columns.taken(update.columns, rows),
    )
