"""A page to be cleaned: dirty and cleaned beside each other, and what can be done with it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPalette
from PySide6.QtWidgets import QProgressBar, QPushButton, QSizePolicy, QWidget

from latentlab.core.output.pyramid import Pyramid
from latentlab.ui.style import theme
from latentlab.ui.style.texts import plain_label
from latentlab.ui.widgets.boxes import STRETCH, column, row
from latentlab.ui.widgets.flow import Flow
from latentlab.ui.widgets.images.page_compare import PageCompare
from latentlab.ui.widgets.lines import LinesPanel


class PagePanel(LinesPanel):
    """Shows a page and its cleaned copy; asks for another page, for cleaning, and for saving."""

    open_requested = Signal()
    file_dropped = Signal(Path)
    clean_requested = Signal()
    cancel_requested = Signal()
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_problem = self._is_busy = self._has_page = self._has_result = False
        self.setAcceptDrops(True)
        self.compare = PageCompare(self.tr("Drop a picture of a page here, or open one"))
        self.compare.setObjectName("pageCompare")
        self.compare.setAccessibleName(self.tr("The page, dirty at the left and cleaned at the right of a divider"))
        self.compare.setToolTip(
            self.tr("Drag the divider or press the arrow keys · wheel: zoom · right button: move · 0: all of the page")
        )
        self._open = QPushButton(self.tr("Open a page…"), objectName="pageOpenButton")
        self._clean = QPushButton(self.tr("Clean again"), objectName="pageCleanButton")
        self._clean.setToolTip(self.tr("With the model as it is now: the page does not follow the training by itself"))
        self._save = QPushButton(self.tr("Save cleaned page…"), objectName="pageSaveButton")
        self._text = plain_label(wordWrap=True, objectName="pageMessage")
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._progress = QProgressBar(objectName="pageProgress")
        self._progress.setRange(0, 100)
        self._progress.setMaximumWidth(220)
        self._cancel = QPushButton(self.tr("Cancel"), objectName="pageCancelButton")
        self._open.clicked.connect(self.open_requested)
        self._clean.clicked.connect(self.clean_requested)
        self._save.clicked.connect(self.save_requested)
        self._cancel.clicked.connect(self.cancel_requested)

        bar = Flow(self._open, self._clean, STRETCH, self._save)
        foot = row((self._text, 1), self._progress, self._cancel)
        column(bar, (self.compare, 1), foot, margins=(10, 10, 10, 10), spacing=8, on=self)
        # As high as with the button: nothing moves when work begins.
        self._text.setMinimumHeight(self._cancel.sizeHint().height())
        self._show()

    def show_page(self, name: str, page: Pyramid) -> None:
        """Show another page, which is not cleaned yet."""
        self._has_page, self._has_result = True, False
        self.compare.show_page(page)
        height, width = page.shape
        self.show_message(self.tr("{name} · {width} × {height} pixels").format(name=name, width=width, height=height))
        self._show()

    def show_cleaned(self, page: Pyramid | None) -> None:
        """Show the cleaned page, or that there is none yet."""
        self._has_result = page is not None
        self.compare.show_cleaned(page)
        self._show()

    def show_message(self, sentence: str, is_problem: bool = False) -> None:
        """Say what was done, or what went wrong and what to do."""
        self._is_problem = is_problem
        self._text.setText(sentence)
        self._text.setForegroundRole(theme.WARNING if is_problem else QPalette.ColorRole.WindowText)

    def set_busy(self, is_busy: bool) -> None:
        """Show that a page is being read or cleaned, or that it no longer is."""
        self._is_busy = is_busy
        if is_busy and self._is_problem:
            self.show_message("")
        self._show()

    def set_progress(self, share: float) -> None:
        """Show how much of the page is cleaned."""
        self._progress.setValue(round(100 * share))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept a file."""
        if _file_of(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take the page that was dropped."""
        path = _file_of(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.file_dropped.emit(path)

    def sizeHint(self) -> QSize:
        """Prefer the room for a page."""
        return QSize(960, 720)

    def _show(self) -> None:
        self._open.setEnabled(not self._is_busy)
        self._clean.setEnabled(self._has_page and not self._is_busy)
        self._save.setEnabled(self._has_result and not self._is_busy)
        for widget in (self._progress, self._cancel):
            widget.setVisible(self._is_busy)


def _file_of(data: QMimeData) -> Path | None:
    """Give the first file that is dragged."""
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return files[0] if files else None
