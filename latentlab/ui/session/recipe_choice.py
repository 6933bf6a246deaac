"""The part of the session's state that is the recipe: those that can be chosen by name, and the one in force."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.data.recipe_images import located
from latentlab.core.recipe.recipe import Recipe, RecipeError
from latentlab.core.recipe.settings import DataSettings


class RecipeChoice(QObject):
    """Owns the recipe in force, and the named one that it is based on.

    Parameters
    ----------
    name : str
        Of the bundled recipe to begin with.
    has_images : callable
        Whether the image set of a name is on this machine.
    """

    listed = Signal(object)  # tuple of Recipe: what can be chosen by name
    images_chosen = Signal(str)  # by a person, and not by a run or a recipe
    changed = Signal(object, object)  # the recipe as it is named, and as it is in force
    failed = Signal(str)  # sentence

    def __init__(self, name: str, has_images: Callable[[str], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._has_images = has_images
        self._images_are_chosen = False
        self._named = {name: Recipe.load(name) for name in Recipe.names()}
        self._base = self._current = self._named[name]
        self._used: dict[str, DataSettings] = {}  # how each image set was used last

    @property
    def current(self) -> Recipe:
        """The recipe in force."""
        return self._current

    @property
    def has_its_images(self) -> bool:
        """Whether the recipe in force is for the images that it was made for, and not for others."""
        return self._base.data.dataset == self._current.data.dataset

    def excluded(self, dataset: str) -> tuple[int, ...]:
        """Give which images of a set are excluded by the recipe that was last in force for it."""
        return self.settings_for(dataset).exclude

    def settings_for(self, dataset: str) -> DataSettings:
        """Give the settings that a set was used with last: what is excluded, and the size that its images have."""
        return self._used.get(dataset, DataSettings(dataset=dataset))

    def begin(self) -> None:
        """Tell everything there is to show at the start."""
        self.listed.emit(tuple(self._named.values()))
        self.changed.emit(self._base, self._current)

    @Slot(str)
    def choose(self, name: str) -> None:
        """Take a recipe by its name, with its own images where they are here; images that a person chose stay."""
        if name not in self._named:
            return
        self._base = recipe = self._named[name]
        if self._brings_its_images(recipe):
            self._images_are_chosen = False
        else:
            try:
                recipe = self._with_images(recipe, self._current.data.dataset)
            except RecipeError as error:
                self._images_are_chosen = False
                text = self.tr("{recipe} has its own images, as it cannot have those that were chosen: {problem}")
                self.failed.emit(text.format(recipe=recipe.title or recipe.name, problem=error))
        if not recipe.data.images and not recipe.data.exclude:
            recipe = recipe.with_changes({"data.exclude": self.excluded(recipe.data.dataset)})
        self.edit(recipe)

    @Slot(object)
    def edit(self, recipe: Recipe) -> None:
        """Put an edited recipe in force."""
        self._current = recipe = located(recipe)
        self._used[recipe.data.dataset] = recipe.data
        self.changed.emit(self._base, self._current)

    @Slot(str)
    def choose_dataset(self, name: str) -> None:
        """Choose other images for the recipe in force, and for those chosen after it."""
        self.images_chosen.emit(name)
        self._put(self._base, self._current, name)

    def use_images(self, settings: DataSettings, name: str = "") -> None:
        """Choose images and how they are brought to a size, for the recipe in force or for the one that is named."""
        self._used[settings.dataset] = settings
        named = self._named.get(name)
        self._put(named or self._base, named or self._current, settings.dataset)

    def open(self, path: Path) -> None:
        """Take a recipe, images included, from a file; it can be chosen by its name from then on."""
        try:
            recipe = Recipe.load(path)
        except RecipeError as error:
            self.failed.emit(str(error))
            return
        self._list(recipe)
        self._base = recipe
        self._images_are_chosen = False
        self.edit(recipe)

    def take(self, recipe: Recipe) -> None:
        """Put the recipe of a run in force, from which changes count; a name that is not known yet is listed."""
        if recipe.name not in self._named:
            self._list(recipe)
        self._base = recipe = located(recipe)
        self._images_are_chosen = False
        self.edit(recipe)

    def _put(self, base: Recipe, recipe: Recipe, images: str) -> None:
        """Put a recipe in force with images that a person chose; where they do not suit each other, nothing changes."""
        try:
            suited = self._with_images(recipe, images)
        except RecipeError as error:
            text = self.tr("{recipe} cannot have these images, choose another recipe first: {problem}")
            self.failed.emit(text.format(recipe=recipe.title or recipe.name, problem=error))
            self.changed.emit(self._base, self._current)  # a box may show what was chosen
            return
        self._base, self._images_are_chosen = base, True
        self.edit(suited)

    def _with_images(self, recipe: Recipe, name: str) -> Recipe:
        """Give a recipe other images, of which what was excluded last, and the size that they had, stay so."""
        used = self.settings_for(name)
        kept = {"data.exclude": used.exclude, "data.size": used.size, "data.fit": used.fit}
        return recipe.with_changes({"data.dataset": name} | kept)

    def _brings_its_images(self, recipe: Recipe) -> bool:
        means_no_others = bool(recipe.data.images) or recipe.data.is_paired
        return means_no_others or (not self._images_are_chosen and self._has_images(recipe.data.dataset))

    def _list(self, recipe: Recipe) -> None:
        self._named[recipe.name] = recipe
        self.listed.emit(tuple(self._named.values()))
