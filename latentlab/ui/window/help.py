"""The menu of help: the tour of the window, and what the program is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMainWindow

from latentlab.ui.window.menus import Menus

if TYPE_CHECKING:
    from latentlab.ui.window.tour import Tour


def join_help_menu(window: QMainWindow, menus: Menus) -> None:
    """Make the tour and the page about the program when first they are asked for."""
    tour: Tour | None = None

    def begin_tour() -> None:
        nonlocal tour
        from latentlab.ui.window.tour import Tour

        tour = tour or Tour(window)
        tour.begin()

    def show_about() -> None:
        from latentlab.ui.window.about import AboutDialog

        dialog = AboutDialog(window)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    menus["tour"].triggered.connect(begin_tour)
    menus["about"].triggered.connect(show_about)
