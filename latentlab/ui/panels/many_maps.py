"""Two to nine maps beside each other, with one cursor and one selection, and what the runs disagree about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QStackedWidget, QWidget

from latentlab.core.arrays import Floats, Integers, Position
from latentlab.core.map.many_maps import MOST_DISPUTED, MOST_MAPS, Disagreement, ManyMaps, OneOfMany
from latentlab.core.map.results import MapPoints
from latentlab.ui.canvas.cards.value_scale import ValueScale
from latentlab.ui.canvas.run_map import RunMap
from latentlab.ui.style import theme
from latentlab.ui.style.looks import scaled
from latentlab.ui.style.run_colours import run_colour
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.bar_button import bar_button
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.class_key import ClassKey
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.images.image_view import ImageView

_SCALE = 190, 90  # pixels, in text of common size: the scale of values
_ORIGINAL = 56  # pixels


class ManyMapsPanel(QWidget):
    """Shows the maps that it is told, and emits what a person does on any of them by its place, counted from 0."""

    looked_at = Signal(bool)
    picked_at = Signal(int, float, float)
    """A map, and a place on it: move the cursor there."""
    point_toggled = Signal(int, int)
    """A map, and a row of its images: select it, or do so no longer."""
    area_drawn = Signal(str, int, object)
    """What to do with images of a map, ``"select"``, ``"add"`` or ``"remove"``, and which: int64 (K,) of its rows."""
    hovered = Signal(int, int)
    """A map, and the row of the image that the mouse rests on; -1 for none."""
    image_picked = Signal(int)
    """One of the shared images."""
    align_wanted = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("manyMaps")
        self._runs: Mapping[Path, tuple[int, str]] = {}  # place among those that are compared, and name
        self._paths: tuple[Path, ...] = ()
        self._maps = ManyMaps((), 0)
        self._is_aligned = False
        self._left_out = 0
        self._disagreement: Disagreement | None = None
        self._picked: Path | None = None
        self.cells: list[RunMap] = []
        self._nothing = plain_label(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True, objectName="manyMapsMessage")
        self._nothing.setMargin(24)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(4, 0, 4, 0)
        self._grid.setSpacing(4)
        maps = QWidget()
        maps.setLayout(self._grid)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._nothing)
        self._pages.addWidget(maps)
        self._notes = plain_label(wordWrap=True, role=theme.MUTED, objectName="manyMapsNotes")
        bottom = row(self._notes, margins=(8, 0, 8, 6))
        column(self._make_bar(), (self._pages, 1), self._make_foot(), bottom, spacing=4, on=self)
        self._nothing.setText(self.tr("Choose two runs or more to see their maps beside each other."))

    def _make_bar(self) -> Flow:
        self._align = bar_button(self.tr("Align"), name="alignMapsButton")
        self._align.setCheckable(True)
        self._align.setToolTip(
            self.tr(
                "Turn, mirror and shift each map so that the images that it shares with the first one come as near to "
                "their places there as they can (orthogonal Procrustes; Schönemann, 1966); nothing is stretched"
            )
        )
        self._align.toggled.connect(self.align_wanted)
        self._lasso = bar_button(self.tr("Lasso"), name="lassoMapsButton")
        self._lasso.setCheckable(True)
        self._lasso.setToolTip(
            self.tr("Select images by a line drawn around them, on any map; with Shift add them, with Alt remove them")
        )
        self._lasso.toggled.connect(self._take_lasso)
        self._colour = QComboBox(objectName="mapsColourBox")
        self._colour.setAccessibleName(self.tr("Colour by"))
        self._colour.addItem(self.tr("by class"), "class")
        self._colour.addItem(self.tr("by disagreement"), "disagreement")
        self._colour.setToolTip(self.tr("What the points of all maps are coloured by"))
        self._colour.currentIndexChanged.connect(self._paint)
        bar = Flow(self._align, self._lasso, self._colour, margins=(8, 6, 8, 0))
        self.key = ClassKey(bar, self)
        self.key.toggled.connect(self._show_class)
        self._scale = ValueScale(self)
        return bar

    def _make_foot(self) -> QHBoxLayout:
        self._original = ImageView(_ORIGINAL)
        self._original.setObjectName("manyMapsOriginal")
        self._original.setAccessibleName(self.tr("The image under the cursor"))
        self._original.setToolTip(self.tr("The image under the cursor, as it is in the data"))
        self._original.setFixedSize(_ORIGINAL, _ORIGINAL)
        self._most = ImageStrip(MOST_DISPUTED)
        self._most.setObjectName("mostDisputed")
        self._most.setAccessibleName(self.tr("Images that the runs disagree about most"))
        self._most.picked.connect(self._pick_disputed)
        self._about_most = plain_label(self.tr("Disagree\nmost about"), role=theme.MUTED)
        tip = self.tr(
            "How far the runs' reconstructions of an image are apart, each decoded at its own mean of the posterior: "
            "the root mean square, over pixels in [0, 1] and runs, of their differences from their mean"
        )
        self._about_most.setToolTip(tip)
        self._colour.setItemData(1, tip, Qt.ItemDataRole.ToolTipRole)
        return row(self._original, 8, self._about_most, (self._most, 1), self._scale, margins=(12, 0, 12, 0), spacing=8)

    # What it shows

    def set_runs(self, runs: Sequence[tuple[Path, str]]) -> None:
        """Take the runs that are compared, and what they are called."""
        self._runs = {path: (number, name) for number, (path, name) in enumerate(runs)}
        self._name()

    def set_left_out(self, count: int) -> None:
        """Say that so many runs have no room here."""
        self._left_out = count
        self._tell()

    def show_maps(self, paths: tuple[Path, ...], maps: ManyMaps, *, is_aligned: bool) -> None:
        """Show these maps of these runs."""
        is_anew = maps is not self._maps
        self._paths, self._maps, self._is_aligned = paths, maps, is_aligned
        for number in range(len(self.cells), len(maps.maps)):
            self._add(number)
        across = max(1, math.ceil(math.sqrt(len(maps.maps))) if len(maps.maps) != 3 else 3)
        for number, cell in enumerate(self.cells):
            self._grid.removeWidget(cell)
            cell.setVisible(number < len(maps.maps))
            if number < len(maps.maps):
                self._grid.addWidget(cell, number // across, number % across)
        for number in range(3):
            self._grid.setColumnStretch(number, int(number < across))
            self._grid.setRowStretch(number, int(number < -(-len(maps.maps) // across)))
        for cell, one in zip(self.cells, maps.maps, strict=False):
            cell.canvas.set_points(MapPoints.of(one.update, one.placed(is_aligned=is_aligned)))
            if is_anew:
                cell.canvas.show_all()
        if is_anew:
            names = [one.update.snapshot.class_names for one in maps.maps]
            self.key.set_classes(names[0] if names and all(each == names[0] for each in names) else ())
            self.show_followed(None, [])
        self._align.setEnabled(any(one.alignment is not None for one in maps.maps))
        self._name()
        self._paint()
        self._pages.setCurrentIndex(1 if maps.maps else 0)
        self._tell()

    def show_cursor(self, places: Sequence[Position | None]) -> None:
        """Put the cursor on each map; None where it does not show the image."""
        for cell, place in zip(self.cells, places, strict=False):
            cell.canvas.set_pick(place)

    def show_followed(self, image: Floats | None, reconstructions: Sequence[Floats | None]) -> None:
        """Show the image under the cursor, and what each model makes of it."""
        self._original.set_pixels(image)
        for number, cell in enumerate(self.cells):
            cell.show_image(reconstructions[number] if number < len(reconstructions) else None)

    @Slot(int)
    def show_hovered(self, number: int) -> None:
        """Put a ring around a shared image on every map; -1 for none."""
        for cell, one in zip(self.cells, self._maps.maps, strict=False):
            cell.ring([int(one.rows[number])] if number >= 0 and one.shares else [])

    @Slot(object)
    def show_selected(self, numbers: Integers) -> None:
        """Select shared images on every map, int64 (K,)."""
        for cell, one in zip(self.cells, self._maps.maps, strict=False):
            cell.canvas.set_selected(one.rows[numbers] if one.shares else np.empty(0, np.int64))

    @Slot(object)
    def show_judged(self, disagreement: Disagreement | None) -> None:
        """Show what the runs disagree about; None where nobody knows."""
        self._disagreement = disagreement
        self._most.set_images(None if disagreement is None else disagreement.images)
        values = () if disagreement is None else disagreement.values[disagreement.most].tolist()
        self._most.set_names([f"{value:.3f}" for value in values], captions=True)
        self._paint()

    @Slot(int)
    def frame_disputed(self, number: int) -> None:
        """Frame the image under the cursor, where it is among those that the runs disagree about most."""
        most = [] if self._disagreement is None else self._disagreement.most.tolist()
        self._most.set_framed(most.index(number) if number in most else None)

    @Slot(object)
    def set_picked(self, path: Path | None) -> None:
        """Single a run out."""
        self._picked = path
        for cell, its in zip(self.cells, self._paths, strict=False):
            cell.set_picked(its == path)

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Say that somebody looks."""
        super().showEvent(event)
        self.looked_at.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that nobody looks any more."""
        self.looked_at.emit(False)
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and hasattr(self, "_most"):
            self._name()
            self._paint()

    # Inner workings

    def _add(self, number: int) -> None:
        cell = RunMap(number)
        intents = cell.canvas.intents
        intents.picked_at.connect(partial(self.picked_at.emit, number))
        intents.point_toggled.connect(partial(self.point_toggled.emit, number))
        cell.lasso.drawn.connect(lambda mode, rows: self.area_drawn.emit(mode, number, rows))
        cell.lasso.point_toggled.connect(partial(self.point_toggled.emit, number))
        cell.canvas.point_hovered.connect(lambda at, _: self.hovered.emit(number, at))
        cell.select_by_area(self._lasso.isChecked())
        self.cells.append(cell)

    def _name(self) -> None:
        for cell, path, one in zip(self.cells, self._paths, self._maps.maps, strict=False):
            number, name = self._runs.get(path, (0, path.stem))
            cell.name(name, run_colour(number, len(self._runs)), *self._said_of(one))
            cell.set_picked(path == self._picked)

    def _said_of(self, one: OneOfMany) -> tuple[str, str]:
        if not one.shares:
            return self.tr("other images"), self.tr("It shows none of the first map's images: no cursor leads here")
        if not self._is_aligned or one is self._maps.maps[0]:
            return "", ""
        if one.alignment is None:
            return self.tr("not aligned"), self.tr("Its images, or those of the first map, lie all in one place")
        tip = self.tr(
            "What alignment leaves: the root mean square distance of the shared images from their places on the first "
            "map, as a share of their root mean square distance from its middle there"
        )
        return self.tr("residual {share:.2f}").format(share=one.alignment.residual), tip

    @Slot()
    def _paint(self) -> None:
        """Colour the points of all maps by the same, on one scale."""
        values = None
        if self._colour.currentData() == "disagreement" and self._disagreement is not None:
            values = self._maps.coloured(self._disagreement.values, self.tr("disagreement"))
        for number, cell in enumerate(self.cells[: len(self._maps.maps)]):
            cell.canvas.set_values(values[number] if values else None)
        self._scale.set_values(values[0] if values else None)
        self._scale.setFixedSize(self._scale.fit(scaled(_SCALE[0]), scaled(_SCALE[1])))
        self._scale.setVisible(values is not None)
        self.key.set_shown(values is None)
        is_known = self._disagreement is not None
        self._most.setVisible(is_known)
        self._about_most.setVisible(is_known)

    def _tell(self) -> None:
        said = []
        if self._left_out:
            text = self.tr("{n} maps at most have room here: {m:,} more runs are ticked. Untick some to see others.")
            said.append(text.format(n=MOST_MAPS, m=self._left_out))
        if self._maps.maps:
            text = self.tr("{n:,} images are shared: click or drag on any map, and the cursor meets one on all.")
            said.append(text.format(n=self._maps.shared))
        if self._is_aligned and any(one.update.snapshot.latent > 2 for one in self._maps.maps):
            said.append(self.tr("Maps of more than two dimensions are aligned as they are drawn, on their planes."))
        self._notes.setText(" ".join(said))

    @Slot(bool)
    def _take_lasso(self, is_on: bool) -> None:
        for cell in self.cells:
            cell.select_by_area(is_on)

    @Slot(int, bool)
    def _show_class(self, label: int, is_shown: bool) -> None:
        for cell in self.cells:
            cell.canvas.set_class_visible(label, is_shown)

    @Slot(int)
    def _pick_disputed(self, place: int) -> None:
        if self._disagreement is not None:
            self.image_picked.emit(int(self._disagreement.most[place]))
