"""A card over a corner of the map: how many of its images are encoded, with a way to leave the rest."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QProgressBar, QToolButton

from latentlab.ui.plots.map_view import MapView
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import row

_MARGIN = 8


class EncodingCard(QFrame):
    """Shows a sentence, and while encoding goes on a bar and a button that ends it.

    Parameters
    ----------
    view : MapView
        In whose upper left corner it lies.
    """

    left = Signal()

    def __init__(self, view: MapView) -> None:
        super().__init__(view.box.getViewWidget())
        self.setObjectName("mapEncodingCard")
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._view = view
        self._text = plain_label()
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedSize(90, 8)
        self._button = QToolButton(objectName="mapLeaveButton", text=self.tr("Leave the rest"))
        self._button.setToolTip(self.tr("Encode no more images, and keep the map as far as it is"))
        self._button.clicked.connect(self.left)
        centre = Qt.AlignmentFlag.AlignVCenter
        row((self._text, 0, centre), (self._bar, 0, centre), (self._button, 0, centre), margins=(8, 4, 8, 4), on=self)
        view.changed.connect(self._place)
        self.hide()

    def text(self) -> str:
        """Give what is said."""
        return self._text.text()

    @Slot(int, int, int, bool)
    def show_state(self, total: int, missing: int, pending: int, goes_on: bool) -> None:
        """Say how far it is; nothing where nothing is missing or pending."""
        if goes_on:
            said = self.tr("Encoding the images: {done:,} of {total:,}").format(done=total - pending, total=total)
        elif missing:
            said = self.tr("{done:,} of {total:,} images are on the map").format(done=total - missing, total=total)
        else:
            said = self.tr("{n:,} of {total:,} images are where an earlier model put them").format(
                n=pending, total=total
            )
        self._text.setText(said)
        self._bar.setRange(0, total)
        self._bar.setValue(total - pending)
        self._bar.setVisible(goes_on)
        self._button.setVisible(goes_on)
        self.setVisible(bool(missing or pending))
        self.adjustSize()
        self._place()

    @Slot()
    def _place(self) -> None:
        box = self._view.box
        corner = box.getViewWidget().mapFromScene(box.mapToScene(QPointF(0, 0)))
        # Below the line of the buttons, and of what is selected.
        self.move(corner.x() + _MARGIN, corner.y() + 2 * _MARGIN + self.fontMetrics().height() + 14)
