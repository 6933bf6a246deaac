"""What is done on the map, a part a feature; the session owns them through this one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal

from latentlab.ui.explore.bookmarks import Bookmarking
from latentlab.ui.explore.browsing import Browsing
from latentlab.ui.explore.encoding import MapEncoding
from latentlab.ui.explore.exploration import Exploration
from latentlab.ui.explore.exports import Exporting, Films
from latentlab.ui.explore.fields import Fields
from latentlab.ui.explore.history import MapHistory
from latentlab.ui.explore.hovering import Hovering
from latentlab.ui.explore.landscape import MapLandscape
from latentlab.ui.explore.named_selections import NamedSelections
from latentlab.ui.explore.selected_posteriors import SelectedPosteriors
from latentlab.ui.explore.selection import Selection
from latentlab.ui.explore.values import MapValues
from latentlab.ui.explore.views import Views
from latentlab.ui.explore.walking import Walking


class MapState(QObject):
    """Makes the parts of it and lets them follow what is explored."""

    failed = Signal(str)  # sentence

    def __init__(self, exploration: Exploration, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        self.bookmarking = Bookmarking(exploration, self)
        self.bookmarking.failed.connect(self.failed)
        self.browsing = Browsing(exploration, selection, self)
        self.browsing.failed.connect(self.failed)
        self.selected_posteriors = SelectedPosteriors(exploration, selection, self)
        self.selected_posteriors.failed.connect(self.failed)
        # Queued: a model may just be on its way to those who look at it, and they would get it twice, the old one last.
        selection.changed.connect(exploration.shown_map.name_images, Qt.ConnectionType.QueuedConnection)
        self.dimensions = Views(self)
        self.dimensions.failed.connect(self.failed)
        exploration.shown_changed.connect(self.dimensions.show)
        self.encoding = MapEncoding(exploration, self)
        self.exporting = Exporting(exploration, selection, self)
        self.exporting.failed.connect(self.failed)
        self.fields = Fields(self)
        self.fields.failed.connect(self.failed)
        self.fields.follow(exploration)
        self.films = Films(self)
        self.films.failed.connect(self.failed)
        self.hovering = Hovering(exploration, self)
        self.hovering.failed.connect(self.failed)
        self.landscape = MapLandscape(exploration, self)
        self.landscape.failed.connect(self.failed)
        self.named_selections = NamedSelections(exploration, selection, self)
        self.named_selections.failed.connect(self.failed)
        self.history = MapHistory(exploration, selection, self)
        self.values = MapValues(exploration, self)
        self.values.failed.connect(self.failed)
        self.walking = Walking(exploration, self)
        self.walking.failed.connect(self.failed)

    def shut_down(self) -> None:
        """Drop whatever is being computed."""
        self.browsing.shut_down()
        self.selected_posteriors.shut_down()
        self.dimensions.shut_down()
        self.exporting.shut_down()
        self.fields.shut_down()
        self.films.shut_down()
        self.hovering.shut_down()
        self.landscape.shut_down()
        self.history.shut_down()
        self.values.shut_down()
        self.walking.shut_down()
