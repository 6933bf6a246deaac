"""The window in which a page is cleaned, and which signal goes to which slot in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QWidget

from latentlab.core.output.pyramid import Pyramid
from latentlab.ui.panels.page import PagePanel
from latentlab.ui.session.page_cleaning import PageCleaning
from latentlab.ui.widgets.boxes import column
from latentlab.ui.window.file_dialogs import FileDialogs
from latentlab.ui.window.window_beside import WindowBeside


class PageWindow(WindowBeside):
    """Where a page is cleaned.

    Parameters
    ----------
    owner : QWidget
        The main window.

    Attributes
    ----------
    panel : PagePanel
    """

    closed = Signal()

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setObjectName("pageWindow")
        self.setWindowTitle(self.tr("Clean a page – latentlab"))
        self._name = ""
        self.panel = PagePanel()
        column(self.panel, on=self)

    def suggested_name(self) -> str:
        """Give the name under which to save the cleaned page."""
        return f"{Path(self._name).stem}-cleaned.png"

    @Slot(str, object)
    def show_page(self, name: str, page: Pyramid) -> None:
        """Show another page."""
        self._name = name
        self.setWindowTitle(self.tr("{name} – Clean a page – latentlab").format(name=name))
        self.panel.show_page(name, page)

    @Slot(Path)
    def tell_saved(self, path: Path) -> None:
        """Say where the cleaned page is."""
        self.panel.show_message(self.tr("The cleaned page is saved as {path}.").format(path=path))

    @Slot(str)
    def tell_problem(self, sentence: str) -> None:
        """Say what went wrong."""
        self.panel.show_message(sentence, is_problem=True)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Say that what is being cleaned is not wanted any more."""
        self.closed.emit()
        super().closeEvent(event)


def join_page(cleaning: PageCleaning, window: PageWindow) -> Callable[[], None]:
    """Join the cleaning of a page to its window; gives what shows the window, and asks which page to clean."""
    panel, dialogs = window.panel, FileDialogs(window)

    def ask_for_page() -> None:
        window.come()
        dialogs.open("page", cleaning.open)

    panel.open_requested.connect(ask_for_page)
    panel.file_dropped.connect(cleaning.open)
    panel.clean_requested.connect(cleaning.clean)
    panel.cancel_requested.connect(cleaning.cancel)
    panel.save_requested.connect(lambda: dialogs.save("cleanedPage", window.suggested_name(), cleaning.save))
    window.closed.connect(cleaning.cancel)
    cleaning.opened.connect(window.show_page)
    cleaning.cleaned.connect(panel.show_cleaned)
    cleaning.busy_changed.connect(panel.set_busy)
    cleaning.progressed.connect(panel.set_progress)
    cleaning.saved.connect(window.tell_saved)
    cleaning.failed.connect(window.tell_problem)
    return ask_for_page
