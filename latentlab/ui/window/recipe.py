"""The recipe and its images: chosen in the panel, by dialogs of the menu, and what the session tells of them."""

from __future__ import annotations

from pathlib import Path

from latentlab.core.data import user_pairs
from latentlab.core.data.image_set import DatasetError
from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.session.session import Session
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus


def join_recipe(session: Session, panel: RecipePanel, menus: Menus, dialogs: FileDialogs) -> None:
    """Choose and edit the recipe in force, and the images that it is for."""
    recipes, library = session.recipes, session.library

    def list_recipes(listed: tuple[Recipe, ...]) -> None:
        panel.set_recipes([(recipe.name, recipe.title, recipe.summary) for recipe in listed])

    def ask_for_pairs() -> None:
        """Ask for a folder of dirty scans, then for the one of the same scans clean."""
        dialogs.open("dirtyScans", lambda dirty: dialogs.open("cleanScans", lambda clean: use_pairs(dirty, clean)))

    def use_pairs(dirty: Path, clean: Path) -> None:
        try:
            recipes.choose_dataset(user_pairs.name_of(dirty.as_posix(), clean.as_posix()))
        except DatasetError as error:
            session.message.emit(str(error), True)

    def choose(kind: str, path: Path) -> None:
        recipes.choose_dataset(f"{kind}:{path.as_posix()}")

    panel.recipe_chosen.connect(recipes.choose)
    panel.recipe_edited.connect(recipes.edit)
    panel.dataset_chosen.connect(recipes.choose_dataset)
    panel.download_requested.connect(library.download)
    panel.download_cancelled.connect(library.cancel_download)
    for asked in (panel.data_folder_requested, menus["chooseDataFolder"].triggered):
        asked.connect(lambda: dialogs.open("dataFolder", library.use_folder))
    for asked in (panel.recipe_file_requested, menus["openRecipe"].triggered):
        asked.connect(lambda: dialogs.open("recipe", recipes.open))
    menus["chooseImageFolder"].triggered.connect(
        lambda: dialogs.open("imageFolder", lambda path: choose("folder", path))
    )
    menus["chooseArray"].triggered.connect(lambda: dialogs.open("array", lambda path: choose("array", path)))
    menus["choosePairs"].triggered.connect(ask_for_pairs)
    menus["clearCache"].triggered.connect(library.clear_cache)
    recipes.listed.connect(list_recipes)
    recipes.changed.connect(panel.show_recipe)
    library.sets_changed.connect(panel.set_datasets)
    library.message.connect(panel.set_dataset_message)
    library.downloading.connect(panel.show_download)
    library.download_ended.connect(panel.end_download)
