"""The sketch panel: what is drawn is sent, what is found of it is shown, and colours are painted with."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QPushButton,
    QSlider,
    QSplitter,
    QToolButton,
    QWidget,
)

from latentlab.core.map.results import ImageLosses, Neighbour, Sketched
from latentlab.core.models.label_calibration import LabelCalibration
from latentlab.core.sketch import painting
from latentlab.core.sketch.painting import Paper
from latentlab.ui.panels.sketch import SketchPanel
from latentlab.ui.style import theme
from latentlab.ui.widgets.images.image_view import ImageView
from latentlab.ui.widgets.sketch.sketch_pad import SketchPad
from latentlab.ui.widgets.sketch.swatches import Swatches
from tests.ui.widgets.sketch.drawing import dropped, stroke

NAMES = ("nought", "one", "two")


@pytest.fixture
def panel(qtbot):
    return qtbot.show(SketchPanel(), 380, 330)


def found(label=None, probabilities=None, is_reconstruction=False, calibration=None):
    image = np.linspace(0, 1, 784, dtype=np.float32).reshape(1, 28, 28)
    neighbours = tuple(
        Neighbour(10 + i, i % 3, NAMES[i % 3], 0.1 * i, image, is_reconstruction) for i in range(5)
    )  # fmt: skip
    return Sketched(
        run_id="r", input=image, mean=np.zeros(2, np.float32), deviation=np.ones(2, np.float32), position=(0.0, 0.0),
        covariance=np.eye(2, dtype=np.float32), reconstruction=1 - image,
        losses=ImageLosses(142.31, 134.1, 8.2, samples=16),
        neighbours=neighbours, nearest=np.arange(15), votes=((2, 12), (1, 3)), label=label,
        label_probabilities=probabilities, calibration=calibration,
    )  # fmt: skip


def texts(panel):
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible()).replace("\u00a0", " ")


def buttons(panel, text):
    kinds = (QPushButton, QToolButton)
    return [b for kind in kinds for b in panel.findChildren(kind) if b.text() == text and b.isVisible()]


def show(panel, sketched, names):
    """Show what is found; its words follow the images."""
    panel.show_sketched(sketched, names)
    QApplication.processEvents()


def test_names_that_scripts_rely_on(panel):
    assert isinstance(panel.findChild(SketchPad, "sketchPad"), SketchPad)
    assert panel.findChild(ImageView, "sketchInput").pixels() is None
    assert panel.findChild(ImageView, "sketchReconstruction").pixels() is None
    assert panel.findChild(QToolButton, "sketchClearButton") is not None


def test_the_pad_is_a_square(panel):
    assert panel.pad.width() == panel.pad.height()
    assert panel.pad.width() >= 150


def test_drawing_is_sent_at_most_each_frame_and_the_last_state_always(qtbot, panel):
    sent = []
    panel.sketched.connect(lambda drawing, is_whole: sent.append(drawing))
    stroke(qtbot, panel.pad, *((x, 0.5) for x in np.linspace(0.1, 0.9, 40)))
    qtbot.waitUntil(lambda: bool(sent) and np.array_equal(sent[-1], panel.pad.drawing()))
    assert len(sent) < 40


def test_a_stroke_that_is_done_is_sent_whole_and_at_once(qtbot, panel):
    sent = []
    panel.sketched.connect(lambda drawing, is_whole: sent.append((drawing, is_whole)))
    stroke(qtbot, panel.pad, (0.2, 0.2), (0.8, 0.2))
    assert sent[-1][1]
    assert np.array_equal(sent[-1][0], panel.pad.drawing())
    with qtbot.assertNotEmitted(panel.sketched, wait=50):
        pass


def test_clearing_is_sent_and_nothing_after_it(qtbot, panel):
    stroke(qtbot, panel.pad, (0.2, 0.2), (0.8, 0.2))
    sent = []
    panel.sketched.connect(lambda drawing, is_whole: sent.append(drawing))
    with qtbot.waitSignal(panel.cleared):
        qtbot.mouseClick(panel.findChild(QToolButton, "sketchClearButton"), Qt.MouseButton.LeftButton)
    with qtbot.assertNotEmitted(panel.sketched, wait=50):
        pass
    assert not sent


def test_undo_and_redo_are_seen_while_they_do_something_and_move_nothing(qtbot, panel):
    def places():
        seen = [part for part in panel.findChildren(QWidget) if part.isVisible()]
        return [part.geometry() for part in seen if part.accessibleName() not in ("Undo", "Redo")]

    assert not buttons(panel, "↶") + buttons(panel, "↷")
    before = places()
    stroke(qtbot, panel.pad, (0.2, 0.2), (0.8, 0.2))
    with qtbot.waitSignal(panel.cleared):
        qtbot.mouseClick(buttons(panel, "↶")[0], Qt.MouseButton.LeftButton)
    assert not buttons(panel, "↶")
    assert places() == before
    with qtbot.waitSignal(panel.sketched):
        qtbot.mouseClick(buttons(panel, "↷")[0], Qt.MouseButton.LeftButton)
    assert not buttons(panel, "↷")
    assert places() == before


def test_the_brush_slider_and_the_eraser_reach_the_pad(qtbot, panel):
    panel.findChild(QSlider).setValue(60)
    stroke(qtbot, panel.pad, (0.2, 0.5), (0.8, 0.5))
    assert panel.pad.drawing()[:, 256].sum() == pytest.approx(60, abs=1)
    qtbot.mouseClick(buttons(panel, "Erase")[0], Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(panel.cleared):
        stroke(qtbot, panel.pad, (0.1, 0.5), (0.9, 0.5))


def test_fewer_neighbours_are_shown_where_their_names_are_long(qtbot, panel):
    def shown():
        return [button for text in NAMES for button in buttons(panel, text)]

    show(panel, found(), NAMES)
    assert len(shown()) == 5
    names = tuple(f"a rather long {name}" for name in NAMES)
    show(panel, found(), names)
    assert len(shown()) == 4
    show(panel, found(), NAMES)
    assert len(shown()) == 5


def test_what_the_model_sees_has_its_room_in_large_text(qtbot):
    panel, halves = SketchPanel(), QSplitter(Qt.Orientation.Vertical)
    for half in (QWidget(), panel):
        halves.addWidget(half)
    qtbot.show(halves, 560, 900)
    halves.setSizes([900, 1])
    font = halves.font()
    font.setPointSizeF(18)
    halves.setFont(font)
    show(panel, found(label=1, probabilities=np.array([0.1, 0.2, 0.7])), NAMES)
    seen = [label for label in panel.findChildren(QLabel) if label.isVisible()]
    qtbot.waitUntil(lambda: all(label.height() >= label.heightForWidth(label.width()) for label in seen))
    assert panel.findChild(ImageView, "sketchInput").height() >= 48


def test_what_is_found_is_shown_and_nothing_is_sent(qtbot, panel):
    signals = [panel.sketched, panel.cleared, panel.label_chosen, panel.neighbour_picked]
    sent = []
    for signal in signals:
        signal.connect(lambda *args: sent.append(args))
    show(panel, found(), NAMES)
    with qtbot.assertNotEmitted(panel.sketched, wait=30):
        panel.set_hint("")
    assert not sent
    np.testing.assert_array_equal(panel.findChild(ImageView, "sketchInput").pixels(), found().input[0])
    np.testing.assert_array_equal(
        panel.findChild(ImageView, "sketchReconstruction").pixels(), found().reconstruction[0]
    )
    assert "142.3 nats" in texts(panel)
    assert "Among the 15 nearest: 12 × two, 3 × one" in texts(panel)
    assert "Most likely" not in texts(panel)
    show(panel, None, NAMES)
    assert panel.findChild(ImageView, "sketchInput").pixels() is None
    assert "nearest" not in texts(panel)
    assert not buttons(panel, "two")


def test_images_are_shown_at_once_and_words_follow_of_the_latest_sketch_alone(panel):
    first, latest = found(), found()
    latest = replace(latest, reconstruction=first.input, losses=ImageLosses(99.9, 90, 9.9, samples=16))
    for sketched in (first, latest):
        panel.show_sketched(sketched, NAMES)
        np.testing.assert_array_equal(
            panel.findChild(ImageView, "sketchReconstruction").pixels(), sketched.reconstruction[0]
        )
    assert "nats" not in texts(panel)
    QApplication.processEvents()
    assert "99.9 nats" in texts(panel)
    assert "142.3" not in texts(panel)
    panel.show_sketched(first, NAMES)
    panel.show_sketched(None, NAMES)
    QApplication.processEvents()
    assert "nats" not in texts(panel)
    assert not buttons(panel, "two")


@pytest.mark.parametrize(("rebuilt", "said"), [(False, "From the data"), (True, "Rebuilt by the model")])
def test_a_neighbour_is_picked_by_a_click(qtbot, panel, rebuilt, said):
    show(panel, found(is_reconstruction=rebuilt), NAMES)
    button = buttons(panel, "two")[0]
    assert said in button.toolTip()
    with qtbot.waitSignal(panel.neighbour_picked) as picked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert picked.args == [12]


def test_the_likely_label_is_proposed_and_can_be_used(qtbot, panel):
    show(panel, found(label=0, probabilities=np.array([0.05, 0.02, 0.93], np.float32)), NAMES)
    assert "Most likely label: two" in texts(panel)
    assert "The label slider says nought." in texts(panel)
    with qtbot.waitSignal(panel.label_chosen) as chosen:
        qtbot.mouseClick(buttons(panel, "Use two")[0], Qt.MouseButton.LeftButton)
    assert chosen.args == [2]
    show(panel, found(label=2, probabilities=np.array([0.05, 0.02, 0.93], np.float32)), NAMES)
    assert not buttons(panel, "Use two")


@pytest.mark.parametrize(("share", "said"), [(0.994, "99 %"), (0.9951, "over 99 %"), (1.0, "over 99 %")])
def test_no_label_is_said_to_be_certain(panel, share, said):
    probabilities = np.array([1 - share, 0, share], np.float32)
    known = LabelCalibration(7.04, 1000, are_held_out=True)
    show(panel, found(label=2, probabilities=probabilities, calibration=known), NAMES)
    assert f"Most likely label: two ({said})" in texts(panel)


def test_how_sure_a_label_is_stands_there_once_the_model_is_calibrated(panel):
    probabilities = np.array([0.05, 0.02, 0.93], np.float32)
    show(panel, found(label=2, probabilities=probabilities), NAMES)
    shown = next(label for label in panel.findChildren(QLabel) if label.text().startswith("Most likely label"))
    assert "%" not in shown.text()
    assert "once its images are loaded" in shown.toolTip()
    for is_apart, said in ((True, "has not learned from"), (False, "of the images that the model has learned from")):
        known = LabelCalibration(7.04, 1000, is_apart)
        show(panel, found(label=2, probabilities=probabilities, calibration=known), NAMES)
        assert "Most likely label: two (93 %)" in texts(panel)
        assert "Calibrated on 1,000" in shown.toolTip()
        assert said in shown.toolTip()
        assert "7.0" in shown.toolTip()


def test_a_hint_is_shown_until_it_is_taken_back(panel):
    panel.set_hint("Train or open a model first, then draw.")
    assert "open a model first" in texts(panel)
    panel.set_hint("")
    assert "open a model first" not in texts(panel)


def test_a_problem_is_shown_until_one_draws_again(qtbot, panel):
    QGuiApplication.clipboard().setText("seven")
    qtbot.keyClick(panel.pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "copy one first" in texts(panel)
    stroke(qtbot, panel.pad, (0.2, 0.2), (0.8, 0.2))
    assert "copy one first" not in texts(panel)


# Colours

PAPER = Paper(32, 48, (200, 180, 40))


@pytest.fixture
def coloured(qtbot, panel):
    """A panel for a model of colour images, and its pad."""
    panel.set_paper(PAPER)
    qtbot.waitUntil(lambda: panel.findChild(Swatches).isVisible())
    return panel


def swatch(panel, name):
    return next(b for b in panel.findChildren(QAbstractButton) if b.accessibleName() == name)


def colour_at(pad, x, y):
    painting = pad.drawing()
    _, height, width = painting.shape
    return (255 * painting[:, int(y * height), int(x * width)]).round().astype(int).tolist()


def halves():
    """A picture of the model's own size: red above and blue below, green at the left."""
    image = QImage(48, 32, QImage.Format.Format_RGB32)
    image.fill(QColor(255, 0, 0))
    painter = QPainter(image)
    painter.fillRect(0, 16, 48, 16, QColor(0, 0, 255))
    painter.fillRect(0, 0, 12, 32, QColor(0, 255, 0))
    painter.end()
    return image


