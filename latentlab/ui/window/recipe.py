"""The recipe and its images: chosen in the panel, by dialogs of the menu, and what the session tells of them."""

from __future__ import annotations

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

    panel.recipe_chosen.connect(recipes.choose)
    panel.recipe_edited.connect(recipes.edit)
    panel.dataset_chosen.connect(recipes.choose_dataset)
    panel.download_requested.connect(library.download)
    panel.download_cancelled.connect(library.cancel_download)
    panel.set_image_sources(menus.menu("ownImages"))
    for asked in (panel.recipe_file_requested, menus["openRecipe"].triggered):
        asked.connect(lambda: dialogs.open("recipe", recipes.open))
    menus["clearCache"].triggered.connect(library.clear_cache)
    recipes.listed.connect(list_recipes)
    recipes.changed.connect(panel.show_recipe)
    library.sets_changed.connect(panel.set_datasets)
    library.message.connect(panel.set_dataset_message)
    library.downloading.connect(panel.show_download)
    library.download_ended.connect(panel.end_download)
