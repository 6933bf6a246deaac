"""The view of traversals: rows by mouse and keys, through what is picked, for every kind of model."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QLabel

from latentlab.core.map.projection import dimension_name
from latentlab.core.views.traversals import Traversals
from latentlab.ui.panels.views.traversals import TraversalsPanel
from latentlab.ui.style import theme
from latentlab.ui.widgets.images.traversal_rows import TraversalRows

DEEP = {"model__latent": 5}


class Looking:
    """The view, and a model that answers it at once."""

    def __init__(self, qtbot, model):
        self.qtbot, self.panel, self.questions, self.codes = qtbot, TraversalsPanel(), [], []
        qtbot.addWidget(self.panel)
        self.panel.asked.connect(self._answer)
        self.panel.code_picked.connect(self.codes.append)
        self.panel.resize(600, 500)
        self.panel.show()
        qtbot.waitExposed(self.panel)
        self.turn_to(model)
        self.rows = self.panel.findChild(TraversalRows)

    def turn_to(self, model):
        self.model = model
        self.panel.set_model(model.snapshot.facts)
        self.panel.ask()

    def child(self, name, kind=object):
        return self.panel.findChild(kind, name)

    def at(self, row, column):
        return self.rows.cell_rect(row, column).center().toPoint()

    def click(self, row, column):
        self.qtbot.mouseClick(self.rows.viewport(), Qt.MouseButton.LeftButton, pos=self.at(row, column))

    def names(self):
        return [row.name for row in self.rows.rows()]

    def _answer(self, question):
        self.questions.append(question)
        self.last = question.answer(self.model)
        self.panel.show_answer(self.last)


@pytest.fixture
def looking(qtbot):
    return lambda model: Looking(qtbot, model)


def spread(model, deviations):
    """Give the same model with means that deviate by so much along each dimension."""
    means = np.random.default_rng(0).normal(size=(len(model.means), len(deviations))) * deviations
    return dataclasses.replace(model, means=means.astype(np.float32), deviations=np.ones_like(means, np.float32))


def test_rows_are_named_and_ordered_by_kl(looking, tiny_model):
    view = looking(tiny_model(**DEEP))
    order = view.last.use.order
    assert view.names() == [dimension_name(index) for index in order.tolist() if view.last.use.used[index]]
    for row, dimension in zip(view.rows.rows(), view.last.dimensions, strict=True):
        assert row.told == f"{view.last.use.amounts[dimension]:.1f} nats"
    assert "KL" in view.panel.caption.text()


def test_a_click_picks_the_code_of_an_image(looking, tiny_model):
    view = looking(tiny_model(**DEEP))
    view.click(1, 3)
    expected = view.last.code.copy()
    expected[view.last.dimensions[1]] = view.last.values[1, 3]
    np.testing.assert_array_equal(view.codes[0], expected)
    # What lies between rows, beside them and at the ticks is no image.
    for place in (QPoint(3, 60), QPoint(view.at(0, 0).x(), 3), view.rows.cell_rect(0, 2).bottomLeft().toPoint()):
        view.qtbot.mouseClick(view.rows.viewport(), Qt.MouseButton.LeftButton, pos=place + QPoint(0, 3))
    assert len(view.codes) == 1


def test_a_drag_stays_in_its_row(looking, tiny_model):
    view = looking(tiny_model(**DEEP))
    viewport = view.rows.viewport()
    view.qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=view.at(0, 2))
    view.qtbot.mouseMove(viewport, view.at(1, 5))
    view.qtbot.mouseMove(viewport, QPoint(viewport.width() + 50, view.at(0, 0).y()))
    view.qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=view.at(0, 0))
    view.qtbot.mouseMove(viewport, view.at(0, 4))
    changed = [code[view.last.dimensions[0]] for code in view.codes]
    np.testing.assert_allclose(changed, view.last.values[0, [2, 5, 12]])


def test_keys_walk_and_pick(looking, tiny_model):
    view = looking(tiny_model(**DEEP))
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return):
        view.qtbot.keyClick(view.rows, key)
    expected = view.last.code.copy()
    expected[view.last.dimensions[1]] = view.last.values[1, 2]
    np.testing.assert_array_equal(view.codes, [expected])


def test_options_ask_for_other_rows(looking, tiny_model):
    view = looking(tiny_model(**DEEP))
    for name, text in (("traversalStepsBox", "6"), ("traversalRadiusBox", "2")):
        box = view.child(name)
        box.selectAll()
        view.qtbot.keyClicks(box, text)
        view.qtbot.keyClick(box, Qt.Key.Key_Return)
    assert view.last.images.shape[1] == 7
    assert view.child("traversalStepsBox").value() == 7
    assert view.last.values[0].tolist() == pytest.approx([-2, -4 / 3, -2 / 3, 0, 2 / 3, 4 / 3, 2])


def test_unused_dimensions_are_listed_or_dimmed(looking, tiny_model):
    model = spread(tiny_model(**DEEP), [1, 0.01, 2, 1, 0.02])
    view = looking(model)
    assert view.names() == ["z₃", "z₁", "z₄"] or view.names() == ["z₃", "z₄", "z₁"]
    assert view.child("traversalUnused", QLabel).text() == "2 of 5 dimensions unused: z₂ z₅"
    view.qtbot.mouseClick(view.child("traversalUnusedBox", QCheckBox), Qt.MouseButton.LeftButton)
    assert len(view.names()) == 5
    assert [row.told for row in view.rows.rows()][-2:] == ["unused", "unused"]
    assert not view.child("traversalUnused", QLabel).isVisible()
    shown = view.rows.picture()
    scale = shown.width() / view.rows.viewport().width()
    brightest = []
    for row in (0, 4):
        cell = view.rows.cell_rect(row, 6)
        part = shown.copy(*(round(side * scale) for side in cell.getRect()))
        brightest.append(min(part.pixelColor(x, 1).lightness() for x in range(part.width())))
    assert brightest[0] < 20  # the black of an image
    assert brightest[1] > 100  # the same, dimmed on a white ground


def test_many_dimensions_come_in_pages(looking, tiny_model):
    view = looking(spread(tiny_model(model__latent=256), np.where(np.arange(256) < 45, 1, 0.001)))
    assert len(view.names()) == 20
    more = view.child("traversalMoreButton")
    assert more.text() == "20 more"
    assert view.child("traversalUnused").text().startswith("211 of 256 dimensions unused: z₄₆ ")
    assert view.child("traversalUnused").text().endswith("…")
    for text, count in (("5 more", 40), (None, 45)):
        view.qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
        assert len(view.names()) == count
        assert more.isVisible() == (text is not None)
        assert text is None or more.text() == text
    bar = view.rows.verticalScrollBar()
    assert bar.maximum() > view.rows.viewport().height()
    bar.setValue(bar.maximum())
    assert view.rows.cell_rect(44, 0).bottom() <= view.rows.viewport().height()
    view.click(44, 1)
    assert view.codes[-1][view.last.dimensions[44]] == view.last.values[44, 1]


def test_keys_scroll_to_the_row_they_are_on(looking, tiny_model):
    view = looking(spread(tiny_model(model__latent=256), np.ones(256)))
    for _ in range(15):
        view.qtbot.keyClick(view.rows, Qt.Key.Key_Down)
    cell = view.rows.cell_rect(15, 0)
    assert cell.top() >= 0
    assert cell.bottom() <= view.rows.viewport().height()
    for _ in range(15):
        view.qtbot.keyClick(view.rows, Qt.Key.Key_Up)
    assert view.rows.cell_rect(0, 0).top() >= 0


def test_an_autoencoder_is_ordered_by_variance(looking, tiny_model):
    view = looking(tiny_model(model__kind="autoencoder", model__latent=4))
    assert "no KL" in view.panel.caption.text()
    assert all(row.told.startswith("variance") for row in view.rows.rows())


def test_a_code_of_one_dimension_has_one_row(looking, tiny_model):
    view = looking(spread(tiny_model(model__latent=1), [1]))
    assert view.names() == ["z₁"]
    assert not view.child("traversalMoreButton").isVisible()


def test_the_picture_holds_rows_that_are_scrolled_away(looking, tiny_model, qtbot):
    view = looking(spread(tiny_model(model__latent=256), np.ones(256)))
    view.rows.verticalScrollBar().setValue(200)
    picture = view.panel.picture()
    assert picture.height() > 2 * view.rows.viewport().height()
    for each in ("dark", "light"):
        theme.set_theme(each)
        view.qtbot.waitUntil(lambda: view.panel.picture().pixelColor(1, 1) == QColor(theme.current().background))


# In the window


@pytest.fixture
def turn_to(lab):
    """Turn to the view, and wait for its rows."""

    def turn(run=None):
        if run is not None:
            lab.open(run)
        lab.look_at("traversalsView")
        rows = lab.child("traversalRows")
        lab.until(rows.rows)
        return rows

    return turn


@pytest.fixture
def told(lab):
    """Collect what the view is told."""
    found = []
    lab.session.views.answered.connect(lambda answer: found.extend([answer] * isinstance(answer, Traversals)))
    return found


def decoded_at(lab, rows, row, column):
    lab.qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.cell_rect(row, column).center().toPoint())


def test_a_click_moves_the_pick_and_the_rows_lead_through_it(lab, turn_to, told, run_file):
    rows = turn_to(run_file(**DEEP))
    panel, exploration = lab.child("traversalsView"), lab.session.exploration
    assert "Nothing is picked" in panel.caption.text()
    assert rows.mark_at(0) is None
    mean = exploration.shown.means.mean(0)
    first, second = (int(index) for index in told[-1].dimensions[:2])
    with lab.changes(lab.decoded):
        decoded_at(lab, rows, 0, 2)
    code = exploration.code
    assert code[first] == pytest.approx(-2)
    np.testing.assert_allclose(np.delete(code, first), np.delete(mean, first), atol=1e-4)
    assert rows.mark_at(0) == pytest.approx(rows.cell_rect(0, 2).center().x(), abs=1)
    lab.until(lambda: told[-1].question.through == tuple(code.tolist()))
    decoded_at(lab, rows, 1, 10)
    assert exploration.code[first] == pytest.approx(-2)
    assert exploration.code[second] == pytest.approx(2)
    assert rows.mark_at(1) == pytest.approx(rows.cell_rect(1, 10).center().x(), abs=1)


def test_rows_follow_an_image_while_its_model_trains(lab, turn_to, told):
    lab.begin({"model.latent": 5})
    lab.session.exploration.pick_point(4)
    turn_to()
    exploration = lab.session.exploration
    lab.until(lambda: told[-1].question.through == 4)
    for _ in range(2):
        before = told[-1]
        lab.until(lambda before=before: told[-1] is not before)
        assert told[-1].question.through == 4
    assert lab.session.state == "training"
    assert exploration.point == 4


def test_the_label_of_a_cvae_is_that_in_force(lab, turn_to, told, run_file):
    turn_to(run_file(model__kind="cvae"))
    before = told[-1]
    lab.session.exploration.set_label(7)
    lab.until(lambda: told[-1].question.label == 7)
    assert not np.allclose(before.images, told[-1].images, atol=1e-3)


def test_another_model_begins_anew(lab, turn_to, told, run_file):
    turn_to(run_file(**DEEP))
    lab.session.exploration.pick_point(3)
    lab.window.open_run(run_file(model__kind="autoencoder"))
    lab.until(lambda: len(told[-1].code) == 2)
    assert set(told[-1].dimensions.tolist()) <= {0, 1}
