"""Home: the ways to a model and to its map, each with a picture; and what to drop here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QMenu,
    QPushButton,
    QScrollArea,
    QWidget,
)

from latentlab.core.files import resource
from latentlab.ui.style.looks import scaled
from latentlab.ui.style.pixels import to_image
from latentlab.ui.style.texts import plain, plain_label, sized, wrapped
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.cards import CARD, PICTURE, Card, DropPlace, RunCard, Sheet
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.images.map_picture import MapPicture
from latentlab.ui.widgets.lines import LinesPanel
from latentlab.ui.widgets.primary_button import PrimaryButton

_MARGIN, _BETWEEN = 24, 12
_MOST_ACROSS = 4


class StartPage(QWidget):
    """Offers to train, to open images of one's own, a pretrained model, or a run."""

    start_requested = Signal()
    model_requested = Signal(str)
    open_requested = Signal()
    all_runs_requested = Signal()
    finish_requested = Signal()
    look_requested = Signal()
    give_up_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self._pictures: dict[str, MapPicture] = {}
        content = QWidget()
        self._content = content
        self._own = QPushButton(self.tr("Open &images…"))
        self._own.setObjectName("ownImagesButton")
        self._own.setToolTip(self.tr("A folder of pictures, or a file of images; or drop one onto the window."))
        self._cards = QGridLayout()
        self._cards.setSpacing(_BETWEEN)
        self._cards.setColumnStretch(_MOST_ACROSS, 1)
        self._first, self._own_card = self._make_first(), self._make_own()
        self._models: list[RunCard] = []
        self._laid: list[tuple[QWidget, int, int]] = []  # each card with its row and column
        self._recent_heading = wrapped(self.tr("Recent runs"), "medium")
        self._recent_runs = Flow(spacing=8)
        self._recent: list[RunCard] = []
        self._open = QPushButton(self.tr("&Open a run…"))
        self._open.setObjectName("openRunButton")
        self._open.setToolTip(self.tr("A run is a .safetensors file that latentlab has saved."))
        self._open.clicked.connect(self.open_requested)
        self._all = QPushButton(self.tr("&All runs…"))
        self._all.setObjectName("allRunsButton")
        self._all.setToolTip(self.tr("Look through all runs that are kept: every training is."))
        self._all.clicked.connect(self.all_runs_requested)
        self._head = self._make_head()
        self._ways = row(self._open, self._all, STRETCH, spacing=8)
        column(
            STRETCH,
            self._head,
            8,
            self._make_interrupted(),
            4,
            self._cards,
            12,
            self._recent_heading,
            self._recent_runs,
            self._ways,
            STRETCH,
            margins=(_MARGIN, 16, _MARGIN, 16),
            spacing=8,
            on=content,
        )
        centred = LinesPanel()
        row(STRETCH, (content, 1000), STRETCH, on=centred)
        self._scroll = scroll = QScrollArea(focusPolicy=Qt.FocusPolicy.NoFocus)  # its parts take it
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(centred)
        scroll.viewport().setAutoFillBackground(False)
        centred.setAutoFillBackground(False)
        column(scroll, on=self)
        self._size()
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

    def set_title(self, title: str) -> None:
        """Say what the first card leads to."""
        self._title.setText(sized(title, "large"))

    def show_images(self, sheet: npt.NDArray[np.uint8] | None) -> None:
        """Show some of the images that a training would learn from: uint8 (C, H, W), side by side."""
        self._sheet.set_picture(None if sheet is None else to_image(sheet))

    def set_can_train(self, can: bool) -> None:
        """Let a training begin, or not: what `tell_images` told says why."""
        self._train.setEnabled(can)

    def set_image_sources(self, menu: QMenu) -> None:
        """Offer where one's own images come from."""
        self._own.setMenu(menu)
        self._size()

    def set_models(self, models: Sequence[tuple[Path | str, str, str]]) -> None:
        """Offer pretrained models: the path, title and description of each."""
        self._forget(self._models)
        for number, (path, title, text) in enumerate(models):
            self._models.append(self._make_card(path, title, text, f"openModel{number}"))
        self._size()
        self._lay_cards()
        self._order_tabs()

    def set_recent(self, paths: Sequence[Path | str]) -> None:
        """Offer the runs that were open last."""
        self._forget(self._recent)
        for number, path in enumerate(map(Path, paths)):
            card = self._make_card(path, path.stem, "", f"openRecent{number}")
            card.setToolTip(plain(str(path)))
            self._recent.append(card)
            self._recent_runs.addWidget(card)
        self._recent_heading.setVisible(bool(paths))
        self._order_tabs()

    def shown_paths(self) -> list[Path]:
        """Give the files whose maps are wanted, as pictures of their cards."""
        return [Path(path) for path in self._pictures]

    def show_map(
        self, path: Path, points: npt.NDArray[np.float32], labels: npt.NDArray[np.int64], classes: int
    ) -> None:
        """Show the map of a file on its card: points float32 (N, 2) and labels int64 (N,)."""
        if (picture := self._pictures.get(str(path))) is not None:
            picture.set_points(points, labels, classes)

    def minimumSizeHint(self) -> QSize:
        """Ask for the width of the widest part, of cards below each other; what is higher is scrolled."""
        offer = 0 if self._interrupted.isHidden() else self._interrupted.minimumSizeHint().width()
        lines = [layout.minimumSize().width() for layout in (self._head, self._recent_runs, self._ways)]
        widest = max(self._wide(1), *lines, offer)
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        return QSize(widest + 2 * _MARGIN + bar, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the cards beside each other as far as there is room."""
        super().resizeEvent(event)
        self._lay_cards()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        if event.type() == QEvent.Type.FontChange:
            self._size()
            self._lay_cards()
        super().changeEvent(event)

    def _make_head(self) -> QBoxLayout:
        icon = plain_label()
        icon.setPixmap(QIcon(str(resource("icons", "latentlab.svg"))).pixmap(QSize(64, 64)))
        title = wrapped("latentlab", "xx-large")
        text = wrapped(
            self.tr("A laboratory for latent spaces: train a VAE while you watch, and walk through what it learns.")
        )
        words = column(title, text, spacing=2)
        return row((icon, 0, Qt.AlignmentFlag.AlignVCenter), (words, 1), spacing=16)

    def _make_interrupted(self) -> QWidget:
        self._interrupted = QFrame(objectName="interruptedOffer", frameShape=QFrame.Shape.StyledPanel)
        self._its_map = MapPicture()
        self._what_broke_off = wrapped("")
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

    def _make_first(self) -> QWidget:
        """Make the card that leads to a first map: the images, what happens with them, and the button."""
        self._train = PrimaryButton(self.tr("Train"))
        self._train.setObjectName("startTrainingButton")
        self._train.setToolTip(self.tr("Train the current recipe on its image set."))
        self._train.setCursor(Qt.CursorShape.PointingHandCursor)
        self._train.setAutoDefault(True)
        self._train.clicked.connect(self.start_requested)
        self._sheet = Sheet(self.tr("The images appear here once they are read"))
        self._images = wrapped("")
        self._images.setObjectName("startImagesLabel")
        card = Card(objectName="firstCard")
        self._title = wrapped("", "large")
        self._title.setObjectName("startTitle")
        parts = (self._sheet, self._title, self._images, STRETCH, self._train)
        column(*parts, margins=(12, 12, 12, 12), spacing=6, on=card)
        return card

    def _make_own(self) -> QWidget:
        card = Card(objectName="ownCard")
        self._drop_place = place = DropPlace(self.tr("Drop a folder of pictures, or a file of images, here"))
        title = wrapped(self.tr("Your own images"), "large")
        text = wrapped(self.tr("A map of what you have: photographs, drawings, spectra, scans."))
        column(place, title, text, STRETCH, self._own, margins=(12, 12, 12, 12), spacing=6, on=card)
        return card

    def _make_card(self, path: Path | str, title: str, text: str, name: str) -> RunCard:
        card = RunCard(title, text)
        card.setObjectName(name)
        card.setProperty("path", str(path))
        card.clicked.connect(self._request_model)
        self._pictures[str(Path(path))] = card.picture
        return card

    def _lay_cards(self) -> None:
        cards = [self._first, *self._models, self._own_card]
        room = self.width() - 2 * _MARGIN
        across = _MOST_ACROSS if room >= self._wide(_MOST_ACROSS) else max(1, min(2, room // self._wide(1)))
        if self._laid == (laid := [(card, number // across, number % across) for number, card in enumerate(cards)]):
            return
        self._laid = laid
        for place in laid:
            self._cards.addWidget(*place)

    def _forget(self, cards: list[RunCard]) -> None:
        for card in cards:
            self._pictures.pop(str(Path(card.property("path"))), None)
            card.setParent(None)  # and out of its layout
            card.deleteLater()
        cards.clear()

    def _size(self) -> None:
        """Let cards and pictures be larger where text is."""
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        font.setBold(True)
        self._train.setFont(font)
        self._train.setMinimumHeight(scaled(44))
        self._content.setMaximumWidth(self._wide(_MOST_ACROSS) + 2 * _MARGIN)
        for card in (self._first, self._own_card, *self._models):
            card.setFixedWidth(self._wide(1))
        for part in (self._sheet, self._drop_place):
            part.setFixedHeight(scaled(PICTURE))

    def _wide(self, cards: int) -> int:
        """Give how wide so many cards are beside each other; each is as wide as the widest button takes."""
        buttons = max(card.minimumSizeHint().width() for card in (self._first, self._own_card))
        return cards * max(scaled(CARD), buttons) + (cards - 1) * _BETWEEN

    def _order_tabs(self) -> None:
        """Let Tab go down the page, also to what was added later."""
        for one, next_one in pairwise([self._train, *self._models, self._own, *self._recent, self._open, self._all]):
            self.setTabOrder(one, next_one)

    def _request_model(self) -> None:
        self.model_requested.emit(self.sender().property("path"))
