"""Work whose every result counts: nothing is dropped, and one follows the other."""

import threading

import pytest

from latentlab.ui.threads import background
from latentlab.ui.threads.in_turn import InTurn


@pytest.fixture
def task(qtbot):
    task = InTurn()
    yield task
    task.shut_down()


def test_everything_is_done_in_the_order_in_which_it_was_asked_and_told(qtbot, task):
    begun, told, go = [], [], threading.Event()

    def work(number):
        def do(cancelled, report):
            go.wait(5)
            begun.append(number)
            if number == 2:
                raise RuntimeError
            return number

        return do

    def take(number):
        told.append(number)
        if number == 1:
            task.start(work(5))  # comes last, though what waits has not been begun

    task.done.connect(take)
    task.failed.connect(lambda sentence: told.append("failed"))
    for number in (1, 2, 3, 4):
        task.start(work(number))
    assert task.is_busy
    go.set()
    qtbot.waitUntil(lambda: len(told) == 5)
    assert begun == [1, 2, 3, 4, 5]
    assert told == [1, "failed", 3, 4, 5]
    assert not task.is_busy


def test_what_waits_in_the_end_is_done_in_its_turn_and_told_to_nobody(qtbot, task):
    ended, told, go = [], [], threading.Event()
    task.done.connect(told.append)

    def work(number):
        def do(cancelled, report):
            go.wait(5)
            ended.append((number, cancelled.is_set()))
            return number

        return do

    for number in (1, 2, 3):
        task.start(work(number))
    task.cancel()
    assert not task.is_busy
    go.set()
    with qtbot.waitSignal(task.done):
        task.start(work(4))
    assert ended == [(1, False), (2, False), (3, False), (4, False)]
    assert told == [4]


def test_what_was_asked_for_before_work_is_let_go_is_done_when_the_window_closes_at_once(task, request):
    background.hold_back()
    request.addfinalizer(background.let_go)
    ended = []
    task.start(lambda cancelled, report: ended.append(1))
    task.start(lambda cancelled, report: ended.append(2))
    assert task.is_busy
    task.shut_down(10_000)
    assert ended == [1, 2]
    background.let_go()
    assert not task.is_busy


def test_what_fails_when_nobody_is_told_any_more_is_in_the_log(task, monkeypatch):
    told = []
    monkeypatch.setattr(background.log, "told", lambda error: told.append(str(error)) or "")
    go = threading.Event()

    def fail(cancelled, report):
        go.wait(5)
        raise OSError("no room")

    task.start(lambda cancelled, report: None)
    task.start(fail)
    task.cancel()
    go.set()
    task.shut_down(10_000)
    assert told == ["no room"]
