"""The map and the views of a model as tabs; only the one that is looked at asks anything."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QTabWidget, QWidget

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.question import Answer
from latentlab.ui.panels.views.compare import ComparePanel
from latentlab.ui.panels.views.interpolations import ImagesPanel
from latentlab.ui.panels.views.manifold import ManifoldPanel
from latentlab.ui.panels.views.pca import BesidePcaPanel
from latentlab.ui.panels.views.posterior_samples import PosteriorSamplesPanel
from latentlab.ui.panels.views.posterior_scatter import DeviationsPanel
from latentlab.ui.panels.views.restored import RestoredPanel
from latentlab.ui.panels.views.samples import SamplesPanel
from latentlab.ui.panels.views.sensitivity import NudgesPanel
from latentlab.ui.panels.views.traversals import TraversalsPanel
from latentlab.ui.panels.views.units import UnitsPanel
from latentlab.ui.session.session import Session
from latentlab.ui.widgets.view_panel import ViewPanel


class ViewTabs(QTabWidget):
    """Holds the map as its first tab, and the views."""

    asked = Signal(object)  # Question, or None where the tab that is looked at asks nothing
    save_requested = Signal(QImage, str)

    picked_at = Signal(float, float)
    point_picked = Signal(int)

    def __init__(self, map_panel: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewTabs")
        self.setDocumentMode(True)
        self.setUsesScrollButtons(True)
        self.addTab(map_panel, self.tr("Map"))
        self.setTabToolTip(0, self.tr("Where the encoder puts the images: click to decode"))
        self.images, self.compare, self.traversals = ImagesPanel(), ComparePanel(), TraversalsPanel()
        for panel in (
            ManifoldPanel(),
            self.traversals,
            SamplesPanel(),
            self.images,
            self.compare,
            RestoredPanel(),
            UnitsPanel(),
            PosteriorSamplesPanel(),
            DeviationsPanel(),
            BesidePcaPanel(),
            NudgesPanel(),
        ):
            self._add(panel)
        self.currentChanged.connect(self._ask)

    def explore(self, session: Session) -> None:
        """Ask a session, and show what it answers."""
        views, choosing, images = session.views, session.choosing, self.images
        self.asked.connect(views.ask)
        self.picked_at.connect(session.exploration.pick)
        self.point_picked.connect(session.exploration.pick_point)
        self.traversals.code_picked.connect(session.exploration.pick_code)
        session.exploration.decoded.connect(self.traversals.set_decoded)
        session.exploration.pointed.connect(self.traversals.set_point)
        session.exploration.label_changed.connect(self.traversals.set_label)
        views.model_changed.connect(self.set_model)
        views.answered.connect(self.show_answer)
        views.refused.connect(self.show_problem)
        images.toggled.connect(choosing.toggle)
        images.swap_requested.connect(choosing.swap)
        images.clear_requested.connect(choosing.clear)
        images.train_requested.connect(session.chosen_images.train)
        choosing.changed.connect(lambda rows: images.set_chosen(rows, choosing.pictures(images.MOST)))

    @Slot(object)
    def set_model(self, facts: ModelFacts | None) -> None:
        """Fit all views to another kind of model."""
        for panel in self._views():
            panel.set_model(facts)
        self._ask()

    @Slot(object)
    def show_answer(self, answer: Answer) -> None:
        """Show an answer in the view that is looked at."""
        panel = self.currentWidget()
        if isinstance(panel, ViewPanel):
            panel.show_answer(answer)

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Say in the view that is looked at why there is no answer."""
        panel = self.currentWidget()
        if isinstance(panel, ViewPanel):
            panel.show_problem(sentence)

    def _add(self, panel: ViewPanel) -> None:
        index = self.addTab(panel, panel.title)
        self.setTabToolTip(index, panel.about)
        panel.asked.connect(self._pass_on)
        panel.save_requested.connect(self.save_requested)
        panel.picked_at.connect(self.picked_at)
        panel.point_picked.connect(self.point_picked)

    @Slot()
    def _ask(self) -> None:
        panel = self.currentWidget()
        self.asked.emit(panel.question() if isinstance(panel, ViewPanel) and panel.facts is not None else None)

    @Slot(object)
    def _pass_on(self, question: object) -> None:
        if self.sender() is self.currentWidget():
            self.asked.emit(question)

    def _views(self) -> list[ViewPanel]:
        return [panel for index in range(self.count()) if isinstance(panel := self.widget(index), ViewPanel)]
