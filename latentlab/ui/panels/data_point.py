"""The image of the data that was picked on the map, beside what the model rebuilds of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from latentlab.core.arrays import Integers
from latentlab.core.map.results import DataPoint, ImageLosses
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.lines import LinesPanel, Pages
from latentlab.ui.widgets.posterior_figures import PosteriorFigures

_SIDE = 64


class _Chip(QWidget):
    """A dot in the colour of a class."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(16, 16)
        self._label, self._count = -1, 10

    def show_class(self, label: int, count: int) -> None:
        self._label, self._count = label, count
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._label < 0:
            return
        colours = theme.class_colours(max(self._count, self._label + 1), dark=theme.current().dark)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*colours[self._label].tolist()))
        painter.drawEllipse(self.rect().adjusted(1, 1, -1, -1))
        painter.end()


class DataPointPanel(LinesPanel):
    """Shows a point of the data: its image, its reconstruction, its class and its loss; it can be selected here."""

    toggled = Signal(int)
    """Select the image in this row of the map, or select it no longer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._class_count = 10
        self._row: int | None = None
        self._selected: Integers = np.empty(0, np.int64)
        self._hint = plain_label(wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        self._hint.setForegroundRole(self._hint.palette().ColorRole.PlaceholderText)

        self._image = ImageView(_SIDE)
        self._image.setObjectName("dataPointImage")
        self._image.setAccessibleName(self.tr("Image of the data"))
        self._reconstruction = ImageView(_SIDE)
        self._reconstruction.setObjectName("dataPointReconstruction")
        self._reconstruction.setAccessibleName(self.tr("Its reconstruction"))
        for view in (self._image, self._reconstruction):
            view.setFixedSize(_SIDE, _SIDE)
        self._image.setToolTip(self.tr("The image, as it is in the data"))
        self._reconstruction.setToolTip(self.tr("What the model makes of it: decoded from its mean"))
        self._arrow = plain_label("→")
        self._chip = _Chip()
        self._class = plain_label()
        font = QFont()
        font.setBold(True)
        self._class.setFont(font)
        self._losses = plain_label(wordWrap=True)
        self._losses.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._losses.setToolTip(
            self.tr(
                "What this image costs: its reconstruction, and its code. Of a VAE this is the negative ELBO at β = 1 "
                "and temperature 1, the reconstruction averaged over samples of the posterior"
            )
        )

        self._select = QToolButton(objectName="selectPointButton", focusPolicy=Qt.FocusPolicy.StrongFocus)
        self._select.setToolTip(
            self.tr("Select this image, to blend it with others or to train on it (Ctrl+click on the map)")
        )
        self._select.clicked.connect(self._toggle)

        named = row(self._chip, (self._class, 1), spacing=6)
        head = column(STRETCH, named, self._select, STRETCH, spacing=4)
        self._images = row(self._image, self._arrow, self._reconstruction, (head, 1), spacing=8)
        content = QWidget()
        self.figures = PosteriorFigures()
        column(self._images, self._losses, self.figures, STRETCH, spacing=2, on=content)

        self._stack = Pages()
        column(self._stack, margins=(8, 6, 8, 6), on=self)
        self._stack.addWidget(self._hint)
        self._stack.addWidget(content)
        self._limit_height()
        self.set_waiting(False)

    def set_class_count(self, count: int) -> None:
        """Colour the class as the map does, which depends on how many classes there are."""
        self._class_count = max(count, 1)

    def show_point(self, point: DataPoint | None, *, are_loading: bool = False) -> None:
        """Show a point of the data, or the hint that one can be clicked; of its images, whether they are loading."""
        self._stack.setCurrentIndex(0 if point is None else 1)
        self._row = None if point is None else point.index
        self._name_button()
        if point is None:
            self._image.set_pixels(None)
            self._reconstruction.set_pixels(None)
            return
        for widget in (self._image, self._arrow):
            widget.setVisible(point.image is not None)
        self._image.set_pixels(point.image)
        self._reconstruction.set_pixels(point.reconstruction)
        self._chip.setVisible(point.label >= 0)
        self._chip.show_class(point.label, self._class_count)
        self._class.setText(point.class_name if point.label >= 0 else self.tr("No class"))
        if point.image is None and are_loading:
            text = self.tr("What is rebuilt of it; the images are being loaded.")
        elif point.image is None:
            text = self.tr("What is rebuilt of it; the data set is not on this machine.")
        elif point.losses is None:
            text = ""
        else:
            text = self._describe(point.losses)
        self._losses.setText(text)

    def useful_height(self) -> int:
        """Give the height of the images and two lines of what is said of them."""
        return self._height_with(2 * self.fontMetrics().lineSpacing())

    def set_waiting(self, is_waiting: bool) -> None:
        """Say that the point that was picked is still to be shown."""
        self._hint.setText(
            self.tr("The image is on its way …")
            if is_waiting
            else self.tr("Click on a point of the map to see its image here.")
        )
        for view in (self._image, self._reconstruction):
            view.set_waiting(is_waiting)

    @Slot(object)
    def set_selected(self, rows: Integers) -> None:
        """Take which images are selected, by their rows: int64 (K,)."""
        self._selected = rows
        self._name_button()

    def _describe(self, losses: ImageLosses) -> str:
        """Tell a loss and its terms; what a model does not have is 0 and left out."""
        reconstruction = self.tr("{reconstruction:.1f}").format(reconstruction=losses.reconstruction)
        penalty = self.tr("penalty {penalty:.1f}").format(penalty=losses.penalty)
        if losses.samples:
            told = self.tr("−ELBO {loss:.1f} nats = {reconstruction} + KL {kl:.1f} ({n}\u00a0samples)").format(
                loss=losses.loss, reconstruction=reconstruction, kl=losses.kl, n=losses.samples
            )
            return self.tr("{loss}; {penalty}").format(loss=told, penalty=penalty) if losses.penalty else told
        told = self.tr("Loss {loss:.1f} nats").format(loss=losses.loss)
        if not losses.penalty:
            return told
        return self.tr("{loss} = {terms}").format(loss=told, terms=f"{reconstruction} + {penalty}")

    def event(self, event: QEvent) -> bool:
        """Follow what is in it: its font, its words."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._limit_height()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._limit_height()

    def _limit_height(self) -> None:
        """Stay low, beside what is decoded: no higher than the images and what is said of them, or the hint's lines."""
        margins = self.layout().contentsMargins()
        width, beside = self.width() - margins.left() - margins.right(), margins.top() + margins.bottom()
        said = self._height_with(sum(each.heightForWidth(width) for each in self._said()))
        self.setMaximumHeight(max(self._hint.heightForWidth(width) + beside, said, self.useful_height()))

    def _said(self) -> list[QLabel]:
        return [self._losses] if self.figures.isHidden() else [self._losses, self.figures]

    def _height_with(self, said: int) -> int:
        """Give the height of the images with so much below them that is said of them."""
        margins = self.layout().contentsMargins()
        images = max(_SIDE, self._images.minimumSize().height())
        return images + 4 + said + margins.top() + margins.bottom()

    @Slot()
    def _toggle(self) -> None:
        if self._row is not None:
            self.toggled.emit(self._row)

    def _name_button(self) -> None:
        is_selected = self._row is not None and bool((self._selected == self._row).any())
        self._select.setText(self.tr("Deselect") if is_selected else self.tr("Select"))
