"""A trail of states that one has been in, to go back and forward along it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_MOST = 100

T = TypeVar("T")


class Trail(Generic[T]):
    """Remembers the last hundred states, as a browser does: a new one after going back takes the place of the rest.

    Parameters
    ----------
    is_same : callable
        Whether two states are one: nobody wants to go back to where one is.
    """

    def __init__(self, is_same: Callable[[T, T], bool]) -> None:
        self._is_same = is_same
        self._states: list[T] = []
        self._at = -1

    @property
    def can_go_back(self) -> bool:
        """Whether there is a state before this one."""
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether there is a state after this one."""
        return self._at + 1 < len(self._states)

    @property
    def present(self) -> T | None:
        """Where one is."""
        return self._states[self._at] if self._states else None

    def visit(self, state: T) -> None:
        """Go on to a state."""
        if self._states and self._is_same(self._states[self._at], state):
            return
        self._states = [*self._states[: self._at + 1], state][-_MOST:]
        self._at = len(self._states) - 1

    def back(self) -> T:
        """Go to the state before."""
        self._at -= 1
        return self._states[self._at]

    def forward(self) -> T:
        """Go to the state after."""
        self._at += 1
        return self._states[self._at]

    def clear(self) -> None:
        """Forget everything."""
        self._states, self._at = [], -1
