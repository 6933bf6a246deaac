"""What is in an image set, before one uses it: a contact sheet, what was read, and how it is brought to one size."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QWidget,
)

from latentlab.core.recipe.settings import LARGEST_SIDE, SMALLEST_SIDE, DataSettings
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.class_table import ClassTable
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard
from latentlab.ui.widgets.images.contact_sheet import ContactSheet
from latentlab.ui.widgets.lines import LinesPanel

if TYPE_CHECKING:  # it loads torch
    from latentlab.core.data.description import Description
    from latentlab.core.data.first_recipe import FirstRecipe

_SIDES = (28, 32, 64, 128)  # that are offered by themselves
_OWN = "own"


class ImagesPanel(QWidget):
    """Shows a set that is opened; asks for another size, for it to be used, and for it to be given up."""

    size_chosen = Signal(object, str)
    """Height and width, or None for as they are, and how images are brought to it: ``crop``, ``pad``, ``stretch``."""
    use_requested = Signal(bool)
    """Whether the recipe that is proposed is wanted with it."""
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_images = self._is_reading = self._is_problem = False
        self._title = _label("imagesTitle")
        self._path = _label("imagesPath")
        self._caption = _label("imagesCaption")
        self.sheet = ContactSheet()
        self.sheet.setObjectName("contactSheet")
        self.sheet.setAccessibleName(self.tr("Images as the model gets them"))
        # It takes what room there is: what it would like to have must not push the choices below out of sight.
        self.sheet.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._facts = _label("imagesFacts")
        self.classes = ClassTable()
        self._left_out = _label("imagesLeftOut")
        self._notes = _label("imagesNotes")
        self._choices = self._make_choices()
        self._recipe = QCheckBox(objectName="firstRecipeBox")
        self._why = _label("firstRecipeReason")
        self._sentence = _label("imagesMessage")
        self._problem = _label("imagesProblem")
        self._problem.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._content = QStackedWidget()
        self._progress = QProgressBar(objectName="imagesProgress", textVisible=False)
        self._progress.setAccessibleName(self.tr("Reading"))
        self._progress.setMaximumWidth(180)
        self._cancel = QPushButton(self.tr("Cancel"), objectName="imagesCancelButton")
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self.cancel_requested)
        self._use = QPushButton(self.tr("&Use these"), objectName="imagesUseButton")
        self._use.setDefault(True)
        self._use.clicked.connect(lambda: self.use_requested.emit(self._recipe.isChecked()))
        for label in (self._path, self._caption, self._why, self._sentence):
            label.setForegroundRole(theme.MUTED)
        self._problem.setForegroundRole(theme.WARNING)
        self._lay_out()
        self._dress()
        self._show_state()

    def show_opened(self, name: str, title: str, *, has_choices: bool) -> None:
        """Show that a set is being opened, nothing of which is known yet."""
        self._has_images = self._is_reading = False
        self._content.setCurrentIndex(0)
        self._title.setText(title)
        kind, _, path = name.partition(":")
        of_folder, of_file = self.tr("As they are, at most 64"), self.tr("As they are")
        with QSignalBlocker(self._size):
            self._size.setCurrentIndex(0)
        self._size.setItemText(0, of_folder if kind == "folder" else of_file)
        self._path.setText(path)
        self._path.setVisible(bool(path))
        self._choices.setVisible(has_choices)
        self.sheet.set_images(np.empty((0, 1, 1, 1), np.uint8))
        for text in (self._caption, self._facts, self._left_out, self._notes, self._why, self._sentence):
            text.clear()
        self.classes.hide()
        self._recipe.hide()
        self._show_state()

    def show_reading(self, settings: DataSettings) -> None:
        """Show that it is being read, as these settings of a recipe say."""
        self._is_reading = True
        self._content.setCurrentIndex(0)
        self._show_choices(settings)
        self._progress.setRange(0, 0)
        self._tell(self.tr("Reading …"))
        self.sheet.set_placeholder(self.tr("The first images appear here when all of them have been read."))
        self._show_state()

    def show_progress(self, done: int, total: int, text: str) -> None:
        """Show how far the reading is."""
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        self._tell(text)

    def show_images(
        self, found: Description, images: npt.NDArray[np.uint8], names: Sequence[str], first: FirstRecipe, in_force: str
    ) -> None:
        """Show what was read.

        Parameters
        ----------
        found : Description
        images : uint8 (N, C, H, W)
            For the contact sheet.
        names : sequence of str
            Of their classes.
        first : FirstRecipe
            The recipe to begin with.
        in_force : str
            The name of the recipe in force.
        """
        self._has_images, self._is_reading = True, False
        self._title.setText(found.title)
        count = self.tr("The first {n} training images, as the model gets them").format(n=len(images))
        self._caption.setText(count)
        self.sheet.set_images(images, names)
        if self._size.currentData() is None:  # one's own size begins with what they are
            _, height, width = found.shape
            with QSignalBlocker(self._width), QSignalBlocker(self._height):
                self._height.setValue(height)
                self._width.setValue(width)
        self._facts.setText("\n".join(self._facts_of(found)))
        self.classes.set_classes(found.class_names, found.class_counts)
        self.classes.setVisible(bool(found.class_names))
        left_out = [f"{reason}: {n:,}" for reason, n in found.left_out.items()]
        self._show_list(self._left_out, self.tr("Left out"), left_out)
        self._show_list(self._notes, self.tr("Worth knowing"), found.notes)
        self._show_first(first, in_force)
        self._tell("")
        self._show_state()
        if self.window().focusWidget() in (self._cancel, None):
            self._use.setFocus()

    def show_problem(self, sentence: str, settings: DataSettings | None) -> None:
        """Say why it could not be read; what was shown before, as these settings say, stays."""
        self._is_reading = False
        self.sheet.set_placeholder(self.tr("There is nothing to show."))
        if settings is not None:
            self._show_choices(settings)
        if self._has_images:
            self._tell(sentence, is_problem=True)
        else:
            self._tell("")
            self._problem.setText(sentence)
        self._show_state()
        self._content.setCurrentIndex(0 if self._has_images else 1)

    def sizeHint(self) -> QSize:
        """Prefer the room for eight images in a row, and for reading beside them."""
        return QSize(980, 660)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the font."""
        if event.type() == QEvent.Type.FontChange:
            self._dress()
        super().changeEvent(event)

    # Making

    def _make_choices(self) -> QWidget:
        self._size = QComboBox(objectName="imageSizeBox")
        self._size.setAccessibleName(self.tr("Size of the images"))
        self._size.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._size.addItem(self.tr("As they are"), None)
        for side in _SIDES:
            self._size.addItem(f"{side}×{side}", side)
        self._size.addItem(self.tr("Own size"), _OWN)
        self._size.setToolTip(
            self.tr("Pictures of a folder get the size that most of them have, at most 64 pixels along a side.")
        )
        self._size.currentIndexChanged.connect(self._change_size)
        # In the order of a recipe and of an array.
        self._height, self._width = (QSpinBox(objectName=name) for name in ("imageHeightBox", "imageWidthBox"))
        self._height.setSuffix(self.tr(" high"))
        self._width.setSuffix(self.tr(" wide"))
        self._own = QWidget()
        for box, name in ((self._height, self.tr("Height")), (self._width, self.tr("Width"))):
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.setRange(SMALLEST_SIDE, LARGEST_SIDE)
            box.setKeyboardTracking(False)  # a set is not read again at every digit
            box.valueChanged.connect(self._choose)
            WheelGuard(box)
        row(self._height, plain_label("×"), self._width, on=self._own)
        self._fit = QComboBox(objectName="imageFitBox")
        self._fit.setAccessibleName(self.tr("How images are brought to that size"))
        for text, fit in (
            (self.tr("Cover and crop"), "crop"),
            (self.tr("Fit and pad"), "pad"),
            (self.tr("Stretch"), "stretch"),
        ):
            self._fit.addItem(text, fit)
        self._fit.currentIndexChanged.connect(self._choose)
        for box in (self._size, self._fit):
            WheelGuard(box)
        choices = QWidget()
        size, fit = plain_label(self.tr("&Size")), plain_label(self.tr("&Brought to it by"))
        size.setBuddy(self._size)
        fit.setBuddy(self._fit)
        pairs = QWidget(), QWidget()
        row(size, self._size, self._own, on=pairs[0])
        row(fit, self._fit, on=pairs[1])
        column(Flow(*pairs, STRETCH, spacing=12), on=choices)
        return choices

    def _lay_out(self) -> None:
        facts = QWidget()
        told = (self._facts, self._left_out, self._notes, (self.classes, 1000))
        column(*told, STRETCH, margins=(0, 0, 8, 0), spacing=10, on=facts)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(facts)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        middle = QGridLayout()
        middle.setHorizontalSpacing(16)
        middle.addWidget(self._caption, 0, 0)
        middle.addWidget(self.sheet, 1, 0)
        middle.addWidget(self._scroll, 0, 1, 2, 1)
        middle.setColumnStretch(0, 8)
        middle.setColumnStretch(1, 5)
        middle.setRowStretch(1, 1)
        shown = LinesPanel()
        column((middle, 1), self._choices, self._why, self._recipe, spacing=8, on=shown)
        area = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame, focusPolicy=Qt.FocusPolicy.NoFocus)
        area.setWidget(shown)  # large text may need more room than there is
        self._content.addWidget(area)
        self._content.addWidget(self._problem)
        foot = row(self._progress, (self._sentence, 1), self._cancel, self._use)
        parts = (self._title, self._path, (self._content, 1), foot)
        column(*parts, margins=(18, 14, 18, 14), spacing=8, on=self)

    # Intents

    def _change_size(self) -> None:
        self._own.setVisible(self._size.currentData() == _OWN)
        if self._size.currentData() == _OWN:
            self._height.setFocus()
        self._choose()

    def _choose(self) -> None:
        side = self._size.currentData()
        size = (self._height.value(), self._width.value()) if side == _OWN else None if side is None else (side, side)
        self.size_chosen.emit(size, self._fit.currentData())

    # Showing

    def _facts_of(self, found: Description) -> list[str]:
        channels, height, width = found.shape
        size = self.tr("{height}×{width} pixels, {colour}")
        if height != width:  # in the order of a recipe, which not everybody expects
            size = self.tr("{height}×{width} pixels (height × width), {colour}")
        colour = self.tr("in colour") if channels == 3 else self.tr("grey")
        unlabelled = found.training + found.test - sum(found.class_counts)
        facts = [
            self.tr("{count:,} images: {training:,} for training, {test:,} for testing").format(
                count=found.training + found.test, training=found.training, test=found.test
            ),
            size.format(height=height, width=width, colour=colour),
            self.tr("Brightness {low} to {high}, {mean:.0f} on average").format(
                low=found.range[0], high=found.range[1], mean=found.mean
            ),
        ]
        if not found.class_names:
            facts.append(self.tr("No classes"))
        else:
            facts.append(self.tr("{n:,} classes").format(n=len(found.class_names)))
            if unlabelled:
                facts.append(self.tr("{n:,} images without a class").format(n=unlabelled))
        return facts

    def _show_list(self, label: QLabel, heading: str, entries: Sequence[str]) -> None:
        # Names of files may hold anything.
        lines = (f"<b>{escape(heading)}</b>", *(f"•\u00a0{escape(entry)}" for entry in entries))
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setText("<br>".join(lines))
        label.setVisible(bool(entries))

    def _show_first(self, first: FirstRecipe, in_force: str) -> None:
        self._recipe.setText(self.tr("Use the &recipe {name} for them").format(name=first.name.replace("&", "&&")))
        self._recipe.setToolTip(plain(first.title))
        self._recipe.setVisible(first.name != in_force)
        self._recipe.setChecked(bool(first.objection) and first.name != in_force)
        if first.objection:
            text = self.tr("The recipe in force, {name}, does not suit: {objection}.")
        else:
            text = self.tr("The recipe in force, {name}, suits them.")
        self._why.setText(text.format(name=in_force, objection=first.objection))

    def _show_choices(self, settings: DataSettings) -> None:
        size = settings.size
        is_listed = size is not None and size[0] == size[1] and size[0] in _SIDES
        is_own = size is not None and (not is_listed or self._size.currentData() == _OWN)  # which one goes on editing
        known = _OWN if is_own else None if size is None else size[0]
        with QSignalBlocker(self._size), QSignalBlocker(self._fit):
            self._size.setCurrentIndex(self._size.findData(known))
            self._fit.setCurrentIndex(self._fit.findData(settings.fit))
        if size is not None:
            with QSignalBlocker(self._width), QSignalBlocker(self._height):
                self._height.setValue(size[0])
                self._width.setValue(size[1])
        self._own.setVisible(known == _OWN)

    def _tell(self, sentence: str, *, is_problem: bool = False) -> None:
        self._sentence.setText(sentence)
        self._sentence.setForegroundRole(theme.WARNING if is_problem else theme.MUTED)

    def _show_state(self) -> None:
        self._progress.setVisible(self._is_reading)
        self._use.setEnabled(self._has_images and not self._is_reading)
        self.sheet.setEnabled(not self._is_reading)

    def _dress(self) -> None:
        font = self.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.3)
        self._title.setFont(font)


def _label(name: str) -> QLabel:
    label = plain_label(wordWrap=True, objectName=name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label
