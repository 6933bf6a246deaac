"""What is selected, and what one does with it: a pill over the upper edge of the map, there only while something is."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from latentlab.ui.canvas.cards.card_button import CardButton
from latentlab.ui.style import theme
from latentlab.ui.style.paint import KeptPicture
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import row

_GAP = 8  # pixels


class SelectionPill(QFrame):
    """Says how many images are selected, or else how many are excluded, with what can be done about it."""

    show_requested = Signal()
    """List the selected images."""
    blend_requested = Signal()
    train_requested = Signal()
    exclude_requested = Signal()
    clear_requested = Signal()
    include_requested = Signal()
    """Show what is excluded again."""
    resized = Signal()
    """It says something else, and takes another room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("selectionPill")
        self.setAccessibleName(self.tr("Selected images"))
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._kept = KeptPicture()
        self._selected = self._excluded = 0
        self._count = plain_label(objectName="selectionPillCount", margin=4)
        self._count_excluded = plain_label(objectName="selectionPillExcluded", margin=4)
        # One looks at a single image beside the map; from two on there is something between them.
        self._blend = self._button(
            self.tr("blend"), self.tr("See what lies between the selected images"), "Blend", self.blend_requested
        )
        self._train = self._button(
            self.tr("train on"),
            self.tr("Train a new model on the selected images alone"),
            "Train",
            self.train_requested,
        )
        self._exclude = self._button(
            self.tr("exclude"),
            self.tr("Leave the selected images out of the map, and of what the next model trains on"),
            "Exclude",
            self.exclude_requested,
        )
        self._of_selected: list[QWidget] = [
            self._count,
            _dot(),
            self._button(
                self.tr("show"), self.tr("List the selected images below the map"), "Show", self.show_requested
            ),
            _dot(),
            self._blend,
            _dot(),
            self._train,
            _dot(),
            self._exclude,
            _dot(),
            self._button("×", self.tr("Select none"), "Clear", self.clear_requested),
        ]
        self._of_selected[-1].setAccessibleName(self.tr("Select none"))
        self._of_excluded: list[QWidget] = [
            self._count_excluded,
            _dot(),
            self._button(
                self.tr("bring back"), self.tr("Show the excluded images again"), "Include", self.include_requested
            ),
        ]
        row(*self._of_selected, *self._of_excluded, margins=(9, 0, 6, 0), spacing=0, on=self)
        self._show()

    def set_selected(self, count: int) -> None:
        """Tell how many images are selected."""
        self._selected = count
        self._count.setText(self.tr("{n:,} selected").format(n=count))
        self._blend.setEnabled(count > 1)
        self._show()

    def set_excluded(self, count: int) -> None:
        """Tell how many images of the map are excluded from it: said while none is selected."""
        self._excluded = count
        self._count_excluded.setText(self.tr("{n:,} excluded").format(n=count))
        self._show()

    @Slot(bool)
    def set_can_train(self, can: bool) -> None:
        """Offer to train where nothing trains."""
        self._train.setEnabled(can)

    def text(self) -> str:
        """Give what is said."""
        label = self._count if self._selected else self._count_excluded
        return "" if self.isHidden() else label.text()

    def place(self, rect: QRect, corner: QRect, legend: int) -> None:
        """Lie at the top centre of a rectangle of the parent, beside its corner, or below that and left of the legend.

        Where it is wider than the room there is, some of what it offers is left to the menus.

        Parameters
        ----------
        rect, corner : QRect
            The plane, and what lies in its upper right corner.
        legend : int
            Where the legend begins, in pixels from the left.
        """
        for widget in self._of_selected:
            widget.setVisible(self._selected > 0)
        wide = legend - rect.left() - 2 * _GAP
        for button in (self._train, self._exclude, self._blend):
            self.adjustSize()
            if self.width() <= wide:
                break
            place = self._of_selected.index(button)
            for widget in self._of_selected[place : place + 2]:
                widget.hide()
        self.adjustSize()
        x, y = min(rect.center().x() - self.width() // 2, corner.left() - _GAP - self.width()), rect.top() + _GAP
        if x < rect.left() + _GAP:
            x = min(rect.center().x() - self.width() // 2, legend - _GAP - self.width())
            x, y = max(x, rect.left()), corner.bottom() + _GAP
        self.move(x, y)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a card with round ends."""
        painter = QPainter(self)
        self._kept.paint(painter, QRectF(self.rect()), (theme.current(),), self._draw)
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        colours = theme.current()
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.accent), 1))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)

    def _button(self, text: str, tip: str, name: str, signal: Signal) -> CardButton:
        button = CardButton(text, tip, f"selectionPill{name}Button")
        button.setAccessibleName(text)
        button.setAccessibleDescription(tip)
        button.clicked.connect(signal)
        return button

    def _show(self) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):  # the button may go, and with it the keyboard
            self.parentWidget().setFocus(Qt.FocusReason.OtherFocusReason)
        for widget in self._of_selected:
            widget.setVisible(self._selected > 0)
        for widget in self._of_excluded:
            widget.setVisible(self._excluded > 0 and not self._selected)
        self.setVisible(self._selected > 0 or self._excluded > 0)
        self.resized.emit()


def _dot() -> QWidget:
    """Give what stands between two."""
    return plain_label("·", enabled=False, margin=1)  # quiet
