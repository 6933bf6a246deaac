"""The part of the session's state that is images being opened: read and looked at before they are used."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.arrays import Size
from latentlab.core.data import registry
from latentlab.core.data.reading import ReadingProgress
from latentlab.core.errors import LatentlabError
from latentlab.core.recipe.settings import DataSettings, Fit
from latentlab.ui.session.image_library import ImageLibrary
from latentlab.ui.session.image_reading import reader, told
from latentlab.ui.session.recipe_choice import RecipeChoice
from latentlab.ui.threads.background import Report, Task

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from latentlab.core.data.description import Description
    from latentlab.core.data.first_recipe import FirstRecipe
    from latentlab.core.data.image_set import ImageSet

    _Look = tuple[ImageSet, Description, npt.NDArray[np.uint8], tuple[str, ...], FirstRecipe]

_FITTED = ("folder:", "array:")  # what the names of sets begin with whose images may have any size


class OpenedImages(QObject):
    """Reads images as a person chooses, and puts them in force when told to; until then all stays as it was.

    Parameters
    ----------
    library : ImageLibrary
        Which takes over what is used, so that it is not read twice.
    recipes : RecipeChoice
    """

    opened = Signal(str, str, bool)  # its name, its title, are there choices of size and fit
    reading = Signal(object)  # DataSettings: what is being read now
    progressed = Signal(int, int, str)  # done, of how many, and in words
    read = Signal(object, object, object, object)  # Description, uint8 (N, C, H, W), the class of each, FirstRecipe
    failed = Signal(str, object)  # sentence; DataSettings of what was read before, or None
    ended = Signal()
    used = Signal(str)  # the name of a set that was put in force

    def __init__(self, library: ImageLibrary, recipes: RecipeChoice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._recipes = library, recipes
        self._wanted = DataSettings()
        self._settings: DataSettings | None = None  # of what was read last
        self._data: ImageSet | None = None
        self._recipe = ""
        self._task = Task(self)
        self._task.progressed.connect(self._tell_progress)
        self._task.done.connect(self._take)
        self._task.failed.connect(self._fail)

    @property
    def name(self) -> str:
        """The name of the set that was opened last."""
        return self._wanted.dataset

    @Slot(str)
    def open(self, name: str) -> None:
        """Read a set, such as ``folder:PATH``, as it was used last, to be looked at."""
        self._settings = self._data = None
        try:
            status = registry.status(name, self._library.data_dir)
        except LatentlabError as error:
            self.opened.emit(name, name, False)
            self.failed.emit(str(error), None)
            return
        self.opened.emit(name, status.title, name.startswith(_FITTED))
        self._read(self._recipes.settings_for(name))

    @Slot()
    def open_chosen(self) -> None:
        """Look at the set that is in force."""
        if not self._library.ask():
            self.open(self._recipes.current.data.dataset)

    def read_as(self, size: Size | None, fit: Fit) -> None:
        """Read the same set brought to another size, or in another way."""
        self._read(self._wanted.model_copy(update={"size": size, "fit": fit}))

    @Slot(bool)
    def use(self, with_first_recipe: bool) -> None:
        """Put what was read in force, for the recipe in force or for the one to begin with."""
        settings, data = self._settings, self._data
        if settings is None or data is None or self._task.is_busy:
            return
        self._library.take(settings, data)
        self._recipes.use_images(settings, self._recipe if with_first_recipe else "")
        self.used.emit(settings.dataset)
        self._end()

    @Slot()
    def give_up(self) -> None:
        """Forget what was opened."""
        self._task.cancel()
        self._end()

    def shut_down(self) -> None:
        """Stop reading, and wait for it."""
        self._task.shut_down()

    def _end(self) -> None:
        self._settings = self._data = None
        self.ended.emit()

    def _read(self, settings: DataSettings) -> None:
        self._wanted = settings
        self.reading.emit(settings)
        known, load = self._library.loaded_for(settings), reader(settings, self._library.data_dir)
        in_force = self._recipes.current

        def look(cancelled: threading.Event, report: Report) -> _Look:
            from latentlab.core.data.description import ON_A_SHEET, described
            from latentlab.core.data.first_recipe import first_recipe

            data = load(cancelled, report) if known is None else known
            images, labels = data.train_images[:ON_A_SHEET].numpy(), data.train_labels[:ON_A_SHEET].tolist()
            names = tuple(data.class_names[label] if label >= 0 else "" for label in labels)
            return data, described(data), images, names, first_recipe(data, in_force)

        self._task.start(look)

    @Slot(object)
    def _take(self, answer: _Look) -> None:
        self._data, *found, first = answer
        self._settings, self._recipe = self._wanted, first.name
        self.read.emit(*found, first)

    @Slot(object)
    def _tell_progress(self, progress: ReadingProgress) -> None:
        self.progressed.emit(progress.done, progress.total, told(progress))

    @Slot(str)
    def _fail(self, sentence: str) -> None:
        if self._settings is not None:
            self._wanted = self._settings
        self.failed.emit(sentence, self._settings)
