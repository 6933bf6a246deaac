"""Work whose every result counts: nothing is dropped, and one follows the other."""

import threading

import pytest

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


def test_what_waits_is_dropped_in_the_end(qtbot, task):
    begun, go = [], threading.Event()
    task.start(lambda cancelled, report: go.wait(5))
    task.start(lambda cancelled, report: begun.append(2))
    task.cancel()
    go.set()
    with qtbot.waitSignal(task.done):
        task.start(lambda cancelled, report: None)
    assert begun == []
