"""The training curves: what they hold, what they show, and what one does with the mouse."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pyqtgraph import InfiniteLine
from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QSlider, QToolButton

from latentlab.core.events import Changed, EpochEnded, Losses, Progress, Started
from latentlab.ui.panels.curves import CurvesPanel
from latentlab.ui.plots.loss_history import MAX_STEPS, StepSeries, envelope, robust_range
from latentlab.ui.plots.loss_plot import LossPlot
from latentlab.ui.style import theme


@pytest.fixture
def panel(qtbot):
    return qtbot.show(CurvesPanel(), 600, 190)


def started(first_epoch=0, epochs=20):
    return Started("run", epochs, first_epoch, 10, 1280, "cpu")


def steps(start, count, values=160.0):
    x = start + np.arange(1, count + 1) / 10
    columns = [np.broadcast_to(values, count), np.full(count, 150.0), np.full(count, 6.0), np.zeros(count)]
    losses = np.column_stack(columns)
    return Progress("run", x.astype(np.float32), losses.astype(np.float32), 1000.0, 1.0, 1.0)


def epoch(number, train=160.0, test=161.0):
    return EpochEnded("run", number, Losses(train, train - 6, 6.0), Losses(test, test - 6, 6.0), is_best=False)


def drawn(panel):
    """Wait until what was told last is drawn: the panel draws a few times a second at most."""
    waiting = QEventLoop()
    timer = panel.findChild(QTimer)
    if timer.isActive():
        timer.timeout.connect(waiting.quit)
        waiting.exec()


def y_range(panel):
    drawn(panel)
    return panel.plot.box.viewRange()[1]


def train(panel, epochs=5):
    panel.start(started())
    for number in range(1, epochs + 1):
        panel.add_progress(steps(number - 1, 10, 160 + 10 / number))
        panel.add_epoch(epoch(number, 160 + 8 / number, 161 + 8 / number))


def test_series_hold_every_epoch_and_step(panel):
    assert panel.findChild(LossPlot, "lossPlot") is panel.plot
    train(panel, 3)
    series = panel.plot.series()
    assert set(series) >= {
        f"{split}/{loss}" for split in ("train", "test") for loss in ("loss", "reconstruction", "kl")
    }
    x, y = series["test/loss"]
    np.testing.assert_allclose(x, [1, 2, 3])
    np.testing.assert_allclose(y, [169, 165, 161 + 8 / 3])
    np.testing.assert_allclose(series["train/kl"][1], 6)
    assert len(series["step/loss"][0]) == 30


def test_no_menu_of_the_plotting_library_shows(qtbot, panel):
    train(panel, 2)
    qtbot.mouseClick(panel.plot.viewport(), Qt.MouseButton.RightButton)
    assert not any(menu.isVisible() for menu in panel.findChildren(QMenu))


def test_a_new_run_clears_and_a_continued_one_goes_on_from_its_epoch(panel):
    train(panel, 3)
    panel.add_progress(steps(3, 5))  # stopped in the middle of the fourth epoch
    panel.start(started(first_epoch=3))
    series = panel.plot.series()
    assert list(series["train/loss"][0]) == [1, 2, 3]
    assert series["step/loss"][0].max() == 3
    panel.add_progress(steps(3, 10))
    panel.add_epoch(epoch(4))
    assert list(panel.plot.series()["train/loss"][0]) == [1, 2, 3, 4]
    panel.start(started())
    assert all(len(x) == 0 for x, _ in panel.plot.series().values())


def test_an_opened_run_shows_its_history(panel):
    train(panel, 2)
    panel.show_history((epoch(1), epoch(2), epoch(3)), (Changed("run", 1.5, "beta", 4.0),))
    assert list(panel.plot.series()["test/kl"][0]) == [1, 2, 3]
    assert len(panel.plot.series()["step/kl"][0]) == 0
    panel.clear()
    assert len(panel.plot.series()["test/kl"][0]) == 0


def empty_text(panel):
    return next(label for label in panel.plot.findChildren(QLabel) if "appear here" in label.text())


def test_an_empty_plot_says_what_will_be_there(panel):
    assert empty_text(panel).isVisible()
    panel.start(started())
    panel.add_progress(steps(0, 1))
    drawn(panel)
    assert not empty_text(panel).isVisible()
    panel.clear()
    assert empty_text(panel).isVisible()


def test_a_spike_does_not_flatten_the_rest(panel):
    train(panel, 6)
    calm = y_range(panel)
    panel.add_progress(steps(6, 1, 1e6))
    panel.add_epoch(epoch(7, test=5e5))
    low, high = y_range(panel)
    assert high - low < 2 * (calm[1] - calm[0])
    assert low < 161 < high
    assert panel.plot.series()["test/loss"][1].max() == 5e5  # it is kept, only not in view


def test_the_legend_tells_values_and_the_best_epoch(qtbot, panel):
    train(panel, 4)
    panel.add_epoch(epoch(5, 170.0, 190.0))
    drawn(panel)
    legend = panel.plot.findChild(QLabel, "lossLegend")
    assert "epoch 5" in legend.text()
    assert "190.0" in legend.text()
    assert "lowest test loss: epoch 4" in legend.text()
    assert "validation" not in legend.text()
    view = panel.plot.box
    scene = view.mapViewToScene(QPointF(2.1, sum(y_range(panel)) / 2))
    qtbot.mouseMove(panel.plot.viewport(), panel.plot.mapFromScene(scene))
    qtbot.waitUntil(lambda: "epoch 2" in legend.text())
    assert "165.0" in legend.text()


def test_losses_at_another_temperature_than_1_say_so(panel):
    train(panel, 1)
    legend = panel.plot.findChild(QLabel, "lossLegend")
    drawn(panel)
    assert "T =" not in legend.text()
    panel.show_history([dataclasses.replace(epoch(1), temperatures=(0.6, 1.0))], [])
    assert "training at T = 0.6" in legend.text()
    assert "test at" not in legend.text()
    panel.show_history([dataclasses.replace(epoch(1), temperatures=(0.6, 0.6))], [])
    assert "test at T = 0.6" in legend.text()


def test_the_star_says_which_images_chose_it(panel):
    """The best epoch is that of the validation images, whatever those for testing say."""
    losses = {1: (160.0, 150.0), 2: (150.0, 160.0)}
    epochs = [
        dataclasses.replace(epoch(number, test=test), validation=Losses(validation, validation - 6, 6.0))
        for number, (validation, test) in losses.items()
    ]
    panel.resize(900, 190)
    panel.show_history(epochs, [])
    legend = panel.plot.findChild(QLabel, "lossLegend")
    assert "best by validation: epoch 2" in legend.text()
    np.testing.assert_array_equal(panel.plot.series()["validation/loss"][1], [160, 150])
    np.testing.assert_array_equal(panel.plot.series()["validation/kl"][1], [6, 6])
    panel.show_history([epoch(1), epoch(2, test=150.0)], [])
    assert "lowest test loss: epoch 2" in legend.text()
    assert not len(panel.plot.series()["validation/loss"][0])


def test_the_legend_is_whole_where_there_is_little_room(panel):
    train(panel, 5)
    drawn(panel)
    legend = panel.plot.findChild(QLabel, "lossLegend")
    panel.plot.setFixedWidth(legend.width() - 20)
    panel.plot.redraw()
    assert legend.x() >= 0
    assert "best" not in legend.text()
    assert "test" in legend.text()


def zoom(panel):
    view = panel.plot.box
    at = panel.plot.mapFromScene(view.mapViewToScene(QPointF(2, sum(y_range(panel)) / 2)))
    where = panel.plot.viewport().mapTo(panel, at)
    QTest.wheelEvent(panel.windowHandle(), where, QPoint(0, 240))
    return at


def test_zooming_by_hand_holds_until_show_all_or_a_double_click(qtbot, panel):
    train(panel, 4)
    whole = y_range(panel)
    zoom(panel)
    zoomed = y_range(panel)
    assert zoomed[1] - zoomed[0] < whole[1] - whole[0]
    panel.add_progress(steps(4, 10, 300.0))
    assert y_range(panel) == zoomed
    assert panel.auto_button.isEnabled()
    qtbot.mouseClick(panel.auto_button, Qt.MouseButton.LeftButton)
    assert y_range(panel)[1] > zoomed[1]
    assert not panel.auto_button.isEnabled()
    at = zoom(panel)
    assert panel.auto_button.isEnabled()
    qtbot.mouseDClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert panel.plot.follows()


def test_one_quantity_or_all_three(qtbot, panel):
    train(panel)

    def shown():
        return sorted(plot.quantity() for plot in panel.findChildren(LossPlot) if plot.isVisible())

    assert shown() == ["loss"]
    buttons = {button.text(): button for button in panel.quantity_buttons.buttons()}
    qtbot.mouseClick(buttons["KL"], Qt.MouseButton.LeftButton)
    assert shown() == ["kl"]
    assert y_range(panel)[1] < 10
    qtbot.mouseClick(buttons["All"], Qt.MouseButton.LeftButton)
    assert shown() == ["kl", "loss", "reconstruction"]


def marks(plot):
    return [item for item in plot.scene().items() if isinstance(item, InfiniteLine) and item.isVisible()]


def test_plots_that_are_made_late_are_as_the_first(qtbot, panel):
    train(panel)
    panel.set_epochs([1, 2, 3])
    panel.slider.setValue(0)
    panel.log_box.setChecked(True)
    qtbot.mouseClick(panel.findChild(QToolButton, "curve-all"), Qt.MouseButton.LeftButton)
    first, *others = panel.findChildren(LossPlot)
    assert others
    for plot in others:
        assert plot.axes["left"].logMode
        assert [line.value() for line in marks(plot)] == [line.value() for line in marks(first)] == [1]


def test_log_scale_writes_losses_on_its_axis(qtbot, panel):
    train(panel)
    panel.log_box.setFocus()
    qtbot.keyClick(panel.log_box, Qt.Key.Key_Space)
    low, high = y_range(panel)
    assert 2 < low < high < 2.5  # the logarithms of 100 to 300
    axis = panel.plot.axes["left"]
    ticks = [value for _, values in axis.tickValues(low, high, 100) for value in values]
    assert len(ticks) >= 2
    assert all(150 < float(text) < 180 for text in axis.tickStrings(ticks[:2], 1, None))


def test_changes_are_marked_once(panel):
    train(panel)
    panel.add_change(Changed("run", 2.5, "learning_rate", 1e-2))
    panel.add_change(Changed("run", 2.5, "learning_rate", 1e-4))
    panel.add_change(Changed("run", 3.0, "beta", 4.0))
    drawn(panel)
    items = panel.plot.box.addedItems
    marks = {item.value(): item.label.format for item in items if getattr(item, "label", None) is not None}
    assert marks == {2.5: "rate 0.0001", 3.0: "β 4"}


def test_of_many_changes_as_many_are_marked_as_can_be_read_and_the_others_counted(panel):
    train(panel)
    panel.show_history([epoch(number) for number in range(1, 101)], [])
    for number in range(10_000):
        panel.add_change(Changed("run", number / 100, "learning_rate", 1 + number))
    drawn(panel)

    def marked():
        lines = [item for item in panel.plot.box.addedItems if getattr(item, "label", None) is not None]
        return {line.value(): line.label.format for line in lines}

    assert 3 <= len(marked()) <= panel.plot.width() / 50
    assert marked()[99.99].startswith("rate 10000, ")
    others = sum(int(text.split()[2].replace(",", "")) for text in marked().values())
    assert others + len(marked()) == 10_000
    panel.plot.box.setRange(xRange=(50.001, 50.025), padding=0)  # closer, each is seen
    panel.plot.follow(False)
    assert marked() == {50.01: "rate 5002", 50.02: "rate 5003"}


def test_the_slider_looks_back(qtbot, panel):
    slider, label = panel.findChild(QSlider, "epochSlider"), panel.findChild(QLabel, "epochLabel")
    assert not slider.isEnabled()
    assert not slider.isVisible()  # nothing to look back at
    spy = QSignalSpy(panel.epoch_chosen)
    panel.set_live(True)
    panel.set_epochs([1, 2, 3])
    assert (slider.value(), label.text()) == (2, "live")
    panel.set_epochs([1, 2, 3, 4])
    assert (slider.value(), label.text()) == (3, "live")
    panel.set_live(False)
    assert label.text() == "epoch 4, the last"
    assert spy.count() == 0
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert spy.at(0)[0] == 2
    assert label.text() == "showing epoch 3 of 4"
    panel.set_epochs([1, 3, 5])
    assert label.text() == "showing epoch 3 of 5"
    assert spy.count() == 1
    panel.set_epochs([])
    assert (slider.isEnabled(), label.text()) == (False, "")


def test_steps_that_come_while_it_is_folded_are_drawn_once_it_is_seen(panel, monkeypatch):
    train(panel, 2)
    drawn(panel)
    drawings, redraw = [], LossPlot.redraw_steps
    monkeypatch.setattr(LossPlot, "redraw_steps", lambda plot: (drawings.append(plot), redraw(plot)))
    panel.hide()
    for number in (2, 3):
        panel.add_progress(steps(number, 10, 90.0))
        drawn(panel)
    assert drawings == []
    assert len(panel.plot.series()["step/loss"][0]) == 40
    panel.show()
    assert drawings == [panel.plot]
    np.testing.assert_allclose(panel.plot._steps.getData()[1][-20:], 90)


def test_curves_that_came_while_hidden_are_drawn_when_shown(panel):
    panel.hide()
    train(panel)
    panel.show()
    low, high = y_range(panel)
    assert low < 165 < high
    assert high < 200


ODD = st.one_of(
    st.floats(width=32), st.sampled_from([0.0, -1.0, math.inf, math.nan, 3e38, 1e-40]), st.floats(100, 200, width=32)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    batches=st.lists(arrays.arrays(np.float32, st.tuples(st.integers(0, 20), st.just(4)), elements=ODD), max_size=4),
    epochs=st.lists(st.tuples(ODD, ODD), max_size=6),
    is_log=st.booleans(),
)
def test_whatever_comes_nothing_that_is_not_finite_is_drawn(panel, batches, epochs, is_log):
    panel.start(started())
    panel.log_box.setChecked(is_log)
    place = 0.0
    for losses in batches:
        x = (place + np.arange(1, len(losses) + 1) / 10).astype(np.float32)
        place += len(losses) / 10
        panel.add_progress(Progress("run", x, losses, 1.0, 1.0, 1.0))
    for number, (one, other) in enumerate(epochs, 1):
        panel.add_epoch(epoch(number, one, other))
    for x, y in panel.plot.series().values():
        assert len(x) == len(y)
        assert np.isfinite(y).all()
        assert (np.diff(x) > 0).all()
    assert np.isfinite(panel.plot.box.viewRange()).all()
    assert not panel.plot.grab().isNull()


def test_memory_is_bounded_and_means_are_kept():
    series = StepSeries(max_rows=100)
    y = np.random.default_rng(0).uniform(100, 200, (6400, 5))
    x = np.arange(6400) / 100
    for start in range(0, 6400, 64):
        series.append(x[start : start + 64], y[start : start + 64, :4], y[start : start + 64, 4])
    rows = series.rows()
    assert 50 <= len(rows) <= 100
    np.testing.assert_allclose(rows[:, 1:].mean(axis=0), y.mean(axis=0), rtol=0.02)
    assert (np.diff(rows[:, 0]) > 0).all()
    assert MAX_STEPS <= 20_000


@given(st.lists(st.floats(-1e6, 1e6), max_size=400), st.integers(1, 60))
def test_an_envelope_keeps_extremes_in_few_points(values, columns):
    y = np.array(values)
    x = np.arange(len(y), dtype=float)
    shown_x, shown_y = envelope(x, y, columns)
    assert len(shown_x) == len(shown_y) <= 3 * columns + 2 + len(y) // columns
    assert (np.diff(shown_x) >= 0).all()
    if len(y):
        assert (shown_y.min(), shown_y.max()) == (y.min(), y.max())


@given(st.lists(st.floats(-1e9, 1e9), max_size=80), st.lists(st.floats(-1e9, 1e9), max_size=20))
def test_a_robust_range_is_a_range(some, few):
    found = robust_range(np.array(some), np.array(few))
    assert (found is None) == (not some and not few)
    assert found is None or found[0] < found[1]


def test_what_a_model_does_not_have_is_not_offered(panel):
    buttons = {name: panel.findChild(QToolButton, f"curve-{name}") for name in ("kl", "penalty")}
    panel.show_history([epoch(1), epoch(2)], [])
    assert [button.isVisibleTo(panel) for button in buttons.values()] == [True, False]
    sparse = Losses(140.0, 120.0, 0.0, 20.0)
    buttons["kl"].click()
    panel.show_history([EpochEnded("run", number, sparse, sparse, is_best=False) for number in (1, 2)], [])
    assert [button.isVisibleTo(panel) for button in buttons.values()] == [False, True]
    assert panel.plot.quantity() == "loss"
    buttons["penalty"].click()
    assert panel.plot.quantity() == "penalty"
    np.testing.assert_array_equal(panel.plot.series()["test/penalty"][1], [20.0, 20.0])
    panel.findChild(QToolButton, "curve-all").click()
    shown = [plot.quantity() for plot in panel.findChildren(type(panel.plot)) if plot.isVisibleTo(panel)]
    assert sorted(shown) == ["loss", "penalty", "reconstruction"]


def test_what_is_minimised_is_offered_apart_where_it_is_not_the_loss(panel):
    button = panel.findChild(QToolButton, "curve-objective")
    panel.show_history([dataclasses.replace(epoch(number), objective=160.0) for number in (1, 2)], [])
    assert not button.isVisibleTo(panel)
    panel.add_epoch(dataclasses.replace(epoch(3), objective=100.0))
    drawn(panel)
    assert button.isVisibleTo(panel)
    button.click()
    series = panel.plot.series()
    np.testing.assert_array_equal(series["train/objective"][1], [160, 160, 100])
    np.testing.assert_array_equal(series["train/loss"][1], [160, 160, 160])
    assert "test/objective" not in series
    legend = panel.plot.findChild(QLabel, "lossLegend").text()
    assert "100.0" in legend
    assert "test" not in legend
    panel.show_history([epoch(1)], [])  # of an earlier version: nobody knows
    assert not button.isVisibleTo(panel)
    assert panel.plot.quantity() == "loss"


def test_the_objective_of_steps_is_the_loss_where_none_is_told(panel):
    panel.start(started())
    panel.add_progress(steps(0, 10))
    panel.add_progress(dataclasses.replace(steps(1, 10), objectives=np.full(10, 20.0, np.float32)))
    series = panel.plot.series()
    np.testing.assert_array_equal(series["step/objective"][1], [160.0] * 10 + [20.0] * 10)


def test_the_numbers_at_the_axes_and_the_room_above_the_curves_follow_the_size_of_text(panel, qtbot):
    panel.show_history([epoch(1), epoch(2)], [])
    before, top = QApplication.font(), panel.plot.box.geometry().top()
    try:
        theme.change_text_size(6)
        size = QApplication.font().pointSizeF()
        for axis in panel.plot.axes.values():
            qtbot.waitUntil(lambda axis=axis: axis.style["tickFont"].pointSizeF() == size)
        qtbot.waitUntil(lambda: panel.plot.box.geometry().top() > top)
    finally:
        QApplication.setFont(before)
