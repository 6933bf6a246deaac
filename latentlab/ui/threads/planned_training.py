"""What a training thread is asked to train."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from latentlab.core.recipe.recipe import Recipe

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.map.map_images import MapImages
    from latentlab.core.runs.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class PlannedTraining:
    """A training that is to be.

    Attributes
    ----------
    recipe : Recipe
    data : ImageSet
    shown : MapImages
        What the map shows at first.
    folder : Path
        The workspace, in which it is kept as it goes.
    start : Run or None
        Whose weights a new training begins with; else it begins with new ones.
    unfinished : Run or None
        Whose own training is to be finished, as it would have gone on.
    path : Path or None
        Where that one is kept already.
    threads : int or None
        That a processor computes a new one with, where the recipe names none; None for as many as the window can spare.
    save_seconds : float or None
        Between two times that it is saved as it goes; None for `Autosave`'s own.
    new_id : str
        Of a new training.
    """

    recipe: Recipe
    data: ImageSet
    shown: MapImages
    folder: Path
    start: Run | None = None
    unfinished: Run | None = None
    path: Path | None = None
    threads: int | None = None
    save_seconds: float | None = None
    new_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    @property
    def run_id(self) -> str:
        """Id that all it tells carries."""
        return self.new_id if self.unfinished is None else self.unfinished.snapshot.run_id
