"""Work off the GUI thread: its answers come on it, the latest wins, and nothing that fails is silent or long."""

import threading

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QThreadPool
from shiboken6 import Shiboken

from latentlab.core.errors import LatentlabError
from latentlab.ui.threads import background as work_in_background
from latentlab.ui.threads.background import Background


@pytest.fixture
def background(qtbot):
    background = Background()
    yield background
    background.shut_down()


def returning(value, wait_for=None):
    def work(cancelled, report):
        if wait_for is not None:
            wait_for.wait(5)
        return value

    return work


def test_an_answer_comes_on_the_gui_thread(qtbot, background):
    threads = []
    background.done.connect(lambda channel, value: threads.append(QThread.currentThread()))
    worked = []

    def work(cancelled, report):
        worked.append(threading.get_ident())
        return 7

    with qtbot.waitSignal(background.done) as answer:
        background.start("sum", work)
        assert background.is_busy("sum")
    assert answer.args == ["sum", 7]
    assert worked != [threading.get_ident()]
    assert threads == [background.thread()]
    assert not background.is_busy("sum")


def test_work_that_is_held_back_begins_when_it_is_let_go(qtbot, background):
    worked = []
    work_in_background.hold_back()
    try:
        background.start("sum", lambda cancelled, report: worked.append(7))
        assert background.is_busy("sum")
        assert not any(pool.activeThreadCount() for pool in background.findChildren(QThreadPool))
    finally:
        with qtbot.waitSignal(background.done):
            work_in_background.let_go()
    assert worked == [7]
    with qtbot.waitSignal(background.done):
        background.start("sum", returning(8))


def test_a_newer_start_drops_the_older_answer(qtbot, background):
    go_on, answers = threading.Event(), []
    background.done.connect(lambda channel, value: answers.append((channel, value)))
    background.start("map", returning("old", go_on))
    background.start("map", returning("new"))
    go_on.set()
    qtbot.waitUntil(lambda: bool(answers))
    background.shut_down()
    qtbot.wait(20)
    assert answers == [("map", "new")]


def test_channels_do_not_disturb_each_other(qtbot, background):
    answers = []
    background.done.connect(lambda channel, value: answers.append((channel, value)))
    background.start("one", returning(1))
    background.start("two", returning(2))
    background.cancel("three")
    qtbot.waitUntil(lambda: len(answers) == 2)
    assert sorted(answers) == [("one", 1), ("two", 2)]


def test_a_cancelled_work_is_told_so_and_its_answer_dropped(qtbot, background):
    seen, answers = threading.Event(), []
    background.done.connect(lambda channel, value: answers.append(value))
    background.progressed.connect(lambda channel, value: answers.append(value))

    def work(cancelled, report):
        if cancelled.wait(5):
            seen.set()
        report("half")
        return "whole"

    background.start("download", work)
    background.cancel("download")
    assert not background.is_busy("download")
    qtbot.waitUntil(seen.is_set)
    background.shut_down()
    qtbot.wait(20)
    assert answers == []


def test_progress_is_reported_in_order_before_the_end(qtbot, background):
    told = []
    background.progressed.connect(lambda channel, value: told.append(value))
    background.done.connect(lambda channel, value: told.append("done"))

    def work(cancelled, report):
        for part in range(5):
            report(part)

    background.start("download", work)
    qtbot.waitUntil(lambda: "done" in told)
    assert told == [0, 1, 2, 3, 4, "done"]


@pytest.mark.parametrize("error", [LatentlabError("The shop is closed."), ZeroDivisionError("by nothing")])
def test_an_error_becomes_one_sentence(qtbot, background, error, caplog):
    def work(cancelled, report):
        raise error

    with qtbot.waitSignal(background.failed) as failure:
        background.start("open", work)
    channel, sentence = failure.args
    assert channel == "open"
    assert str(error) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert not background.is_busy("open")
    # What we say ourselves needs no trace in the log; what nobody expected does.
    assert ("Traceback" in caplog.text) == (not isinstance(error, LatentlabError))


def test_an_error_of_work_that_nobody_wants_any_more_is_silent(qtbot, background, caplog):
    failures, ended = [], threading.Event()
    background.failed.connect(lambda channel, sentence: failures.append(sentence))

    def work(cancelled, report):
        cancelled.wait(5)
        ended.set()
        raise ZeroDivisionError

    background.start("open", work)
    background.shut_down()
    assert ended.is_set()
    qtbot.wait(20)
    assert failures == []
    assert caplog.text == ""


def test_shutting_down_waits_for_what_is_being_written(background):
    written = []

    def work(cancelled, report):
        cancelled.wait(5)
        written.append(True)

    background.start("save", work)
    background.shut_down()
    assert written


def test_an_answer_to_somebody_who_is_gone_is_nobodys(qtbot):
    from shiboken6 import Shiboken

    gone, go_on, errors = Background(), threading.Event(), []
    hook, threading.excepthook = threading.excepthook, errors.append
    try:
        gone.start("load", returning(1, go_on))
        go_on.set()
        Shiboken.delete(gone)  # waits for its threads
    finally:
        threading.excepthook = hook
    assert errors == []


def test_an_owner_can_be_destroyed_while_its_work_still_runs(qtbot):
    owner, go_on = Background(), threading.Event()
    owner.start("slow", returning(1, go_on))
    owner.shut_down(50)
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete)
    assert not Shiboken.isValid(owner)
    go_on.set()
