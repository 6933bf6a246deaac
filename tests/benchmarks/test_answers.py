"""How soon each click, move, preview and stroke is answered, beside nothing, a busy process and a training."""

import subprocess
import sys
from contextlib import ExitStack
from time import perf_counter

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEventLoop, QPointF, QTimer
from PySide6.QtWidgets import QWidget

from latentlab.core.recipe.recipe import Recipe
from latentlab.ui.threads import latest
from tests.benchmarks.hand import Hand

pytestmark = pytest.mark.timeout(300)
_PATIENCE = 60_000  # milliseconds
_CLICKS, _MOVES, _STROKES = 200, 200, 60
_PAUSE = 20  # milliseconds between two of them


class Asked:
    """What a person asks of a window, and how long each answer takes; one that does not come fails the benchmark."""

    def __init__(self, window, qtbot):
        self.exploration = window.session.exploration
        self.image, self.read = (window.findChild(QWidget, f) for f in ("decodedImage", "sketchReconstruction"))
        self.canvas = window.findChild(QWidget, "latentCanvas")
        self.pad = window.findChild(QWidget, "sketchPad")
        self._map, self._pen = Hand(self.canvas.viewport()), Hand(self.pad)
        self._qtbot, self._random = qtbot, np.random.default_rng(0)
        self._told = 0.0
        for signal in (self.exploration.decoded, self.exploration.sketched):  # after the panels, which show it
            signal.connect(self._note)

    def clicks(self):
        def click(place):
            begin = self._map.press(place)
            self._map.release(place)
            return begin

        return [self._until_shown(click, self.image) for _ in range(_CLICKS)]

    def drag(self):
        self._map.press(self._place())
        seconds = [self._until_shown(self._map.drag, self.image) for _ in range(_MOVES)]
        self._map.release(self._place())
        return seconds

    def previews(self):
        seconds = [self._until_shown(self._map.point, self.image) for _ in range(_MOVES)]
        self.exploration.end_preview()
        return seconds

    def strokes(self):
        seconds = []
        for number in range(_STROKES):
            top = QPointF(0.5 * self.pad.width(), 0.2 * self.pad.height())
            self._pen.press(top)
            for move in range(1, 5):
                self._pen.drag(top + move * QPointF(number % 9 - 4, 0.1 * self.pad.height()))
                self._qtbot.wait(_PAUSE)
            seconds.append(self._until_shown(lambda _, top=top: self._pen.release(top), self.read))
            self.pad.clear()
        return seconds

    def _place(self):
        x, y = self._random.uniform(0.25, 0.75, 2)
        return QPointF(round(x * self.canvas.viewport().width()), round(y * self.canvas.viewport().height()))

    def _until_shown(self, act, image):
        """Act, and give the seconds until what is shown is of that; a moment passes before, as between two clicks."""
        self._qtbot.wait(_PAUSE)
        self._told = 0.0
        begin = act(self._place())
        loop, limit = QEventLoop(), QTimer(singleShot=True, interval=_PATIENCE)
        limit.timeout.connect(loop.quit)
        self.exploration.decoded.connect(loop.quit)
        self.exploration.sketched.connect(loop.quit)
        limit.start()
        while (not self._told or image.is_waiting()) and limit.isActive():
            loop.exec()
        assert limit.isActive(), "it was never answered"
        limit.stop()
        return self._told - begin

    def _note(self, answer):
        self._told = perf_counter()


