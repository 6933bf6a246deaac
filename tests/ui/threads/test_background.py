"""Work off the GUI thread: its answers come on it, the latest wins, and nothing that fails is silent or long."""

import threading

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QThreadPool
from shiboken6 import Shiboken

from latentlab.core import log
from latentlab.core.errors import LatentlabError
from latentlab.ui.threads import background as work_in_background
from latentlab.ui.threads.background import Task


@pytest.fixture
def task(qtbot):
    task = Task()
    yield task
    task.shut_down()


def returning(value, wait_for=None):
    def work(cancelled, report):
        if wait_for is not None:
            wait_for.wait(5)
        return value

    return work


def test_an_answer_comes_on_the_gui_thread(qtbot, task):
    threads = []
    task.done.connect(lambda value: threads.append(QThread.currentThread()))
    worked = []

    def work(cancelled, report):
        worked.append(threading.get_ident())
        return 7

    with qtbot.waitSignal(task.done) as answer:
        task.start(work)
        assert task.is_busy
    assert answer.args == [7]
    assert worked != [threading.get_ident()]
    assert threads == [task.thread()]
    assert not task.is_busy


def test_work_that_is_held_back_begins_when_it_is_let_go(qtbot, task):
    worked = []
    work_in_background.hold_back()
    try:
        task.start(lambda cancelled, report: worked.append(7))
        assert task.is_busy
        assert not any(pool.activeThreadCount() for pool in task.findChildren(QThreadPool))
    finally:
        with qtbot.waitSignal(task.done):
            work_in_background.let_go()
    assert worked == [7]
    with qtbot.waitSignal(task.done):
        task.start(returning(8))


def test_a_newer_start_drops_the_older_answer(qtbot, task):
    go_on, answers = threading.Event(), []
    task.done.connect(answers.append)
    task.start(returning("old", go_on))
    task.start(returning("new"))
    go_on.set()
    qtbot.waitUntil(lambda: bool(answers))
    task.shut_down()
    QCoreApplication.processEvents()
    assert answers == ["new"]


def test_tasks_do_not_disturb_each_other(qtbot, task):
    other, answers = Task(), []
    for each in (task, other):
        each.done.connect(answers.append)
    task.start(returning(1))
    other.start(returning(2))
    Task().cancel()
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert sorted(answers) == [1, 2]


def test_a_cancelled_work_is_told_so_and_its_answer_dropped(qtbot, task):
    seen, answers = threading.Event(), []
    task.done.connect(answers.append)
    task.progressed.connect(answers.append)

    def work(cancelled, report):
        if cancelled.wait(5):
            seen.set()
        report("half")
        return "whole"

    task.start(work)
    task.cancel()
    assert not task.is_busy
    qtbot.waitUntil(seen.is_set)
    task.shut_down()
    QCoreApplication.processEvents()
    assert answers == []


def test_progress_is_reported_in_order_before_the_end(qtbot, task):
    told = []
    task.progressed.connect(told.append)
    task.done.connect(lambda value: told.append("done"))

    def work(cancelled, report):
        for part in range(5):
            report(part)

    task.start(work)
    qtbot.waitUntil(lambda: "done" in told)
    assert told == [0, 1, 2, 3, 4, "done"]


class Unspeakable(Exception):
    def __str__(self):
        return f"{self.missing}"


@pytest.mark.parametrize(
    "error",
    [
        LatentlabError("The shop is closed."),
        ZeroDivisionError("by nothing"),
        SystemExit(3),
        MemoryError(),
        KeyboardInterrupt("3"),
        GeneratorExit(),
        RecursionError("3"),
        StopIteration(3),
        OSError(28, "3", "there"),
        UnicodeDecodeError("utf-8", b"3", 0, 1, "three"),
        Unspeakable(),
        ExceptionGroup("3", [ValueError("4")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_becomes_one_sentence(qtbot, task, error):
    def work(cancelled, report):
        raise error

    with qtbot.waitSignal(task.failed) as failure:
        task.start(work)
    (sentence,) = failure.args
    if not isinstance(error, OSError | Unspeakable):
        assert str(error) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert not task.is_busy
    # What we say ourselves needs no trace in the log; what nobody expected does.
    assert log.is_last_told(sentence) == (not isinstance(error, LatentlabError))


def test_an_error_of_work_that_nobody_wants_any_more_is_silent(qtbot, task):
    failures, ended = [], threading.Event()
    task.failed.connect(failures.append)

    def work(cancelled, report):
        cancelled.wait(5)
        ended.set()
        raise ZeroDivisionError("nobody wants")

    task.start(work)
    task.shut_down()
    assert ended.is_set()
    QCoreApplication.processEvents()
    assert failures == []
    assert "nobody wants" not in log.last_entry()


def test_shutting_down_waits_for_what_is_being_written(task):
    written = []

    def work(cancelled, report):
        cancelled.wait(5)
        written.append(True)

    task.start(work)
    task.shut_down()
    assert written


def test_several_are_all_told_to_stop_before_any_is_waited_for(qtbot):
    first, second, is_told, ended = Task(), Task(), threading.Event(), []
    first.start(lambda cancelled, report: ended.append(is_told.wait(5)))
    second.start(lambda cancelled, report: cancelled.wait(5) and is_told.set())
    Task.shut_down_all([first, second], 20_000)
    assert ended == [True]


def test_an_answer_to_somebody_who_is_gone_is_nobodys(qtbot):
    from shiboken6 import Shiboken

    gone, go_on, errors = Task(), threading.Event(), []
    hook, threading.excepthook = threading.excepthook, errors.append
    try:
        gone.start(returning(1, go_on))
        go_on.set()
        Shiboken.delete(gone)  # waits for its threads
    finally:
        threading.excepthook = hook
    assert errors == []


def test_an_owner_can_be_destroyed_while_its_work_still_runs(qtbot):
    owner, go_on = Task(), threading.Event()
    owner.start(returning(1, go_on))
    owner.shut_down(50)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete)
    assert not Shiboken.isValid(owner)
    go_on.set()
