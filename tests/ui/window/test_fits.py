"""Text of any size, and of a language whose words are long, fits where it stands."""

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from latentlab.ui.style import theme
from tests.ui import fits, scenes

SIZES = 8, 24, 10  # points; in the last one goes on to the next scene
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


def found(lab, runs, pictures, sizes):
    """Give what does not fit in any scene, in text of some sizes."""
    said = {}
    for scene in scenes.scenes(lab, runs, pictures):
        for points in sizes:
            theme.set_text_size(points)
            for view in scenes.open_views(lab) if scene == "VAE" else [""]:
                scenes.rest(lab)
                for window in scenes.windows():
                    for what in fits.misfits(window):
                        said.setdefault(what, f"{scene} {view} {points} pt")
                    least = window.minimumSizeHint().expandedTo(window.minimumSize())
                    if least.width() > SMALL_SCREEN[0] or least.height() > SMALL_SCREEN[1]:
                        said.setdefault(
                            f"{window.objectName()} asks for {least.toTuple()}", f"{scene} {view} {points} pt"
                        )
    return [f"{where}: {what}" for what, where in said.items()]


def test_text_of_any_size_fits(make_lab, run_file, colour_run, own_font, tmp_path):
    runs = run_file(), run_file(model__kind="cvae"), colour_run
    said = found(make_lab(), runs, scenes.own_pictures(tmp_path / "pictures"), SIZES)
    assert not said, "\n".join(said)


def test_long_words_fit(long_words, make_lab, run_file, colour_run, own_font, tmp_path):
    runs = run_file(), run_file(model__kind="cvae"), colour_run
    said = found(make_lab(), runs, scenes.own_pictures(tmp_path / "pictures"), SIZES)
    assert not said, "\n".join(said)
