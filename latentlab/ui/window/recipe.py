"""The recipe and its images: chosen in the panel, by dialogs of the menu, and what the session tells of them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.forms.recipe_box import ListedRecipe
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus

_START = ("digits-vae-2d", "mlp-vae-2d", "conv-cvae-2d")  # whoever begins takes them in this order
translate = QCoreApplication.translate


def join_recipe(session: Session, panel: RecipePanel, menus: Menus, dialogs: FileDialogs) -> None:
    """Choose and edit the recipe in force, and the images that it is for."""
    recipes, library = session.recipes, session.library

    def list_recipes(listed: tuple[Recipe, ...]) -> None:
        groups = (
            translate("Recipes", "Start here"),
            translate("Recipes", "VAE"),
            translate("Recipes", "Autoencoder"),
            translate("Recipes", "Special"),
        )
        first = {name: place for place, name in enumerate(_START)}
        ordered = sorted(listed, key=lambda recipe: (_group(recipe), first.get(recipe.name, 0)))
        panel.set_recipes(
            [ListedRecipe(recipe.name, recipe.title, recipe.summary, groups[_group(recipe)]) for recipe in ordered]
        )

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


def _group(recipe: Recipe) -> int:
    """Give below which heading a recipe is listed."""
    if recipe.name in _START:
        return 0
    is_damaged = any(recipe.corruption.model_dump().values()) or recipe.data.is_paired
    if is_damaged or recipe.data.repeat > 1 or recipe.loss.sparsity or recipe.loss.contraction:
        return 3
    return 2 if recipe.model.kind == "autoencoder" else 1
