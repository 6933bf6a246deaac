"""Selections with a name: those of the data set whose images the map shows, kept on the disk as they are made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import platformdirs
from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from latentlab.core.errors import LatentlabError, printable
from latentlab.core.map import selections
from latentlab.core.map.kept_list import KeptList
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.selected_images import rows_in_set
from latentlab.core.map.selections import NamedSelection, SelectionsError
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.explore.selection import Selection

translate = QCoreApplication.translate

_Change = Callable[[tuple[NamedSelection, ...]], tuple[NamedSelection, ...]]


class NamedSelections(MapPart):
    """Owns the named selections, by the name of the data set; what was deleted last can be brought back."""

    changed = Signal()
    told = Signal(str)  # sentence

    def __init__(self, exploration: Exploration, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        self._exploration, self._selection = exploration, selection
        self._dataset = ""
        self._selections: tuple[NamedSelection, ...] = ()
        self._deleted: NamedSelection | None = None
        exploration.shown_changed.connect(self._show)

    @property
    def selections(self) -> tuple[NamedSelection, ...]:
        """The selections, in the order in which they were named."""
        return self._selections

    @property
    def deleted(self) -> str:
        """The name of the selection that was deleted last; empty where none was."""
        return "" if self._deleted is None else self._deleted.name

    @Slot(str)
    def add(self, name: str) -> None:
        """Give the selected images a name that is free."""
        try:
            images = rows_in_set(self._exploration.shown, self._selection.rows)
            name = _name(name)
            new = NamedSelection(name=name, images=tuple(images.tolist()))
            self._change(lambda kept: (*_without(kept, name), new))
        except LatentlabError as error:
            self.failed.emit(str(error))

    @Slot(str, str)
    def rename(self, old: str, new: str) -> None:
        """Give a selection another name that is free."""
        try:
            if (name := _name(new)) != old:
                self._change(
                    lambda kept: tuple(
                        each.model_copy(update={"name": name}) if each.name == old else each
                        for each in _without(kept, name)
                    )
                )
        except LatentlabError as error:
            self.failed.emit(str(error))

    @Slot(str)
    def delete(self, name: str) -> None:
        """Forget a selection, for now: `bring_back` takes that back."""
        found = self._find(name)
        if found is None:
            return
        try:
            self._change(lambda kept: tuple(each for each in kept if each.name != name), deleted=found)
        except LatentlabError as error:
            self.failed.emit(str(error))

    @Slot()
    def bring_back(self) -> None:
        """Keep again what was deleted last."""
        if (deleted := self._deleted) is None:
            return
        try:
            self._change(lambda kept: (*_without(kept, deleted.name), deleted))
        except LatentlabError as error:
            self.failed.emit(str(error))

    @Slot(str)
    def select(self, name: str) -> None:
        """Select the images of a selection that the map shows, and tell how many it does not."""
        found, shown = self._find(name), self._exploration.shown
        if found is None or shown is None:
            return
        if shown.ids.rows is None:
            self.failed.emit(self.tr("The images of the map are not loaded, so nobody can tell which are named."))
            return
        rows = shown.ids.find_rows(np.array(found.images, np.int64))
        absent = len(found.images) - len(rows)
        if not len(rows):
            told = self.tr("None of the images of '{name}' is on the map: let it show others, or all.")
            if self._exploration.shown_map.excluded:
                told = self.tr(
                    "None of the images of '{name}' is on the map: let it show the excluded ones again, others, or all."
                )
            self.failed.emit(told.format(name=name))
            return
        self._selection.select(rows)
        if absent:
            told = self.tr("{n:,} of the {all:,} images of '{name}' are not on the map and were left out.")
            self.told.emit(told.format(n=absent, all=len(found.images), name=name))

    @Slot(object)
    def _show(self, update: MapUpdate | None) -> None:
        dataset = "" if update is None else update.snapshot.recipe.data.dataset
        if dataset == self._dataset:
            return
        self._dataset, self._selections, self._deleted = dataset, (), None
        if dataset:
            try:
                self._selections = self._file().load()
            except LatentlabError as error:
                self.failed.emit(str(error))
        self.changed.emit()

    def _find(self, name: str) -> NamedSelection | None:
        return next((each for each in self._selections if each.name == name), None)

    def _change(self, change: _Change, *, deleted: NamedSelection | None = None) -> None:
        self._selections = self._file().change(change)
        self._deleted = deleted
        self.changed.emit()

    def _file(self) -> KeptList[NamedSelection]:
        folder = platformdirs.user_data_path("latentlab", appauthor=False) / "selections"
        return selections.of_dataset(folder, self._dataset)


def _name(wanted: str) -> str:
    """Give the name that a person wrote as it is kept."""
    if not wanted.strip():
        raise SelectionsError(translate("NamedSelections", "A selection needs a name."))
    return printable(wanted.strip())


def _without(kept: tuple[NamedSelection, ...], name: str) -> tuple[NamedSelection, ...]:
    """Give selections none of which has a name."""
    if any(each.name == name for each in kept):
        told = translate(
            "NamedSelections", "There is a selection '{name}' already: take another name, or delete that one first."
        )
        raise SelectionsError(told.format(name=name))
    return kept
