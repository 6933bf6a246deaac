"""Questions about the shown map: of that run alone, of the latest map in the end, and with rests between."""

import re
import threading
import time
from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from hypothesis.strategies import booleans, sampled_from
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, Signal

from latentlab.core import log
from latentlab.core.errors import LatentlabError
from latentlab.ui.threads import latest
from latentlab.ui.threads.asking import Asking
from latentlab.ui.threads.latest import ALWAYS_INLINE

SMALL, LARGE = ALWAYS_INLINE, 100 * ALWAYS_INLINE
PATIENCE = 20_000
SLOW = 0.02  # seconds


@dataclass(frozen=True, eq=False)
class Map:
    run_id: str


class Shown(QObject):
    """What is shown."""

    shown_changed = Signal(object)

    def __init__(self):
        super().__init__()
        self.shown = None

    def show(self, shown):
        self.shown = shown
        self.shown_changed.emit(shown)


class Asker:
    """Asks how a map is called, and notes when it asked and what it was told."""

    def __init__(self, qtbot, **how):
        self.qtbot, self.shown = qtbot, Shown()
        self.asked, self.answered, self.told, self.problems, self.failures = [], [], [], [], []
        self.wanted = self.answer
        self.asking = Asking(self.shown, self.question, self.shown, **how)
        self.asking.answered.connect(self.told.append)
        self.asking.refused.connect(self.problems.append)
        self.asking.failed.connect(self.failures.append)

    def question(self, model):
        return self.wanted

    def answer(self, model):
        self.asked.append(time.perf_counter())
        time.sleep(SLOW)
        self.answered.append(time.perf_counter())
        return model

    def until_told(self, model):
        while not (self.told and self.told[-1] is model):
            self.until(self.asking.answered)

    def until(self, signal):
        """Wait not a moment longer: a rest is short."""
        with self.qtbot.waitSignal(signal):
            pass


@pytest.fixture
def asker(request, qtbot):
    made = Asker(qtbot, **getattr(request, "param", {}))
    yield made
    made.asking.shut_down()


def test_nothing_is_asked_while_no_map_is_shown_or_nothing_is_wanted(asker):
    asker.asking.ask()
    assert not asker.asking.is_waiting
    asker.wanted = None
    asker.shown.show(Map("a"))
    asker.asking.ask()
    assert not asker.asking.is_waiting
    assert not asker.asked


def test_the_first_map_of_a_run_is_asked_about_at_once_even_while_it_rests(asker):
    first, other = Map("a"), Map("b")
    asker.shown.show(first)
    assert asker.asking.is_waiting
    asker.until_told(first)
    assert asker.asking.is_resting
    asker.shown.show(other)
    assert asker.asking.is_waiting
    asker.until_told(other)


def test_of_maps_that_come_while_it_is_busy_the_last_is_asked_about_after_a_rest(asker):
    maps = [Map("a") for _ in range(6)]
    asker.shown.show(maps[0])
    for each in maps[1:4]:  # while it is being answered
        asker.shown.show(each)
    asker.until_told(maps[0])
    for each in maps[4:]:  # while it rests
        asker.shown.show(each)
    assert asker.asking.is_resting
    assert asker.asking.seconds >= SLOW
    assert asker.asking.rest_seconds == pytest.approx(3 * asker.asking.seconds, abs=0.001)
    asker.until_told(maps[-1])
    assert asker.told == [maps[0], maps[-1]]
    assert asker.asked[1] - asker.answered[0] >= 2.8 * SLOW
    asker.qtbot.waitUntil(lambda: not asker.asking.is_resting)
    with asker.qtbot.assertNotEmitted(asker.asking.answered, wait=20):  # nothing comes
        pass
    assert len(asker.asked) == 2  # the map is the one that was asked about


def test_what_a_person_wants_does_not_wait_for_the_end_of_a_rest(asker):
    asker.shown.show(model := Map("a"))
    asker.until_told(model)
    asker.wanted = lambda model: "something else"
    asker.shown.show(Map("a"))
    assert asker.asking.is_resting
    asker.asking.ask()
    assert asker.asking.is_waiting
    assert not asker.asking.is_resting
    asker.until_told("something else")
    with asker.qtbot.assertNotEmitted(asker.asking.answered, wait=20):  # nothing comes
        pass
    assert len(asker.told) == 2  # which was of the last map already


