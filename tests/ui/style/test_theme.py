"""The colours: seen against the background, and told apart, by people with any sight of colours."""

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QSpinBox

from latentlab.ui.style import theme
from tests.ui.style.contrast import contrast, linear

# What people without one kind of cone see, on linear RGB, after Machado, Oliveira and Fernandes (2009), severity 1.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def rgb(name):
    return QColor(name).getRgb()[:3]


def lab(linear_rgb):
    to_xyz = np.array(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    )
    f = np.cbrt(np.maximum(np.clip(linear_rgb, 0, 1) @ to_xyz.T / [0.95047, 1, 1.08883], 1e-4))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


both = pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


@both
def test_classes_stand_out_from_the_background(colours):
    for colour in theme.class_colours(10, dark=colours.dark):
        assert contrast(colour, rgb(colours.background)) >= 3


@both
@pytest.mark.parametrize("sight", SIGHTS)
def test_classes_can_be_told_apart(colours, sight):
    seen = [lab(np.asarray(SIGHTS[sight]) @ linear(colour)) for colour in theme.class_colours(10, dark=colours.dark)]
    nearest = min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2))
    # 2.3 is a difference that is just noticed, side by side.
    assert nearest >= 12


@both
def test_text_can_be_read(colours):
    for text in (colours.foreground, colours.muted, colours.warning):
        for behind in (colours.background, colours.surface):
            assert contrast(rgb(text), rgb(behind)) >= 4.5
    for line in (colours.accent, colours.train, colours.test):
        assert contrast(rgb(line), rgb(colours.background)) >= 3


@both
def test_buttons_and_selections_can_be_read(colours):
    palette = theme.palette(colours)
    role = QPalette.ColorRole
    for text, behind in (
        (role.ButtonText, role.Button),
        (role.HighlightedText, role.Highlight),
        (role.ToolTipText, role.ToolTipBase),
    ):
        assert contrast(palette.color(text).getRgb()[:3], palette.color(behind).getRgb()[:3]) >= 4.5


@pytest.mark.parametrize("count", [1, 10, 11, 26, 62])
@pytest.mark.parametrize("dark", [False, True])
def test_as_many_colours_as_classes(count, dark):
    colours = theme.class_colours(count, dark=dark)
    assert colours.shape == (count, 3)
    assert colours.dtype == np.uint8
    assert len(np.unique(colours, axis=0)) == count


@both
def test_current_follows_the_palette(qapp, colours):
    before = QApplication.palette()
    QApplication.setPalette(theme.palette(colours))
    try:
        assert theme.current() is colours
    finally:
        QApplication.setPalette(before)


@both
@pytest.mark.parametrize("kind", [QCheckBox, QLineEdit, QSpinBox])
def test_the_outline_of_what_one_fills_in_is_seen(qtbot, colours, kind):
    before = QApplication.palette()
    theme.set_theme("dark" if colours.dark else "light")
    field = kind()
    qtbot.addWidget(field)
    try:
        image = field.grab().toImage()
        left = [image.pixelColor(x, image.height() // 2).getRgb()[:3] for x in range(4)]
        # As faint as other programs have it where the ground is light, which sets off the field itself.
        assert max(contrast(colour, rgb(colours.surface)) for colour in left) >= (3 if colours.dark else 1.5)
    finally:
        theme.set_theme("light")
        QApplication.setPalette(before)
