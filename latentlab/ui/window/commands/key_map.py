"""Which keys do what: those that actions have at first, and what a person has changed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence

Keys = tuple[str, ...]
"""As ``Ctrl+J``: what does one thing."""


class KeyMap:
    """Gives each action its keys, and no key to two.

    Parameters
    ----------
    first : mapping
        What each action has at first, by its id.
    changed : mapping
        What a person has chosen instead. What names no action or no key, or a key of another one there, is left out.

    Attributes
    ----------
    changed : dict
        Only of actions that have other keys than at first.
    """

    def __init__(self, first: Mapping[str, Keys], changed: Mapping[str, Sequence[str]]) -> None:
        self._first = dict(first)
        self.changed: dict[str, Keys] = {}
        for name, keys in changed.items():
            if name in self._first:
                named = dict.fromkeys(key for text in keys if (key := one_key(text)))
                taken = {key for others in self.changed.values() for key in others}
                free = tuple(key for key in named if key not in taken)
                if free or not keys:
                    self.change(name, free)

    def keys(self, name: str) -> Keys:
        """Give the keys of an action; those that it had at first may have been given to another one."""
        if name in self.changed:
            return self.changed[name]
        taken = {key for keys in self.changed.values() for key in keys}
        return tuple(key for key in self._first[name] if key not in taken)

    def all_keys(self) -> dict[str, Keys]:
        """Give the keys of all actions."""
        return {name: self.keys(name) for name in self._first}

    def owner(self, key: str) -> str | None:
        """Give the id of the action that a key belongs to."""
        return next((name for name in self._first if key in self.keys(name)), None)

    def change(self, name: str, keys: Keys) -> None:
        """Give an action these keys and no others; those that it has at first are no change."""
        self.changed.pop(name, None)
        if keys != self.keys(name):
            self.changed[name] = keys

    def reset(self, name: str) -> dict[str, str]:
        """Give an action the keys that it had at first; answer which of them others keep: the id of who has each."""
        self.changed.pop(name, None)
        owners = {key: self.owner(key) for key in self._first[name]}
        return {key: owner for key, owner in owners.items() if owner is not None and owner != name}


def one_key(text: str) -> str:
    """Give a key as Qt names it, ``Ctrl+J``; empty where the text names none, or several to be pressed in turn."""
    sequence = QKeySequence(text, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1 or sequence[0].key() == Qt.Key.Key_unknown:
        return ""
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)


def types_a_letter(key: str) -> bool:
    """Whether a key writes something where one types."""
    combination = QKeySequence(key)[0]
    others = combination.keyboardModifiers() & ~Qt.KeyboardModifier.ShiftModifier
    return combination.key() < Qt.Key.Key_Escape and not others


def shown(keys: Sequence[str]) -> str:
    """Give keys as the system writes them."""
    return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)
