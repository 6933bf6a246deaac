"""What comparing maps and models gives: frozen, plain numbers and numpy arrays.

Images are float32 in [0, 1]. Positions are (x, y) on the plane of the map. They carry the id of the run they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass

from latentlab.core.arrays import Floats, Position
from latentlab.core.events import Losses


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What a second model makes of the cursor.

    Attributes
    ----------
    position : tuple of float
        On the second model's own map.
    image : float32 (H, W)
        Its reconstruction of the image, or what it decodes at the place.
    losses : Losses or None
        Of the image, nats; None where the cursor is a place, or the image is not at hand.
    label : str
        Name of the class under which a CVAE decodes the place; else empty.
    """

    run: str
    position: Position
    image: Floats
    losses: Losses | None
    label: str = ""
