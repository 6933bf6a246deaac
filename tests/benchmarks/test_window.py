"""How soon the window answers: its event loop, a drag over the map and a stroke on the pad, also beside a training."""

import math
import os
import threading
from time import perf_counter

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPointF, Qt, QTimer
from PySide6.QtWidgets import QWidget

from latentlab.core.budgets import cores
from latentlab.core.files import resource
from latentlab.core.recipe.recipe import Recipe
from tests.benchmarks.hand import Hand, Paints

pytestmark = pytest.mark.timeout(300)
_PATIENCE = 60_000  # milliseconds
_TICK, _FRAME = 5, 16  # milliseconds
_STROKES, _MOVES = 60, 6
CORES = cores()


class Clock(QTimer):
    """A timer of 5 ms, and how late each of its ticks was, after the one before it."""

    def __init__(self, parent=None):
        super().__init__(parent, timerType=Qt.TimerType.PreciseTimer, interval=_TICK)
        self.late = []
        self.timeout.connect(self._tick)

    def begin(self):
        self._last = perf_counter()
        self.start()

    def _tick(self):
        since = perf_counter() - self._last
        if since > 0.001:  # Qt makes up for a tick that was late with another at once
            self._last += since
            self.late.append(max(0.0, since - _TICK / 1000))


class Drag(QTimer):
    """The cursor going round on the map, sixty times a second, and how long each place takes to be decoded.

    A place that is passed by before it is decoded is answered by the next one that is.
    """

    def __init__(self, window):
        super().__init__(window, timerType=Qt.TimerType.PreciseTimer, interval=_FRAME)
        self._canvas = window.findChild(QWidget, "latentCanvas")
        self._image = window.findChild(QWidget, "decodedImage")
        self._hand, self._step = Hand(self._canvas.viewport()), 0
        self._asked, self._position = [], None
        self.seconds, self.pictures = [], set()
        exploration = window.session.exploration
        exploration.pick_changed.connect(self._note)
        exploration.decoded.connect(self._take)  # after the panel, which shows it
        self.timeout.connect(self._move)
        self._hand.press(self._place())

    def end(self):
        self.stop()
        self._hand.release(self._place())

    def _place(self):
        middle, angle = QPointF(self._canvas.viewport().rect().center()), self._step * 0.05
        return middle + 100 * QPointF(math.cos(angle), math.sin(angle))

    def _move(self):
        self._step += 1
        self._asked.append([perf_counter(), None])
        self._hand.drag(self._place())

    def _note(self, position):
        if self._asked and self._asked[-1][1] is None:
            self._asked[-1][1] = position

    def _take(self, decoded):
        places = [place for _, place in self._asked]
        if decoded is not None and decoded.position in places:
            assert np.array_equal(self._image.pixels(), decoded.image[0])
            now, count = perf_counter(), places.index(decoded.position) + 1
            self.seconds += [now - sent for sent, _ in self._asked[:count]]
            self.pictures.add(decoded.image.tobytes())
            del self._asked[:count]


def percentile(seconds, percent):
    return 1000 * float(np.percentile(seconds, percent))


@pytest.fixture
def train(open_window, qtbot):
    """Have a recipe train in the window, until every image has its place on the map."""

    def start(name, **settings):
        settings = {"epochs": 1000, "device": "cpu"} | settings
        window = open_window(Recipe.load(name).with_changes({f"training.{key}": settings[key] for key in settings}))
        session, exploration = window.session, window.session.exploration
        session.train(proceed=False)
        qtbot.waitUntil(lambda: exploration.shown is not None and not exploration.shown.missing, timeout=_PATIENCE)
        qtbot.wait(500)  # the first map has been painted
        assert len(exploration.shown.means) == 10_000
        return window

    return start


def late_beside_nothing(qtbot, seconds):
    """Give how late the timer is where the event loop has nothing else to do, and a thread computes beside it."""
    done, clock = threading.Event(), Clock()

    def compute():
        torch.set_num_threads(1)
        matrix = torch.eye(500)
        while not done.is_set():
            matrix = matrix @ matrix

    thread = threading.Thread(target=compute)
    thread.start()
    clock.begin()
    qtbot.wait(1000 * seconds)
    clock.stop()
    done.set()
    thread.join()
    return clock.late


def drag(window, qtbot, seconds):
    """Drag for some seconds while a model trains; give what the event loop and the map told meanwhile."""
    exploration = window.session.exploration
    updates = []
    exploration.map_changed.connect(updates.append)
    clock, cursor = Clock(window), Drag(window)
    clock.begin()
    cursor.start()
    qtbot.wait(1000 * seconds)
    cursor.end()
    clock.stop()
    assert window.session.state == "training"
    assert len(updates) >= seconds / 2, "the points did not move"
    assert len(cursor.pictures) >= len(cursor.seconds) / 2, "the decoded image did not change"
    return clock, cursor


