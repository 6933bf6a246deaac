"""The tour of the window points at real controls, and about tells versions and licences."""

import numpy
import torch
from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QTreeWidget
from shiboken6 import Shiboken

from latentlab import __version__
from latentlab.ui.style import theme
from latentlab.ui.window.tour import Tour

STEPS = ["trainButton", "latentCanvas", "decodedImage", "sketchPad", "viewTabs"]


def begin(lab) -> Tour:
    lab.child("trainButton").setFocus()
    lab.action("tour").trigger()
    return lab.child("tour", Tour)


def places_apart(lab, tour):
    target = tour.pointed_at()
    top_left = target.mapTo(lab.window, target.rect().topLeft())
    return tour.geometry(), target.rect().translated(top_left)


def press(lab, key):
    lab.qtbot.keyClick(QApplication.focusWidget(), key)


def test_it_leads_through_five_controls_by_the_keyboard_and_back(opened):
    tour = begin(opened)
    seen = []
    for number, name in enumerate(STEPS, 1):
        target = tour.pointed_at()
        assert target is opened.child(name) or target.parent() is opened.child(name)
        assert opened.text("tourCount") == f"{number} of 5"
        assert opened.text("tourText")
        assert not opened.text("tourMore")
        bubble, control = places_apart(opened, tour)
        assert opened.window.rect().contains(bubble)
        assert name == "latentCanvas" or not bubble.adjusted(10, 10, -10, -10).intersects(control)
        seen.append(opened.text("tourTitle"))
        press(opened, Qt.Key.Key_Right if number < 5 else Qt.Key.Key_Left)
    assert len(set(seen)) == 5
    assert opened.text("tourTitle") == seen[3]
    press(opened, Qt.Key.Key_Escape)
    assert not tour.isVisible()
    assert QApplication.focusWidget() is opened.child("trainButton")
    opened.action("tour").trigger()  # its buttons do the same, and the last one ends it
    assert not opened.child("tourBack").isEnabled()
    opened.press("tourNext")
    opened.press("tourBack")
    assert opened.text("tourTitle") == seen[0]
    for _ in STEPS:
        opened.press("tourNext")
    assert not tour.isVisible()
    opened.action("tour").trigger()
    opened.press("tourClose")
    assert not tour.isVisible()


def test_what_is_not_to_be_seen_is_left_out_and_that_is_said(lab):
    tour = begin(lab)
    shown = []
    while tour.isVisible():
        assert tour.pointed_at().isVisible()
        shown.append(lab.text("tourMore"))
        press(lab, Qt.Key.Key_Return)
    assert "" in shown or len(shown) == 1
    assert "the tour goes on" in shown[-1]


def test_it_goes_on_when_a_model_is_opened(lab, run_file):
    begin(lab)
    seen = int(lab.text("tourCount").split()[-1])
    assert seen < 5
    lab.open(run_file())
    lab.until(lambda: lab.text("tourCount").endswith("of 5"))
    lab.press("tourNext")
    assert lab.text("tourTitle") == "The map"


def test_it_leads_from_home_to_the_map_that_there_is(lab):
    lab.begin()
    lab.press("homeButton")
    lab.action("tour").trigger()
    assert lab.child("tour").isVisible()
    assert lab.canvas.isVisible()


def test_it_follows_its_control_and_the_theme_and_goes_on_when_that_is_hidden(opened):
    tour = begin(opened)
    while tour.pointed_at() is not opened.child("sketchPad"):
        press(opened, Qt.Key.Key_Right)
    before = tour.geometry()
    opened.window.resize(opened.window.width() - 160, opened.window.height() - 60)
    opened.until(lambda: tour.geometry() != before)
    opened.until_idle()
    bubble, control = places_apart(opened, tour)
    assert opened.window.rect().contains(bubble)
    assert not bubble.adjusted(10, 10, -10, -10).intersects(control)
    opened.child("sketchPad").hide()
    opened.until(lambda: tour.pointed_at() is not opened.child("sketchPad"))
    assert tour.isVisible()
    try:
        looks = []
        for choice in ("light", "dark"):
            theme.set_theme(choice)
            image = tour.grab().toImage()
            looks.append(image.pixelColor(image.width() // 2, 16).name())
        assert looks == [theme.LIGHT.surface, theme.DARK.surface]
    finally:
        theme.set_theme("light")


def test_about_tells_versions_and_licences_to_be_copied(desk):
    desk.action("about").trigger()
    dialog = desk.child("aboutDialog", QDialog)
    assert __version__ in desk.text("aboutName")
    table = desk.child("aboutTable", QTreeWidget)
    rows = {
        item.text(0): (item.text(1), item.text(2)) for item in map(table.topLevelItem, range(table.topLevelItemCount()))
    }
    assert rows["Qt"] == (qVersion(), "LGPL-3.0-only")
    assert rows["numpy"][0] == numpy.__version__
    assert torch.__version__.startswith(rows["torch"][0])
    assert {"Python", "PySide6-Essentials", "pyqtgraph", "safetensors"} < set(rows)
    assert all(version and licence not in ("", "?") for version, licence in rows.values())
    assert not any(name in rows for name in ("pytest", "ruff"))
    desk.press("aboutCopy")
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(f"latentlab {__version__} (MIT)\n")
    assert f"numpy {numpy.__version__}" in copied
    dialog.reject()
    desk.until(lambda: not Shiboken.isValid(dialog))
