"""Many trainings in one window, ended in every way: threads, widgets and open files are as many as after the first."""

import ctypes
import gc
import itertools
import os
import sys
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QEvent, QThreadPool
from PySide6.QtWidgets import QApplication

from latentlab.core.runs import workspace

ENDS = ("by itself", "stopped", "discarded", "stopped and finished", "opened")


@pytest.fixture
def ending(lab, run_file):
    """Begin a training and end it in a way."""
    session = lab.session

    def until_idle():
        lab.until(lambda: session.state == "idle")

    def begin(epochs):
        lab.set_up({"data.limit": 64, "training.epochs": epochs, "training.threads": 1})
        lab.press("trainButton")
        lab.until(lambda: lab.epochs_drawn() >= 1)

    def end(how):
        if how == "opened":
            lab.open(run_file())
            return
        begin(2 if how == "by itself" else 1000)
        if how == "discarded":
            lab.press("discardButton")
        elif how != "by itself":
            lab.press("stopButton")
        until_idle()
        if how == "stopped and finished":
            lab.action("finishTraining").trigger()
            lab.until(lambda: lab.epochs_drawn() >= 2)
            lab.press("stopButton")
            until_idle()

    return end


def counted(lab):
    """Give how many there are of what must not become more, nothing being computed."""
    lab.until_idle()
    # A pool lets a thread wait a while for more to do, two where one was cancelled late: that goes by time.
    assert all(pool.waitForDone(10_000) for pool in lab.window.findChildren(QThreadPool))
    for _ in range(3):
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        gc.collect()
    # What was kept is listed on the start page, the last few of them.
    widgets = [
        each
        for each in QApplication.allWidgets()
        if not any(owner and owner.objectName().startswith("openRecent") for owner in (each, each.parent()))
    ]
    return {
        "threads": _entries("task"),
        "open files": _entries("fd"),
        "widgets": len(widgets),
    }


def _entries(name):
    folder = Path("/proc/self") / name
    return len(list(folder.iterdir())) if folder.exists() else 0


def resident():
    """Give the memory of this process that is in use, in MB, what it has freed given back."""
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_a_few_trainings_leave_nothing(lab, ending):
    for how in ENDS:
        ending(how)
    before = counted(lab)
    for how in ENDS:
        ending(how)
    after = counted(lab)
    assert all(now <= before[name] for name, now in after.items()), (before, after)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a process has is counted in /proc")
def test_five_hundred_trainings_leave_nothing(lab, ending):
    seed = int(os.environ.get("LATENTLAB_MONKEY_SEED") or 0)
    random = Random(seed)
    for how in ENDS * 4:
        ending(how)
    before, memory, grown = counted(lab), resident(), []
    trainings = 20 * 4 // 5
    for number in itertools.count():
        how = random.choice(ENDS)
        ending(how)
        trainings += how != "opened"
        if number % 50 == 49:
            lab.until_idle()
            grown.append((trainings, round(resident() - memory, 1)))
        if trainings >= 500:
            break
    after = counted(lab)
    kept = len(workspace.runs(workspace.default_folder()))
    told = f"{trainings} trainings, seed {seed}, {kept} kept: {before} became {after}; MB grown: {grown}"
    print("\n", told)  # noqa: T201
    assert all(now <= before[name] for name, now in after.items()), told
