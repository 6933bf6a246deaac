"""All settings of a recipe but the few that are always in sight: in groups, and found by a word."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column
from latentlab.ui.widgets.forms.setting_field import SettingField
from latentlab.ui.widgets.scrolling_dialog import ScrollingDialog


class SettingsDialog(ScrollingDialog):
    """Shows fields below headings; what is changed is in force at once, so there is nothing to confirm."""

    lines = 38

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("settingsDialog")
        self.setWindowTitle(self.tr("All settings"))
        self._search = QLineEdit(objectName="settingsSearch", clearButtonEnabled=True)
        self._search.setPlaceholderText(self.tr("Search the settings"))
        self._search.setAccessibleName(self.tr("Search the settings"))
        self._search.textChanged.connect(self._find)
        self._none = plain_label(self.tr("No setting has this word."), alignment=Qt.AlignmentFlag.AlignCenter)
        self._none.hide()
        self._groups: list[tuple[QWidget, str, Sequence[SettingField]]] = []
        inside = QWidget()
        self._rows = column(STRETCH, margins=(12, 4, 12, 12), spacing=5, on=inside)
        self._scroll = self.hold(inside)
        column((self._search, 0), self._none, (self._scroll, 1), margins=(8, 8, 8, 8), spacing=6, on=self)
        self._shown_field: SettingField | None = None
        bar = self._scroll.verticalScrollBar()
        bar.rangeChanged.connect(self._keep_in_sight)
        bar.actionTriggered.connect(self._forget_shown)  # who scrolls looks elsewhere

    def add(self, heading: str, fields: Sequence[SettingField]) -> None:
        """Show fields below those that are there; once all are, ask to `make_room`."""
        label = plain_label(heading, wordWrap=True)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        self._groups.append((label, heading, fields))
        for part in (label, *fields):
            self._rows.insertWidget(self._rows.count() - 1, part)

    def open_for_search(self) -> None:
        """Open, ready to type a word."""
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, False)
        self.show()
        self.raise_()
        self.activateWindow()
        self._search.setFocus()
        self._search.selectAll()

    def show_field(self, field: SettingField) -> None:
        """Bring a field into sight, and leave the keyboard where it is."""
        self._search.clear()
        if not self.isVisible():
            self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
            self.show()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # so that there is room to scroll
        self._shown_field = field
        self._keep_in_sight()

    @Slot()
    def _keep_in_sight(self) -> None:
        """Follow the field: once a dialog is shown it is laid out again."""
        if self._shown_field is not None:
            self._scroll.ensureWidgetVisible(self._shown_field)

    @Slot()
    def _forget_shown(self) -> None:
        self._shown_field = None

    def _find(self, text: str) -> None:
        """Leave what has all words in its name, its heading, its key or its tip."""
        self._shown_field = None
        words = text.casefold().split()
        found = 0
        for label, heading, fields in self._groups:
            is_any = False
            for field in fields:
                about = f"{heading} {field.label.text()} {field.key} {field.tip}".casefold()
                is_found = all(word in about for word in words)
                field.setVisible(is_found)
                is_any |= is_found
            label.setVisible(is_any)
            found += is_any
        self._none.setVisible(not found)
