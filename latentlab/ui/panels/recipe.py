"""The panel where a run is set up: recipe, images, and the settings that people change."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QMenu, QScrollArea, QToolButton, QWidget

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.style import theme
from latentlab.ui.style.texts import heading, plain, plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.forms.dataset_picker import DatasetPicker, ListedDataset
from latentlab.ui.widgets.forms.recipe_box import ListedRecipe, RecipeBox
from latentlab.ui.widgets.forms.recipe_form import RecipeForm

_LEAST_WIDTH = 270  # in device-independent pixels


class RecipePanel(QWidget):
    """Chooses and edits a recipe; every intent is a signal, and what is shown is set from outside."""

    recipe_chosen = Signal(str)
    recipe_edited = Signal(object)
    dataset_chosen = Signal(str)
    download_requested = Signal(str)
    download_cancelled = Signal()
    recipe_file_requested = Signal()
    validity_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listed: dict[str, ListedRecipe] = {}

        self.recipe_box = RecipeBox()
        self.recipe_box.setObjectName("recipeBox")
        self.recipe_box.setAccessibleName(self.tr("Recipe"))
        self.recipe_box.currentTextChanged.connect(self._recipe_chosen)
        self.file_button = QToolButton(objectName="recipeFileButton", text="…", toolTip=self.tr("Open recipe file…"))
        self.file_button.setAccessibleName(self.tr("Open recipe file…"))
        self.file_button.clicked.connect(self.recipe_file_requested)
        self._summary = plain_label(wordWrap=True, objectName="recipeSummary", role=theme.MUTED)
        self.data = DatasetPicker()
        self.data.dataset_chosen.connect(self._dataset_chosen)
        self.data.download_requested.connect(self.download_requested)
        self.data.download_cancelled.connect(self.download_cancelled)
        self.form = RecipeForm()
        self.form.recipe_edited.connect(self.recipe_edited)
        self.form.validity_changed.connect(self.validity_changed)
        self._lock = plain_label(wordWrap=True, objectName="recipeLockNote", margin=6)
        self._lock.setFrameShape(QFrame.Shape.StyledPanel)
        self._lock.hide()
        self._headings = [heading(text) for text in (self.tr("Recipe"), self.tr("Images"), self.tr("Settings"))]
        self._data_mark = plain_label(objectName="datasetMark", role=theme.EMPHASIS)

        pick = row((self.recipe_box, 1), self.file_button, spacing=4)
        data_head = row((self._headings[1], 1), self._data_mark)
        parts = (self._lock, self._headings[0], pick, self._summary, 8, data_head, self.data, 8, self._headings[2])
        inside = QWidget()
        column(*parts, self.form, STRETCH, margins=(10, 8, 10, 8), spacing=4, on=inside)
        self.scroll = QScrollArea(widgetResizable=True, focusPolicy=Qt.FocusPolicy.NoFocus)  # its parts take it
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setWidget(inside)
        column(self.scroll, on=self)

    def recipe(self) -> Recipe:
        """Give the recipe in force: the last valid one."""
        return self.form.recipe()

    def is_valid(self) -> bool:
        """Tell whether everything that is typed is in force."""
        return self.form.is_valid()

    def set_recipes(self, recipes: Iterable[ListedRecipe]) -> None:
        """List the recipes; the chosen one stays chosen."""
        chosen = self.recipe_box.currentText()
        self._listed = {recipe.name: recipe for recipe in recipes}
        self.recipe_box.blockSignals(True)
        self.recipe_box.set_recipes(list(self._listed.values()))
        self._show_recipe(chosen or next(iter(self._listed), ""))
        self.recipe_box.blockSignals(False)
        self._describe()

    def show_recipe(self, base: Recipe, current: Recipe) -> None:
        """Show the recipe in force and the named one that it is based on."""
        self._listed.setdefault(base.name, ListedRecipe(base.name, base.title, base.summary))
        self.recipe_box.blockSignals(True)
        self._show_recipe(base.name)
        self.recipe_box.blockSignals(False)
        self._describe()
        self.data.show_dataset(current.data.dataset)
        self.form.show_recipe(base, current)
        self._mark_data()

    def set_datasets(self, statuses: Iterable[ListedDataset]) -> None:
        """List the image sets and say which are on this machine."""
        self.data.set_datasets(statuses)

    def set_image_sources(self, menu: QMenu) -> None:
        """Offer, beside the image set, where else images come from."""
        self.data.set_sources(menu)

    def set_dataset_message(self, text: str, is_problem: bool) -> None:
        """Say something below the image set; an empty text takes it back."""
        self.data.set_message(text, is_problem)

    def show_download(self, done_bytes: int, total_bytes: int) -> None:
        """Show how far the download is."""
        self.data.show_download(done_bytes, total_bytes)

    def end_download(self) -> None:
        """Show that no download runs any more."""
        self.data.end_download()

    def set_locked(self, locked: bool) -> None:
        """Lock everything that cannot change while a model trains, and say so."""
        why = ""
        if locked:
            why = self.tr("Locked while a model trains. Learning rate and β can be changed in the bar above.")
        self._lock.setText(why)
        self._lock.setVisible(locked)
        self.recipe_box.setEnabled(not locked)
        self.file_button.setEnabled(not locked)
        self.data.set_locked(why)
        self.form.set_locked(why)
        self._describe(why)

    def point_to(self, key: str) -> None:
        """Bring a setting that has been changed elsewhere into sight."""
        field = self.form.field(key)
        self.form.show_field(key)
        if self.scroll.isAncestorOf(field):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # so that there is room to scroll
            self.scroll.ensureWidgetVisible(field)

    def minimumSizeHint(self) -> QSize:
        """Show every setting in its whole width; the height scrolls."""
        wide = self.scroll.widget().minimumSizeHint().width() + self.scroll.verticalScrollBar().sizeHint().width()
        return QSize(max(_LEAST_WIDTH, wide), super().minimumSizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    def _show_recipe(self, name: str) -> None:
        listed = self._listed.get(name)
        self.recipe_box.show_recipe(name, listed.title if listed is not None else name)

    def _describe(self, why_locked: str = "") -> None:
        listed = self._listed.get(self.recipe_box.currentText())
        summary = "" if listed is None else listed.summary
        self._summary.setText(summary)
        self._summary.setVisible(bool(summary))
        self.recipe_box.setToolTip(plain(why_locked or self.recipe_box.currentText()))

    def _recipe_chosen(self, name: str) -> None:
        self._describe()
        self.recipe_chosen.emit(name)

    def _dataset_chosen(self, name: str) -> None:
        self.form.choose("data.dataset", name)
        self._mark_data()
        self.dataset_chosen.emit(name)

    def _mark_data(self) -> None:
        theirs = self.form.base().data.dataset
        differs = theirs != self.form.recipe().data.dataset
        self._data_mark.setText(self.tr("● recipe: {name}").format(name=theirs) if differs else "")
