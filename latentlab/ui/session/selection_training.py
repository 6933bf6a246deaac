"""The part of the session's state that is what becomes of chosen images: trained on alone, or excluded."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.image_ids import MapNumbers
from latentlab.core.map.live_map import MapUpdate
from latentlab.core.map.selected_images import excluding, for_chosen
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.selection import Choosing
from latentlab.ui.session.image_library import ImageLibrary
from latentlab.ui.session.live_training import LiveTraining
from latentlab.ui.session.recipe_choice import RecipeChoice


class ChosenImages(QObject):
    """Changes the recipe at hand by the images chosen on the map; the map follows what the recipe excludes."""

    train_requested = Signal()
    map_changed = Signal(object)  # MapUpdate: other images are excluded from the map now
    excluded_changed = Signal(int)
    """How many images are excluded from the map."""
    message = Signal(str, bool)  # sentence, is it a problem

    def __init__(
        self,
        library: ImageLibrary,
        recipes: RecipeChoice,
        exploration: Exploration,
        choosing: Choosing,
        numbers: MapNumbers,
        training: LiveTraining,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._library, self._recipes, self._training = library, recipes, training
        self._exploration, self._choosing, self._numbers = exploration, choosing, numbers
        self._whole: MapUpdate | None = None  # the map with what is excluded from it
        self._exclude: tuple[int, ...] = ()  # from the map
        self._wanted: Integers | None = None  # images to choose when the map shows them
        recipes.changed.connect(self._use_recipe)
        exploration.shown_changed.connect(self._follow)

    def visible(self, update: MapUpdate) -> MapUpdate:
        """Give a map without the images that are excluded: what is shown of it."""
        self._whole = update
        self._exclude = self._recipes.excluded(update.snapshot.recipe.data.dataset)
        return self._numbers.visible(update, self._library.data, self._exclude)

    @Slot()
    def train(self) -> None:
        """Train a new model, by the recipe at hand, on the chosen images alone."""
        if self._training.state != "idle":
            self.message.emit(
                self.tr("A model is training: stop or discard it, then train on the chosen images."), True
            )
            return
        try:
            self._recipes.edit(for_chosen(self._recipes.current, self._chosen()))
        except LatentlabError as error:
            self.message.emit(str(error), True)
        else:
            self.train_requested.emit()

    @Slot()
    def exclude(self) -> None:
        """Leave the chosen images out of the map, and out of what is trained from now on."""
        shown, rows = self._exploration.shown, self._choosing.rows
        try:
            chosen = self._chosen()
            if shown is not None and len(rows) == len(shown.means):
                self.message.emit(self.tr("All images of the map are chosen: some must be left on it."), True)
                return
            self._recipes.edit(excluding(self._recipes.current, chosen))
        except LatentlabError as error:
            self.message.emit(str(error), True)
            return
        told = self.tr(
            "{n:,} images are excluded from the map and from the next training; the menu Map brings them back."
        )
        self.message.emit(told.format(n=len(rows)), False)

    @Slot()
    def include_all(self) -> None:
        """Bring everything that is excluded back."""
        try:
            self._check_set()
            self._recipes.edit(self._recipes.current.with_changes({"data.exclude": ()}))
        except LatentlabError as error:
            self.message.emit(str(error), True)

    def _chosen(self) -> Integers:
        numbers = self._numbers.named(self._exploration.shown, self._choosing.rows)
        self._check_set()
        return numbers

    def _check_set(self) -> None:
        shown = self._exploration.shown
        theirs, mine = "" if shown is None else shown.snapshot.recipe.data.dataset, self._recipes.current.data.dataset
        if theirs != mine:
            raise LatentlabError(
                f"The chosen images are of '{theirs}', but the set at hand is '{mine}': take '{theirs}' first."
            )

    @Slot(object, object)
    def _use_recipe(self, base: Recipe, recipe: Recipe) -> None:
        before, after, whole = self._exclude, recipe.data.exclude, self._whole
        if whole is None or whole.snapshot.recipe.data.dataset != recipe.data.dataset or after == before:
            return
        known, rows = self._numbers.of(self._exploration.shown), self._choosing.rows
        if known is not None:
            # Their rows change. What comes back is chosen where nothing else is: so it can be left out again.
            back = np.setdiff1d(np.array(before, np.int64), np.array(after, np.int64))
            self._wanted = known[rows] if len(rows) else back
        self.map_changed.emit(self.visible(whole))

    @Slot(object)
    def _follow(self, update: MapUpdate | None) -> None:
        if update is None:
            self._whole = self._wanted = None
        self.excluded_changed.emit(0 if update is None else self._numbers.excluded)
        if self._wanted is not None and self._numbers.of(update) is not None:
            wanted, self._wanted = self._wanted, None
            self._choosing.choose(self._numbers.rows(update, wanted))