@pytest.mark.parametrize("recipe", ["mlp-vae-2d", "conv-vae-2d"])
@pytest.mark.parametrize("company", ["nothing", "a busy process", "its own training"])
def test_every_answer(benchmark, row, open_window, qtbot, recipe, company):
    window = open_window(
        Recipe.load(recipe).with_changes({"training.epochs": 1000, "training.device": "cpu", "data.limit": 20_000})
    )
    session = window.session
    session.train(proceed=False)
    shown = session.exploration
    qtbot.waitUntil(lambda: shown.shown is not None and not shown.shown.missing, timeout=_PATIENCE)
    with ExitStack() as beside:
        if company != "its own training":
            with qtbot.waitSignal(session.training.ended, timeout=_PATIENCE):
                session.training.stop()
            qtbot.wait(1000)  # the points have come to rest
        if company == "a busy process":
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            beside.callback(busy.wait)
            beside.callback(busy.kill)
        asked = Asked(window, qtbot)
        whats = {"clicks": asked.clicks, "moves of a drag": asked.drag, "previews": asked.previews}
        whats["strokes"] = asked.strokes
        found = benchmark.pedantic(lambda: {what: ask() for what, ask in whats.items()}, rounds=1)
    for what, seconds in found.items():
        seconds = 1000 * np.array(seconds)
        row(
            f"{recipe}, {len(seconds)} {what}, all answered: median, worst",
            f"beside {company}",
            "",
            f"{np.median(seconds):.1f} ms, {seconds.max():.0f} ms",
        )


@pytest.mark.parametrize("company", ["nothing", "its own training"])
def test_off_the_gui_thread(benchmark, row, open_window, qtbot, monkeypatch, company):
    monkeypatch.setattr(latest, "ALWAYS_INLINE", -1)
    monkeypatch.setattr(latest, "INLINE_SECONDS", 0.0)
    begun, late, own = {}, [], []
    start, take = latest.Latest._start, latest.Latest._take

    def note_start(questions, *arguments):
        begun[questions] = perf_counter()
        start(questions, *arguments)

    def note_answer(questions, answer):
        late.append(1000 * (perf_counter() - begun[questions] - answer.seconds))
        own.append(1000 * answer.seconds)
        take(questions, answer)

    monkeypatch.setattr(latest.Latest, "_start", note_start)
    monkeypatch.setattr(latest.Latest, "_take", note_answer)
    window = open_window(Recipe.load("conv-vae-2d").with_changes({"training.epochs": 1000, "training.device": "cpu"}))
    session = window.session
    session.train(proceed=False)
    shown = session.exploration
    qtbot.waitUntil(lambda: shown.shown is not None and not shown.shown.missing, timeout=_PATIENCE)
    if company == "nothing":
        with qtbot.waitSignal(session.training.ended, timeout=_PATIENCE):
            session.training.stop()
        qtbot.wait(1000)
    asked = Asked(window, qtbot)
    late.clear()
    own.clear()
    benchmark.pedantic(asked.drag, rounds=1)
    allowed = 20 if company == "nothing" else 60
    row(
        f"conv-vae-2d, {len(late)} answers off the GUI thread, from asking to answer: median, 99th percentile, worst",
        f"beyond their own computing, {np.median(own):.1f} ms, beside {company}",
        f"{allowed} ms",
        f"{np.median(late):.1f} ms, {np.percentile(late, 99):.0f} ms, {max(late):.0f} ms",
        max(late) <= allowed,
    )


def test_beside_a_gui_thread_that_is_never_idle(benchmark, row, qtbot, torch_threads, monkeypatch):
    """Torch asks for Python's lock hundreds of times in an answer; a busy thread takes it back each time."""
    import torch

    torch_threads(1)
    layer, seconds = torch.nn.Linear(64, 64), {True: [], False: []}

    def question():
        with torch.inference_mode():
            x = torch.zeros(4, 64)
            for _ in range(100):
                x = layer(x)

    def ask(gives_way):
        with monkeypatch.context() as patch:
            if not gives_way:
                patch.setattr(latest._Yielding, "give", lambda self: None)
            told = []
            questions = latest.Latest(None, told.append, told.append)
            begin = perf_counter()
            questions.ask(question, 1, here=False)
            while not told:
                QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
            seconds[gives_way].append(perf_counter() - begin)
            questions.shut_down()

    benchmark.pedantic(lambda: [ask(gives_way) for _ in range(30) for gives_way in (True, False)], rounds=1)
    given, taken = (1000 * np.array(seconds[gives_way]) for gives_way in (True, False))
    row(
        "an answer of 100 layers while the GUI thread handles events without a pause: median, worst",
        f"without giving way {np.median(taken):.1f} ms, {taken.max():.0f} ms",
        "",
        f"{np.median(given):.1f} ms, {given.max():.0f} ms",
    )
