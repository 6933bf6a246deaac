"""The film of a walk: scrubbed, played back and forth, and saved; of an arrow also what it adds to which image."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QMenu,
    QSpinBox,
    QToolButton,
    QWidget,
)

from latentlab.core.models.facts import ModelFacts
from latentlab.core.views.walk import Walk, WalkPlan
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.images.equation import Equation
from latentlab.ui.widgets.images.film_strip import FilmStrip
from latentlab.ui.widgets.images.player import BackAndForth
from latentlab.ui.widgets.lines import LinesPanel, Pages

_HEIGHT = 152


class WalkPanel(LinesPanel):
    """Shows the film that it is given, and tells which frame a person wants to see.

    Attributes
    ----------
    title : str
        Of its tab.
    """

    frame_chosen = Signal(int, int)
    """Show this film and frame: the mouse, a key or the player is on it."""
    steps_changed = Signal(int)
    each_label_changed = Signal(bool)
    geodesic_changed = Signal(bool)
    forget_requested = Signal()
    save_requested = Signal(object, float, str)
    """Save float32 (R, S, C, H, W), at so many frames per second; the name is a suggestion."""
    cancel_requested = Signal()
    """Give up the film that is being saved."""
    point_picked = Signal(int)
    looked_at = Signal(bool)
    """Whether it can be seen."""

    def __init__(self, steps: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("walkPanel")
        self.title = self.tr("Walk")
        self._walk: Walk | None = None
        self._is_bending = False
        self._pace = BackAndForth(self)
        self._pace.moved.connect(self._play_on)
        self._strip = FilmStrip()
        self._strip.setObjectName("filmStrip")
        self._strip.setAccessibleName(self.tr("Film of the walk"))
        self._strip.setToolTip(
            self.tr("Drag over the frames, or use the arrow keys: the frame is picked on the map. Space plays.")
        )
        self._strip.frame_chosen.connect(self._choose)
        self._equation = Equation("")
        self._equation.setObjectName("walkEquation")
        self._equation.setAccessibleName(self.tr("B − A + C"))
        self._equation.setToolTip(
            self.tr("What leads from A to B, added to C; and the image of the data nearest to it")
        )
        self._equation.picked.connect(self._pick_term)
        self._message = plain_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._message.setObjectName("walkMessage")
        self._message.setMargin(8)
        film = QWidget()
        row((self._equation, 1), (self._strip, 1), margins=(8, 0, 8, 0), spacing=8, on=film)
        self._stack = Pages()
        self._stack.addWidget(self._message)
        self._stack.addWidget(film)
        layout = column(self._bar(steps), margins=(0, 4, 0, 4), spacing=4, on=self)
        self.show_progress(1.0)  # now that they lie in the panel: shown by itself a button is a window
        layout.addWidget(self._stack, 1)
        self.set_model(None)
        self.set_plan(None)
        self._play(False)
        self._size()

    def sizeHint(self) -> QSize:
        """Leave most of the height to the map."""
        return QSize(super().sizeHint().width(), _HEIGHT)

    # What it shows

    @Slot(object)
    def set_model(self, facts: ModelFacts | None) -> None:
        """Offer what fits a kind of model."""
        self._each.setVisible(facts is not None and facts.uses_labels)

    @Slot(object)
    def set_plan(self, plan: WalkPlan | None) -> None:
        """Say what to do while there is no walk."""
        self._forget.setEnabled(plan is not None)
        self._geodesic.setEnabled(plan is None or plan.kind != "arrow")
        if plan is None:
            self._show_text(
                self.tr(
                    "Path (W): draw on the map, or click way-points and end with a double click. "
                    "Arrow (A): drag it from A to B, then put its tail elsewhere."
                )
            )

    @Slot(bool)
    def show_bending(self, goes_on: bool) -> None:
        """Say that a geodesic is being looked for."""
        self._is_bending = goes_on
        self._tell_lengths()

    @Slot(object)
    def show_walk(self, walk: Walk) -> None:
        """Show a film, at the place at which the one before was."""
        (row, column), (_, before), count = self._strip.frame(), self._strip.cells(), len(walk.codes)
        self._walk = walk
        self._strip.set_films(walk.images, walk.row_names)
        if before > 1 and count != before:
            self._strip.set_frame(row, round(column / (before - 1) * (count - 1)))
        self._pace.count = count
        self._equation.setVisible(walk.sum is not None)
        if walk.sum is not None:
            names = ("B", "A", "C", self.tr("decoded"), self.tr("nearest"))
            self._equation.set_terms(walk.sum.images, names)
        self._stack.setCurrentIndex(1)
        for widget in (self._play_button, self._save):
            widget.setEnabled(True)
        self._tell_place()
        self._tell_lengths()

    @Slot(str)
    def show_problem(self, sentence: str) -> None:
        """Say in place of a film why there is none."""
        self._show_text(sentence)

    @Slot(float)
    def show_progress(self, share: float) -> None:
        """Tell how much of a film is saved; all of it, or nothing to save, hides it again."""
        is_saving = share < 1
        self._cancel.setText(self.tr("Cancel ({share} %)").format(share=round(100 * share)))
        self._cancel.setVisible(is_saving)
        for widget in (self._save, self._forget):
            widget.setVisible(not is_saving)

    def walk(self) -> Walk | None:
        """Give the film that is shown."""
        return self._walk

    def frame(self) -> tuple[int, int]:
        """Give the film and the frame that are shown."""
        return self._strip.frame()

    @Slot()
    def pause(self) -> None:
        """Play no more."""
        self._play_button.setChecked(False)

    # Qt's events

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        if event.type() == QEvent.Type.FontChange:
            self._size()
        super().changeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Play, or pause, with the space bar."""
        if event.key() == Qt.Key.Key_Space and self._play_button.isEnabled():
            self._play_button.toggle()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Have a film made while it is seen."""
        super().showEvent(event)
        self.looked_at.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Rest while nobody looks."""
        self.pause()
        self.looked_at.emit(False)
        super().hideEvent(event)

    # Inner workings

    def _size(self) -> None:
        """Let what is beside them lie still while the film plays."""
        wide = self.fontMetrics().horizontalAdvance
        self._play_button.setMinimumWidth(max(map(wide, (self.tr("⏸ Pause"), self.tr("▶ Play")))) + 12)
        self._place.setMinimumWidth(wide("888 / 888"))

    def _bar(self, steps: int) -> Flow:
        self._play_button = bar_button("", self.tr("Play the film back and forth (Space)"), "walkPlayButton")
        self._play_button.setCheckable(True)
        self._play_button.toggled.connect(self._play)
        self._place = plain_label()
        self._place.setObjectName("walkPlace")
        self._steps = QSpinBox(minimum=2, maximum=240, value=steps)
        self._steps.setObjectName("walkStepsBox")
        self._steps.setSuffix(self.tr(" frames"))
        self._steps.setAccessibleName(self.tr("Frames"))
        self._steps.setToolTip(self.tr("Frames of the film, at equal steps along the walk"))
        self._steps.valueChanged.connect(self.steps_changed)
        self._speed = QSpinBox(minimum=1, maximum=60, value=12)
        self._speed.setObjectName("walkSpeedBox")
        self._speed.setSuffix(self.tr(" / s"))
        self._speed.setAccessibleName(self.tr("Frames a second"))
        self._speed.setToolTip(self.tr("How many frames are played in a second, here and in a saved film"))
        self._speed.valueChanged.connect(self._set_speed)
        self._set_speed()
        self._each = QCheckBox(self.tr("each label"))
        self._each.setObjectName("walkEachLabelBox")
        self._each.setToolTip(self.tr("The film once for each label, below each other"))
        self._each.toggled.connect(self.each_label_changed)
        self._geodesic = QCheckBox(self.tr("geodesic"))
        self._geodesic.setObjectName("walkGeodesicBox")
        self._geodesic.setToolTip(
            self.tr(
                "From way-point to way-point along the line whose decoded images change least, at equal steps of the "
                "images (Arvanitidis, Hansen and Hauberg 2018; Shao, Kumar and Fletcher 2018). The straight line is "
                "shown until it is found; arrows stay straight"
            )
        )
        self._geodesic.toggled.connect(self.geodesic_changed)
        self._lengths = plain_label()
        self._lengths.setObjectName("walkLengths")
        self._lengths.setToolTip(
            self.tr(
                "Lengths of the curves of decoded images, in pixels: one that turns from black to white is 1; of a "
                "film with a row for each label over all rows together"
            )
        )
        self._save = bar_button(self.tr("Export"), self.tr("Save the film"), "walkExportButton")
        self._save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._save)
        for ending, text in (
            ("png", self.tr("Strip of frames (PNG)…")),
            ("gif", self.tr("Animation, back and forth (GIF)…")),
            ("mp4", self.tr("Video, back and forth (MP4)…")),
        ):
            menu.addAction(text).setData(ending)
        menu.triggered.connect(lambda action: self._request_save(action.data()))
        self._save.setMenu(menu)
        self._cancel = bar_button("", self.tr("The film is being saved: give it up"), "walkCancelButton")
        self._cancel.clicked.connect(self.cancel_requested)
        self._forget = bar_button(self.tr("Clear"), self.tr("Forget the walk (Esc on the map)"), "walkForgetButton")
        self._forget.clicked.connect(self.forget_requested)
        film = (self._play_button, self._place, self._steps, self._speed, self._each, self._geodesic, self._lengths)
        return Flow(*film, STRETCH, self._cancel, self._save, self._forget, margins=(8, 0, 8, 0), spacing=6)

    def _show_text(self, sentence: str) -> None:
        self._walk = None
        self._message.setText(sentence)
        self._stack.setCurrentIndex(0)
        self.pause()
        for widget in (self._play_button, self._save):
            widget.setEnabled(False)
        self._strip.set_films(np.empty((0, 0, 1, 1), np.float32))
        self._tell_place()
        self._tell_lengths()

    @Slot(bool)
    def _play(self, wanted: bool) -> None:
        self._play_button.setText(self.tr("⏸ Pause") if wanted else self.tr("▶ Play"))
        if wanted:
            self._pace.start()
        else:
            self._pace.stop()

    @Slot()
    def _set_speed(self) -> None:
        self._pace.setInterval(round(1000 / self._speed.value()))

    @Slot(int)
    def _play_on(self, place: int) -> None:
        self._go_to(self._strip.frame()[0], place)

    @Slot(int, int)
    def _choose(self, row: int, column: int) -> None:
        self.pause()
        self._go_to(row, column)

    def _go_to(self, row: int, column: int) -> None:
        self._strip.set_frame(row, column)
        self._tell_place()
        self.frame_chosen.emit(*self._strip.frame())

    def _tell_place(self) -> None:
        column, count = self._strip.frame()[1], self._strip.cells()[1]
        self._pace.place = column
        self._place.setText(self.tr("{n} / {count}").format(n=column + 1, count=count) if count else "")

    def _tell_lengths(self) -> None:
        """Say how long the geodesic is, and the line that it takes the place of."""
        walk = self._walk
        if walk is None or walk.way is None:
            text = self.tr("looking for it…") if self._is_bending else ""
        elif walk.plan.kind == "drawn":
            text = self.tr("{n:.1f} px, as drawn {other:.1f} px").format(n=walk.way.length, other=walk.way.straight)
        else:
            text = self.tr("{n:.1f} px, straight {other:.1f} px").format(n=walk.way.length, other=walk.way.straight)
        self._lengths.setText(text)
        self._lengths.setVisible(bool(text))

    @Slot(int)
    def _pick_term(self, index: int) -> None:
        walk = self._walk
        if walk is None or walk.sum is None:
            return
        b_a_c = [walk.plan.stops[place] for place in (1, 0, 2)]
        row = walk.sum.nearest if index == 4 else b_a_c[index] if index < 3 else None
        if isinstance(row, int):
            self.point_picked.emit(row)
        elif index == 3:
            self._choose(self._strip.frame()[0], len(walk.codes) - 1)

    def _request_save(self, ending: str) -> None:
        if self._walk is not None:
            self.save_requested.emit(self._walk.images, float(self._speed.value()), f"walk.{ending}")
