"""The button over the map that opens what its points can be coloured by."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from latentlab.core.map.point_values import Colouring
from latentlab.ui.canvas.cards.card_button import button_size, paint_button
from latentlab.ui.style import theme
from latentlab.ui.style.looks import scaled
from latentlab.ui.style.paint import KeptPicture

_WIDEST = 220  # pixels, in text of common size: a column may have any name


class ColourBox(QComboBox):
    """Offers what the model tells of each image, and the columns of the current data."""

    chosen = Signal(object)
    """Colour by this: a Colouring."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mapColourBox")
        self.setAccessibleName(self.tr("Colour by"))
        self.setToolTip(self.tr("What the points are coloured by"))
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard to the map
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._kept = KeptPicture()
        self._offer(self.tr("by class"), Colouring())
        self._offer(
            self.tr("by loss"),
            Colouring("loss"),
            self.tr(
                "The negative ELBO of each image by a few samples of its posterior, at β = 1 and temperature 1; of an "
                "autoencoder reconstruction + penalty; in nats"
            ),
        )
        self._offer(
            self.tr("by KL"),
            Colouring("kl"),
            self.tr("How far the posterior of each image is from the prior, in nats: how much z tells of it"),
        )
        self._offer(
            self.tr("by reconstruction error"),
            Colouring("reconstruction"),
            self.tr("The term of the loss for how the image rebuilt from its mean differs from it, in nats"),
        )
        self._offer(
            self.tr("by amortisation gap"),
            Colouring("amortisation"),
            self.tr(
                "What the encoder loses of each image: the ELBO of the best diagonal Gaussian that is found, less that "
                "of the encoder's posterior (Cremer et al., 2018, eq. 4), in nats; of VAEs of one or two dimensions"
            ),
        )
        self._offer(
            self.tr("by approximation gap"),
            Colouring("approximation"),
            self.tr(
                "What any diagonal Gaussian loses of each image: log p(x), less the ELBO of the best one that is found "
                "(Cremer et al., 2018, eq. 4), in nats; of VAEs of one or two dimensions"
            ),
        )
        self._own = self.count()  # whatever follows is of the data
        self.activated.connect(lambda row: self.chosen.emit(self.itemData(row)))
        self.currentIndexChanged.connect(self._fit)

    def set_columns(self, names: tuple[str, ...]) -> None:
        """Offer the columns of the data."""
        while self.count() > self._own:
            self.removeItem(self.count() - 1)
        if names:
            self.insertSeparator(self._own)
        for name in names:
            self._offer(self.tr("by {name}").format(name=name), Colouring("column", name))

    @Slot(object)
    def set_colouring(self, colouring: Colouring) -> None:
        """Show what is in force."""
        rows = [row for row in range(self.count()) if self.itemData(row) == colouring]
        self.setCurrentIndex(rows[0] if rows else 0)

    def words(self) -> str:
        """Give what is written on it: its name, and what the points are coloured by where that is not their class."""
        return self.tr("Colour") if self.currentIndex() <= 0 else self.tr("Colour {by}").format(by=self.currentText())

    # Qt's events

    def sizeHint(self) -> QSize:
        """Fit what is written; the name of a column may be shortened."""
        size = button_size(self.fontMetrics(), self.words(), opens=True)
        is_column = self.currentIndex() >= self._own
        return QSize(min(size.width(), scaled(_WIDEST)), size.height()) if is_column else size

    def minimumSizeHint(self) -> QSize:
        """Never be smaller."""
        return self.sizeHint()

    def showPopup(self) -> None:
        """Open a list as wide as what is in it, below the button and flush with its right."""
        view = self.view()
        view.setMinimumWidth(view.sizeHintForColumn(0) + view.verticalScrollBar().sizeHint().width() + 8)
        super().showPopup()
        shown = view.window()
        corner, room = self.mapToGlobal(self.rect().bottomRight()), self.screen().availableGeometry()
        below = min(corner.y() + 4, room.bottom() - shown.height())
        shown.move(max(corner.x() - shown.width(), room.left()), max(below, room.top()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel, which zooms the map, alone."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Look like the other buttons of the map."""
        looks = (self.words(), self.font().key(), theme.current(), self.underMouse(), self.hasFocus())
        painter = QPainter(self)
        self._kept.paint(
            painter,
            QRectF(self.rect()),
            looks,
            lambda pen: paint_button(pen, self, self.words(), has_card=True, opens=True),
        )
        painter.end()

    def _offer(self, name: str, colouring: Colouring, tip: str = "") -> None:
        self.addItem(name, colouring)
        self.setItemData(self.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)

    @Slot()
    def _fit(self) -> None:
        self.updateGeometry()
        self.update()
