"""The button that opens what the points can be coloured by."""

import pytest
from PySide6.QtWidgets import QApplication

from latentlab.core.map.point_values import Colouring
from latentlab.ui.canvas.cards.card_button import button_size
from latentlab.ui.canvas.cards.colour_box import ColourBox
from latentlab.ui.style import theme


@pytest.mark.parametrize("points", [10, 24])
def test_what_is_written_is_whole_and_only_the_name_of_a_column_is_shortened(qtbot, points):
    before = QApplication.font()
    try:
        theme.set_text_size(points)
        box = ColourBox()
        qtbot.addWidget(box)
        box.set_columns(("age", "a name of which nobody thought that it would ever stand on a button"))
        own = [Colouring(), Colouring("loss"), Colouring("kl"), Colouring("reconstruction"), Colouring("column", "age")]
        for colouring in own:
            box.set_colouring(colouring)
            assert box.sizeHint() == button_size(box.fontMetrics(), box.words(), opens=True)
        box.setCurrentIndex(box.count() - 1)
        assert box.sizeHint().width() < 12 * box.sizeHint().height()
    finally:
        QApplication.setFont(before)
