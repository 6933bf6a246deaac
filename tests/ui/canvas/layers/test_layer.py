"""What all layers of the map have in common."""

import gc

from latentlab.ui.canvas.layer import Layer, Order


class Painted(Layer):
    """Counts how often it is painted."""

    def __init__(self, view):
        super().__init__(view, Order.PRIOR)
        self.times = 0

    def paint(self, painter, option, widget=None):
        self.times += 1


def painted(canvas):
    (layer,) = (item for item in canvas.view.box.childItems() if isinstance(item, Painted))
    return layer


def test_a_layer_that_nobody_else_keeps_is_painted_in_its_place_and_again_when_the_view_changes(canvas, qtbot):
    Painted(canvas.view)
    gc.collect()
    qtbot.waitUntil(lambda: painted(canvas).times > 0)
    before = painted(canvas).times
    canvas.show_standard()
    canvas.view.zoom(0.5)
    qtbot.waitUntil(lambda: painted(canvas).times > before)
    assert canvas.field.zValue() < painted(canvas).zValue() < canvas.points_layer.zValue() < canvas.markers.zValue()
    assert painted(canvas).boundingRect() == canvas.view.box.rect()
