"""How all runs are listed, remembered: their columns, what they are sorted by, and whether as a tree."""

from __future__ import annotations

from PySide6.QtCore import SignalInstance

from latentlab.core.runs.collection import ORDERS
from latentlab.ui.panels.runs import RunsPanel
from latentlab.ui.settings import Settings
from latentlab.ui.widgets.runs.run_model import COLUMNS


def join_run_list(settings: Settings, panel: RunsPanel, looked_at: SignalInstance) -> None:
    """Have the list as it was with the last start, and remember it as soon as something of it changes.

    Parameters
    ----------
    settings : Settings
    panel : RunsPanel
        Its signals are joined already: it asks for the runs as they were listed.
    looked_at : Signal
        Of the window: whether it is open.
    """

    def remember() -> None:
        by, is_reversed = panel.table.order()
        state = panel.table.columns.state()
        settings.set_run_list(state | {"sort": by, "reversed": is_reversed, "tree": panel.tree.isChecked()})

    state = settings.run_list
    panel.table.columns.set_state(state)
    by, is_reversed = state.get("sort"), state.get("reversed") is True
    if by in ORDERS and by in COLUMNS:
        panel.table.set_order(by, is_reversed)
        panel.order_asked.emit(by, is_reversed)
    panel.tree.setChecked(state.get("tree") is True)
    for changed in (panel.order_asked, panel.tree_asked):
        changed.connect(remember)
    looked_at.connect(lambda is_so: None if is_so else remember())
