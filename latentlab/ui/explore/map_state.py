"""What is done on the map, a part a feature; the session owns them through this one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal

from latentlab.ui.explore.bookmarks import Bookmarking
from latentlab.ui.explore.browsing import Browsing
from latentlab.ui.explore.decoded_distances import DistancesFromPick
from latentlab.ui.explore.dimensions import MapDimensions
from latentlab.ui.explore.encoding import MapEncoding
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.exports import Exporting, Films
from latentlab.ui.explore.fields import MapFields
from latentlab.ui.explore.history import MapHistory
from latentlab.ui.explore.hovering import Hovering
from latentlab.ui.explore.landscape import MapLandscape
from latentlab.ui.explore.map_part import MapPart
from latentlab.ui.explore.named_selections import NamedSelections
from latentlab.ui.explore.selected_posteriors import SelectedPosteriors
from latentlab.ui.explore.selection import Selection
from latentlab.ui.explore.true_posteriors import TruePosteriors
from latentlab.ui.explore.values import MapValues
from latentlab.ui.explore.walking import Walking


class MapState(QObject):
    """Makes the parts of it, which follow what is explored."""

    failed = Signal(str)  # sentence

    def __init__(self, exploration: Exploration, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        # Queued: a model may just be on its way to those who look at it, and they would get it twice, the old one last.
        selection.changed.connect(exploration.shown_map.name_images, Qt.ConnectionType.QueuedConnection)
        self.bookmarking = Bookmarking(exploration, self)
        self.browsing = Browsing(exploration, selection, self)
        self.selected_posteriors = SelectedPosteriors(exploration, selection, self)
        self.dimensions = MapDimensions(exploration, self)
        self.distances = DistancesFromPick(exploration, self)
        self.encoding = MapEncoding(exploration, self)
        self.exporting = Exporting(exploration, selection, self)
        self.fields = MapFields(exploration, self)
        self.films = Films(self)
        self.hovering = Hovering(exploration, self)
        self.landscape = MapLandscape(exploration, self)
        self.named_selections = NamedSelections(exploration, selection, self)
        self.history = MapHistory(exploration, selection, self)
        self.true_posteriors = TruePosteriors(exploration, self)
        self.values = MapValues(exploration, self)
        self.walking = Walking(exploration, self)
        for part in self._parts():
            part.failed.connect(self.failed)

    def shut_down(self) -> None:
        """Drop whatever is being computed."""
        for part in self._parts():
            part.shut_down()

    def _parts(self) -> list[MapPart]:
        return [child for child in self.children() if isinstance(child, MapPart)]
