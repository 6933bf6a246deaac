"""What is looked at beside the map: the decoded pick, the image behind a point, and the drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from latentlab.core.map.map_update import MapUpdate
from latentlab.core.map.requirements import has_table
from latentlab.core.map.results import DataPoint, Sketched
from latentlab.core.map.true_posterior import Found
from latentlab.core.sketch.ground import are_drawings, ground_of
from latentlab.ui.panels.data_point import DataPointPanel
from latentlab.ui.panels.decoder import DecoderPanel
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.session.restoration import Restoration
from latentlab.ui.session.session import Session
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.menus import Menus

if TYPE_CHECKING:
    from latentlab.core.data.image_set import ImageSet
    from latentlab.core.models.snapshot import Snapshot

translate = QCoreApplication.translate


def join_decoder(session: Session, panel: DecoderPanel) -> None:
    """Decode what is picked."""
    exploration = session.exploration

    def show_model(snapshot: Snapshot | None) -> None:
        if snapshot is None:
            panel.clear_model()
        else:
            panel.set_model(snapshot.latent, snapshot.class_names, snapshot.uses_labels)

    panel.temperature_changed.connect(exploration.set_temperature)
    panel.label_changed.connect(exploration.set_label)
    panel.noise_requested.connect(exploration.draw_noise)
    panel.prior_requested.connect(exploration.sample_prior)
    panel.sample_picked.connect(exploration.pick_sample)
    panel.dimension_changed.connect(exploration.set_dimension)
    exploration.model_changed.connect(show_model)
    exploration.decoded.connect(panel.show_decoded)
    exploration.decoding_changed.connect(panel.set_waiting)
    exploration.label_changed.connect(panel.set_label)
    show_model(None)


def join_damage(restoration: Restoration, panel: DecoderPanel) -> None:
    """Damage what is looked at, and show what is restored of it."""
    panel.damage_asked.connect(restoration.ask)
    restoration.damage_changed.connect(panel.show_damage)
    restoration.restored.connect(panel.show_restored)
    restoration.waiting_changed.connect(panel.set_restoring)


def join_data_point(session: Session, panel: DataPointPanel) -> None:
    """Show the image of the point that was picked, beside what is rebuilt of it."""
    exploration, selection = session.exploration, session.selection

    def show_model(snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            panel.set_class_count(len(snapshot.class_names))

    def show_point(point: DataPoint | None) -> None:
        panel.show_point(point, are_loading=session.library.is_loading())

    def show_figures(found: Found | None) -> None:
        """Tell them of the image that the panel shows, and of no drawing."""
        is_shown = found is not None and found.subject.kind == "point"
        names = found.snapshot.class_names if found is not None and found.snapshot.uses_labels else ()
        panel.figures.show_figures(found if is_shown else None, names)

    panel.toggled.connect(selection.toggle)
    session.map.true_posteriors.measured.connect(show_figures)
    exploration.model_changed.connect(show_model)
    exploration.pointed.connect(show_point)
    exploration.describing_changed.connect(panel.set_waiting)
    selection.changed.connect(panel.set_selected)


def join_sketch(session: Session, panel: SketchPanel, menus: Menus, dialogs: FileDialogs) -> None:
    """Show beside the pad what the model makes of a drawing, on paper like its images."""
    exploration, library = session.exploration, session.library
    class_names: tuple[str, ...] = ()

    def show_model(snapshot: Snapshot | None) -> None:
        nonlocal class_names
        class_names = () if snapshot is None else snapshot.class_names
        panel.set_hint(translate("Sketch", "Train or open a model first, then draw.") if snapshot is None else "")

    def show_sketch(sketched: Sketched | None) -> None:
        panel.show_sketched(sketched, class_names)

    def show_paper(update: MapUpdate | None) -> None:
        panel.set_can_ask(update is not None and has_table(update.snapshot))
        if update is not None:
            panel.set_paper(update.preparation.paper)
            panel.pad.set_hint(_invitation(update.snapshot.class_names, update.preparation.are_drawings))

    def show_images(data: ImageSet) -> None:
        """Speak of the images that are chosen, until there is a model of some."""
        if exploration.shown is None:
            panel.pad.set_hint(_invitation(data.class_names, are_drawings(ground_of(data.train_images[:100].numpy()))))

    panel.sketched.connect(exploration.set_sketch)
    panel.decoder_asked.connect(exploration.ask_decoder)
    panel.open_requested.connect(lambda: dialogs.open("sketchPicture", panel.pad.open))
    panel.cleared.connect(exploration.clear_sketch)
    panel.label_chosen.connect(exploration.set_label)
    panel.neighbour_picked.connect(exploration.pick_point)
    menus["clearSketch"].triggered.connect(panel.pad.clear)
    exploration.model_changed.connect(show_model)
    exploration.shown_changed.connect(show_paper)
    library.loaded.connect(show_images)
    exploration.sketched.connect(show_sketch)
    exploration.reading_changed.connect(panel.set_waiting)
    show_model(None)


def _invitation(class_names: tuple[str, ...], are_drawings: bool) -> str:
    """Give what blank paper says, by the names of the images' classes."""
    if not are_drawings:
        return translate("Sketch", "Draw here, or paste, drop or open a picture")
    if class_names and all(name.isdecimal() and len(name) == 1 for name in class_names):
        return translate("Sketch", "Draw a digit here")
    if class_names and all(len(name) == 1 for name in class_names):
        return translate("Sketch", "Draw a character here")
    return translate("Sketch", "Draw here")
