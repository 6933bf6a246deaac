"""The window in which a page is cleaned: its questions, and which signal goes to which slot."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from latentlab.ui.panels.page import PagePanel
from latentlab.ui.session.page_cleaning import PageCleaning


class PageWindow(QWidget):
    """A window of its own beside the main one, which it closes with.

    Parameters
    ----------
    cleaning : PageCleaning
        What the window shows and does.
    owner : QWidget
        The main window.
    """

    def __init__(self, cleaning: PageCleaning, owner: QWidget) -> None:
        super().__init__(owner, Qt.WindowType.Window)
        self.setObjectName("pageWindow")
        self.setWindowTitle(self.tr("Clean a page – latentlab"))
        self._cleaning, self._owner = cleaning, owner
        self._name = ""
        self._panel = PagePanel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._panel)
        QShortcut(QKeySequence.StandardKey.Close, self, self.close)
        self._panel.open_requested.connect(self.ask_for_page)
        self._panel.file_dropped.connect(cleaning.open)
        self._panel.clean_requested.connect(cleaning.clean)
        self._panel.cancel_requested.connect(cleaning.cancel)
        self._panel.save_requested.connect(self._ask_where_to_save)
        cleaning.opened.connect(self._show_page)
        cleaning.cleaned.connect(self._panel.show_cleaned)
        cleaning.busy_changed.connect(self._panel.set_busy)
        cleaning.progressed.connect(self._panel.set_progress)
        cleaning.saved.connect(self._tell_saved)
        cleaning.failed.connect(self._tell_problem)

    @Slot()
    def ask_for_page(self) -> None:
        """Show the window, and ask which page to clean."""
        self.show()
        self.raise_()
        self.activateWindow()
        dialog = self._dialog(self.tr("Picture of a page"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        pictures = self.tr("Pictures (*.png *.jpg *.jpeg *.tif *.tiff *.bmp *.pgm *.webp)")
        dialog.setNameFilters([pictures, self.tr("All files (*)")])
        dialog.fileSelected.connect(self._open)
        dialog.open()

    def showEvent(self, event: QShowEvent) -> None:
        """Listen to the main window, through which each of its events goes from then on."""
        super().showEvent(event)
        self._owner.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close with the main window."""
        if event.type() == QEvent.Type.Hide and not event.spontaneous():
            self.close()
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what is being cleaned."""
        self._cleaning.cancel()
        self._owner.removeEventFilter(self)
        super().closeEvent(event)

    @Slot(str, object)
    def _show_page(self, name: str, page: object) -> None:
        self._name = name
        self.setWindowTitle(self.tr("{name} – Clean a page – latentlab").format(name=name))
        self._panel.show_page(name, page)

    @Slot()
    def _ask_where_to_save(self) -> None:
        dialog = self._dialog(self.tr("Save the cleaned page"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilter(self.tr("Pictures (*.png)"))
        dialog.setDefaultSuffix("png")
        dialog.selectFile(f"{Path(self._name).stem}-cleaned.png")
        dialog.fileSelected.connect(self._save)
        dialog.open()

    @Slot(str)
    def _open(self, path: str) -> None:
        self._cleaning.open(Path(path))

    @Slot(str)
    def _save(self, path: str) -> None:
        self._cleaning.save(Path(path))

    @Slot(Path)
    def _tell_saved(self, path: Path) -> None:
        self._panel.show_message(self.tr("The cleaned page is saved as {path}.").format(path=path))

    @Slot(str)
    def _tell_problem(self, sentence: str) -> None:
        self._panel.show_message(sentence, is_problem=True)

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.finished.connect(dialog.deleteLater)
        return dialog
