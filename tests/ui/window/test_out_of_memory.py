"""A model that cannot be computed with: told in a sentence wherever one looks, and the program goes on."""

from contextlib import contextmanager

import numpy as np
import pytest
from PySide6.QtWidgets import QTabWidget

from latentlab.core.models.snapshot import Snapshot

MEMORY, TORCH = MemoryError(), RuntimeError("DefaultCPUAllocator: not enough memory")
WAYS = ("encode", "posterior", "decode", "restore")


@contextmanager
def broken(error):
    """Have every way through a model fail; what it does after that is right again."""

    def fail(self, *arguments, **more):
        raise error

    with pytest.MonkeyPatch.context() as patch:
        for name in WAYS:
            patch.setattr(Snapshot, name, fail)
        yield


@pytest.fixture(params=[("here", MEMORY), ("elsewhere", TORCH)], ids=["here", "elsewhere"])
def fault(request, opened):
    """What happens, on the GUI thread or on another one."""
    where, error = request.param
    if where == "elsewhere":
        request.getfixturevalue("slow_models")
    return error


def whats_told(lab):
    told = []
    lab.session.message.connect(lambda sentence, is_problem: told.append(sentence) if is_problem else None)
    return told


def test_a_click_a_drag_and_a_stroke_are_told_and_the_next_ones_work(opened, fault):
    lab = opened
    told, centre = whats_told(lab), lab.canvas.viewport().rect().center()
    place = lab.free_place(centre)
    with broken(fault):
        lab.drag(lab.canvas.viewport(), [place, place + (centre - place) / 2, centre])
        lab.until(lambda: told)
        assert all("not enough memory" in sentence and "\n" not in sentence for sentence in told)
        lab.until_idle()
        assert lab.message() == told[-1]
        assert lab.decoded() is None, "of what cannot be decoded nothing is shown"
        told.clear()
        lab.stroke([(0.3, 0.2), (0.6, 0.8)])
        lab.until(lambda: told)
        lab.until_idle()
        assert all("not enough memory" in sentence for sentence in told)
    lab.pick(30, 30)
    assert lab.decoded() is not None
    with lab.qtbot.waitSignal(lab.session.exploration.sketched) as sketched:
        lab.stroke([(0.2, 0.3), (0.8, 0.6)])
    assert sketched.args[0] is not None


def test_every_view_says_so_and_answers_the_next_time(opened, fault):
    lab = opened
    told, tabs = whats_told(lab), lab.window.findChild(QTabWidget)
    lab.action("selectAll").trigger()
    views = [tabs.widget(tab) for tab in range(1, tabs.count())]
    answered = []
    lab.session.views.answered.connect(answered.append)
    with broken(fault):
        for view in views:
            tabs.setCurrentWidget(view)
            lab.until_idle()
        lab.action("landscape").setChecked(True)
        tabs.setCurrentIndex(0)
        lab.until_idle()
        assert told
        assert all("not enough memory" in sentence and "\n" not in sentence for sentence in told)
        failed = len(answered)
    for view in views:
        tabs.setCurrentWidget(view)
        lab.until_idle()
    lab.until(lambda: len(answered) >= failed + 5)
    assert np.isfinite(lab.canvas.points()).all()
