"""The six tabs: all of them in sight, the last with a menu, each view saying what it shows."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QTabWidget, QWidget

from latentlab.ui.style import theme
from latentlab.ui.widgets.images.selection_strip import SelectionStrip
from tests.ui import scenes

ALWAYS = ["Map", "Grid", "Sliders", "Samples", "Compare"]
ANALYSES = ["Units", "ELBO", "Spread: samples", "Spread: deviations", "PCA", "Sensitivity", "Restoring", "Blend"]


@pytest.fixture
def tabs(opened):
    return opened.child("viewTabs", QTabWidget)


def seen(tabs):
    return [tabs.tabText(tab) for tab in range(tabs.count()) if tabs.isTabVisible(tab)]


def click_last(opened, tabs, *, on_arrow=False):
    bar = tabs.tabBar()
    last = max((bar.tabRect(tab) for tab in range(bar.count())), key=lambda tab: tab.right())
    place = QPoint(last.right() - 12 if on_arrow else last.left() + 12, last.center().y())
    opened.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)


def choose(tabs, title):
    next(entry for entry in tabs.menu.actions() if entry.text() == title).trigger()
    tabs.menu.hide()


def test_a_click_on_the_last_tab_opens_its_menu_and_later_shows_what_was_seen_last(opened, tabs):
    click_last(opened, tabs)
    assert tabs.menu.isVisible()
    assert tabs.currentIndex() == 0
    choose(tabs, "PCA")
    assert seen(tabs) == [*ALWAYS, "PCA ▾"]
    assert tabs.view() is opened.child("pcaView")
    tabs.setCurrentIndex(0)
    click_last(opened, tabs)
    assert not tabs.menu.isVisible()
    assert tabs.view() is opened.child("pcaView")
    for on_arrow in (False, True):
        tabs.setCurrentIndex(0 if on_arrow else tabs.currentIndex())
        click_last(opened, tabs, on_arrow=on_arrow)
        assert tabs.menu.isVisible()
        assert [entry.text() for entry in tabs.menu.actions() if entry.isChecked()] == ["PCA"] * (not on_arrow)
        assert tabs.menu.activeAction().text() == "PCA"
        tabs.menu.hide()


def test_the_tabs_and_the_menu_are_reached_by_keys(opened, tabs):
    bar = tabs.tabBar()
    bar.setFocus()
    for _ in range(5):
        opened.qtbot.keyClick(bar, Qt.Key.Key_Right)
    assert tabs.view() is opened.child("unitsView")
    opened.qtbot.keyClick(bar, Qt.Key.Key_Down)
    assert tabs.menu.isVisible()
    opened.qtbot.keyClick(tabs.menu, Qt.Key.Key_Down)
    opened.qtbot.keyClick(tabs.menu, Qt.Key.Key_Return)
    assert tabs.view() is opened.child("elboView")
    opened.qtbot.keyClick(bar, Qt.Key.Key_Left)
    assert tabs.view() is opened.child("compareView")


def test_the_numbers_turn_to_the_tabs(opened, tabs):
    for number, name in enumerate(("manifoldView", "traversalsView", "samplesView", "compareView"), 2):
        tabs.turn_to(number)
        assert tabs.view() is opened.child(name)
    tabs.turn_to(6)
    assert tabs.menu.isVisible()
    choose(tabs, "Sensitivity")
    tabs.turn_to(1)
    assert tabs.view() is None
    tabs.turn_to(6)
    assert tabs.view() is opened.child("sensitivityView")
    assert not tabs.menu.isVisible()


def test_the_keys_of_the_menu_turn_to_the_tabs_while_these_are_seen(lab, run_file):
    assert not lab.action("view2").isEnabled()
    lab.open(run_file())
    lab.action("view2").trigger()
    assert lab.child("viewTabs", QTabWidget).view() is lab.child("manifoldView")


def test_all_tabs_fit_beside_the_right_column_in_large_text_too(opened, tabs):
    before, bar = QApplication.font(), tabs.tabBar()

    def fit():
        QApplication.processEvents()
        named = {tab: bar.fontMetrics().horizontalAdvance(bar.tabText(tab)) for tab in range(bar.count())}
        widths = {tab: bar.tabRect(tab).width() for tab in named if bar.isTabVisible(tab)}
        return sum(widths.values()) <= tabs.width() and all(widths[tab] > named[tab] for tab in widths)

    try:
        assert fit()
        theme.change_text_size(14 - before.pointSizeF())
        opened.until(lambda: bar.font().pointSizeF() == 14)
        assert fit()
        for title in ANALYSES:
            choose(tabs, title)
            assert fit(), title
    finally:
        QApplication.setFont(before)


def test_there_are_six_tabs_a_menu_and_a_line_on_each_view(opened, tabs):
    assert seen(tabs) == [*ALWAYS, "Analyse ▾"]
    assert [entry.text() for entry in tabs.menu.actions()] == ANALYSES
    opened.window.resize(1280, 800)
    for kind in tabs.KINDS:
        tabs.look_at(kind)
        view, (_, said) = tabs.view(), kind.words()
        about = view.findChild(QLabel, "viewAbout")
        assert about.isVisible()
        assert about.text() == said == tabs.tabToolTip(tabs.currentIndex())
        assert len(said) <= 100
        assert said.endswith(".")


def test_no_view_asks_for_more_height_than_a_small_window_has(opened, tabs):
    opened.window.resize(960, 540)  # larger windows have larger images, which ask for more
    for kind in tabs.KINDS:
        tabs.look_at(kind)
        view = tabs.view()
        opened.until(lambda view=view: view.is_answered or view.findChild(QLabel, "viewMessage").text())
        scenes.rest(opened)
        assert view.minimumSizeHint().height() <= 430, kind


def test_a_view_is_made_when_it_is_first_looked_at_and_stays(opened, tabs):
    assert tabs.views() == []
    view = opened.look_at("samplesView")
    assert tabs.views() == [view]
    tabs.setCurrentIndex(0)
    assert opened.look_at("samplesView") is view
    assert opened.window.findChild(QWidget, "manifoldView") is None


def test_a_view_knows_at_once_what_was_told_before_it_was_made(opened, run_file):
    lab = opened
    lab.session.comparison.open(run_file(training__seed=1))
    lab.until(lambda: lab.session.comparison.second)
    lab.session.exploration.pick_point(4)
    for row in (3, 8):
        lab.session.selection.toggle(row)
    lab.until_idle()
    lab.look_at("traversalsView")
    lab.until(lambda: lab.child("traversalsView").question().through == 4)
    assert lab.look_at("imagesView").findChild(SelectionStrip).image_count() == 2
    lab.look_at("compareView")
    lab.until(lambda: lab.child("compareSecondImage").pixels() is not None)
    assert len(lab.child("compareFirstCanvas").points()) == len(lab.canvas.points())
    assert len(lab.child("compareSecondCanvas").points()) == len(lab.canvas.points())
    assert lab.child("compareOriginalImage").isVisible()


@pytest.mark.parametrize("name", ["samplesView", "manifoldView", "imagesView", "compareView"])
def test_the_tab_key_leads_from_the_tabs_into_the_view_and_out_of_it(opened, tabs, name):
    lab = opened
    lab.look_at("traversalsView")  # made before, and beside it
    view = lab.look_at(name)
    lab.until_idle()
    tabs.tabBar().setFocus()
    inside = []
    while True:
        lab.qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if not view.isAncestorOf(QApplication.focusWidget()):
            break
        inside.append(QApplication.focusWidget())
    options = [view.bar.itemAt(place).widget() for place in range(view.bar.count())]
    asked = [each for each in options if each is not None and each.focusPolicy() & Qt.FocusPolicy.TabFocus]
    seen = [each for each in asked if each.isVisible() and each.isEnabled()]
    assert seen
    assert [each for each in inside if each in seen] == seen
