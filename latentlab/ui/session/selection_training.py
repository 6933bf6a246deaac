"""The part of the session's state that is what becomes of selected images: trained on alone, or excluded."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Integers
from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.selected_images import excluding, for_selected, rows_in_set
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.selection import NOTHING, Selection
from latentlab.ui.session.live_training import LiveTraining
from latentlab.ui.session.recipe_choice import RecipeChoice


class SelectionTraining(QObject):
    """Changes the current recipe by the images selected on the map; the map follows what the recipe excludes."""

    train_requested = Signal()
    excluded_changed = Signal(int)
    """How many images are excluded from the map."""
    message = Signal(str, bool)  # sentence, is it a problem

    def __init__(
        self,
        recipes: RecipeChoice,
        exploration: Exploration,
        selection: Selection,
        training: LiveTraining,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._recipes, self._training = recipes, training
        self._exploration, self._selection = exploration, selection
        self._back: Integers | None = None  # images of the set that come back to the map, to be selected there
        recipes.changed.connect(self._use_recipe)
        exploration.shown_changed.connect(self._follow)

    @Slot()
    def train(self) -> None:
        """Train a new model, by the current recipe, on the selected images alone."""
        if self._training.state != "idle":
            self.message.emit(
                self.tr("A model is training: stop or discard it, then train on the selected images."), True
            )
            return
        try:
            self._recipes.edit(for_selected(self._recipes.current, self._selected()))
        except LatentlabError as error:
            self.message.emit(str(error), True)
        else:
            self.train_requested.emit()

    @Slot()
    def exclude(self) -> None:
        """Leave the selected images out of the map, and out of what is trained from now on."""
        shown, rows = self._exploration.shown, self._selection.rows
        try:
            selected = self._selected()
            if shown is not None and len(rows) == len(shown.means):
                self.message.emit(self.tr("All images of the map are selected: some must be left on it."), True)
                return
            self._recipes.edit(excluding(self._recipes.current, selected))
        except LatentlabError as error:
            self.message.emit(str(error), True)
            return
        told = self.tr(
            "{n:,} images are excluded from the map and from the next training: 'bring back' over the map undoes it."
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

    def _selected(self) -> Integers:
        selected = rows_in_set(self._exploration.shown, self._selection.rows)
        self._check_set()
        return selected

    def _check_set(self) -> None:
        shown = self._exploration.shown
        theirs, mine = "" if shown is None else shown.snapshot.recipe.data.dataset, self._recipes.current.data.dataset
        if theirs != mine:
            told = self.tr(
                "The selected images are of '{theirs}', but the current set is '{mine}': take '{theirs}' first."
            )
            raise LatentlabError(told.format(theirs=theirs, mine=mine))

    @Slot(object, object)
    def _use_recipe(self, base: Recipe, recipe: Recipe) -> None:
        shown, dataset = self._exploration.shown_map, recipe.data.dataset
        # What comes back is selected where nothing else is: so it can be left out again.
        if not len(self._selection.rows):
            back = set(shown.excluded_from(dataset)).difference(recipe.data.exclude)
            self._back = np.array(sorted(back), np.int64)
        shown.exclude(dataset, recipe.data.exclude)

    @Slot(object)
    def _follow(self, update: MapUpdate | None) -> None:
        self.excluded_changed.emit(self._exploration.shown_map.excluded)
        rows = NOTHING if update is None or self._back is None else update.ids.find_rows(self._back)
        if update is None or len(rows):
            self._back = None
        if len(rows):
            self._selection.select(rows)
