"""The colours: seen against the background, and told apart, by people with any sight of colours."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QIcon, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QListWidget,
    QMenu,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QSpinBox,
    QStyle,
    QToolTip,
    QWidget,
)

from latentlab.ui.style import theme
from latentlab.ui.style.icons import icon
from latentlab.ui.widgets.boxes import column
from latentlab.ui.widgets.images.image_strip import ImageStrip
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.images.page_compare import PageCompare
from latentlab.ui.widgets.sketch.sketch_pad import SketchPad
from latentlab.ui.widgets.slider import Slider
from latentlab.ui.widgets.tool_strip import ToolStrip
from tests.ui.scenes import has_colour, pixels, windows
from tests.ui.style.contrast import contrast, difference, lab, linear

# What people without one kind of cone see, on linear RGB, after Machado, Oliveira and Fernandes (2009), severity 1.
SIGHTS = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def rgb(name):
    return QColor(name).getRgb()[:3]


both = pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])


@both
def test_classes_stand_out_from_the_background(colours):
    for colour in theme.class_colours(10, dark=colours.dark):
        assert contrast(colour, rgb(colours.background)) >= 3


# Of Sharma, Wu and Dalal (2005), table 1: pairs 1, 4, 7, 13, 17 and 21, in which hue turns, or there is none.
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (50, 3.2592, 0.335), 1.0000),
    ],
)
def test_differences_are_those_of_the_papers_table(one, other, expected):
    assert difference(one, other) == pytest.approx(expected, abs=1e-4)


@both
@pytest.mark.parametrize("sight", SIGHTS)
def test_classes_can_be_told_apart(colours, sight):
    seen = lab(linear(theme.class_colours(10, dark=colours.dark)) @ np.transpose(SIGHTS[sight]))
    nearest = min(difference(one, other) for one, other in itertools.combinations(seen, 2))
    assert nearest >= (20 if sight == "normal" else 11)
    # In the plain distance of CIELAB, too, in which 2.3 is just noticed side by side.
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) >= 12


def test_no_class_is_nearly_black_or_grey_on_a_light_ground():
    lightness, *ab = lab(linear(theme.class_colours(10, dark=False))).T
    assert lightness.min() >= 38
    assert np.hypot(*ab).min() >= 40


# What WCAG 2 asks for: 4.5:1 of text (success criterion 1.4.3), 3:1 of what one has to see of a part (1.4.11). Its
# formula is in `contrast`. What is disabled is spared there; here it can be read all the same.
@both
def test_text_can_be_read(colours):
    for text in (colours.foreground, colours.muted, colours.accent, colours.warning):
        for behind in (colours.background, colours.surface, colours.raised):
            assert contrast(rgb(text), rgb(behind)) >= 4.5, (text, behind)
    assert contrast(rgb(colours.on_accent), rgb(colours.accent)) >= 4.5
    assert contrast(rgb(colours.foreground), rgb(colours.chosen)) >= 4.5


@both
def test_parts_can_be_seen(colours):
    for part in (colours.edge, colours.accent, colours.warning, colours.train, colours.test):
        for behind in (colours.background, colours.surface, colours.raised):
            assert contrast(rgb(part), rgb(behind)) >= 3, (part, behind)


@both
@pytest.mark.parametrize(
    "group", [QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive, QPalette.ColorGroup.Disabled]
)
def test_qts_own_widgets_can_be_read(colours, group):
    palette, role = theme.palette(colours), QPalette.ColorRole
    for text, behind in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.Text, role.AlternateBase),
        (role.PlaceholderText, role.Base),
        (role.ButtonText, role.Button),
        (role.HighlightedText, role.Highlight),
        (role.ToolTipText, role.ToolTipBase),
        (role.Link, role.Base),
        (role.BrightText, role.Window),
    ):
        said = contrast(*(palette.color(group, each).getRgb()[:3] for each in (text, behind)))
        assert said >= 4.5, (text, behind)


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


def line_edit():
    field = QLineEdit()
    field.setPlaceholderText("all")
    return field


def slider():
    made = Slider(0, 100)
    made.setValue(50)
    return made


KINDS = {
    "check box": QCheckBox,
    "radio button": QRadioButton,
    "line edit": line_edit,
    "spin box": QSpinBox,
    "box of choices": QComboBox,
    "box one types into": lambda: QComboBox(editable=True),
    "slider": slider,
    "button": QPushButton,
    "pad": SketchPad,
}


@both
@pytest.mark.parametrize("kind", KINDS)
def test_what_one_fills_in_and_drags_is_seen_to_its_edge(qtbot, colours, kind):
    before = QApplication.palette()
    theme.set_theme("dark" if colours.dark else "light")
    holder = QWidget()
    field = KINDS[kind]()
    column(field, on=holder)
    try:
        qtbot.show(holder, 200, 160)
        holder.setFocus()
        image = holder.grab().toImage()
        ground = image.pixelColor(2, 2).getRgb()[:3]
        place = field.geometry()
        row = [image.pixelColor(place.x() + x, place.center().y()).getRgb()[:3] for x in range(place.width())]
        edge = next(x for x, colour in enumerate(row) if colour != ground)
        assert max(contrast(colour, ground) for colour in row[edge : edge + 3]) >= 3
        if kind == "slider":
            across = [image.pixelColor(place.center().x(), y).getRgb()[:3] for y in range(place.top(), place.bottom())]
            assert max(contrast(colour, ground) for colour in across) >= 3
        holder.activateWindow()
        qtbot.waitUntil(holder.isActiveWindow)
        field.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.waitUntil(lambda: has_colour(holder, colours.accent), timeout=1000)
    finally:
        theme.set_theme("light")
        QApplication.setPalette(before)


@pytest.fixture
def dressed(qapp):
    """Dress the application in a theme until the test ends."""
    before = QApplication.palette()
    yield lambda colours: theme.set_theme("dark" if colours.dark else "light")
    theme.set_theme("light")
    QApplication.setPalette(before)


def ground_and_ink(shown):
    """Give the colour that most of a picture has, and the contrast to it of what stands out most; blue is first."""
    found, counts = np.unique(shown.reshape(-1, 3)[:, ::-1], axis=0, return_counts=True)
    ground = found[counts.argmax()]
    return ground, max(contrast(colour, ground) for colour in found)


def part(shown, rect):
    return shown[rect.top() : rect.bottom() + 1, rect.left() : rect.right() + 1]


@both
def test_entries_lines_and_edges_of_a_menu_are_seen(qtbot, dressed, colours):
    dressed(colours)
    menu = QMenu()
    qtbot.addWidget(menu)
    entries = [menu.addAction(text) for text in ("usual", "not now", "chosen")]
    entries[1].setEnabled(False)
    line = menu.addSeparator()
    below = menu.addMenu("more").menuAction()
    menu.popup(QPoint(0, 0))
    menu.setActiveAction(entries[2])
    shown = pixels(menu)
    menu.close()
    inner = {each: part(shown, menu.actionGeometry(each).adjusted(4, 0, -4, 0)) for each in menu.actions()}
    (ground, usual), (_, disabled), (behind, chosen) = (ground_and_ink(inner[each]) for each in entries)
    assert usual >= 4.5
    assert 4.5 <= disabled < usual
    assert chosen >= 4.5
    assert contrast(behind, ground) >= 3
    assert ground_and_ink(inner[line])[1] >= 3
    arrow = inner[below][:, -16:]
    assert ground_and_ink(arrow)[1] >= 3
    for edge in (shown[0], shown[-1], shown[:, 0], shown[:, -1]):
        assert contrast(np.median(edge, 0)[::-1], ground) >= 3


@both
def test_a_tip_is_read_and_seen_to_its_edge(qtbot, dressed, colours):
    dressed(colours)
    below = qtbot.show(QWidget(), 200, 100)
    QToolTip.showText(below.mapToGlobal(QPoint(20, 20)), "what it does", below)
    (tip,) = (each for each in windows() if each.metaObject().className() == "QTipLabel")
    shown = pixels(tip)
    ground, text = ground_and_ink(part(shown, tip.rect().adjusted(2, 2, -2, -2)))
    assert text >= 4.5
    for edge in (shown[0], shown[-1], shown[:, 0], shown[:, -1]):
        assert contrast(np.median(edge, 0)[::-1], ground) >= 3
    tip.close()


@both
@pytest.mark.parametrize(("kind", "is_enabled"), [("list", True), ("list", False), ("box", True)])
def test_what_is_chosen_in_a_list_is_read_and_seen(qtbot, dressed, colours, kind, is_enabled):
    dressed(colours)
    holder = QWidget()
    field = QListWidget() if kind == "list" else QComboBox()
    field.addItems(["usual", "chosen", "other"])
    field.setEnabled(is_enabled)
    column(field, on=holder)
    qtbot.show(holder, 200, 160)
    view = field if kind == "list" else field.view()
    if kind == "box":
        field.showPopup()
    view.setCurrentIndex(view.model().index(1, 0))
    shown = pixels(view.viewport())
    rows = [part(shown, view.visualRect(view.model().index(row, 0)).adjusted(4, 1, -4, -1)) for row in (0, 1)]
    (ground, usual), (behind, chosen) = map(ground_and_ink, rows)
    assert min(usual, chosen) >= 4.5
    assert contrast(behind, ground) >= (3 if is_enabled else 1.3)
    around = pixels(view if kind == "list" else view.window())
    for edge in (around[0], around[-1], around[:, 0], around[:, -1]):
        assert contrast(np.median(edge, 0)[::-1], ground) >= (3 if is_enabled else 1.3)
    if kind == "box":
        field.hidePopup()


@both
def test_icons_are_seen_switched_on_or_off_or_not_to_be_used(qapp, colours):
    before = QApplication.palette()
    QApplication.setPalette(theme.palette(colours))
    try:
        for mode, state in itertools.product((QIcon.Mode.Normal, QIcon.Mode.Disabled), QIcon.State):
            image = icon("lasso").pixmap(QSize(24, 24), mode, state).toImage()
            drawn = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
            strongest = max(
                (contrast(c.getRgb()[:3], rgb(colours.surface)) for c in drawn if c.alpha() == 255), default=1
            )
            assert strongest >= 3
    finally:
        QApplication.setPalette(before)


@pytest.mark.parametrize("points", [8, 10, 24])
def test_boxes_icons_and_handles_grow_with_the_text(qtbot, points):
    before = QApplication.font()
    box, strip, handle = QCheckBox("text"), ToolStrip(), slider()
    try:
        theme.set_text_size(points)
        for widget in (box, strip, handle):
            qtbot.addWidget(widget)
        high = QFontMetrics(QApplication.font()).height()
        indicator = box.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorHeight)
        assert 0.9 * high <= indicator <= 1.1 * high
        qtbot.waitUntil(lambda: high <= strip.iconSize().height() <= 1.4 * high)
        assert handle.handle().height() >= 0.9 * high
    finally:
        QApplication.setFont(before)


PLACES = {"an image": ImageView, "images": lambda: ImageStrip(3), "a page": PageCompare, "progress": QProgressBar}


@both
@pytest.mark.parametrize("kind", PLACES)
def test_the_place_of_what_will_be_shown_is_seen_to_its_edge(qtbot, dressed, colours, kind):
    dressed(colours)
    place = qtbot.show(PLACES[kind](), 200, 160)
    shown = pixels(place)[:14]  # what is written lies below
    assert ground_and_ink(shown)[1] >= 3
