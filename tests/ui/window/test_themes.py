"""Both themes are alive: a window that is open while the theme changes looks as one that is opened in it."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from latentlab.ui.style import theme


@pytest.fixture(autouse=True)
def own_palette(qapp):
    """Leave the application as it was dressed before."""
    before = qapp.palette()
    yield
    theme.set_theme("light")
    QApplication.setPalette(before)


def opened(lab, run):
    """Have a window show a run."""
    lab.until_loaded()
    lab.open(run)
    lab.press("mapShowAllButton")
    lab.until(lambda: lab.session.map.history.view is not None)
    lab.pick(40, 30)
    lab.until(lab.window.menus["back"].isEnabled)  # view and pick have come to rest, and count as places
    return lab


def pixels(lab):
    """Give what a window shows once points and views have come to rest, uint8 (H, W, 3)."""
    lab.canvas.setFocus()
    shown = [grabbed(lab)]

    def rests():
        lab.qtbot.wait(150)  # nothing comes
        shown.append(grabbed(lab))
        return np.array_equal(*shown[-2:])

    lab.until(rests)
    return shown[-1]


def grabbed(lab):
    image = lab.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), :3].copy()


@pytest.mark.parametrize(("before", "after"), [("light", "dark"), ("dark", "light")])
def test_a_window_that_is_open_looks_as_one_that_is_opened_after_the_change(make_lab, run_file, before, after):
    theme.set_theme(before)
    switched = opened(make_lab(), run_file())
    theme.set_theme(after)
    shown = pixels(switched)
    switched.window.hide()
    fresh = pixels(opened(make_lab(), run_file()))
    assert shown.shape == fresh.shape
    rows, columns = np.nonzero((shown != fresh).any(2))
    assert not len(rows), f"{len(rows)} pixels differ, from {columns.min(), rows.min()} to {columns.max(), rows.max()}"


def test_the_names_of_settings_are_whole_in_larger_text(lab):
    from latentlab.ui.panels.recipe import RecipePanel

    form = lab.window.findChild(RecipePanel).form
    form.advanced_button.click()
    before = QApplication.font()
    try:
        theme.change_text_size(4)
        for field in form.fields.values():
            label = field.label
            lab.until(lambda label=label: label.font().pointSizeF() > before.pointSizeF())
            lab.until(lambda label=label: label.width() >= label.fontMetrics().horizontalAdvance(label.text()))
    finally:
        QApplication.setFont(before)


def test_larger_text_fits_into_the_window_and_does_not_make_it_larger_than_a_small_screen(opened):
    lab, before = opened, QApplication.font()
    window, size = lab.window, opened.window.size()
    lab.press("mapShowAllButton")
    try:
        theme.change_text_size(4)
        lab.until(lambda: window.font().pointSizeF() > before.pointSizeF())
        area, tools = lab.child("windowScroll"), lab.child("sketchClearButton")
        bar, columns = area.horizontalScrollBar(), area.widget()
        lab.until(lambda: tools.mapTo(columns, tools.rect().bottomRight()).x() < area.viewport().width())
        lab.until(lambda: bar.maximum() == 0)
        assert window.size() == size
        assert window.minimumSizeHint().width() <= 1024
        window.resize(1024, size.height())
        lab.until(lambda: bar.maximum() > 0)  # what there is no room for is reached by scrolling
    finally:
        QApplication.setFont(before)


def test_smaller_text_gives_back_the_room_that_larger_text_took_in_tabs_that_are_hidden_again(opened):
    lab, before = opened, QApplication.font()
    tabs, columns = lab.child("viewTabs"), lab.child("windowScroll").widget()

    def look_at_all():
        for index in reversed(range(tabs.count())):
            tabs.setCurrentIndex(index)

    look_at_all()
    lab.until(lambda: columns.width() <= lab.window.width())
    try:
        theme.change_text_size(14)
        look_at_all()
        lab.until(lambda: columns.width() > lab.window.width())
        theme.change_text_size(-14)
        lab.until(lambda: columns.width() <= lab.window.width())
    finally:
        QApplication.setFont(before)


def test_what_a_box_has_chosen_is_whole_in_larger_text(opened):
    lab, before = opened, QApplication.font()
    box, tabs = lab.child("traversalThroughBox"), lab.child("viewTabs")
    tabs.setCurrentWidget(lab.child("traversalsView"))
    try:
        theme.change_text_size(4)
        lab.until(lambda: box.font().pointSizeF() > before.pointSizeF())
        widest = max(box.fontMetrics().horizontalAdvance(box.itemText(i)) for i in range(box.count()))
        lab.until(lambda: box.width() > widest)
    finally:
        QApplication.setFont(before)


def test_text_of_another_size_is_painted_once_when_its_room_is_measured(lab):
    before, painted, measured = QApplication.font(), [], []

    class Watch(QObject):
        def eventFilter(self, watched, event):
            if event.type() == QEvent.Type.Paint:
                painted.append(lab.window.updatesEnabled())
            return False

    watch = Watch()
    QApplication.processEvents()
    lab.window.installEventFilter(watch)
    try:
        theme.change_text_size(4)
        QTimer.singleShot(0, lambda: measured.append(len(painted)))
        lab.until(lambda: measured and painted)
        assert measured == [0]
    finally:
        lab.window.removeEventFilter(watch)
        QApplication.setFont(before)
