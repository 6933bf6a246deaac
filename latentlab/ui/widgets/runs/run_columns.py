"""The columns of a table of runs: which are shown, how wide they are, and in which order; what one changes stays so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView

from latentlab.ui.widgets.runs.run_model import COLUMNS

_ALWAYS = "name"
_AT_FIRST_HIDDEN = ("differs",)
# Shares of the room, and letters at least.
_ELASTIC = {"name": (10, 31), "dataset": (4, 13), "group": (4, 13), "differs": (7, 18)}
_LETTERS = {"state": 11, "epochs": 10, "loss": 10, "seconds": 12, "saved": 20}  # that the others have room for
_WIDTHS = (3.0, 400.0)  # letters


class RunColumns(QObject):
    """Shares the room of a table among its columns, and has a menu at its heads.

    Parameters
    ----------
    table : QTableView
        Whose model has `COLUMNS`.
    """

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table, self._is_setting = table, True
        self._widths: dict[str, float] = {}  # letters, of those that one has resized
        self._hidden, self._empty = set[str](), {"group"}
        across = self._across = table.horizontalHeader()
        across.setHighlightSections(False)
        across.setSectionsClickable(True)
        across.setSectionsMovable(True)
        across.setStretchLastSection(False)
        across.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        across.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        across.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        across.customContextMenuRequested.connect(self._show_menu)
        across.sectionResized.connect(self._take_width)
        self._hide(_AT_FIRST_HIDDEN)
        self._is_setting = False

    def shown(self) -> list[str]:
        """Give those that are shown, from left to right."""
        return [name for name in self._order() if not self._across.isSectionHidden(COLUMNS.index(name))]

    def state(self) -> dict[str, Any]:
        """Give what a person would not want to choose again, in plain values."""
        hidden = [name for name in COLUMNS if name in self._hidden]
        return {"order": self._order(), "hidden": hidden, "widths": dict(self._widths)}

    def set_empty(self, names: Collection[str]) -> None:
        """Leave out those that would show nothing, whatever one has chosen."""
        if self._empty != set(names):
            self._empty = set(names)
            self._hide(self._hidden)
            self.share()

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, as far as it is that: anybody may have written it."""
        self._is_setting = True
        order = list(dict.fromkeys(name for name in _texts(state.get("order")) if name in COLUMNS))
        for place, name in enumerate([*order, *(name for name in COLUMNS if name not in order)]):
            self._across.moveSection(self._across.visualIndex(COLUMNS.index(name)), place)
        hidden = state.get("hidden")
        self._hide(_texts(hidden) if isinstance(hidden, list) else _AT_FIRST_HIDDEN)
        widths = state.get("widths")
        self._widths = {
            name: float(width)
            for name, width in (widths.items() if isinstance(widths, dict) else ())
            if name in COLUMNS and isinstance(width, int | float) and _WIDTHS[0] <= width <= _WIDTHS[1]
        }
        self._is_setting = False
        self.share()

    def share(self) -> None:
        """Share the room among those whose width nobody has chosen."""
        letter, shown = self._table.fontMetrics().averageCharWidth(), self.shown()
        widths = {name: round(letter * width) for name, width in self._widths.items() if name in shown}
        for name in shown:
            if name in _LETTERS and name not in widths:
                widths[name] = max(letter * _LETTERS[name], self._across.sectionSizeHint(COLUMNS.index(name)))
        elastic = [name for name in shown if name not in widths]
        left = self._table.viewport().width() - sum(widths.values())
        shares = sum(_ELASTIC[name][0] for name in elastic)
        for name in elastic:
            share, least = _ELASTIC[name]
            widths[name] = max(left * share // shares, letter * least)
        self._is_setting, before = True, self._is_setting
        for name, width in widths.items():
            self._across.resizeSection(COLUMNS.index(name), width)
        self._is_setting = before

    def _order(self) -> list[str]:
        return [COLUMNS[self._across.logicalIndex(place)] for place in range(len(COLUMNS))]

    def _hide(self, names: Collection[str]) -> None:
        self._hidden = set(names) - {_ALWAYS}
        is_setting, self._is_setting = self._is_setting, True
        for number, name in enumerate(COLUMNS):
            self._across.setSectionHidden(number, name in self._hidden | self._empty)
        self._is_setting = is_setting

    @Slot(int, int, int)
    def _take_width(self, section: int, _: int, width: int) -> None:
        if not self._is_setting and width > 0:
            letter = self._table.fontMetrics().averageCharWidth()
            self._widths[COLUMNS[section]] = round(min(max(width / letter, _WIDTHS[0]), _WIDTHS[1]), 2)

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self._table, objectName="runColumnsMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown = self.shown()
        for number, name in enumerate(COLUMNS):
            text = str(self._table.model().headerData(number, Qt.Orientation.Horizontal))
            if name in self._empty:
                continue
            action = QAction(text.replace("&", "&&"), menu, checkable=True, checked=name in shown)
            action.setEnabled(name != _ALWAYS)
            action.toggled.connect(lambda is_on, name=name: self._show(name, is_on))
            menu.addAction(action)
        menu.addSeparator()
        menu.addAction(self.tr("As at &first")).triggered.connect(self._reset)
        menu.popup(self._across.viewport().mapToGlobal(at))

    def _show(self, name: str, is_on: bool) -> None:
        self._hide(self._hidden - {name} if is_on else self._hidden | {name})
        self.share()

    @Slot()
    def _reset(self) -> None:
        self.set_state({})


def _texts(found: object) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, list) else []
