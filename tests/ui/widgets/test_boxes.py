"""Rows and columns: what is written in them lies so."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from latentlab.ui.widgets.boxes import STRETCH, column, row


def test_parts_lie_in_the_order_in_which_they_are_written_with_the_room_between_them(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    first, second, third, low = (QLabel(text) for text in ("first", "second", "third", "low"))
    beside = row(first, 30, second, STRETCH, (third, 0, Qt.AlignmentFlag.AlignTop), spacing=5)
    column(beside, (low, 1), margins=(7, 9, 11, 13), spacing=0, on=window)
    window.resize(500, 300)
    with qtbot.waitExposed(window):
        window.show()
    assert (first.x(), first.y()) == (7, 9)
    assert second.x() == first.geometry().right() + 1 + 30 + 5
    assert third.geometry().right() == 500 - 11 - 1
    assert third.height() == third.sizeHint().height()
    assert low.geometry().bottom() == 300 - 13 - 1
    assert low.height() > 200
