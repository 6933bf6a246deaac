"""The part of the session's state that is what is wrong with the present training, and what mends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.core.errors import LatentlabError
from latentlab.core.events import Event
from latentlab.core.map.map_update import MapUpdate
from latentlab.core.recipe.finding import Finding
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.session.live_training import LiveTraining, State
from latentlab.ui.session.recipe_choice import RecipeChoice

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.measures.health import Watch

_LEARNING_RATE = "training.learning_rate"


class Health(QObject):
    """Tells, once of each training, each thing that keeps it from going well; puts its remedy in force when told to.

    Parameters
    ----------
    training : LiveTraining
    recipes : RecipeChoice
    """

    found = Signal(object)  # Finding
    settled = Signal()  # what was found is of a training, or a recipe, that is there no more
    mended = Signal(object, str)  # Finding, and a sentence on what was changed

    def __init__(self, training: LiveTraining, recipes: RecipeChoice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._training, self._recipes = training, recipes
        self._watch: Watch | None = None
        self._finding: Finding | None = None
        self._based_on = ""  # the name of the recipe that is mended
        training.begun.connect(self._begin)
        for told in (training.started, training.progressed, training.epoch_ended, training.setting_changed):
            told.connect(self._hear)
        training.diverged.connect(self._hear)
        training.map_updated.connect(self._look)
        training.state_changed.connect(self._go_on)
        recipes.changed.connect(self._leave_others_alone)

    @Slot()
    def mend(self) -> None:
        """Put the remedy of what was found last in the recipe in force, and a learning rate in what trains, too."""
        finding, self._finding = self._finding, None
        if finding is None:
            return
        is_live = self._training.state != "idle"
        if is_live and _LEARNING_RATE in finding.remedy:
            self._training.change("learning_rate", finding.remedy[_LEARNING_RATE])
        self._recipes.edit(self._recipes.current.with_changes(finding.remedy))
        if not is_live:
            after = self.tr("The recipe has {changes} now: press Train to train anew with it.")
        elif _LEARNING_RATE in finding.remedy:
            after = self.tr("{changes} is in force from the next step on, and in the recipe.")
        else:
            after = self.tr("The recipe has {changes} now: stop this training, and train anew with it.")
        self.mended.emit(finding, after.format(changes=", ".join(finding.changes)))

    @Slot(object, object)
    def _begin(self, recipe: Recipe, data: ImageSet) -> None:
        from latentlab.core.data.image_findings import of_images
        from latentlab.core.measures.health import Watch

        self._settle()
        self._based_on = recipe.name
        try:
            found = of_images(data, recipe)
        except LatentlabError:  # images that the set does not have: the training says so
            found = ()
        self._watch = Watch(recipe, found)
        if found:
            remedy = next((finding for finding in found if finding.remedy), found[0])
            self._tell(replace(remedy, sentence=" ".join(finding.sentence for finding in found)))

    @Slot(object)
    def _hear(self, event: Event) -> None:
        if self._watch is not None:
            self._tell(self._watch.take(event))

    @Slot(object)
    def _look(self, update: MapUpdate) -> None:
        if self._watch is not None and self._watch.is_due(update.epochs_done):
            self._tell(self._watch.look(update.epochs_done, update.means, update.deviations))

    @Slot(str)
    def _go_on(self, state: State) -> None:
        if state == "training" and self._finding is not None and self._finding.kind == "diverged":
            self._settle()  # it waited for this

    @Slot(object, object)
    def _leave_others_alone(self, base: Recipe, current: Recipe) -> None:
        if current.name != self._based_on:
            self._settle()

    def _tell(self, finding: Finding | None) -> None:
        if finding is not None:
            self._finding = finding
            self.found.emit(finding)

    def _settle(self) -> None:
        if self._finding is not None:
            self._finding = None
            self.settled.emit()
