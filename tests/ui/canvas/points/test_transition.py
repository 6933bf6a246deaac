"""Points move as often as pictures cost little, and arrive in any case."""

from latentlab.ui.canvas.points.transition import TransitionAnimation


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