def test_an_equal_question_of_the_same_map_is_asked_once_until_it_is_dropped(asker):
    asker.shown.show(model := Map("a"))
    for _ in range(3):
        asker.asking.ask()
    asker.until_told(model)
    asker.asking.ask()
    assert not asker.asking.is_waiting
    assert len(asker.asked) == 1
    asker.asking.drop()
    asker.asking.ask()
    asker.qtbot.waitUntil(lambda: len(asker.told) == 2)


def test_a_rest_ends_when_there_is_to_be_none(asker):
    asker.shown.show(Map("a"))
    asker.shown.show(last := Map("a"))
    asker.until(asker.asking.answered)
    assert asker.asking.is_resting
    asker.asking.rest = 0
    assert asker.asking.is_waiting
    asker.until_told(last)
    assert not asker.asking.is_resting


def test_why_there_is_no_answer_is_told_apart_from_what_went_wrong_and_both_are_rested_from(asker):
    def refuse(model):
        time.sleep(SLOW)
        raise LatentlabError("There is none.")

    def fail(model):
        time.sleep(SLOW)
        raise ZeroDivisionError("by nothing")

    asker.wanted = refuse
    asker.shown.show(Map("a"))
    asker.until(asker.asking.refused)
    assert asker.problems == ["There is none."]
    assert asker.asking.is_resting
    assert not log.is_last_told(asker.problems[0])
    asker.wanted = fail
    asker.asking.ask()
    asker.shown.show(last := Map("a"))
    asker.until(asker.asking.failed)
    assert "by nothing" in asker.failures[0]
    assert log.is_last_told(asker.failures[0])
    assert asker.asking.is_resting
    assert asker.asking.rest_seconds >= 2.9 * SLOW
    asker.wanted = asker.answer
    asker.until_told(last)
    assert (len(asker.problems), len(asker.failures)) == (1, 1)


@pytest.mark.parametrize("asker", [{"rest": 0}], indirect=True)
def test_without_rests_the_latest_map_follows_the_one_before(asker):
    maps = [Map("a") for _ in range(4)]
    for each in maps:
        asker.shown.show(each)
    asker.until_told(maps[-1])
    assert asker.told == [maps[0], maps[-1]]
    assert not asker.asking.is_resting


@pytest.mark.parametrize("asker", [{"asks_again": False}], indirect=True)
def test_what_is_asked_once_is_answered_of_its_map_and_of_no_other_run(asker):
    first = Map("a")
    asker.shown.show(first)
    assert not asker.asking.is_waiting
    asker.asking.ask()
    asker.shown.show(Map("a"))
    asker.until_told(first)
    asker.qtbot.waitUntil(lambda: not asker.asking.is_resting)
    assert not asker.asking.is_waiting
    asker.asking.ask()
    with asker.qtbot.assertNotEmitted(asker.asking.answered, wait=round(2000 * SLOW)):  # nothing comes
        asker.shown.show(Map("b"))
        assert not asker.asking.is_waiting
    assert asker.told == [first]


@pytest.mark.parametrize("asker", [{"operations": lambda model: SMALL}], indirect=True)
def test_what_is_quick_is_answered_here(asker):
    asker.wanted = lambda model: threading.current_thread() is threading.main_thread()
    asker.shown.show(Map("a"))
    assert asker.told == [True]


