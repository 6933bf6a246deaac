"""The start page: what a training would learn, models and runs to open, each with its map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from latentlab.core.map.map_of_run import MapOfRun
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.panels.run_bar import RunBar
from latentlab.ui.panels.start import StartPage
from latentlab.ui.session.session import FIRST_RECIPE, Session
from latentlab.ui.window.file_dialogs import FileDialogs

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet

_ROWS, _ACROSS = 3, 4  # images on the card of a training
translate = QCoreApplication.translate


def join_start(session: Session, start: StartPage, run_bar: RunBar, recipe: RecipePanel, dialogs: FileDialogs) -> None:
    """Train, open a model or a run, and say what stands in the way of it."""

    def show_images() -> None:
        data = session.library.data
        if not recipe.is_valid():
            start.tell_images(translate("Start", "A setting is wrong: look for the red frame in Setup."))
        elif data is not None:
            text = translate("Start", "A map forms while a model learns these {n:,} images: {title}.")
            start.tell_images(text.format(title=data.title, n=len(data.train_images) + len(data.test_images)))
        elif session.library.is_loading():
            start.tell_images(translate("Start", "A map forms while a model learns the chosen images."))
        else:
            start.tell_images(session.library.problem)
        start.show_images(None if data is None else _sheet(data))
        if data is None:
            start.set_title(translate("Start", "Train a model"))
        elif session.recipe.name == FIRST_RECIPE and session.recipes.has_its_images:
            start.set_title(translate("Start", "First map in seconds"))
        else:
            start.set_title(translate("Start", "Train on these images"))
        start.set_can_train(recipe.is_valid() and session.state == "idle")

    for changed in (
        session.recipes.changed,
        session.library.loaded,
        session.library.failed,
        session.training.state_changed,
        recipe.validity_changed,
    ):
        changed.connect(show_images)
    start.start_requested.connect(run_bar.train_button.click)
    start.model_requested.connect(lambda path: session.open_run(Path(path)))
    start.open_requested.connect(lambda: dialogs.open("run", session.open_run))

    def look_for_maps(recent: list[Path]) -> None:
        session.maps_of_runs.look(dict.fromkeys([*start.shown_paths(), *recent]))

    session.recent.runs_found.connect(look_for_maps)

    def show_map(found: MapOfRun) -> None:
        start.show_map(found.path, found.points, found.labels, found.classes)

    session.maps_of_runs.found.connect(show_map)


def _sheet(data: ImageSet) -> npt.NDArray[np.uint8]:
    """Lay the first images of a set out for a small picture: uint8 (C, H, W)."""
    from latentlab.core.output.export import sheet

    images = data.train_images[: _ROWS * _ACROSS].numpy()
    across = min(_ACROSS, len(images))
    rows = len(images) // across
    return sheet(images[: rows * across].reshape(rows, across, *images.shape[1:]))
