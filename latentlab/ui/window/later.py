"""Signals joined to a panel that may not be there yet: one that is made when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SignalInstance


class Later:
    """Hands on what signals tell; what each told last waits for the panel."""

    def __init__(self) -> None:
        self._panel: Any = None
        self._told: dict[Callable[..., object], tuple[Any, ...]] = {}  # in the order in which it was told

    def join(self, signal: SignalInstance, take: Callable[..., object]) -> None:
        """Have a method of the panel's class take what a signal tells."""

        def hear(*told: Any) -> None:
            if self._panel is not None:
                take(self._panel, *told)
            else:
                self._told.pop(take, None)
                self._told[take] = told

        signal.connect(hear)

    def come(self, panel: Any) -> None:
        """Tell the panel, which is there from now on, what has waited."""
        self._panel = panel
        for take, told in self._told.items():
            take(panel, *told)
        self._told.clear()
