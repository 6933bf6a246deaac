"""Questions of which the latest is answered: here or on another thread, always in order, and none ever lost."""

import threading
import time

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from hypothesis.strategies import booleans, sampled_from
from PySide6.QtCore import QCoreApplication, QElapsedTimer, QThreadPool

from latentlab.core import log
from latentlab.core.errors import LatentlabError
from latentlab.ui.threads import latest
from latentlab.ui.threads.latest import ALWAYS_INLINE, Latest

SMALL, LARGE = ALWAYS_INLINE, 100 * ALWAYS_INLINE
REMEMBERED = 5  # answers: what the median of the last ones took counts
PATIENCE = 20_000


@pytest.fixture
def told():
    return []


@pytest.fixture
def questions(qtbot, told):
    questions = Latest(None, told.append, told.append)
    yield questions
    questions.shut_down()


def where():
    return threading.current_thread() is threading.main_thread()


def busy_for(seconds):
    """Compute for so long, and tell whether it was on the GUI thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return where()


# Here or elsewhere


def test_a_small_question_is_answered_before_asking_returns(questions, told):
    questions.ask(where, SMALL)
    assert told == [True]
    assert not questions.is_waiting


@pytest.mark.parametrize("how", [{}, {"operations": LARGE}, {"operations": SMALL, "here": False}])
def test_others_are_answered_on_another_thread(qtbot, questions, told, how):
    questions.ask(where, **how)
    assert told == []
    assert questions.is_waiting
    qtbot.waitUntil(lambda: told == [False])
    assert not questions.is_waiting


@pytest.mark.parametrize("how", [{}, {"operations": SMALL, "here": False}])
def test_what_is_not_for_this_thread_stays_off_it_however_quick_it_is(qtbot, questions, told, how):
    for _ in range(1 + REMEMBERED):
        questions.ask(where, **how)
        qtbot.waitUntil(lambda: not questions.is_waiting)
    assert not any(told)


def test_what_the_last_answers_took_moves_a_question_here_and_away_again(qtbot, questions, told):
    for _ in range(REMEMBERED):
        questions.ask(where, LARGE)
        qtbot.waitUntil(lambda: not questions.is_waiting)
        if told[-1]:
            break
    assert told[0] is False
    assert told[-1] is True  # quick as it turned out to be
    while told[-1]:
        questions.ask(lambda: busy_for(3 * latest.INLINE_SECONDS), LARGE)
        qtbot.waitUntil(lambda: not questions.is_waiting)
    assert told.count(True) <= 1 + REMEMBERED
    for _ in range(1 + REMEMBERED):
        questions.ask(where, LARGE)
        qtbot.waitUntil(lambda: not questions.is_waiting)
    assert told[-1] is True


def test_one_disturbed_answer_changes_nothing_and_a_small_question_stays_here_whatever_it_took(questions, told):
    middling = ALWAYS_INLINE + 1
    for _ in range(3):
        questions.ask(where, middling)
    questions.ask(lambda: busy_for(5 * latest.INLINE_SECONDS), middling)
    questions.ask(where, middling)
    for _ in range(5):
        questions.ask(lambda: busy_for(2 * latest.INLINE_SECONDS), SMALL)
    questions.ask(where, SMALL)
    assert told == [True] * 11


def test_waiting_for_something_else_does_not_count(questions, told):
    middling = ALWAYS_INLINE + 1
    for _ in range(4):
        questions.ask(lambda: threading.Event().wait(2 * latest.INLINE_SECONDS), middling)
    questions.ask(where, middling)
    assert told[-1] is True


def test_another_model_is_judged_by_itself(qtbot, questions, told):
    for _ in range(3):
        questions.ask(where, LARGE)
        qtbot.waitUntil(lambda: not questions.is_waiting)
    questions.ask(where, LARGE + 1)
    assert questions.is_waiting
    qtbot.waitUntil(lambda: not questions.is_waiting)
    assert told[-1] is False


# The latest wins


def test_an_answer_given_here_is_not_followed_by_an_earlier_one(qtbot, questions, told):
    go_on = threading.Event()
    questions.ask(lambda: go_on.wait(5) and "early", LARGE)
    questions.ask(lambda: "late", SMALL)
    go_on.set()
    (pool,) = questions.findChildren(QThreadPool)
    qtbot.waitUntil(lambda: not pool.activeThreadCount())
    QCoreApplication.processEvents()
    assert told == ["late"]


def test_a_part_of_the_answer_is_told_at_once_and_no_earlier_whole_after_it(qtbot, questions, told):
    go_on = threading.Event()
    for number in (1, 2):
        questions.ask(lambda number=number: go_on.wait(5) and number, LARGE, part=lambda number=number: [number])
        assert told == [[1], [2]][:number]
        assert questions.has_part
    questions.ask(lambda: 3, LARGE)
    assert not questions.has_part
    go_on.set()
    qtbot.waitUntil(lambda: not questions.is_waiting)
    assert told == [[1], [2], 3]


def test_where_a_part_fails_the_whole_tells_why(qtbot, questions, told):
    def fail():
        raise LatentlabError("It cannot be.")

    questions.ask(fail, LARGE, part=fail)
    assert told == []
    assert not questions.has_part
    qtbot.waitUntil(lambda: told == [None, "It cannot be."])
    questions.ask(where, SMALL, part=fail)
    assert told[2:] == [True]


def test_who_hears_an_answer_can_ask_and_drop(qtbot):
    told = []

    def follow(answer):
        told.append(answer)
        if answer == 1:
            questions.ask(lambda: 2, LARGE)
        elif answer == 2:
            questions.ask(lambda: 3, SMALL)
        elif answer == 3:
            questions.ask(lambda: 4, LARGE)
            questions.drop()

    questions = Latest(None, follow, told.append)
    questions.ask(lambda: 1, LARGE)
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told == [1, 2, 3]
    assert not questions.is_waiting
    questions.shut_down()


@pytest.mark.parametrize(
    "error",
    [kind("by nothing") for kind in (ZeroDivisionError, SystemExit, MemoryError, KeyboardInterrupt, GeneratorExit)],
)
def test_an_error_is_one_sentence_wherever_it_happens(qtbot, questions, told, error):
    def fail():
        raise LatentlabError("It cannot be.")

    def break_down():
        raise error

    for operations in (SMALL, LARGE):
        told.clear()
        questions.ask(fail, operations)
        qtbot.waitUntil(lambda: told == [None, "It cannot be."])
    for operations in (SMALL, LARGE):
        told.clear()
        questions.ask(break_down, operations)
        qtbot.waitUntil(lambda: len(told) == 2)
        assert told[0] is None
        assert "by nothing" in told[1]
        assert told[1].endswith(".")
        assert log.is_last_told(told[1])


class Asking(RuleBasedStateMachine):
    """Any order of asking, dropping, answering and failing: what is told of each question, and what is waited for."""

    def __init__(self):
        super().__init__()
        self.questions = Latest(None, self.hear, lambda sentence: self.told.append(int(sentence)))
        self.asked = []  # the events that let each question be answered
        self.dropped = -1  # the last question that was dropped
        self.told = []  # questions, as they are answered or told as failed
        self.part = -1  # the last question of whose answer a part was told
        self.waits = [False]
        self.questions.waiting_changed.connect(self.waits.append)

    def hear(self, number):
        if number is None:  # it failed, and no other one waits
            assert not self.questions.is_waiting
        elif isinstance(number, float):
            self.part = int(number)
        else:
            assert number >= self.part  # nothing that was asked earlier comes after a part
            self.told.append(number)

    @rule(fails=booleans(), operations=sampled_from([SMALL, LARGE]), has_part=booleans())
    def ask(self, fails, operations, has_part):
        number, go_on = len(self.asked), threading.Event()
        if operations == SMALL:
            go_on.set()
        self.asked.append(go_on)

        def question():
            go_on.wait(5)
            if fails:
                raise LatentlabError(str(number))
            return number

        self.questions.ask(question, operations, part=(lambda: float(number)) if has_part else None)
        assert (self.part == number) == (has_part and operations == LARGE)
        if operations == SMALL:
            assert self.told[-1] == number

    @rule()
    def drop(self):
        self.questions.drop()
        self.dropped = len(self.asked) - 1
        assert not self.questions.is_waiting

    @precondition(lambda self: not all(go_on.is_set() for go_on in self.asked))
    @rule()
    def let_one_be_answered(self):
        next(go_on for go_on in self.asked if not go_on.is_set()).set()
        QCoreApplication.processEvents()

    @rule()
    def let_events_come(self):
        QCoreApplication.processEvents()

    @invariant()
    def it_is_known_whether_the_last_question_is_waited_for(self):
        last = len(self.asked) - 1
        is_open = last > self.dropped and (not self.told or self.told[-1] != last)
        assert self.questions.is_waiting == is_open
        assert self.waits[-1] == is_open
        assert all(before != after for before, after in zip(self.waits, self.waits[1:], strict=False))

    @invariant()
    def answers_come_once_and_in_order(self):
        assert self.told == sorted(set(self.told))

    def teardown(self):
        for go_on in self.asked:
            go_on.set()
        clock = QElapsedTimer()
        clock.start()
        while self.questions.is_waiting and clock.elapsed() < PATIENCE:
            QCoreApplication.processEvents()
        last = len(self.asked) - 1
        assert last <= self.dropped or self.told[-1] == last  # answered or told as failed
        self.questions.shut_down()


def test_no_question_is_ever_lost(qapp, monkeypatch):
    monkeypatch.setattr(latest, "INLINE_SECONDS", 0.0)  # a large one is answered elsewhere, however quick the last was
    run_state_machine_as_test(Asking, settings=settings(max_examples=60, stateful_step_count=25, deadline=None))
