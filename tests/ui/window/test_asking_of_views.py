"""Views that are turned to: nothing is asked twice, and what takes long says how far it is, until one leaves."""

import threading

import pytest
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QLabel, QProgressBar

from latentlab.core.errors import LatentlabError
from latentlab.core.progress import reached
from latentlab.core.views import elbo, manifold, pca, posterior_scatter, sensitivity, units
from latentlab.ui.canvas.scatter import ScatterPair
from latentlab.ui.plots.bar_plot import BarPlot
from latentlab.ui.plots.line_plot import LinePlot


class Counts(QObject):
    """Counts what is answered."""

    def __init__(self, lab):
        super().__init__(lab.window)
        self.answers = []
        lab.session.views.answered.connect(self._take)

    @Slot(object)
    def _take(self, answer):
        self.answers.append(type(answer).__name__)


def test_a_view_that_shows_its_answer_is_not_asked_again_for_the_same_model(opened):
    tabs, counts = opened.child("viewTabs"), Counts(opened)
    for _ in range(2):
        for name in ("manifoldView", "samplesView"):
            opened.look_at(name)
            opened.until(lambda name=name: opened.child(name).is_answered)
    assert counts.answers == ["Manifold", "Samples"]
    opened.child("samplesRowsBox").setValue(3)
    opened.until(lambda: counts.answers == ["Manifold", "Samples", "Samples"])
    selected = opened.session.selection
    opened.look_at("imagesView")
    for row in (3, 5):
        selected.toggle(row)
    opened.until(lambda: opened.child("imagesView").is_answered)
    tabs.setCurrentIndex(0)
    selected.toggle(5)
    selected.toggle(5)  # as before; but what lay between is gone from the view
    opened.look_at("imagesView")
    opened.until(lambda: opened.child("imagesView").is_answered)


def test_pca_shows_few_images_at_once_and_then_all(opened, monkeypatch):
    monkeypatch.setattr(pca, "_QUICK_IMAGES", 50)
    opened.until(lambda: opened.session.exploration.shown.images is not None)
    shown = []
    opened.session.views.answered.connect(lambda answer: shown.append((answer.is_quick, len(answer.points.points))))
    opened.look_at("pcaView")
    opened.until(lambda: len(shown) == 2)
    assert shown == [(True, 50), (False, len(opened.canvas.points()))]


def test_the_elbo_is_that_of_few_images_at_once_and_then_of_all(opened, monkeypatch, slow_models):
    monkeypatch.setattr(elbo, "_QUICK_IMAGES", 50)
    opened.until(lambda: opened.session.exploration.shown.images is not None)
    shown = []
    opened.session.views.answered.connect(lambda answer: shown.append((answer.is_quick, answer.parts.images)))
    view = opened.look_at("elboView")
    opened.until(lambda: len(shown) == 2)
    assert shown == [(True, 50), (False, len(opened.canvas.points()))]
    assert f"{shown[1][1]:,} images" in view.caption.text()


@pytest.mark.parametrize(
    ("name", "module", "function", "plot"),
    [
        ("unitsView", units, "units", BarPlot),
        ("elboView", elbo, "elbo", BarPlot),
        ("deviationsView", posterior_scatter, "deviations", ScatterPair),
        ("pcaView", pca, "beside_pca", ScatterPair),
        ("sensitivityView", sensitivity, "sensitivity", LinePlot),
    ],
)
def test_plots_are_made_while_what_they_show_is_found(opened, monkeypatch, slow_models, name, module, function, plot):
    opened.until(lambda: opened.session.exploration.shown.images is not None)
    may_go_on, answer = threading.Event(), getattr(module, function)
    monkeypatch.setattr(module, function, lambda *of: may_go_on.wait(20) and answer(*of))
    view = opened.look_at(name)
    made = view.findChild(plot)
    assert made is not None
    assert not view.is_answered
    may_go_on.set()
    opened.until(lambda: view.is_answered)
    assert view.findChild(plot) is made


def test_what_takes_long_says_how_far_it_is_and_ends_when_one_leaves(opened, monkeypatch, slow_models):
    tabs = opened.child("viewTabs")
    may_go_on, ended, compute = threading.Event(), threading.Event(), manifold.manifold

    def slow(question, model):
        try:
            while not may_go_on.wait(0.005):
                reached(0.4 if bar.isVisible() else None)
            return compute(question, model)
        except BaseException:
            ended.set()
            raise

    monkeypatch.setattr(manifold, "manifold", slow)
    view = opened.look_at("manifoldView")
    bar, message = view.findChild(QProgressBar, "viewProgress"), view.findChild(QLabel, "viewMessage")
    assert message.text() == ""
    assert not bar.isVisible()
    opened.until(lambda: bar.isVisible() and bar.value() == 40)
    assert message.text() == "One moment …"
    tabs.setCurrentIndex(0)
    opened.until(ended.is_set)
    opened.look_at("manifoldView")
    may_go_on.set()
    opened.until(lambda: view.is_answered)
    assert not bar.isVisible()


def test_where_there_was_no_answer_one_that_is_on_its_way_after_all_is_told(opened, monkeypatch, slow_models):
    may_go_on, compute = threading.Event(), manifold.manifold
    monkeypatch.setattr(manifold, "manifold", refuse)
    view = opened.look_at("manifoldView")
    bar, message = view.findChild(QProgressBar, "viewProgress"), view.findChild(QLabel, "viewMessage")
    opened.until(lambda: message.text() == "Not yet.")

    def slow(question, model):
        while not may_go_on.wait(0.005):
            reached(0.4)
        return compute(question, model)

    monkeypatch.setattr(manifold, "manifold", slow)
    opened.session.set_map_source("training", 50)  # it is asked again by itself
    opened.until(lambda: message.text() == "One moment …" and bar.isVisible())
    may_go_on.set()
    opened.until(lambda: view.is_answered)
    assert not bar.isVisible()


def refuse(question, model):
    raise LatentlabError("Not yet.")
