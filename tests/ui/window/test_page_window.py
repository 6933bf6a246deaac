"""The window that cleans a page: off the GUI thread, compared by a divider, saved; it ends with the main window."""

import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from latentlab.core.output.pyramid import Pyramid
from latentlab.ui.widgets.images.page_compare import PageCompare

DIRTY = np.random.default_rng(0).integers(100, 256, (90, 160), dtype=np.uint8)


# The two sides of the divider


@pytest.fixture
def compare(qtbot):
    return qtbot.show(PageCompare("drop a page"), 400, 300)


@pytest.fixture
def both(compare):
    """Black before, white after: 100 by 50 pixels, which make 400 by 200 points."""
    compare.show_page(Pyramid.of(np.zeros((1, 50, 100), np.uint8)))
    compare.show_cleaned(Pyramid.of(np.full((1, 50, 100), 255, np.uint8)))
    return compare


def grey(widget, x, y):
    return widget.grab().toImage().pixelColor(x, y).lightness()


def test_before_lies_at_the_left_of_the_divider_and_after_at_its_right(qtbot, both):
    assert both.divider() == 0.5
    assert (grey(both, 100, 200), grey(both, 300, 200)) == (0, 255)
    qtbot.mousePress(both, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))
    qtbot.mouseMove(both, QPoint(340, 150))
    qtbot.mouseRelease(both, Qt.MouseButton.LeftButton, pos=QPoint(340, 150))
    assert both.divider() == pytest.approx(0.85)
    assert (grey(both, 300, 200), grey(both, 380, 200)) == (0, 255)


def test_keys_move_the_divider(qtbot, both):
    both.setFocus()
    qtbot.keyClick(both, Qt.Key.Key_Left)
    assert both.divider() == pytest.approx(0.48)
    qtbot.keyClick(both, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert both.divider() == pytest.approx(0.58)
    qtbot.keyClick(both, Qt.Key.Key_End)
    qtbot.keyClick(both, Qt.Key.Key_Right)
    assert both.divider() == 1
    assert grey(both, 390, 200) == 0
    qtbot.keyClick(both, Qt.Key.Key_Home)
    assert both.divider() == 0
    assert grey(both, 10, 200) == 255


def test_a_page_that_is_not_cleaned_yet_fills_both_sides(both):
    both.show_cleaned(None)
    assert (grey(both, 100, 200), grey(both, 300, 200)) == (0, 0)


def test_the_wheel_zooms_around_the_mouse_and_the_right_button_moves(qtbot, both):
    assert both.scale() == 4
    place = QPoint(100, 120)

    def below_mouse():
        return (QPointF(place) - both.page_rect().topLeft()) / both.scale()

    before = below_mouse()
    qtbot.wheel(both, 6, place)
    assert both.scale() == pytest.approx(4 * 1.2**6)
    after = below_mouse()
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))
    corner = both.page_rect().topLeft()
    qtbot.mousePress(both, Qt.MouseButton.RightButton, pos=place)
    qtbot.mouseMove(both, place + QPoint(-30, 10))
    qtbot.mouseRelease(both, Qt.MouseButton.RightButton, pos=place)
    moved = both.page_rect().topLeft() - corner
    assert (moved.x(), moved.y()) == pytest.approx((-30, 10))
    assert both.divider() == 0.5
    qtbot.wheel(both, 100, place)
    assert both.scale() == 16
    qtbot.wheel(both, -100, place)
    assert both.scale() == 4
    qtbot.wheel(both, 3, place)
    qtbot.keyClick(both, Qt.Key.Key_0)
    assert both.page_rect().width() == 400


def test_a_page_never_leaves_the_window(qtbot, both):
    qtbot.wheel(both, 8, QPoint(200, 150))
    for to in (QPoint(5000, 5000), QPoint(-9000, -9000)):
        qtbot.mousePress(both, Qt.MouseButton.RightButton, pos=QPoint(200, 150))
        qtbot.mouseMove(both, to)
        qtbot.mouseRelease(both, Qt.MouseButton.RightButton, pos=to)
        page = both.page_rect()
        assert page.left() <= 0.01
        assert page.top() <= 0.01
        assert page.right() >= 399.9
        assert page.bottom() >= 299.9
    both.resize(900, 800)
    assert both.page_rect().contains(QPointF(450, 400))


