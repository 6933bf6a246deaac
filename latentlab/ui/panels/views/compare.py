"""Two models at one cursor: their maps side by side, below them what each makes of the same image or place."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from latentlab.core.arrays import Position
from latentlab.core.fields.gaps import Gaps
from latentlab.core.map.comparability import Figure
from latentlab.core.map.comparing import Beside
from latentlab.core.map.results import DataPoint, Decoded, ImageLosses, MapPoints
from latentlab.core.models.facts import ModelFacts
from latentlab.ui.canvas.latent_canvas import LatentCanvas
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.images.model_card import ModelCard
from latentlab.ui.widgets.lines import LinesPanel, Pages
from latentlab.ui.widgets.view_panel import ViewPanel

translate = QCoreApplication.translate

_SMALL, _LARGE = 96, 200  # sides of the images, in pixels


class ComparePanel(ViewPanel):
    """Shows the model explored at the left and a second one at the right; asks for a second where there is none.

    It asks no question of the one model, as other views do: what it shows comes from the comparison.
    """

    looked_at = Signal(bool)
    open_requested = Signal()
    keep_requested = Signal()
    meeting_chosen = Signal(str)
    """Meet at the same ``"image"``, or at the same ``"place"``."""

    NAME = "compareView"

    @staticmethod
    def words() -> tuple[str, str]:
        """Name the view, and say what it shows."""
        return (
            translate("ComparePanel", "Compare"),
            translate(
                "ComparePanel",
                "Two models at one cursor: what each makes of the same image, or of the same coordinates.",
            ),
        )

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._meeting = "image"
        self._unseen: MapPoints | None = None  # the first map, where it came while nobody looked
        self._first_classes: tuple[str, ...] | None = None
        self._second_classes: tuple[str, ...] | None = None
        self._point: DataPoint | None = None
        self._decoded: Decoded | None = None
        self._beside: Beside | None = None
        self._first_named: tuple[str, str, Figure | None] = ("", "", None)
        self._second_named = self._first_named
        self._why_no_nats = self._why_no_tests = ""
        self.first, self.second = LatentCanvas(is_narrow=True), LatentCanvas(is_narrow=True)
        self.first.setObjectName("compareFirstCanvas")
        self.first.setAccessibleName(self.tr("Map of the first model"))
        self.second.setObjectName("compareSecondCanvas")
        self.second.setAccessibleName(self.tr("Map of the second model"))
        # One legend, at the right, is for both maps as long as their classes are the same.
        self.second.legend.toggled.connect(self.first.set_class_visible)
        self.second.legend.isolated.connect(self.first.isolate_class)
        self._fill_bar()
        self.set_content(self._make_content())
        self.show_second(None)

    def question(self) -> None:
        """Ask nothing."""
        return

    def set_model(self, facts: ModelFacts | None) -> None:
        """Show the maps where there is a model."""
        super().set_model(facts)
        if facts is not None:
            self.show_answer(None)

    # What it shows

    @Slot(object)
    def show_first(self, points: MapPoints | None) -> None:
        """Show the first model's map, once somebody looks: of a million points it takes a frame or more."""
        self._unseen = None
        if points is None:
            self.first.clear_points()
        elif self.isVisible():
            self.first.set_points(points)
        else:
            self._unseen = points
        self._first_classes = None if points is None else points.class_names
        self._place_legend()

    @Slot(object)
    def show_second(self, points: MapPoints | None) -> None:
        """Show the second model's map, or how to get one."""
        self._right.setCurrentIndex(0 if points is None else 1)
        self._second_classes = None if points is None else points.class_names
        self._second_card.setVisible(points is not None)
        for widget in (self._meeting_box, self._gaps):
            widget.setEnabled(points is not None)
        if points is not None:
            self.second.set_points(points)
        self._place_legend()

    @Slot(str, bool)
    def show_meeting(self, meeting: str, shares_images: bool) -> None:
        """Show where the models meet; at an image only where both maps have it."""
        self._meeting = meeting
        with QSignalBlocker(self._meeting_box):
            self._meeting_box.setCurrentIndex(self._meeting_box.findData(meeting))
        self._meeting_box.model().item(0).setEnabled(shares_images)
        self._show_cursor()

    @Slot(bool, bool)
    def set_can_keep(self, can: bool, is_before: bool) -> None:
        """Offer to keep the current run, or the one before the training that goes on."""
        text = self.tr("Keep the run before this training") if is_before else self.tr("Keep this run as the second")
        self._keep.setText(text)
        self._keep_action.setText(text)
        self._keep.setEnabled(can)
        self._keep_action.setEnabled(can)

    @Slot(str, str, object)
    def name_first(self, title: str, name: str, figure: Figure | None) -> None:
        """Name the first model."""
        self._first_named = (title, name, figure)
        self._show_names()

    @Slot(str, str, object)
    def name_second(self, title: str, name: str, figure: Figure | None) -> None:
        """Name the second model."""
        self._second_named = (title, name, figure)
        self._show_names()

    @Slot(str, str)
    def show_judgement(self, why_no_nats: str, why_no_tests: str) -> None:
        """Leave out what may not be compared, and say why; empty sentences where nothing is wrong."""
        self._why_no_nats, self._why_no_tests = why_no_nats, why_no_tests
        self._show_names()
        self._show_cursor()

    @Slot(object)
    def set_pick(self, position: Position | None) -> None:
        """Put the cursor on the first map."""
        self.first.set_pick(position)

    @Slot(object)
    def show_point(self, point: DataPoint | None) -> None:
        """Show an image of the data as the first model rebuilds it."""
        self._point = point
        self._show_cursor()

    @Slot(object)
    def show_decoded(self, decoded: Decoded | None) -> None:
        """Show what the first model decodes."""
        self._decoded = decoded
        self._show_cursor()

    @Slot(object)
    def show_beside(self, beside: Beside | None) -> None:
        """Show what the second model makes of the cursor."""
        self._beside = beside
        self.second.set_pick(None if beside is None else beside.position)
        self._show_cursor()

    @Slot(bool)
    def set_waiting_for_second(self, is_waiting: bool) -> None:
        """Say that what the second model makes of the cursor is on its way."""
        self._second_card.image.set_waiting(is_waiting)

    @Slot(bool)
    def set_waiting_for_first(self, is_waiting: bool) -> None:
        """Say that what the first model makes of the cursor is on its way."""
        self._first_card.image.set_waiting(is_waiting)

    @Slot(object)
    def show_first_gaps(self, gaps: Gaps | None) -> None:
        """Shade the first map."""
        self.first.field.set_field(gaps)
        self._first_card.show_share(None if gaps is None else gaps.share)

    @Slot(object)
    def show_second_gaps(self, gaps: Gaps | None) -> None:
        """Shade the second map."""
        self.second.field.set_field(gaps)
        self._second_card.show_share(None if gaps is None else gaps.share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show images as large as the maps can spare room."""
        super().resizeEvent(event)
        side = min(max(_SMALL, event.size().height() // 5 - 10), _LARGE)
        for card in (self._first_card, self._second_card):
            card.set_side(side)
        self._original.setFixedSize(side, side)

    def showEvent(self, event: QShowEvent) -> None:
        """Say that the second model is looked at."""
        super().showEvent(event)
        if self._unseen is not None:
            self.first.set_points(self._unseen)
            self._unseen = None
        self._show_cursor()
        self.looked_at.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that nobody looks any more."""
        self.looked_at.emit(False)
        super().hideEvent(event)

    # Its parts

    def _fill_bar(self) -> None:
        self._meeting_box = QComboBox(objectName="compareMeetingBox", accessibleName=self.tr("Where the models meet"))
        self._meeting_box.setToolTip(self.tr("What the two cursors have in common: the image, or the coordinates"))
        self._meeting_box.addItem(self.tr("at the same image"), "image")
        self._meeting_box.addItem(self.tr("at the same coordinates"), "place")
        self._meeting_box.currentIndexChanged.connect(self._choose_meeting)
        self._gaps = bar_button(self.tr("Gaps"), name="compareGapsButton")
        self._gaps.setToolTip(
            self.tr(
                "Shade the places whose decoded image the encoder would put elsewhere, by how far in radii of the map; "
                "from half a radius on a place counts as a gap"
            )
        )
        self._gaps.setCheckable(True)
        self._gaps.toggled.connect(self._toggle_gaps)
        menu = QMenu(self)
        self._open_action = QAction(self.tr("Open a second run…"), menu)
        self._open_action.triggered.connect(self.open_requested)
        self._keep_action = QAction(menu)
        self._keep_action.triggered.connect(self.keep_requested)
        menu.addActions([self._open_action, self._keep_action])
        second = bar_button(self.tr("Second run ▾"), name="compareSecondButton")
        second.setToolTip(self.tr("Put another model at the right"))
        second.setMenu(menu)
        second.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for widget in (self._meeting_box, self._gaps, second):
            self.bar.addWidget(widget)

    def _make_content(self) -> QWidget:
        self._right = Pages()
        self._right.addWidget(self._make_invitation())
        self._right.addWidget(self.second)
        self._first_card, self._second_card = ModelCard(is_left=True), ModelCard(is_left=False)
        self._first_card.image.setObjectName("compareFirstImage")
        self._first_card.image.setAccessibleName(self.tr("Image of the first model"))
        self._second_card.image.setObjectName("compareSecondImage")
        self._second_card.image.setAccessibleName(self.tr("Image of the second model"))
        self._original = ImageView()
        self._original.setObjectName("compareOriginalImage")
        self._original.setAccessibleName(self.tr("The image itself"))
        self._original.setToolTip(self.tr("The image, as it is in the data"))
        policy = self._second_card.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the first one stays below its map
        self._second_card.setSizePolicy(policy)
        cards = row((self._first_card, 1), self._original, (self._second_card, 1), margins=(8, 0, 8, 0), spacing=8)
        content = QWidget()
        layout = QGridLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(0)
        layout.addWidget(self.first, 0, 0)
        layout.addWidget(self._right, 0, 1)
        layout.addLayout(cards, 1, 0, 1, 2)
        layout.setRowStretch(0, 1)
        for half in (0, 1):
            layout.setColumnStretch(half, 1)
        return content

    def _make_invitation(self) -> QWidget:
        hint = plain_label(
            self.tr("Put a second model beside this one: the same images on both maps, one cursor, both decodings."),
            alignment=Qt.AlignmentFlag.AlignCenter,
            wordWrap=True,
        )
        self._open = QPushButton(self.tr("Open a second run…"), objectName="compareOpenButton")
        self._open.clicked.connect(self.open_requested)
        self._keep = QPushButton(objectName="compareKeepButton")
        self._keep.setToolTip(self.tr("It stays here while you train or open another one"))
        self._keep.clicked.connect(self.keep_requested)
        self.set_can_keep(False, False)
        invitation = LinesPanel()
        buttons = ((button, 0, Qt.AlignmentFlag.AlignCenter) for button in (self._open, self._keep))
        column(STRETCH, hint, 8, *buttons, STRETCH, margins=(24, 0, 24, 0), on=invitation)
        return invitation

    def _place_legend(self) -> None:
        self.first.set_legend_shown(self._first_classes != self._second_classes)

    def _show_cursor(self) -> None:
        """Put the three images in their places, once somebody looks."""
        if not self.isVisible():
            return
        point, decoded, beside = self._point, self._decoded, self._beside
        by_image = self._meeting == "image" and point is not None
        if by_image:
            self._first_card.show_image(point.reconstruction, self._figure(point.losses), point.psnr)
        else:
            self._first_card.show_image(None if decoded is None else decoded.image)
        if beside is None:
            self._second_card.show_image(None)
        else:
            self._second_card.show_image(beside.image, self._figure(beside.losses), beside.psnr, beside.label)
        self._original.setVisible(by_image)
        self._original.set_pixels(point.image if by_image else None)
        self.caption.setText(self._hint())

    def _hint(self) -> str:
        if self._right.currentIndex() == 0:
            return ""
        if self._meeting == "image" and self._point is None:
            return self.tr("Click on a map, or drag: the cursor meets the nearest image on both.")
        if self._meeting == "place" and self._decoded is None:
            return self.tr("Click on a map, or drag: the cursor is at the same coordinates on both.")
        return self._why_no_tests  # which says it where no nats are compared at all

    def _figure(self, losses: ImageLosses | None) -> Figure | None:
        """Give what an image costs, where that may be compared."""
        return None if self._why_no_nats else Figure.of(losses)

    def _show_names(self) -> None:
        for card, (title, name, figure) in (
            (self._first_card, self._first_named),
            (self._second_card, self._second_named),
        ):
            card.name(title, name, None if self._why_no_tests else figure)

    def _choose_meeting(self) -> None:
        self.meeting_chosen.emit(self._meeting_box.currentData())

    def _toggle_gaps(self, is_on: bool) -> None:
        for canvas in (self.first, self.second):
            canvas.field.set_on(is_on)
        if not is_on:
            self._first_card.show_share(None)
            self._second_card.show_share(None)
