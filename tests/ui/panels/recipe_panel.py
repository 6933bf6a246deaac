"""The panel that sets a run up, and what one does there."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.panels.recipe import RecipePanel
from latentlab.ui.widgets.forms.recipe_box import ListedRecipe
from latentlab.ui.widgets.forms.settings_dialog import SettingsDialog


@dataclass
class Status:
    name: str
    title: str = "A set"
    is_here: bool = True
    download_bytes: int = 0
    train_count: int = 60000
    test_count: int = 10000
    problem: str | None = None


STATUSES = (
    Status("digits", "Digits of scikit-learn", train_count=1437, test_count=360),
    Status("mnist", "MNIST", is_here=False, download_bytes=11_600_000),
    Status("kmnist", "Kuzushiji", is_here=False, download_bytes=21_000_000, problem="The file labels.gz is cut short."),
)
BASE = Recipe(name="base", title="The base", summary="What one starts with.")


def shown(qtbot) -> RecipePanel:
    """Give the panel, with two recipes and three sets, as it opens."""
    panel = RecipePanel()
    qtbot.addWidget(panel)
    panel.resize(290, 600)
    panel.set_recipes([ListedRecipe("base", BASE.title, BASE.summary), ListedRecipe("other", "Another", "It differs.")])
    panel.set_datasets(STATUSES)
    panel.show_recipe(BASE, BASE)
    panel.show()
    return panel


def editor(panel, key):
    """Give where a setting is edited, in sight."""
    panel.form.show_field(key)
    return panel.form.field(key).editor


def dialog(panel) -> SettingsDialog:
    """Open the dialog as a person does."""
    QTest.mouseClick(panel.findChild(QPushButton, "allSettingsButton"), Qt.MouseButton.LeftButton)
    found = panel.findChild(SettingsDialog)
    assert found.isVisible()
    return found


def retype(qtbot, widget, text):
    widget.setFocus()
    widget.selectAll()
    if not text:
        qtbot.keyClick(widget, Qt.Key.Key_Delete)
    qtbot.keyClicks(widget, text)


def problem(panel, key):
    label = panel.form.field(key).problem
    return "" if label.isHidden() else label.text()
