"""The bar of the run, driven by keys and mouse."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QLabel, QLineEdit, QProgressBar, QPushButton

from latentlab.core.events import Finished, Losses, Progress, Started
from latentlab.ui.panels import run_bar
from latentlab.ui.panels.run_bar import RunBar

INTENTS = (
    "train_requested",
    "pause_requested",
    "resume_requested",
    "stop_requested",
    "discard_requested",
    "learning_rate_changed",
    "beta_changed",
)


@pytest.fixture
def panel(qtbot):
    panel = qtbot.show(RunBar(), 1280, 60)
    panel.activateWindow()  # without a window manager, nothing else gives it the keyboard
    qtbot.waitUntil(panel.isActiveWindow)
    return panel


def button(panel, name):
    return panel.findChild(QPushButton, f"{name}Button")


def text(panel, name):
    label = panel.findChild(QLabel, name)
    return label.text() if label.isVisible() else ""


def progress(epochs_done, speed=23000.0, left=130.0):
    losses = np.full((1, 4), 141.24, np.float32)
    return Progress("run", np.array([epochs_done], np.float32), losses, speed, 1.0, left)


class Layouts(QObject):
    """Counts how often the bar is laid out anew."""

    def __init__(self, panel):
        super().__init__(panel)
        self.count = 0
        panel.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def test_numbers_that_change_lay_nothing_out_anew_and_are_shown_whole(panel, qtbot, monkeypatch):
    monkeypatch.setattr(run_bar, "_SAID_MILLISECONDS", 0)
    label = panel.findChild(QLabel, "trainingSpeed")
    panel.set_state("training")
    panel.show_started(Started("run", 20, 0, 10, 1280, "cpu"))

    def say(left, laid_out):
        def told():
            panel.show_progress(progress(3.5, left=left))
            return f"{left:.0f} s left" in label.text()

        qtbot.waitUntil(told)
        QCoreApplication.sendPostedEvents()
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text())
        assert bool(layouts.count) == laid_out

    layouts = Layouts(panel)
    say(59.0, laid_out=True)
    layouts.count = 0
    for left in (58.0, 44.0, 31.0, 30.0):
        say(left, laid_out=False)
    font = panel.font()
    font.setPointSizeF(1.5 * font.pointSizeF())
    panel.setFont(font)
    say(29.0, laid_out=True)


@pytest.mark.parametrize(
    ("state", "offered"),
    [("idle", {"train"}), ("training", {"pause", "stop", "discard"}), ("paused", {"pause", "stop", "discard"})],
)
def test_only_what_can_be_done_is_there(panel, state, offered):
    panel.set_state(state)
    names = ("train", "trainFurther", "pause", "stop", "discard")
    assert {name for name in names if button(panel, name).isVisible()} == offered
    assert all(button(panel, name).isEnabled() for name in offered)
    fields = [panel.findChild(QLineEdit, name) for name in ("liveLearningRate", "liveBeta")]
    assert {field.isVisible() for field in fields} == {state != "idle"}
    assert button(panel, "pause").text() == ("Resume" if state == "paused" else "Pause")


def test_buttons_are_intents(qtbot, panel):
    for state, name, signal in (
        ("idle", "train", panel.train_requested),
        ("training", "pause", panel.pause_requested),
        ("paused", "pause", panel.resume_requested),
        ("training", "stop", panel.stop_requested),
        ("paused", "discard", panel.discard_requested),
    ):
        panel.set_state(state)
        with qtbot.waitSignal(signal):
            qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def test_stop_and_discard_explain_their_difference(panel):
    assert "keep" in button(panel, "stop").toolTip()
    assert "back" in button(panel, "discard").toolTip()


def test_training_continues_only_where_there_is_a_model(qtbot, panel):
    assert not button(panel, "trainFurther").isVisible()
    panel.set_can_continue(True)
    for name, proceeds in (("trainFurther", True), ("train", False)):
        with qtbot.waitSignal(panel.train_requested) as caught:
            qtbot.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)
        assert caught.args == [proceeds]
    panel.set_can_continue(False, "The model has other layers.")
    assert not button(panel, "trainFurther").isEnabled()
    assert button(panel, "trainFurther").toolTip() == "The model has other layers."
    panel.set_can_continue(False)
    assert not button(panel, "trainFurther").isVisible()


def test_the_run_is_named_and_a_long_name_leaves_room_for_the_rest(qtbot, panel):
    panel.show_run("a name of a run that is much longer than any bar has room for, as people have them", True)
    panel.show_details("VAE · mnist · 2-D")
    panel.set_state("training")
    panel.show_started(Started("run", 20, 0, 10, 1280, "cpu"))
    panel.show_progress(progress(2.5))
    qtbot.waitUntil(lambda: panel.height() <= 60 and button(panel, "stop").geometry().right() < panel.width())
    assert "much longer" in panel.findChild(QLabel, "runName").text()
    assert text(panel, "runDetails") == "VAE · mnist · 2-D"
    panel.show_details("")
    assert not panel.findChild(QLabel, "runDetails").isVisible()


def test_home_is_one_press_away(qtbot, panel):
    with qtbot.waitSignal(panel.home_requested):
        qtbot.mouseClick(panel.home_button, Qt.MouseButton.LeftButton)


def test_a_wrong_setting_keeps_from_training_and_says_so(panel):
    panel.set_valid(False, "The learning rate is wrong.")
    assert not button(panel, "train").isEnabled()
    assert text(panel, "trainingMessage") == "The learning rate is wrong."
    panel.set_valid(True)
    assert button(panel, "train").isEnabled()
    assert text(panel, "trainingMessage") == ""


def test_while_something_loads_training_waits(panel):
    panel.set_busy("Loading mnist…")
    assert not button(panel, "train").isEnabled()
    assert text(panel, "trainingSpeed") == "Loading mnist…"
    bar = panel.findChild(QProgressBar)
    assert bar.isVisible()
    assert bar.maximum() == 0
    panel.set_busy(None)
    assert button(panel, "train").isEnabled()
    assert not bar.isVisible()


def test_progress_tells_epoch_speed_and_time_left(panel, qtbot):
    bar = panel.findChild(QProgressBar)
    panel.set_state("training")
    panel.show_started(Started("run", 20, 0, 10, 1280, "cpu"))
    panel.show_progress(progress(2.5))
    assert bar.text() == "epoch 3 of 20"
    assert bar.value() == 125
    assert text(panel, "trainingSpeed") == "2 min 10 s left · training loss 141.2 nats"
    assert "23,000 images/s · 1 thread" in panel.findChild(QLabel, "trainingSpeed").toolTip()
    last = progress(20.0, speed=float("inf"), left=float("nan"))
    panel.show_progress(last)
    assert bar.text() == "epoch 20 of 20"
    assert "left" in text(panel, "trainingSpeed")  # numbers that change many times a second cannot be read

    def tell_again():
        panel.show_progress(last)
        return text(panel, "trainingSpeed") == "training loss 141.2 nats"

    qtbot.waitUntil(tell_again)


def test_a_continued_run_counts_on(panel):
    bar = panel.findChild(QProgressBar)
    panel.show_started(Started("run", 30, 20, 10, 1280, "cpu"))
    assert (bar.text(), bar.value()) == ("epoch 21 of 30", 0)
    panel.show_progress(progress(25.0))
    assert bar.value() == 500


def test_the_end_is_told(panel):
    panel.show_started(Started("run", 20, 0, 10, 1280, "cpu"))
    panel.show_finished(Finished("run", 7, None, Losses(154.12, 148, 6), 23000.0, 62.0, stopped=True))
    assert panel.findChild(QProgressBar).text() == "stopped after epoch 7 of 20"
    assert text(panel, "trainingSpeed") == "test loss 154.1 nats · 1 min 2 s"


def retype(qtbot, field, typed):
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, typed)


def test_live_settings_are_applied_on_enter(qtbot, panel):
    rate, beta = panel.findChild(QLineEdit, "liveLearningRate"), panel.findChild(QLineEdit, "liveBeta")
    panel.set_state("training")
    panel.set_live_values(1e-3, 1.0)
    spy = QSignalSpy(panel.learning_rate_changed)
    retype(qtbot, rate, "1e-4")
    assert spy.count() == 0
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert spy.at(0)[0] == 1e-4
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert spy.count() == 1  # nothing new
    retype(qtbot, beta, "4")
    with qtbot.waitSignal(panel.beta_changed) as caught:
        rate.setFocus()
    assert caught.args == [4.0]


def test_a_wrong_live_setting_is_told_and_not_applied(qtbot, panel):
    rate = panel.findChild(QLineEdit, "liveLearningRate")
    panel.set_state("training")
    panel.set_live_values(1e-3, 1.0)
    spy = QSignalSpy(panel.learning_rate_changed)
    retype(qtbot, rate, "-1")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    assert spy.count() == 0
    assert text(panel, "trainingMessage") == "It must be more than 0."
    panel.set_state("idle")
    assert rate.text() == "0.001"
    assert text(panel, "trainingMessage") == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.one_of(st.text(max_size=20), st.floats().map(repr)))
def test_whatever_is_typed_only_allowed_values_leave_a_live_field(panel, typed):
    panel.set_state("training")
    panel.set_live_values(1e-3, 1.0)
    applied = []
    panel.beta.applied.connect(applied.append)
    panel.beta.setText(typed)
    panel.beta.textEdited.emit(panel.beta.text())
    panel.beta.editingFinished.emit()
    panel.beta.applied.disconnect(applied.append)
    assert all(0 <= value <= 1000 for value in applied)
    assert applied or panel.beta.problem() or float(typed) == 1.0
    panel.set_state("idle")


def test_setters_emit_nothing(panel):
    spies = [QSignalSpy(getattr(panel, name)) for name in INTENTS]
    panel.set_state("training")
    panel.set_live_values(0.5, 3.0)
    panel.set_can_continue(True)
    panel.show_started(Started("run", 2, 0, 10, 1280, "cpu"))
    panel.show_progress(progress(1.0))
    panel.show_finished(Finished("run", 2, None, None, 1.0, 1.0, stopped=False))
    panel.set_busy("Loading…")
    panel.set_busy(None)
    panel.set_valid(False)
    panel.set_state("idle")
    assert [spy.count() for spy in spies] == [0] * len(spies)
