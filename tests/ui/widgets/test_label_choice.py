"""The label that a code is decoded under, among a thousand."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QComboBox

from latentlab.core.models.labels import AT_ONCE, around
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.label_choice import LabelChoice

NAMES = tuple(f"thing {number}" for number in range(1000))
IMAGES = np.zeros((AT_ONCE, 1, 8, 8), np.float32)


@pytest.fixture
def choice(qtbot):
    choice = LabelChoice()
    qtbot.addWidget(choice)
    choice.set_names(NAMES)
    choice.resize(380, 200)
    choice.show()
    return choice


def test_a_label_is_found_by_its_name(qtbot, choice):
    chosen = QSignalSpy(choice.chosen)
    search = choice.findChild(QComboBox, "labelSearchBox")
    assert search.isVisible()
    search.setFocus()
    search.lineEdit().selectAll()
    qtbot.keyClicks(search.lineEdit(), "thing 345")
    qtbot.keyClick(search.lineEdit(), Qt.Key.Key_Return)
    assert chosen.at(chosen.count() - 1) == [345]
    assert choice.slider.value() == 345
    assert search.currentText() == "thing 345"


def test_the_images_are_of_the_labels_around_it(qtbot, choice):
    strip = choice.findChild(ImageStrip)
    choice.set_label(500)
    choice.show_images(IMAGES, around(500, 1000))
    first = around(500, 1000)[0]
    assert strip.framed() == 500 - first
    chosen = QSignalSpy(choice.chosen)
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.tile(3).center())
    assert chosen.at(0) == [first + 3]
    choice.slider.setFocus()
    qtbot.keyClick(choice.slider, Qt.Key.Key_PageUp)
    assert choice.slider.value() == first + 3 + 50


def test_few_labels_need_no_search(choice):
    choice.set_names(NAMES[:10])
    choice.show_images(IMAGES[:10])
    assert not choice.findChild(QComboBox, "labelSearchBox").isVisible()
    assert choice.findChild(ImageStrip).image_count() == 10


def test_the_list_of_ten_thousand_opens_by_asking_for_those_in_sight_alone(qtbot, choice, monkeypatch):
    search = choice.findChild(QComboBox, "labelSearchBox")
    entries, asked = type(search.model()), []
    data = entries.data
    monkeypatch.setattr(
        entries, "data", lambda self, index, role=0: asked.append(index.row()) or data(self, index, role)
    )
    many = LabelChoice()
    qtbot.addWidget(many)
    many.set_names((*(f"thing {number}" for number in range(10_000)), "the widest of all of them"))
    many.show()
    search = many.findChild(QComboBox, "labelSearchBox")
    asked.clear()
    search.showPopup()
    assert len(set(asked)) < 100
    assert search.view().minimumWidth() > search.fontMetrics().horizontalAdvance("the widest of all of them")
    search.hidePopup()
