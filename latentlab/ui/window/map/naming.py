"""The question under which name something is kept."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QInputDialog, QWidget


def ask_for_name(
    window: QWidget, object_name: str, title: str, label: str, name: str, then: Callable[[str], object]
) -> None:
    """Ask, without blocking the window's event loop, and hand the answer to a function.

    Parameters
    ----------
    window : QWidget
        Over which the question appears.
    object_name, title, label : str
    name : str
        That is suggested.
    then : callable
    """
    dialog = QInputDialog(window)
    dialog.setObjectName(object_name)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    dialog.setTextValue(name)
    dialog.textValueSelected.connect(then)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