def test_a_large_page_is_shown_from_a_smaller_copy_of_it(both):
    stripes = np.zeros((1, 1200, 2000), np.uint8)
    stripes[:, ::2] = 255
    both.show_page(Pyramid.of(stripes))
    assert 120 <= grey(both, 100, 150) <= 135, "the mean of black and white, not one of the two"


def test_nothing_can_be_moved_where_there_is_no_page(qtbot, compare):
    qtbot.wheel(compare, 3, QPoint(50, 50))
    qtbot.mouseClick(compare, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    qtbot.keyClick(compare, Qt.Key.Key_0)
    compare.show_page(Pyramid.of(DIRTY[None]))
    assert (compare.divider(), compare.page_rect().width()) == (0.5, 400)


# The window


def planes(**changes):
    """Give a model of planes as it is before any training."""
    from latentlab.core.models.building import build
    from latentlab.core.models.snapshot import Snapshot
    from latentlab.core.recipe.recipe import Recipe

    network = {"kind": "pool", "layers": [4]}
    model = {"kind": "autoencoder", "latent": 4, "code": "planes", "encoder": network, "decoder": network}
    recipe = Recipe.from_dict({"model": model}).with_changes(changes)
    return Snapshot("run", recipe, build(recipe, (1, 28, 28), 3 if recipe.model.kind == "cvae" else 0), ("a", "b", "c"))


class Bench:
    """The window for pages, and what a person does with it."""

    def __init__(self, qtbot):
        from latentlab.ui.session.page_cleaning import PageCleaning
        from latentlab.ui.window.page_window import PageWindow, join_page

        self.qtbot = qtbot
        self.owner = QWidget()
        qtbot.addWidget(self.owner)
        self.owner.show()
        self.exploration = SimpleNamespace(shown=SimpleNamespace(snapshot=planes()))
        self.cleaning = PageCleaning(self.exploration, self.owner)
        self.window = PageWindow(self.owner)
        join_page(self.cleaning, self.window)
        with qtbot.waitExposed(self.window):
            self.window.show()

    def part(self, name):
        return self.window.findChild(QWidget, name)

    def said(self):
        return self.part("pageMessage").text()

    def press(self, name):
        assert self.part(name).isEnabled()
        self.qtbot.mouseClick(self.part(name), Qt.MouseButton.LeftButton)

    def cleaned(self, act, *arguments):
        """Wait for a page to be cleaned."""
        is_there = {"check_params_cb": lambda page: page is not None}
        with self.qtbot.waitSignal(self.cleaning.cleaned, **is_there) as found:
            act(*arguments)
        return found.args[0].levels[0]

    def fails(self, act, *arguments):
        with self.qtbot.waitSignal(self.cleaning.failed):
            act(*arguments)
        return self.said()

    def choose(self, path):
        dialog = self.window.findChildren(QFileDialog)[-1]
        dialog.fileSelected.emit(str(path))
        dialog.done(QFileDialog.DialogCode.Accepted)


@pytest.fixture
def bench(qtbot, digits, monkeypatch):
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)  # a real one would browse this machine
    bench = Bench(qtbot)
    yield bench
    bench.cleaning.shut_down()


@pytest.fixture
def page_file(tmp_path):
    path = tmp_path / "scan.png"
    Image.fromarray(DIRTY).save(path)
    return path


def test_a_page_is_chosen_cleaned_and_saved(bench, page_file, tmp_path):
    bench.press("pageOpenButton")
    after = bench.cleaned(bench.choose, page_file)
    assert "scan.png" in bench.said()
    assert "160 × 90" in bench.said()
    assert "scan.png" in bench.window.windowTitle()
    assert not bench.part("pageProgress").isVisible()
    expected = bench.exploration.shown.snapshot.restore(DIRTY[None, None])[0]
    np.testing.assert_allclose(after / 255, expected, atol=0.003)
    bench.press("pageSaveButton")
    target = tmp_path / "clean.png"
    with bench.qtbot.waitSignal(bench.cleaning.saved):
        bench.choose(target)
    assert str(target) in bench.said()
    np.testing.assert_array_equal(np.asarray(Image.open(target)), after[0])


