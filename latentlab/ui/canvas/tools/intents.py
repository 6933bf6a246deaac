"""What a person asks for on the map, whether with the mouse or with the keys."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Intents(QObject):
    """Emitted by the tools of a map; whoever shows the map joins them to what follows."""

    picked_at = Signal(float, float)
    """Decode here: a click, a drag or an arrow key."""
    point_picked = Signal(int)
    """A click was on this point; follows the `picked_at` of its position."""
    point_toggled = Signal(int)
    """Select this point, or select it no longer."""
    hovered = Signal(float, float)
    """Preview this place, while the key is held."""
    hover_ended = Signal()
