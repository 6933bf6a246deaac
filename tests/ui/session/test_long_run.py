"""What a run keeps in memory while it trains is bounded, however long it is."""

import gc
import tracemalloc
import weakref

import numpy as np
from PySide6.QtWidgets import QApplication

from latentlab.core.events import EpochEnded, Losses, Progress, Started
from latentlab.core.map.checkpoints import Checkpoints
from latentlab.ui.explore.history import History
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.plots.loss_history import MAX_STEPS, LossHistory

STEPS, EPOCHS = 1_000_000, 10_000
PER_EPOCH = STEPS // EPOCHS


def curve(x):
    return 150 + 50 / (1 + x / 500) + 5 * np.sin(x / 700)


def progress(begin, count):
    """Tell so many steps after an epoch: a curve, with noise."""
    x = begin + np.arange(1, count + 1) / PER_EPOCH
    losses = np.random.default_rng(begin).normal(curve(x)[:, None], 10, (count, 4))
    return Progress("run", x.astype(np.float32), losses.astype(np.float32), 1e4, 1.0, 1.0)


def ended(number):
    losses = Losses(curve(number), curve(number) - 10, 10.0)
    return EpochEnded("run", number, losses, losses, is_best=False)


def test_a_million_steps_are_kept_in_a_bounded_number_of_points_that_follow_the_curve():
    history = LossHistory()
    for begin in range(0, EPOCHS, 20):
        history.add_progress(progress(begin, 20 * PER_EPOCH))
        for number in range(begin + 1, begin + 21):
            history.add_epoch(ended(number))
    x, y = history.step_curve("loss")
    assert MAX_STEPS / 2 <= len(x) <= MAX_STEPS
    assert x[0] < 2
    assert x[-1] > EPOCHS - 2
    assert np.abs(y - curve(x)).max() < 10  # each is the mean of 64 or more
    assert abs(np.mean(y - curve(x))) < 0.1
    epochs, losses = history.epoch_curve("test", "loss")
    np.testing.assert_array_equal(epochs, np.arange(1, EPOCHS + 1))
    np.testing.assert_array_equal(losses, curve(epochs))


def test_drawing_a_long_run_takes_a_bounded_number_of_points_in_which_an_outlier_still_shows(qtbot):
    panel = CurvesPanel()
    qtbot.addWidget(panel)
    panel.resize(600, 190)
    panel.show()
    for number in range(1, EPOCHS + 1):
        panel.add_epoch(
            ended(number) if number != 5000 else EpochEnded("run", 5000, Losses(170, 0, 0), Losses(1, 0, 0), True)
        )
    lines = [item for item in panel.plot.box.addedItems if hasattr(item, "getData")]
    qtbot.waitUntil(lambda: any(item.getData()[0] is not None and EPOCHS in item.getData()[0] for item in lines))
    curves = [item for item in lines if item.getData()[0] is not None]
    assert all(len(item.getData()[0]) <= 4 * panel.plot.width() for item in curves)
    assert any(len(item.getData()[1]) > 100 and item.getData()[1].min() == 1 for item in curves)
    view = panel.plot.box
    view.sigRangeChangedManually.emit([True, False])
    view.setXRange(4990, 5010, padding=0)  # from near every epoch is drawn
    test = next(item for item in curves if len(item.getData()[1]) > 1 and item.getData()[1].min() == 1)
    x, y = test.getData()
    assert {*range(4990, 5011)} <= {*x.astype(int)}
    assert x[np.argmin(y)] == 5000


class Model:
    means, deviations = np.zeros((0, 2), np.float32), None


def test_models_that_are_let_go_are_gone():
    checkpoints, made = Checkpoints(), []
    for epoch in range(1, 100_001):
        model = Model()
        made.append(weakref.ref(model))
        checkpoints.add(epoch, model)
        del model
    assert sum(model() is not None for model in made) == len(checkpoints.epochs()) <= 25


def test_places_that_one_has_been_at_are_forgotten_in_the_end():
    history, made = History(lambda a, b: a is b), []
    for _ in range(1000):
        place = Model()
        made.append(weakref.ref(place))
        history.visit(place)
        del place
    assert sum(place() is not None for place in made) == 100


def test_the_window_holds_no_more_after_more_of_a_long_run(lab):
    """What is told goes through the whole window; it is told as a training does, without one."""
    training = lab.session.training
    training.started.emit(Started("run", EPOCHS, 0, PER_EPOCH, 12_800, "cpu"))

    def tell(first, last):
        for begin in range(first, last, 20):
            training.progressed.emit(progress(begin, 20 * PER_EPOCH))
            for number in range(begin + 1, begin + 21):
                training.epoch_ended.emit(ended(number))
            QApplication.processEvents()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tell(0, 400)
    tracemalloc.start()
    try:
        before = tell(400, 600)
        growth = tell(600, 1600) - before
    finally:
        tracemalloc.stop()
    # 1,000 epochs have their losses, and room for as many more: 400 bytes each. 100,000 steps have none.
    assert growth < 500_000
