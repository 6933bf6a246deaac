"""Which images the map shows: those that a person chose, of a run that trains and of one that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from latentlab.core.errors import LatentlabError
from latentlab.core.map.map_images import MapSource
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.session.image_library import ImageLibrary
from latentlab.ui.session.run_files import RunFiles

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.map.map_images import MapImages, Split
    from latentlab.core.runs.run import Run


class ShownImages(QObject):
    """Owns the choice, and has the map of a run made of it.

    Parameters
    ----------
    library : ImageLibrary
    files : RunFiles
        Which makes the map.
    """

    message = Signal(str, bool)  # sentence, is it a problem

    def __init__(self, library: ImageLibrary, files: RunFiles, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library, self._files = library, files
        self._source = MapSource()

    @property
    def split(self) -> Split:
        """Of which split those of the next map are."""
        return self._source.split

    def choose(self, split: Split, count: int) -> None:
        """Show images of this split, so many of them (0: all), from the next map on."""
        self._source = MapSource(split, count)

    def of(self, data: ImageSet, recipe: Recipe) -> MapImages | None:
        """Give what a map shows; a recipe for images that the set does not have is told."""
        from latentlab.core.map.selected_images import on_map

        try:
            return on_map(data, recipe, self._source)
        except LatentlabError as error:
            self.message.emit(str(error), True)
            return None

    def are_loaded(self, run: Run) -> bool:
        """Whether those of a run are here."""
        return self._data_of(run) is not None

    def show(self, run: Run) -> None:
        """Put a run that is not training on the map; its images may have to be encoded first."""
        data = self._data_of(run)
        if data is not None and (changed := run.changed_images(data)):
            told = self.tr("{changed} The map shows what the run itself keeps.")
            self.message.emit(told.format(changed=changed), True)
        self._files.make_map(run, self.of_run(run))

    def of_run(self, run: Run) -> MapImages | None:
        """Give what a map of a run shows; None where its images are not loaded, or not those of then."""
        data = self._data_of(run)
        return None if data is None or run.changed_images(data) else self.of(data, run.recipe)

    def _data_of(self, run: Run) -> ImageSet | None:
        data = self._library.data
        return data if data is not None and data.is_for(run.recipe.data) else None
