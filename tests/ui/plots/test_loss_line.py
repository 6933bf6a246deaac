"""The loss in one line."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from latentlab.core.events import EpochEnded, Losses, Progress
from latentlab.ui.plots.loss_history import LossHistory
from latentlab.ui.plots.loss_line import LossLine
from latentlab.ui.style import theme
from tests.ui import scenes


@pytest.fixture
def history():
    return LossHistory()


@pytest.fixture
def line(qtbot, history):
    return qtbot.show(LossLine(history), 500, 30)


def losses(value):
    return Losses(value, value, 0.0)


def columns_of(line, colour):
    """Give in which columns something of about a colour is seen: a thin line is nowhere of its own, pure."""
    shown, wanted = scenes.pixels(line).astype(int), np.array(QColor(colour).getRgb()[2::-1])
    return np.flatnonzero((np.abs(shown - wanted).sum(2) < 150).any(0)).tolist()


def add_steps(history, values):
    table = np.repeat(np.array(values, np.float32)[:, None], 4, axis=1)
    places = np.linspace(0.05, 1.0, len(values), dtype=np.float32)
    history.add_progress(Progress("run", places, table, 1.0, 1.0, 1.0))


def test_it_says_what_the_loss_is_now(line, history):
    assert line.text() == ""
    add_steps(history, [300.0, 200.0])
    assert line.text() == "Training loss 200.0 nats"
    history.add_epoch(EpochEnded("run", 1, losses(200.0), losses(180.54), is_best=True))
    assert line.text() == "Test loss 180.5 nats"  # of the test images, as soon as there is one
    history.clear()
    assert line.text() == ""


def test_steps_and_epochs_are_drawn_in_what_the_words_leave(line, history):
    colours = theme.current()
    assert not columns_of(line, colours.test)
    add_steps(history, np.linspace(300, 150, 400))
    assert len(columns_of(line, colours.train)) > 100
    for number in range(1, 9):
        history.add_epoch(EpochEnded("run", number, losses(150.0), losses(160.0 - number), is_best=True))
    drawn = columns_of(line, colours.test)
    assert min(drawn) > line.fontMetrics().horizontalAdvance(line.text())
    assert max(drawn) < line.width()
    assert max(drawn) - min(drawn) > 200


def test_it_says_the_loss_of_the_epoch_that_is_looked_at_and_marks_it(line, history):
    for number in range(1, 9):
        tested = losses(160.0 - number) if number != 4 else losses(np.nan)
        history.add_epoch(EpochEnded("run", number, losses(150.0 - number), tested, is_best=False))
    assert line.text() == "Test loss 152.0 nats"
    places = []
    for epoch, text in ((2, "test loss 158.0"), (4, "training loss 146.0"), (6, "test loss 154.0")):
        line.mark_epoch(epoch, 8)
        assert line.text() == f"Epoch {epoch} of 8: {text} nats"
        shown = scenes.pixels(line).astype(int)
        accent = np.array(QColor(theme.current().accent).getRgb()[2::-1])
        whole = (np.abs(shown - accent).sum(2) < 150).all(0)
        places.append(np.flatnonzero(whole).mean())
    # Words take about the same room, digits all the same: the mark of the fourth lies between those of the others.
    assert places[0] < places[1] < places[2]
    line.mark_epoch(None, 8)
    assert line.text() == "Test loss 152.0 nats"


def test_a_click_asks_for_the_curves(qtbot, line):
    with qtbot.waitSignal(line.clicked):
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
