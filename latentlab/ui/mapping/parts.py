"""What is done on the map, a part a feature; the session owns them through this one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from latentlab.ui.choosing import Choosing
from latentlab.ui.exploration import Exploration
from latentlab.ui.map_gaps import MapGaps
from latentlab.ui.mapping.bookmarking import Bookmarking
from latentlab.ui.mapping.places import Places


class MapParts(QObject):
    """Makes the parts and lets them follow what is explored."""

    failed = Signal(str)  # sentence

    def __init__(self, exploration: Exploration, choosing: Choosing, parent: QObject) -> None:
        super().__init__(parent)
        self.bookmarking = Bookmarking(exploration, self)
        self.bookmarking.failed.connect(self.failed)
        self.gaps = MapGaps(self)
        self.gaps.failed.connect(self.failed)
        self.gaps.follow(exploration)
        self.places = Places(exploration, choosing, self)

    def shut_down(self) -> None:
        """Drop whatever is being computed."""
        self.gaps.shut_down()
        self.places.shut_down()
