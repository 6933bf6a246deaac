"""Chooses the image set, says whether it is on this machine, and shows its download."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain, plain_label
from latentlab.ui.widgets.boxes import column, row
from latentlab.ui.widgets.forms.path_box import PathBox
from latentlab.ui.widgets.forms.wheel_guard import WheelGuard


class ListedDataset(Protocol):
    """What is known of an image set without loading it."""

    @property
    def name(self) -> str:
        """Name that scripts and recipes use."""
        ...

    @property
    def title(self) -> str:
        """Name for people."""
        ...

    @property
    def is_here(self) -> bool:
        """Whether it can be loaded without a network."""
        ...

    @property
    def download_bytes(self) -> int:
        """Size of the download; 0 where there is none."""
        ...

    @property
    def train_count(self) -> int:
        """Training images; 0 where only loading can tell."""
        ...

    @property
    def test_count(self) -> int:
        """Test images; 0 where only loading can tell."""
        ...

    @property
    def problem(self) -> str | None:
        """Why it cannot be used as it lies there."""
        ...


class DatasetPicker(QWidget):
    """A box of image sets, a line about the chosen one, and its download."""

    dataset_chosen = Signal(str)
    download_requested = Signal(str)
    download_cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._statuses: dict[str, ListedDataset] = {}
        self._why_locked = ""
        self._downloading = ""
        self._message_is_problem = False

        self.box = PathBox(objectName="datasetBox", accessibleName=self.tr("Image set"))
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        WheelGuard(self.box)
        self.box.currentTextChanged.connect(self._chosen)
        self.sources_button = QToolButton(objectName="imageSourcesButton", text="…")
        self.sources_button.setToolTip(self.tr("Open images of your own, or see what is in this set"))
        self.sources_button.setAccessibleName(self.tr("Other images…"))
        self.sources_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.state = plain_label(wordWrap=True, objectName="datasetState")
        self.download_button = QPushButton(self.tr("Download"), objectName="downloadButton")
        self.download_button.clicked.connect(self._download)
        self.progress = QProgressBar(objectName="downloadProgress", textVisible=False)
        self.progress.setAccessibleName(self.tr("Download"))
        self.cancel_button = QPushButton(self.tr("Cancel"), objectName="downloadCancelButton")
        self.cancel_button.setToolTip(self.tr("Stop the download. What has arrived is thrown away."))
        self.cancel_button.clicked.connect(self.download_cancelled)
        self.message = plain_label(wordWrap=True, objectName="datasetMessage")

        top = row((self.box, 1), self.sources_button, spacing=4)
        running = row((self.progress, 1), self.cancel_button)
        column(top, self.state, self.download_button, running, self.message, spacing=4, on=self)
        self.message.hide()
        self._refresh()

    def set_datasets(self, statuses: Iterable[ListedDataset]) -> None:
        """List the sets; the chosen one stays chosen."""
        chosen = self.box.currentText()
        self._statuses = {status.name: status for status in statuses}
        self.box.blockSignals(True)
        self.box.clear()
        self.box.addItems(list(self._statuses))
        self.box.blockSignals(False)
        self.show_dataset(chosen or next(iter(self._statuses), ""))

    def set_sources(self, menu: QMenu) -> None:
        """Offer where else images come from."""
        self.sources_button.setMenu(menu)

    def show_dataset(self, name: str) -> None:
        """Show a set as chosen; one that is not listed, such as ``folder:PATH``, is added."""
        self.box.blockSignals(True)
        if name and self.box.findText(name) < 0:
            self.box.addItem(name)
        self.box.setCurrentIndex(self.box.findText(name))
        self.box.blockSignals(False)
        self._refresh()

    def set_message(self, text: str, is_problem: bool) -> None:
        """Say something about the data; an empty text takes it back."""
        self.message.setText(text)
        self.message.setVisible(bool(text))
        self._message_is_problem = is_problem
        self._refresh()

    def show_download(self, done_bytes: int, total_bytes: int) -> None:
        """Show how far a download is; with an unknown total, only that it runs."""
        self._downloading = self._downloading or self.box.currentText()
        # A QProgressBar counts in 32 bits: thousandths, not bytes.
        known = total_bytes > 0
        self.progress.setRange(0, 1000 if known else 0)
        self.progress.setValue(min(1000, 1000 * done_bytes // total_bytes) if known else 0)
        text = self.tr("Downloading {name}: {done} of {total}") if known else self.tr("Downloading {name}: {done}")
        self._refresh(text.format(name=self._downloading, done=megabytes(done_bytes), total=megabytes(total_bytes)))

    def end_download(self) -> None:
        """Show that no download runs any more."""
        self._downloading = ""
        self._refresh()

    def set_locked(self, why: str) -> None:
        """Keep the set from being changed and say why; an empty reason unlocks it."""
        self._why_locked = why
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange:
            self._refresh(self.state.text() if self._downloading else "")
        super().changeEvent(event)

    def _chosen(self, name: str) -> None:
        self.set_message("", False)
        self.dataset_chosen.emit(name)

    def _download(self) -> None:
        self._downloading = self.box.currentText()
        self.set_message("", False)
        self.show_download(0, 0)
        self.download_requested.emit(self._downloading)

    def _refresh(self, download_text: str = "") -> None:
        colours = theme.current()
        name = self.box.currentText()
        status = self._statuses.get(name)
        running = bool(self._downloading)
        if download_text:
            self.state.setText(download_text)
        elif not running:
            self.state.setText(self._describe(status))
        self.state.setForegroundRole(theme.WARNING if status and status.problem else theme.MUTED)
        self.state.setVisible(bool(self.state.text()))
        self.message.setForegroundRole(theme.WARNING if self._message_is_problem else theme.MUTED)
        can_download = status is not None and not status.is_here and status.download_bytes > 0
        self.download_button.setVisible(can_download and not running)
        self.download_button.setToolTip(plain(self.tr("Fetch {name} in the background.").format(name=name)))
        self.progress.setVisible(running)
        self.cancel_button.setVisible(running)
        self.box.setEnabled(not self._why_locked)
        self.sources_button.setEnabled(not self._why_locked)
        self.box.setToolTip(plain(self._why_locked or (status.title if status else name)))
        arrow = _arrow(colours.muted)
        for i in range(self.box.count()):
            entry = self._statuses.get(self.box.itemText(i))
            self.box.setItemData(i, plain(entry.title) if entry else None, Qt.ItemDataRole.ToolTipRole)
            away = entry is not None and not entry.is_here
            self.box.setItemData(i, arrow if away else None, Qt.ItemDataRole.DecorationRole)
            muted = QBrush(QColor(colours.muted)) if away else None
            self.box.setItemData(i, muted, Qt.ItemDataRole.ForegroundRole)

    def _describe(self, status: ListedDataset | None) -> str:
        if status is None:
            return ""
        if status.problem:
            return status.problem
        if not status.is_here:
            if status.download_bytes:
                size = megabytes(status.download_bytes)
                return self.tr("Not on this machine: {size} to download").format(size=size)
            return self.tr("Not on this machine")
        if not status.train_count:
            return ""
        return self.tr("{train:,} training and {test:,} test images").format(
            train=status.train_count, test=status.test_count
        )


def megabytes(count: int) -> str:
    """Write a number of bytes as people read it: ``12 MB``, ``0.4 MB``."""
    amount = count / 1e6
    return f"{amount:.1f} MB" if amount < 10 else f"{amount:,.0f} MB"


def _arrow(colour: str) -> QIcon:
    """Draw an arrow onto a line: to be downloaded."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colour), 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    for x1, y1, x2, y2 in ((16, 4, 16, 21), (9, 14, 16, 21), (23, 14, 16, 21), (7, 28, 25, 28)):
        painter.drawLine(x1, y1, x2, y2)
    painter.end()
    return QIcon(pixmap)
