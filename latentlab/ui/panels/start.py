"""What stands where the map will be, until there is a model: the ways to get one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QWidget,
)

from latentlab.core.files import resource
from latentlab.ui.style.looks import scaled
from latentlab.ui.style.texts import plain, plain_label, rich_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.images.map_picture import MapPicture
from latentlab.ui.widgets.primary_button import PrimaryButton

_WIDTH = 620
_CARD = 280


class StartPage(QWidget):
    """Offers to train, to open images of one's own, a pretrained model, or a run."""

    start_requested = Signal()
    model_requested = Signal(str)
    open_requested = Signal()
    finish_requested = Signal()
    look_requested = Signal()
    give_up_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        content = QWidget()
        self._content = content
        self._images = _text("")
        self._images.setObjectName("startImagesLabel")
        self._own = QPushButton(self.tr("Open your own &images…"))
        self._own.setObjectName("ownImagesButton")
        self._own.setToolTip(self.tr("A folder of pictures, or a file of images; or drop one onto the window."))
        self._models_heading = _text(self.tr("Or open a pretrained model"), "medium")
        self._models = row(spacing=10)
        self._recent_heading = _text(self.tr("Recent runs"), "medium")
        self._recent = column(spacing=0)
        self._open = QPushButton(self.tr("&Open a run…"))
        self._open.setObjectName("openRunButton")
        self._open.setToolTip(self.tr("A run is a .safetensors file that latentlab has saved."))
        self._open.clicked.connect(self.open_requested)
        left = Qt.AlignmentFlag.AlignLeft
        column(
            STRETCH,
            self._make_head(),
            12,
            self._make_interrupted(),
            4,
            (self._make_train_button(), 0, left),
            self._images,
            8,
            (self._own, 0, left),
            16,
            self._models_heading,
            self._models,
            16,
            self._recent_heading,
            self._recent,
            (self._open, 0, left),
            STRETCH,
            margins=(24, 16, 24, 16),
            spacing=8,
            on=content,
        )
        centred = QWidget()
        row(STRETCH, (content, 1000), STRETCH, on=centred)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(centred)
        scroll.viewport().setAutoFillBackground(False)
        centred.setAutoFillBackground(False)
        column(scroll, on=self)
        self.setFocusProxy(self._train)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.set_models([])
        self.set_recent([])

    def show_interrupted(
        self, sentence: str, points: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], classes: int
    ) -> None:
        """Offer a training that broke off, with its map: points float32 (N, 2) and labels int64 (N,)."""
        self._what_broke_off.setText(sentence)
        self._its_map.set_points(points, labels, classes)
        self._interrupted.show()

    def hide_interrupted(self) -> None:
        """Offer none."""
        self._interrupted.hide()

    def tell_images(self, sentence: str) -> None:
        """Say what a training would learn from, or why it cannot begin."""
        self._images.setText(sentence)

    def set_image_sources(self, menu: QMenu) -> None:
        """Offer where one's own images come from."""
        self._own.setMenu(menu)

    def set_models(self, models: Sequence[tuple[Path | str, str, str]]) -> None:
        """Offer pretrained models: the path, title and description of each."""
        _empty(self._models)
        for number, (path, title, text) in enumerate(models):
            card = _Card(title, text)
            card.setObjectName(f"openModel{number}")
            card.setProperty("path", str(path))
            card.clicked.connect(self._request_model)
            self._models.addWidget(card, 1)
        self._models_heading.setVisible(bool(models))
        self._order_tabs()

    def set_recent(self, paths: Sequence[Path | str]) -> None:
        """Offer the runs that were open last."""
        _empty(self._recent)
        for number, path in enumerate(map(Path, paths)):
            # A single & would make the next letter a shortcut.
            button = QPushButton(path.name.replace("&", "&&"))
            button.setObjectName(f"openRecent{number}")
            button.setFlat(True)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.setToolTip(plain(str(path)))
            button.setProperty("path", str(path))
            button.clicked.connect(self._request_model)
            self._recent.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._recent_heading.setVisible(bool(paths))
        self._order_tabs()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        if event.type() == QEvent.Type.FontChange:
            self._size_train_button()
        super().changeEvent(event)

    def _make_head(self) -> QBoxLayout:
        icon = plain_label()
        icon.setPixmap(QIcon(str(resource("icons", "latentlab.svg"))).pixmap(QSize(64, 64)))
        title = _text("latentlab", "xx-large")
        text = _text(
            self.tr("A laboratory for latent spaces: train a VAE while you watch, and walk through what it learns.")
        )
        words = column(title, text, spacing=2)
        return row((icon, 0, Qt.AlignmentFlag.AlignVCenter), (words, 1), spacing=16)

    def _make_interrupted(self) -> QWidget:
        self._interrupted = QFrame(objectName="interruptedOffer", frameShape=QFrame.Shape.StyledPanel)
        self._its_map = MapPicture()
        self._what_broke_off = _text("")
        self._what_broke_off.setObjectName("interruptedLabel")
        finish = QPushButton(self.tr("&Go on with it"), objectName="finishInterruptedButton")
        finish.setToolTip(self.tr("Train it to its end, exactly as it would have gone on."))
        look = QPushButton(self.tr("&Look at it"), objectName="lookAtInterruptedButton")
        give_up = QPushButton(self.tr("&Dismiss"), objectName="giveUpInterruptedButton")
        give_up.setToolTip(self.tr("Offer it no more; its file stays among the runs."))
        for button, signal in (
            (finish, self.finish_requested),
            (look, self.look_requested),
            (give_up, self.give_up_requested),
        ):
            button.clicked.connect(signal)
        words = column(
            STRETCH, self._what_broke_off, row(finish, look, give_up, STRETCH, spacing=8), STRETCH, spacing=8
        )
        row(self._its_map, (words, 1), margins=(10, 10, 10, 10), spacing=14, on=self._interrupted)
        self._interrupted.hide()
        return self._interrupted

    def _make_train_button(self) -> QPushButton:
        self._train = PrimaryButton(self.tr("Train"))
        self._train.setObjectName("startTrainingButton")
        self._train.setToolTip(self.tr("Train the current recipe on its image set."))
        self._train.setCursor(Qt.CursorShape.PointingHandCursor)
        self._size_train_button()
        self._train.setAutoDefault(True)
        self._train.clicked.connect(self.start_requested)
        return self._train

    def _size_train_button(self) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        self._train.setFont(font)
        self._train.setMinimumSize(scaled(220), scaled(56))
        self._content.setMaximumWidth(scaled(_WIDTH))

    def _order_tabs(self) -> None:
        """Let Tab go down the page, also to what was added later."""
        added = [layout.itemAt(i).widget() for layout in (self._models, self._recent) for i in range(layout.count())]
        for one, next_one in pairwise([self._train, self._own, *added, self._open]):
            self.setTabOrder(one, next_one)

    def _request_model(self) -> None:
        self.model_requested.emit(self.sender().property("path"))


class _Card(QPushButton):
    """A button of a title and a few lines."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.setAccessibleName(f"{title}. {text}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        labels = (_text(title, "large"), _text(text))
        for label in labels:
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        column(*labels, STRETCH, margins=(14, 12, 14, 12), spacing=4, on=self)

    def sizeHint(self) -> QSize:
        """Be as large as the words need."""
        return QSize(_CARD, self.heightForWidth(_CARD))

    def minimumSizeHint(self) -> QSize:
        """Be wide enough for a few words a line."""
        return QSize(170, self.heightForWidth(_WIDTH))

    def hasHeightForWidth(self) -> bool:
        """Say that the words wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Give the height of the wrapped words."""
        return self.layout().totalHeightForWidth(width)


def _text(text: str, size: str = "") -> QLabel:
    """Give a label; with a `size` of CSS, relative to the font so that it follows the chosen text size, a bold one."""
    if not size:
        return plain_label(text, wordWrap=True)
    return rich_label(f'<b style="font-size: {size}">{escape(text)}</b>', wordWrap=True)


def _empty(layout: QBoxLayout) -> None:
    while item := layout.takeAt(0):
        # The item ends with its widget's parent: ask it once.
        widget = item.widget()
        widget.setParent(None)
        widget.deleteLater()
