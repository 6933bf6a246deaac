"""The legend of a thousand classes: some are listed, all are found by their names."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QLabel, QLineEdit

from latentlab.ui.canvas.cards.legend import Legend
from latentlab.ui.style import theme

NAMES = tuple(f"thing {number}" for number in range(1000))


@pytest.fixture
def legend(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    # Class 900 has the most points, then 901 and so on; of the others one each.
    labels = np.concatenate([np.arange(1000), np.repeat(np.arange(900, 990), np.arange(90, 0, -1))])
    legend.set_classes(NAMES, labels)
    legend.resize(legend.fit(400, 300))
    legend.show()
    return legend


def listed(legend):
    return [label for label in range(1000) if label in legend._buttons]


def more(legend):
    (label,) = [each for each in legend.findChildren(QLabel) if "more" in each.text()]
    return label.text()


def test_those_with_the_most_points_are_listed_and_the_others_counted(legend):
    assert listed(legend) == list(range(900, 960))
    assert more(legend) == "and 940 more"
    assert legend.height() <= 300
    assert "91 points" in legend.button(900).toolTip()


def test_any_class_is_found_by_its_name_and_hidden_or_shown(qtbot, legend):
    search = legend.findChild(QLineEdit, "legendSearch")
    qtbot.keyClicks(search, "ING 77")
    assert listed(legend) == [77, *range(770, 780)]
    assert more(legend) == "and 0 more"
    toggled, isolated = QSignalSpy(legend.toggled), QSignalSpy(legend.isolated)
    qtbot.mouseClick(legend.button(774), Qt.MouseButton.LeftButton)
    assert toggled.at(0) == [774, False]
    qtbot.keyClick(legend.button(77), Qt.Key.Key_Return)
    assert isolated.at(0) == [77]
    legend.set_visible_classes({77})
    search.clear()
    assert not legend.button(900).isChecked()
    qtbot.keyClicks(search, "77")
    assert [label for label in listed(legend) if legend.button(label).isChecked()] == [77]


def test_few_classes_are_listed_without_a_search(qtbot, legend):
    legend.set_classes(("a", "b"), np.array([0, 1, 1]))
    assert listed(legend) == [0, 1]
    assert not legend.findChild(QLineEdit, "legendSearch").isVisible()


def test_of_very_many_colours_those_beside_each_other_differ():
    for dark in (False, True):
        colours = theme.class_colours(1000, dark=dark).astype(int)
        assert len(np.unique(colours, axis=0)) > 900
        for apart in range(1, 6):
            assert np.abs(np.diff(colours[::apart], axis=0)).sum(1).min() > 40
