"""The run that is shown when nothing trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from latentlab.core.errors import LatentlabError
from latentlab.core.map.checkpoints import Checkpoints
from latentlab.core.recipe.recipe import Recipe

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.runs.chain import Link
    from latentlab.core.runs.run import Run

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True, eq=False)
class CurrentRun:
    """The run that is shown when nothing trains, where it lies on the disk, and its earlier epochs.

    Attributes
    ----------
    run : Run or None
    path : Path or None
        Where a person has opened or saved it.
    is_saved : bool
        Whether it is there as it is here.
    checkpoints : Checkpoints
    kept : Path or None
        Where it was kept in the workspace while it trained.
    """

    run: Run | None = None
    path: Path | None = None
    is_saved: bool = True
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    kept: Path | None = None

    @property
    def name(self) -> str:
        """What it is called: as its file, or after its recipe; empty where there is none."""
        if self.path is not None or self.run is None:
            return "" if self.path is None else self.path.stem
        return unsaved_name(self.run.recipe, self.run.chain)

    @property
    def file(self) -> Path | None:
        """Where it is on the disk, as it is here."""
        return self.path if self.is_saved else self.kept

    @property
    def can_be_finished(self) -> bool:
        """Whether its training was ended before its time, and could go on as it would have."""
        run = self.run
        return run is not None and run.training is not None and run.training.state != "finished"

    def why_no_further(self, recipe: Recipe, data: ImageSet | None) -> str:
        """Say why a training by a recipe on some images cannot go on from this run; nothing where it can."""
        if self.run is None:
            return translate("CurrentRun", "There is no model to go on from yet.")
        if data is None:
            return translate("CurrentRun", "The images are not loaded.")
        try:
            self.run.check_fits(recipe, data)
        except LatentlabError as error:
            return str(error)
        return ""


def unsaved_name(recipe: Recipe, chain: Sequence[Link]) -> str:
    """Name a run that has no file of a person's, by the trainings before it."""
    from latentlab.core.runs.chain import branched_after

    epoch = branched_after(chain)
    if epoch is None:
        return recipe.name
    return translate("CurrentRun", "{name}, from epoch {epoch}").format(name=recipe.name, epoch=epoch)
