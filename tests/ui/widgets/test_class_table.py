"""Classes with their counts: in their order, by count, or searched."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from latentlab.ui.widgets.class_table import ClassTable


@pytest.fixture
def classes(qtbot):
    table = ClassTable()
    qtbot.addWidget(table)
    table.set_classes([f"thing {number}" for number in range(1000)], [number % 7 for number in range(1000)])
    table.resize(300, 200)
    table.show()
    return table


def rows(classes):
    model = classes.table.model()
    return [(model.index(row, 0).data(), model.index(row, 1).data()) for row in range(model.rowCount())]


def test_a_thousand_are_searched_and_sorted(qtbot, classes):
    assert rows(classes)[:2] == [("thing 0", "0"), ("thing 1", "1")]
    qtbot.keyClicks(classes.findChild(QLineEdit, "classSearch"), "NG 99")
    assert [name for name, _ in rows(classes)] == ["thing 99", *(f"thing {number}" for number in range(990, 1000))]
    across = classes.table.horizontalHeader()
    place = across.viewport().rect().center()
    place.setX(across.sectionViewportPosition(1) + 5)
    for _ in range(2):  # from the fewest, then from the most
        qtbot.mouseClick(across.viewport(), Qt.MouseButton.LeftButton, pos=place)
    counts = [int(count) for _, count in rows(classes)]
    assert counts in (sorted(counts), sorted(counts, reverse=True))


def test_few_need_no_search(classes):
    classes.set_classes(["a", "b"], [1, 2])
    assert not classes.search.isVisible()
    assert rows(classes) == [("a", "1"), ("b", "2")]


def test_other_classes_come_without_being_sorted_as_those_before_were(qtbot, classes, monkeypatch):
    classes.table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.AscendingOrder)
    model, asked = type(classes.table.model().sourceModel()), []
    data = model.data
    monkeypatch.setattr(model, "data", lambda self, index, role=0: asked.append(role) or data(self, index, role))
    classes.set_classes([f"other {number}" for number in range(1000)], range(1000))
    assert asked.count(Qt.ItemDataRole.UserRole) == 0
    assert rows(classes)[:2] == [("other 0", "0"), ("other 1", "1")]
