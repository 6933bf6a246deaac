"""What the start page is made of: cards that lead to a model and its map, and what lies on them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QWidget

from latentlab.ui.style import theme
from latentlab.ui.style.looks import paint_edge, scaled
from latentlab.ui.style.paint import paint_place
from latentlab.ui.style.pixels import fitted, paint_image
from latentlab.ui.style.texts import wrapped
from latentlab.ui.widgets.boxes import STRETCH, column
from latentlab.ui.widgets.elided_label import ElidedLabel
from latentlab.ui.widgets.fitted_text import draw_fitted
from latentlab.ui.widgets.images.map_picture import MapPicture

CARD, PICTURE = 200, 132
"""Pixels, in text of common size: the width of a card, and the height of its picture."""


class Card(QFrame):
    """A card that is no button itself, with an edge as theirs."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the edge."""
        painter = QPainter(self)
        paint_edge(painter, self)
        painter.end()


class RunCard(QPushButton):
    """A button of the map of a run, its title, and a few lines."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.setAccessibleName(f"{title}. {text}" if text else title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.picture = MapPicture(height=PICTURE if text else PICTURE * 2 // 3)
        policy = QSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(bool(text))
        self.setSizePolicy(policy)
        self._wanted = CARD if text else CARD * 2 // 3  # pixels wide, in text of common size
        labels: list[QLabel] = [wrapped(title, "large"), wrapped(text)] if text else [ElidedLabel(title)]
        for label in labels:
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column(self.picture, *labels, STRETCH, margins=(12, 12, 12, 12), spacing=6, on=self)

    def sizeHint(self) -> QSize:
        """Be as large as the words need."""
        width = max(scaled(self._wanted), self.minimumWidth())
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """Be wide enough for a few words a line."""
        return self.sizeHint()

    def hasHeightForWidth(self) -> bool:
        """Say whether the words wrap."""
        return self.layout().hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        """Give the height of the words, which may wrap."""
        height = self.layout().totalHeightForWidth(width)
        return height if height >= 0 else self.layout().totalSizeHint().height()


class DropPlace(QLabel):
    """A place with a dashed edge that invites to drop something."""

    def __init__(self, text: str) -> None:
        super().__init__(text, textFormat=Qt.TextFormat.PlainText, wordWrap=True, objectName="dropPlace")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setForegroundRole(theme.MUTED)
        self.setMargin(8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Write the text, and draw the edge."""
        super().paintEvent(event)
        painter = QPainter(self)
        paint_place(painter, self.rect(), 2)
        painter.end()


class Sheet(QWidget):
    """A picture, as large as there is room for; where there is none, its place, and why it is empty."""

    def __init__(self, why_empty: str) -> None:
        super().__init__()
        self._why_empty = why_empty
        self._picture: QImage | None = None

    def set_picture(self, picture: QImage | None) -> None:
        """Show a picture, or none."""
        self._picture = picture
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, or its place."""
        painter = QPainter(self)
        if self._picture is None:
            paint_place(painter, self.rect())
            painter.setPen(QColor(theme.current().muted))
            draw_fitted(painter, QRectF(self.rect()).adjusted(8, 8, -8, -8), self._why_empty)
        else:
            paint_image(painter, fitted(self._picture.size(), QRectF(self.rect())), self._picture)
        painter.end()
