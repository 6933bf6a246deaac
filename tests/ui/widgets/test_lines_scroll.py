"""A panel of lines in a place of any size: it fills it, or is scrolled, and comes to rest."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel

from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.lines import LinesPanel
from latentlab.ui.widgets.lines_scroll import LinesScroll


def test_it_fills_its_place_or_is_as_large_as_its_lines_ask_for(qtbot):
    panel, label = LinesPanel(), QLabel("some words " * 40, wordWrap=True)
    label.setMinimumWidth(160)
    column(label, on=panel)
    scroll = qtbot.show(LinesScroll(panel, QSize(80, 60)), 900, 600)
    assert panel.size() == scroll.viewport().size()
    scroll.resize(300, 80)
    bar = scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and label.height() >= label.heightForWidth(label.width()))
    assert panel.width() == scroll.viewport().width()
    label.setText("a few words")
    qtbot.waitUntil(lambda: bar.maximum() == 0 and panel.size() == scroll.viewport().size())
    scroll.resize(90, 80)
    qtbot.waitUntil(lambda: scroll.horizontalScrollBar().maximum() > 0)
    assert scroll.minimumSizeHint().width() == 80
