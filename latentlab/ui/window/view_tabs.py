"""The map and the views of a model as tabs."""

from __future__ import annotations

from PySide6.QtWidgets import QTabWidget, QWidget

from latentlab.ui.panels.views.compare import ComparePanel
from latentlab.ui.panels.views.interpolations import InterpolationsPanel
from latentlab.ui.panels.views.manifold import ManifoldPanel
from latentlab.ui.panels.views.pca import BesidePcaPanel
from latentlab.ui.panels.views.posterior_samples import PosteriorSamplesPanel
from latentlab.ui.panels.views.posterior_scatter import DeviationsPanel
from latentlab.ui.panels.views.restored import RestoredPanel
from latentlab.ui.panels.views.samples import SamplesPanel
from latentlab.ui.panels.views.sensitivity import SensitivityPanel
from latentlab.ui.panels.views.traversals import TraversalsPanel
from latentlab.ui.panels.views.units import UnitsPanel
from latentlab.ui.widgets.view_panel import ViewPanel


class ViewTabs(QTabWidget):
    """Holds the map as its first tab, and the views.

    Attributes
    ----------
    views : tuple of ViewPanel
    images, compare, traversals : ViewPanel
        Those of the views that are joined to more than what they ask.
    """

    def __init__(self, map_panel: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewTabs")
        self.setDocumentMode(True)
        self.setUsesScrollButtons(True)
        self.addTab(map_panel, self.tr("Map"))
        self.setTabToolTip(0, self.tr("Where the encoder puts the images: click to decode"))
        self.interpolations, self.compare, self.traversals = InterpolationsPanel(), ComparePanel(), TraversalsPanel()
        self.views: tuple[ViewPanel, ...] = (
            ManifoldPanel(),
            self.traversals,
            SamplesPanel(),
            self.interpolations,
            self.compare,
            RestoredPanel(),
            UnitsPanel(),
            PosteriorSamplesPanel(),
            DeviationsPanel(),
            BesidePcaPanel(),
            SensitivityPanel(),
        )
        for panel in self.views:
            self.setTabToolTip(self.addTab(panel, panel.title), panel.about)

    def view(self) -> ViewPanel | None:
        """Give the view that is looked at; None where it is the map."""
        panel = self.currentWidget()
        return panel if isinstance(panel, ViewPanel) else None