def test_paper_for_a_painting_has_the_ground_and_the_shape_of_the_images(coloured):
    pad = coloured.pad
    _, height, width = pad.drawing().shape
    assert pad.is_empty()
    assert colour_at(pad, 0.5, 0.5) == [200, 180, 40]
    assert (height % 32, width % 48) == (0, 0)
    image = pad.grab().toImage()
    assert image.pixelColor(image.width() // 2, round(0.8 * image.height())).getRgb()[:3] == (200, 180, 40)


def test_strokes_have_the_colour_that_is_taken_up_and_the_eraser_brings_the_ground_back(qtbot, coloured):
    pad = coloured.pad
    stroke(qtbot, pad, (0.3, 0.5), (0.7, 0.5))
    assert colour_at(pad, 0.5, 0.5) == [0, 0, 0]
    qtbot.mouseClick(swatch(coloured, "red"), Qt.MouseButton.LeftButton)
    stroke(qtbot, pad, (0.3, 0.5), (0.7, 0.5))
    red = [214, 39, 40]
    assert colour_at(pad, 0.5, 0.5) == red
    pad.undo()
    assert colour_at(pad, 0.5, 0.5) == [0, 0, 0]
    pad.set_erasing(True)
    with qtbot.waitSignal(coloured.cleared):
        stroke(qtbot, pad, (0.2, 0.5), (0.8, 0.5))
    assert colour_at(pad, 0.5, 0.5) == [200, 180, 40]


def test_the_keys_reach_every_colour(qtbot, coloured):
    coloured.activateWindow()
    qtbot.waitUntil(coloured.isActiveWindow)
    swatch(coloured, "black").setFocus()
    names = []
    for _ in range(3):
        qtbot.keyClick(coloured.focusWidget(), Qt.Key.Key_Right)
        names.append(coloured.focusWidget().accessibleName())
    assert names == ["white", "grey", "red"]
    assert coloured.focusWidget().toolTip() == "Paint in red"
    stroke(qtbot, coloured.pad, (0.3, 0.5), (0.7, 0.5))
    assert colour_at(coloured.pad, 0.5, 0.5) == [214, 39, 40]


def pasted(qtbot, pad, path):
    QGuiApplication.clipboard().setImage(halves())
    qtbot.keyClick(pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def dropped_file(qtbot, pad, path):
    halves().save(str(path))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert dropped(pad, data)


def opened(qtbot, pad, path):
    halves().save(str(path))
    pad.open(path)


@pytest.mark.parametrize("bring", [pasted, dropped_file, opened])
def test_pictures_come_in_their_colours_and_a_model_gets_each_pixel_as_it_is(qtbot, coloured, tmp_path, bring):
    pad = coloured.pad
    with qtbot.waitSignal(pad.drawn):
        bring(qtbot, pad, tmp_path / "halves.png")
    image = painting.prepare(pad.drawing(), PAPER)
    expected = np.zeros((3, 32, 48), np.float32)
    expected[0, :16], expected[2, 16:] = 1, 1
    expected[:, :, :12] = [[[0]], [[1]], [[0]]]
    np.testing.assert_allclose(image, expected, atol=1e-6)
    pad.undo()
    assert pad.is_empty()


def test_a_picture_of_another_shape_covers_the_paper_and_what_is_transparent_is_ground(qtbot, coloured):
    tall = QImage(60, 400, QImage.Format.Format_ARGB32)
    tall.fill(QColor(0, 0, 255))
    painter = QPainter(tall)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.fillRect(0, 0, 30, 400, Qt.GlobalColor.transparent)
    painter.end()
    QGuiApplication.clipboard().setImage(tall)
    qtbot.keyClick(coloured.pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    for y in (0.02, 0.5, 0.98):
        assert colour_at(coloured.pad, 0.98, y) == [0, 0, 255]
        assert colour_at(coloured.pad, 0.02, y) == [200, 180, 40]


def test_other_images_bring_fresh_paper_and_the_same_ones_leave_the_drawing(qtbot, coloured):
    stroke(qtbot, coloured.pad, (0.3, 0.5), (0.7, 0.5))
    coloured.set_paper(Paper(32, 48, (200, 180, 40)))
    assert not coloured.pad.is_empty()
    with qtbot.waitSignal(coloured.cleared):
        coloured.set_paper(None)
    assert coloured.pad.is_empty()
    assert coloured.pad.drawing().ndim == 2
    assert not coloured.findChild(Swatches).isVisible()
    assert not coloured.pad.can_undo()


def test_a_colour_is_not_tinted_in_the_dark(qtbot, coloured):
    before = QApplication.palette()
    try:
        QApplication.setPalette(theme.palette(theme.DARK))
        image = coloured.pad.grab().toImage()
        assert image.pixelColor(image.width() // 2, round(0.8 * image.height())).getRgb()[:3] == (200, 180, 40)
    finally:
        QApplication.setPalette(before)