class Questions(RuleBasedStateMachine):
    """Any order of asking, dropping, answering, refusing, failing and showing maps."""

    def __init__(self):
        super().__init__()
        self.shown = Shown()
        self.wanted = None  # a number, and what comes of asking it
        self.number = 0
        self.operations = LARGE
        self.is_expected = False  # an answer
        self.dropped = 0  # the last number that was dropped
        self.is_told_to_ask = False
        self.gates = []
        self.answered = {}  # when, by map and number
        self.told = []  # map and number
        self.waits = [False]
        self.may_ask_from = 0.0
        self.asking = Asking(self.shown, self.question, self.shown, operations=lambda model: self.operations)
        self.asking.answered.connect(self.hear)
        self.asking.refused.connect(self.hear)
        self.asking.failed.connect(self.hear)
        self.asking.waiting_changed.connect(self.waits.append)
        self.maps = []

    def question(self, model):
        assert model is self.shown.shown
        if self.wanted is None:
            return None
        if not self.is_told_to_ask:
            assert not self.asking.is_waiting
            assert time.perf_counter() >= self.may_ask_from
        (number, comes), go_on = self.wanted, threading.Event()
        if self.operations == SMALL:
            go_on.set()
        self.gates.append(go_on)
        words = f"<{self.maps.index(model)} {number}>"

        def answer(model):
            go_on.wait(5)
            time.sleep(0.001)
            self.answered[words] = time.perf_counter()
            if comes == "refusal":
                raise LatentlabError(words)
            if comes == "failure":
                raise ZeroDivisionError(words)
            return words

        return answer

    def hear(self, words):
        words = re.search(r"<\d+ \d+>", words)[0]
        at, number = map(int, words[1:-1].split())
        assert self.shown.shown is not None
        assert self.maps[at].run_id == self.shown.shown.run_id
        assert number > self.dropped
        if self.told and self.told[-1][1] == number and self.asking.rest:
            assert at > self.told[-1][0]  # of one question and map there is one answer
        self.told.append((at, number))
        if not self.asking.is_waiting:
            # Timers may be early by a twentieth.
            self.may_ask_from = self.answered[words] + 0.9 * 3 * self.asking.seconds - 0.001

    def tell_to_ask(self, small):
        self.operations = SMALL if small else LARGE
        self.is_told_to_ask = True
        self.asking.ask()
        self.is_told_to_ask = False

    def is_wanted(self):
        return self.shown.shown is not None and self.wanted is not None

    @rule(comes=sampled_from(["answer", "refusal", "failure"]), small=booleans())
    def want(self, comes, small):
        self.number += 1
        self.wanted = (self.number, comes)
        self.tell_to_ask(small)
        self.is_expected = self.is_wanted()
        if small and self.is_expected:
            assert self.told[-1] == (len(self.maps) - 1, self.number)

    @rule()
    def want_when_rested(self):
        self.number += 1
        self.wanted = (self.number, "answer")
        is_at_once = not (self.asking.is_waiting or self.asking.is_resting)
        self.operations = LARGE
        self.asking.ask_when_rested()
        assert self.asking.is_waiting or not is_at_once or not self.is_wanted()
        self.is_expected = self.is_wanted()

    @rule()
    def want_nothing(self):
        self.dropped, self.wanted = self.number, None
        self.tell_to_ask(False)
        self.is_expected = False
        self.may_ask_from = 0.0

    @rule()
    def drop(self):
        self.asking.drop()
        self.is_expected = False
        self.may_ask_from = 0.0
        if self.wanted is not None:  # the next map asks the same again
            self.dropped = self.number
            self.number += 1
            self.wanted = (self.number, self.wanted[1])

    @rule(run=sampled_from(["a", "a", "a", "b", None]))
    def show(self, run):
        is_other = self.shown.shown is None or self.shown.shown.run_id != run
        if is_other:
            self.may_ask_from = 0.0
        self.operations = LARGE
        if run is not None:
            self.maps.append(Map(run))
        self.shown.show(None if run is None else self.maps[-1])
        self.is_expected = self.is_wanted()
        assert self.asking.is_waiting or not (is_other and self.is_expected)

    @precondition(lambda self: not all(go_on.is_set() for go_on in self.gates))
    @rule()
    def let_one_be_answered(self):
        next(go_on for go_on in self.gates if not go_on.is_set()).set()
        QCoreApplication.processEvents()

    @rule()
    def let_time_pass(self):
        time.sleep(0.005)
        QCoreApplication.processEvents()

    @invariant()
    def it_is_known_whether_it_waits(self):
        assert self.waits[-1] == self.asking.is_waiting
        assert self.is_expected or not self.asking.is_waiting
        assert not (self.asking.is_waiting and self.asking.is_resting)

    def is_told(self):
        return bool(self.told) and self.told[-1] == (len(self.maps) - 1, self.number)

    def teardown(self):
        clock = QElapsedTimer()
        clock.start()
        while self.is_expected and not self.is_told() and clock.elapsed() < PATIENCE:
            for go_on in self.gates:
                go_on.set()
            QCoreApplication.processEvents()
        assert self.is_told() or not self.is_expected  # whatever was wanted last, of the map shown last
        for go_on in self.gates:
            go_on.set()
        self.asking.shut_down()


def test_what_is_wanted_is_answered_of_what_is_shown_in_the_end(qapp, monkeypatch):
    monkeypatch.setattr(latest, "INLINE_SECONDS", 0.0)  # a large one is answered elsewhere, however quick the last was
    run_state_machine_as_test(Questions, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