def test_event_loop_and_drag_while_training(benchmark, row, train, qtbot):
    idle = late_beside_nothing(qtbot, 3)
    window = train("mlp-vae-2d")
    clock, cursor = benchmark.pedantic(drag, (window, qtbot, 10), rounds=1)
    late, most = (percentile(clock.late, percent) for percent in (99, 100))
    own, own_most = (percentile(idle, percent) for percent in (99, 100))
    row(
        "GUI thread while training, 10 s, window shown, points moving, cursor dragging: 99th percentile, maximum",
        f"a 5 ms timer; with no window {own:.1f} ms, {own_most:.0f} ms",
        "late by 12 ms, 50 ms",
        f"{late:.1f} ms, {most:.0f} ms",
        late <= 12 and most <= 50,
    )
    tell_of_moves(row, cursor, "MLP", 8)


def test_drag_while_a_convolutional_model_trains(benchmark, row, train, qtbot):
    window = train("conv-vae-2d")
    _, cursor = benchmark.pedantic(drag, (window, qtbot, 6), rounds=1)
    tell_of_moves(row, cursor, "conv", 16)


@pytest.fixture
def only_cores():
    """Have the threads that begin from now on, and this one, use some of the cores."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not say which cores a process uses")
    every = os.sched_getaffinity(0)
    yield lambda count: os.sched_setaffinity(0, sorted(every)[:count])
    os.sched_setaffinity(0, every)


@pytest.mark.parametrize(
    ("used", "threads"),
    sorted({(used, threads) for used in (1, 2, CORES) for threads in (used - 1, used) if threads and used <= CORES}),
)
def test_threads_of_a_training(benchmark, row, train, qtbot, only_cores, used, threads):
    only_cores(used)
    window = train("mlp-vae-2d", threads=threads)
    told = []
    window.session.training.progressed.connect(
        lambda progress: told.append((perf_counter(), progress.epochs_done[-1])) if len(progress.epochs_done) else None
    )
    clock, cursor = benchmark.pedantic(drag, (window, qtbot, 5), rounds=1)
    (begin, first), (end, last) = told[0], told[-1]
    speed = (last - first) * 60_000 / (end - begin)
    choice = " (the choice)" if threads == max(1, used - 1) else ""
    row(
        f"cores: {used}, threads of a training beside the window: {threads}{choice}",
        "",
        "",
        f"{speed:,.0f} images/s; 99th percentile of the event loop {percentile(clock.late, 99):.0f} ms late, "
        f"of a move {percentile(cursor.seconds, 99):.0f} ms",
    )


def tell_of_moves(row, cursor, kind, to_reach):
    middle, most = percentile(cursor.seconds, 50), percentile(cursor.seconds, 99)
    row(
        f"mouse move on the map to decoded image set, while training, {kind}: median, 99th percentile",
        "",
        f"2 ms, {to_reach} ms" if kind == "MLP" else f"{to_reach} ms at the 99th",
        f"{middle:.1f} ms, {most:.1f} ms",
        most <= to_reach and (middle <= 2 or kind != "MLP"),
    )


def strokes(window, qtbot):
    """Draw some digits of one stroke; give how long each took, from the pen being lifted, to be set and painted."""
    pad = window.findChild(QWidget, "sketchPad")
    hand, paints = Hand(pad), Paints(window.findChild(QWidget, "sketchReconstruction"))
    told = []
    window.session.exploration.sketched.connect(  # after the panel and the map, which show it
        lambda sketched: told.append(perf_counter()) if sketched is not None else None
    )
    found = []
    for number in range(_STROKES):
        top, step = QPointF(0.5 * pad.width(), 0.2 * pad.height()), QPointF(number % 9 - 4, 0.1 * pad.height())
        hand.press(top)
        for move in range(1, _MOVES):
            qtbot.wait(_FRAME)
            hand.drag(top + move * step)
        qtbot.waitUntil(lambda: bool(told), timeout=_PATIENCE)  # what the stroke is so far
        qtbot.wait(2 * _FRAME)
        told.clear()
        lifted = hand.release(top + _MOVES * step)
        qtbot.waitUntil(lambda: bool(told) and paints.last > told[0], timeout=_PATIENCE)
        found.append((told[0] - lifted, paints.last - lifted))
        pad.clear()
        told.clear()
    return np.array(found)


def test_stroke(benchmark, row, open_window, qtbot):
    window = open_window(Recipe.load("mlp-vae-2d"))
    with qtbot.waitSignal(window.session.opened, timeout=_PATIENCE):
        window.open_run(resource("models", "mnist-vae-2d.safetensors"))
    qtbot.waitUntil(lambda: window.session.exploration.shown is not None, timeout=_PATIENCE)
    qtbot.wait(500)
    tell_of_strokes(row, benchmark.pedantic(strokes, (window, qtbot), rounds=1), "bundled model, not training")


def test_stroke_while_training(benchmark, row, train, qtbot):
    window = train("mlp-vae-2d")
    tell_of_strokes(row, benchmark.pedantic(strokes, (window, qtbot), rounds=1), "mlp-vae-2d, training")


def tell_of_strokes(row, seconds, which):
    to_set, to_painted = (percentile(column, 99) for column in seconds.T)
    row(
        f"stroke on the sketch pad to encoding and reconstruction shown, {which}: 99th percentile",
        "",
        "16 ms",
        f"{to_painted:.1f} ms (set: {to_set:.1f} ms)",
        to_painted <= 16,
    )
