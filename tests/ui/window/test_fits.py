"""Text of any size, and of a language whose words are long, fits where it stands."""

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget

from latentlab.ui.style import theme
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.scrolling_dialog import ScrollingDialog
from tests.ui import fits, scenes

# Points: whatever can be opened is first opened in the first; in the last one goes on to the next scene.
SIZES = 24, 8, 10
SMALL_SCREEN = 960, 540  # of 1920 × 1080 pixels, at 200 %


@pytest.fixture
def long_words(qapp):
    translator = fits.LongWords()
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


@pytest.fixture
def own_font(qapp):
    before = QApplication.font()
    yield
    QApplication.setFont(before)


def walked(lab, scene, are_all):
    """Open what there is in a scene, one after the other; give the name of each, or one empty name."""
    if scene == "VAE" and are_all:
        yield from scenes.open_views(lab)
        yield from scenes.open_pages(lab)
    if scene in ("VAE", "CVAE"):
        yield from scenes.open_turns(lab)
    yield ""


def found(lab, runs, pictures, sizes):
    """Give what does not fit in any scene, in text of some sizes, and what is larger than a small screen."""
    said = {}
    for scene in scenes.scenes(lab, runs, pictures):
        for points in sizes:
            theme.set_text_size(points)
            for view in walked(lab, scene, len(sizes) > 2 and points != sizes[-1]):
                scenes.rest(lab)
                for window in scenes.windows():
                    what = [*fits.misfits(window)]
                    least = window.minimumSizeHint().expandedTo(window.minimumSize()).toTuple()
                    if np.any(np.greater(least, SMALL_SCREEN)):
                        what.append(f"{window.objectName()} asks for {least}")
                    said |= {each: f"{scene} {view} {points} pt" for each in what if each not in said}
    return "\n".join(f"{where}: {what}" for what, where in said.items())


def test_text_of_any_size_fits(make_lab, run_file, colour_run, own_font, tmp_path):
    runs = run_file(), run_file(model__kind="cvae"), colour_run
    said = found(make_lab(), runs, scenes.own_pictures(tmp_path / "pictures"), (24, 10))
    assert not said, said


def test_longer_words_fit(long_words, make_lab, run_file, colour_run, own_font, tmp_path):
    runs = run_file(), run_file(model__kind="cvae"), colour_run
    said = found(make_lab(), runs, scenes.own_pictures(tmp_path / "pictures"), SIZES)
    assert not said, said


@pytest.mark.parametrize("points", [10, 24])
def test_dialogs_have_room_for_long_words_and_no_more_than_their_screen_has(points, long_words, lab, own_font):
    theme.set_text_size(points)
    lab.child("allSettingsButton").click()
    for name in ("preferences", "keys", "about"):
        lab.action(name).trigger()
    dialogs = [window for window in scenes.windows() if window is not lab.window]
    assert len(dialogs) == 4

    def are_right():
        scenes.rest(lab)
        assert not [said for dialog in dialogs for said in fits.misfits(dialog)]
        for dialog in dialogs:
            assert dialog.screen().availableGeometry().contains(dialog.frameGeometry()), dialog.objectName()

    are_right()
    theme.set_text_size(24)  # while they are open
    lab.qtbot.waitUntil(lambda: lab.child("preferencesDialog").font().pointSizeF() == 24)
    are_right()
    scenes.close_dialogs(lab)


def test_a_dialog_scrolls_where_its_screen_is_too_small(qtbot):
    dialog = ScrollingDialog()
    content = QLabel("\n".join(["many words " * 40] * 60))
    column(content, on=(inside := QWidget()))
    column(area := dialog.hold(inside), on=dialog)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.make_room()
    room = dialog.screen().availableGeometry()
    qtbot.waitUntil(lambda: dialog.width() > room.width() // 2)
    assert dialog.width() <= room.width()
    assert dialog.height() <= room.height()
    assert all(bar.maximum() > 0 for bar in (area.horizontalScrollBar(), area.verticalScrollBar()))


def test_what_does_not_fit_is_found(qtbot):
    window, label, button, box = QWidget(), QLabel("some words"), QPushButton("more words"), QComboBox()
    box.addItem("a choice of many words")
    column(label, button, box, on=window)
    qtbot.show(window, 300, 200)
    assert not list(fits.misfits(window))
    for part in (label, button, box):
        part.setFixedWidth(20)
        qtbot.waitUntil(lambda part=part: part.width() == 20)
    window.layout().removeWidget(label)
    label.move(290, 0)
    said = "\n".join(fits.misfits(window))
    assert all(words in said for words in ("some words", "more words", "a choice of many words", "outside"))


def test_the_other_language_keeps_what_is_no_word():
    longer = fits.LongWords().translate
    said = longer("Map", "Open <b>{name}</b>: {n:,} of &all")
    assert said.startswith("Open <b>{name}</b>: {n:,} of &all")
    assert len(said) >= len("Open <b>{name}</b>: {n:,} of &all") + 0.3 * len("Open :  of all")
    assert longer("Map", "{n:,} × {m}") == "{n:,} × {m}"
