"""The box of recipes: by their titles, in groups; scripts choose by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStyleOptionViewItem,
    QStylePainter,
    QWidget,
)

from latentlab.ui.style.texts import plain
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard

_TITLE = Qt.ItemDataRole.UserRole + 1
_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class ListedRecipe:
    """A recipe as it is listed: in a group, which may be empty."""

    name: str
    title: str
    summary: str = ""
    group: str = ""


class RecipeBox(QComboBox):
    """Lists recipes below the headings of their groups.

    The text of an entry is the recipe's name, which is what scripts set and read; what a person sees is its title.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(_CHARACTERS)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(30)
        self._entries = QStandardItemModel(self)
        self.setModel(self._entries)
        self.setItemDelegate(_Titles(self))
        WheelGuard(self)

    def set_recipes(self, recipes: Sequence[ListedRecipe]) -> None:
        """List these, those of one group together, the groups in the order in which they first come."""
        self._entries.clear()
        for group in dict.fromkeys(recipe.group for recipe in recipes):
            if group:
                heading = QStandardItem()
                heading.setData(group, _TITLE)
                heading.setData(group, Qt.ItemDataRole.AccessibleTextRole)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self._entries.appendRow(heading)
            for recipe in recipes:
                if recipe.group == group:
                    self._add(recipe)

    def show_recipe(self, name: str, title: str) -> None:
        """Show a recipe, which is added where it is not listed."""
        if name and self.findText(name) < 0:
            self._add(ListedRecipe(name, title))
        self.setCurrentIndex(self.findText(name))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the title of the chosen recipe."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        title = self.currentData(_TITLE) or self.currentText()
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        )
        option.currentText = self.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, field.width() - 6)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def showPopup(self) -> None:
        """Let the list be as wide as its titles."""
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + self.view().verticalScrollBar().width() + 8)
        super().showPopup()

    def _add(self, recipe: ListedRecipe) -> None:
        entry = QStandardItem(recipe.name)
        entry.setData(recipe.title, _TITLE)
        entry.setData(recipe.title, Qt.ItemDataRole.AccessibleTextRole)
        entry.setToolTip(plain("\n".join(filter(None, (recipe.summary, recipe.name)))))
        self._entries.appendRow(entry)


class _Titles(QStyledItemDelegate):
    """Paints titles, and headings in bold."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        super().initStyleOption(option, index)
        option.text = index.data(_TITLE) or index.data()
        if not index.flags():
            option.font.setBold(True)
            option.state |= QStyle.StateFlag.State_Enabled
            option.displayAlignment = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width(), size.height() + (6 if not index.flags() else 2))