def test_a_page_is_dropped_onto_the_window(bench, page_file):
    panel, data = bench.part("pageCompare").parentWidget(), QMimeData()
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    data.setText("no file")
    enter = QDragEnterEvent(QPoint(50, 50), *how)
    QApplication.sendEvent(panel, enter)
    assert not enter.isAccepted()
    data.setUrls([QUrl.fromLocalFile(str(page_file))])
    enter = QDragEnterEvent(QPoint(50, 50), *how)
    QApplication.sendEvent(panel, enter)
    assert enter.isAccepted()
    bench.cleaned(QApplication.sendEvent, panel, QDropEvent(QPointF(50, 50), *how))
    assert "scan.png" in bench.said()


def test_another_model_cleans_it_only_when_asked(bench, page_file):
    first = bench.cleaned(bench.cleaning.open, page_file)
    bench.exploration.shown.snapshot = planes()
    assert (bench.cleaned(bench.press, "pageCleanButton") != first).any()


@pytest.mark.parametrize("changes", [{}, {"model.kind": "cvae"}])
def test_a_model_that_cannot_says_which_recipe_can(bench, page_file, changes):
    plain = {"model.code": "linear", "model.encoder.kind": "mlp", "model.decoder.kind": "mlp"}
    bench.exploration.shown.snapshot = planes(**plain | changes)
    assert "page-cleaner" in bench.fails(bench.cleaning.open, page_file)
    assert bench.part("pageCleanButton").isEnabled()
    assert not bench.part("pageSaveButton").isEnabled()


def test_without_a_model_the_page_is_shown_and_told_what_to_do(bench, page_file):
    bench.exploration.shown = None
    assert "page-cleaner" in bench.fails(bench.cleaning.open, page_file)
    assert not bench.part("pageCompare").page_rect().isEmpty()


def test_what_cannot_be_read_or_saved_is_told_and_the_page_stays(bench, page_file, tmp_path):
    bench.cleaned(bench.cleaning.open, page_file)
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no picture")
    assert "notes.txt" in bench.fails(bench.cleaning.open, wrong)
    assert bench.part("pageSaveButton").isEnabled()
    assert "/dev/null" in bench.fails(bench.cleaning.save, Path("/dev/null/page.png"))


@pytest.fixture
def held(bench, page_file, monkeypatch):
    """A page that is being cleaned, for as long as nobody stops it."""
    from latentlab.core.output import clean_page

    stopped, threads = threading.Event(), []

    def clean(snapshot, page, *, cancelled, report):
        threads.append(threading.current_thread())
        report(0.25)
        cancelled.wait(20)
        stopped.set()

    monkeypatch.setattr(clean_page, "clean", clean)
    bench.cleaning.open(page_file)
    progress = bench.part("pageProgress")
    bench.qtbot.waitUntil(lambda: progress.isVisible() and progress.value() == 25)
    yield bench, stopped
    assert threads
    assert threading.main_thread() not in threads


def test_cleaning_is_followed_and_can_be_stopped(held):
    bench, stopped = held
    assert not bench.part("pageCleanButton").isEnabled()
    bench.press("pageCancelButton")
    assert stopped.wait(5)
    assert not bench.part("pageProgress").isVisible()
    assert bench.part("pageCleanButton").isEnabled()
    assert not bench.part("pageSaveButton").isEnabled()


def test_closing_it_stops_it(held):
    bench, stopped = held
    bench.window.close()
    assert not bench.window.isVisible()
    assert stopped.wait(5)


def test_the_menu_opens_it_and_the_main_window_takes_it_along(lab, monkeypatch):
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)
    actions = [action for menu in lab.window.menuBar().actions() for action in menu.menu().actions()]
    next(action for action in actions if action.text().replace("&", "") == "Clean a page…").trigger()
    window = lab.child("pageWindow")
    assert window.isVisible()
    assert window.findChild(QFileDialog) is not None
    with lab.qtbot.waitSignal(window.closed):  # which stops it
        lab.window.close()
    assert not window.isVisible()
