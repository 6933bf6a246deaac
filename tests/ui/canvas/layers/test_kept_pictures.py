"""What stays as it is on the map is painted from a picture, and drawn anew as soon as it looks different."""

import pytest
from PySide6.QtWidgets import QApplication, QGraphicsItem

from latentlab.ui.canvas.layer import Layer, Order
from latentlab.ui.style import theme


class Counted(Layer):
    """Counts how often it is drawn."""

    def __init__(self, view):
        super().__init__(view, Order.GRID)
        self.count = 0
        self.keep_picture()

    def paint(self, painter, option, widget=None):
        self.count += 1
        painter.fillRect(self.boundingRect(), theme.current().accent)


@pytest.fixture
def layer(qtbot, canvas):
    layer = Counted(canvas.view)
    qtbot.waitUntil(lambda: layer.cacheMode() != QGraphicsItem.CacheMode.NoCache)
    canvas.viewport().repaint()  # it is drawn into its picture
    layer.count = 0
    return layer


def test_it_is_not_drawn_anew_for_what_moves_above_it(qtbot, canvas, layer):
    for place in range(5):
        canvas.set_pick((0.1 * place, 0.2))
        canvas.viewport().repaint()
    assert not layer.count


def larger(canvas):
    font = canvas.font()
    font.setPointSizeF(2 * font.pointSizeF())
    canvas.setFont(font)


@pytest.mark.parametrize(
    "change",
    [
        lambda canvas: canvas.view.zoom(0.5),
        lambda canvas: canvas.resize(500, 400),
        lambda canvas: QApplication.setPalette(theme.palette(theme.DARK)),
        larger,
    ],
    ids=["view", "size", "theme", "font"],
)
def test_it_is_drawn_anew_where_it_looks_different(qtbot, canvas, layer, change):
    before = QApplication.palette()
    try:
        change(canvas)
        qtbot.waitUntil(lambda: layer.count > 0)
    finally:
        QApplication.setPalette(before)
