"""Points move as often as pictures cost little, and arrive in any case."""

from PySide6.QtCore import QCoreApplication, QEvent, QObject

from latentlab.ui.canvas.points.transition import TransitionAnimation


class Paints(QObject):
    """How often a widget was painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def have_ceased(self):
        """Whether there was none since this was asked last."""
        before, self.count = self.count, 0
        return not before

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_points_that_are_drawn_where_they_set_out_are_not_drawn_there_again(qtbot, canvas, map_points):
    paints = Paints(canvas.viewport())
    canvas.set_points(map_points([(-1, 0), (1, 0)], [0, 1]))
    qtbot.waitUntil(lambda: paints.count > 0)
    qtbot.waitUntil(paints.have_ceased)
    with qtbot.waitSignal(canvas.findChild(TransitionAnimation).finished):
        canvas.set_points(map_points([(-1, 0.5), (1, 0.5)], [0, 1], animate=True))
        QCoreApplication.sendPostedEvents()
        assert not paints.count
        assert canvas.points_layer.positions().tolist() == [[-1, 0], [1, 0]]
    qtbot.waitUntil(lambda: paints.count > 0)
    assert canvas.points_layer.positions().tolist() == [[-1, 0.5], [1, 0.5]]


def steps(qtbot, parent, seconds):
    transition, moved = TransitionAnimation(parent), []
    transition.moved.connect(moved.append)
    transition.set_cost(seconds)
    with qtbot.waitSignal(transition.finished):
        transition.begin((0.0, 1.0, 0.0, 1.0), None)
    return moved


def test_pictures_that_cost_much_are_fewer_and_the_last_is_at_the_end(qtbot, canvas):
    cheap, dear = steps(qtbot, canvas, 0.0), steps(qtbot, canvas, 1.0)
    for moved in (cheap, dear):
        assert moved == sorted(moved)
        assert moved[-1] == 1.0
    assert 2 <= len(dear) <= 5  # not all at once either
    assert len(dear) < len(cheap)
