"""Both themes are alive: a window that is open while the theme changes looks as one that is opened in it."""

import itertools
import shutil

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from latentlab.ui.style import theme
from tests.ui import scenes


@pytest.fixture(autouse=True)
def own_palette(qapp):
    """Leave the application as it was dressed before; where one types nothing blinks."""
    before, blinks = qapp.palette(), qapp.cursorFlashTime()
    qapp.setCursorFlashTime(0)
    yield
    qapp.setCursorFlashTime(blinks)
    theme.set_theme("light")
    QApplication.setPalette(before)


ROUNDED = 24  # of 255: what is seen through is rounded otherwise when it is painted from a picture that is kept


def told(window, shown, expected):
    """Say where two pictures of a window differ; an empty string where they are one."""
    if shown.shape != expected.shape:
        return f"its size: {shown.shape} and {expected.shape}"
    if np.array_equal(shown, expected):
        return ""
    apart = np.abs(shown.astype(np.int16) - expected).max(2)
    return ", ".join(scenes.parts_at(window, np.argwhere(apart > ROUNDED)))


@pytest.mark.timeout(400)  # 25 s of a processor, which others may want, and it waits for whatever moves
def test_what_is_open_looks_as_what_is_made_in_the_theme(
    make_lab, run_file, colour_run, tmp_path, own_home, monkeypatch
):
    runs = run_file(), run_file(model__kind="cvae"), colour_run
    pictures = scenes.own_pictures(tmp_path / "pictures")
    seen, differ = {}, []

    def look(opened, *where):
        """Compare what is open with what it was when it was first seen in this theme."""
        for window in opened:
            shown = scenes.pixels(window)
            name = scenes.name_of(window)
            expected = seen.setdefault((*where[:-1], name), shown)
            if said := told(window, shown, expected):
                differ.append(f"{name} {where}: {said}")

    for number, themes in enumerate((("light", "dark", "light"), ("dark", "light", "dark"))):
        monkeypatch.setenv("LATENTLAB_SETTINGS", str(tmp_path / f"{number}.ini"))  # no runs that were open last
        shutil.rmtree(own_home / "data", ignore_errors=True)  # nor bookmarks
        theme.set_theme(themes[0])
        lab = make_lab()
        for scene in itertools.chain(scenes.scenes(lab, runs, pictures), scenes.further_scenes(lab)):
            if scene == "VAE":
                scenes.fill_menus(lab)
                scenes.close(scenes.pop_up(lab))  # what has been seen once may have another size, or have moved others
                for _ in scenes.open_views(lab):
                    scenes.rest(lab)
            if scene.startswith("revealed"):
                theme.set_theme(themes[1])
                scenes.rest(lab)
                scenes.reveal(lab)
                theme.set_theme(themes[0])
            popped: list = []
            for turn, name in enumerate(themes):
                theme.set_theme(name)
                if popped and turn == 1:
                    QApplication.processEvents()
                    still = [widget for widget in popped if widget.isVisible()]
                    assert len(still) >= len(popped) - 1  # a tip goes as the mouse moves
                    look(still, scene, "popped up", name, themes[:turn])
                    scenes.close(popped)
                for view in scenes.open_views(lab) if scene == "VAE" else [""]:
                    scenes.rest(lab)
                    if scene.startswith("revealed"):
                        scenes.reveal(lab)
                        scenes.rest(lab)
                    look(scenes.windows(), scene, view, name, themes[:turn])
                if scene == "VAE" and turn != 1:
                    popped = scenes.pop_up(lab)
                    look(popped, scene, "popped up", name, themes[:turn])
            scenes.close(popped)
        lab.window.hide()
    assert not differ, "\n".join(differ)


def test_the_names_of_settings_are_whole_in_larger_text(lab):
    from latentlab.ui.panels.recipe import RecipePanel

    form = lab.window.findChild(RecipePanel).form
    form.all_button.click()
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
        window.resize(window.minimumSizeHint().width(), size.height())
        lab.until(lambda: bar.maximum() > 0)  # what there is no room for is reached by scrolling
    finally:
        QApplication.setFont(before)


def test_smaller_text_gives_back_the_room_that_larger_text_took_in_tabs_that_are_hidden_again(opened):
    lab, before = opened, QApplication.font()
    columns = lab.child("windowScroll").widget()

    def asked():
        """Give the least size in which everything fits beside each view."""
        sizes = []
        for name in ("unitsView", "compareView", "manifoldView"):
            lab.look_at(name)
            scenes.rest(lab)
            sizes.append(columns.minimumSizeHint().toTuple())
        return sizes

    usual = asked()
    try:
        theme.change_text_size(14)
        assert np.all(np.greater(asked(), usual))
        theme.change_text_size(-14)
        assert asked() == usual
    finally:
        QApplication.setFont(before)


def test_what_a_box_has_chosen_is_whole_in_larger_text(opened):
    lab, before = opened, QApplication.font()
    lab.look_at("traversalsView")
    box = lab.child("traversalThroughBox")
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
