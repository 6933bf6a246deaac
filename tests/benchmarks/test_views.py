"""How soon a view shows its picture after a click on its tab; and PCA beside scikit-learn's."""

import subprocess
import sys
from contextlib import ExitStack
from statistics import median
from time import perf_counter

import pytest
import torch
from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QTabWidget, QWidget
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from latentlab.core.measures.pca import compare, principal
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training.trainer import Trainer
from latentlab.ui.panels.views.compare import ComparePanel

pytestmark = pytest.mark.timeout(300)
_PATIENCE = 60_000  # milliseconds
_LOOKS = 3
_TO_REACH = 150  # milliseconds


class Looks(QObject):
    """Turns to views, and tells how many seconds it takes until what they show is painted."""

    def __init__(self, window, qtbot):
        super().__init__(window)
        self.tabs = window.findChild(QTabWidget, "viewTabs")
        self._qtbot = qtbot
        self._loop, self._panel, self._painted = QEventLoop(), None, 0.0
        window.session.views.answered.connect(self._watch)  # after the view, which shows it

    def look(self, kind):
        """Turn from the map to a view, once the map has come to rest."""
        self.tabs.setCurrentIndex(0)
        self._qtbot.wait(200)
        self._panel, self._painted = None, 0.0
        begin = perf_counter()
        self.tabs.look_at(kind)
        panel = self._panel = self.tabs.view()
        self._watch()
        limit = QTimer(singleShot=True, interval=_PATIENCE)
        limit.timeout.connect(self._loop.quit)
        limit.start()
        while not self._painted and limit.isActive():
            self._loop.exec()
        assert limit.isActive(), "it was never painted"
        for widget in (panel, *panel.findChildren(QWidget)):
            widget.removeEventFilter(self)
        return self._painted - begin

    def eventFilter(self, watched, event):
        """Take note of the first painting that has the answer; the view may show it from an earlier look."""
        if event.type() == QEvent.Type.Paint and not self._painted and self._panel.is_answered:
            self._painted = perf_counter()
            self._loop.quit()
        return False

    def _watch(self):
        """Watch the view, and what it has made for its answer by now."""
        for widget in () if self._panel is None else (self._panel, *self._panel.findChildren(QWidget)):
            widget.installEventFilter(self)


@pytest.mark.parametrize("company", ["nothing", "a busy process", "its own training"])
def test_from_the_click_to_the_picture(benchmark, row, open_window, qtbot, company):
    window = open_window(Recipe.load("mlp-vae-2d").with_changes({"training.epochs": 1000, "training.device": "cpu"}))
    session, exploration = window.session, window.session.exploration
    session.train(proceed=False)
    qtbot.waitUntil(lambda: exploration.shown is not None and not exploration.shown.missing, timeout=_PATIENCE)
    qtbot.waitUntil(lambda: exploration.shown.epochs_done >= 1, timeout=_PATIENCE)  # it uses its dimensions
    for image in (3, 50, 77):
        session.selection.toggle(image)
    looks = Looks(window, qtbot)
    kinds = [kind for kind in looks.tabs.KINDS if kind is not ComparePanel]
    with ExitStack() as beside:
        if company != "its own training":
            with qtbot.waitSignal(session.training.ended, timeout=_PATIENCE):
                session.training.stop()
            qtbot.wait(1000)
        if company == "a busy process":
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            beside.callback(busy.wait)
            beside.callback(busy.kill)

        def look():
            return {kind.words()[0]: [1000 * looks.look(kind) for _ in range(_LOOKS)] for kind in kinds}

        found = benchmark.pedantic(look, rounds=1)
    for title, (first, *again) in found.items():
        row(
            f"{title}: from the click to its picture, the first time, then",
            f"beside {company}",
            f"{_TO_REACH} ms",
            f"{first:.0f} ms, {median(again):.0f} ms",
            first <= _TO_REACH,
        )


def test_pca_beside_scikit_learn(race, row, images, torch_threads):
    """Two components of 10,000 images, and the whole view of them, on one core as beside a window."""
    torch_threads(1)
    shown = images.test_images
    snapshot = Trainer(Recipe.load("mlp-vae-2d").with_changes({"training.device": "cpu"}), images).snapshot()
    pixels = shown.flatten(1).float().div_(255).numpy()

    def fit():
        with threadpool_limits(1, "blas"):
            check(PCA(2, random_state=0).fit(pixels))

    found = race(
        {
            "components": lambda: check(principal(shown, 2)),
            "scikit-learn": fit,
            "view": lambda: check(compare(snapshot, shown)),
            "first picture": lambda: check(compare(snapshot, shown[:1000])),
        },
        5,
        warm_up=1,
    )
    least = 1000 * median(found.seconds["scikit-learn"])
    for name, to_reach in (("first picture", 0.5), ("components", None), ("view", None)):
        times = found.speed("scikit-learn", name)
        row(
            f"PCA of {len(shown):,} images, {name}",
            f"scikit-learn's fit, {least:.0f} ms",
            "" if to_reach is None else "half as long",
            f"{1000 * median(found.seconds[name]):.0f} ms, {times:.1f} times as long",
            None if to_reach is None else times <= to_reach,
        )


def check(found):
    assert found is not None
    assert torch.get_num_threads() == 1
