"""The sketch pad: strokes of mouse and pen, their undoing, and pictures that become ink."""

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QInputDevice,
    QPainter,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QTabletEvent,
)
from PySide6.QtWidgets import QApplication

from latentlab.ui.widgets.sketch.sketch_pad import SketchPad
from tests.ui.widgets.sketch.drawing import dropped, stroke


@pytest.fixture
def pad(qtbot):
    return qtbot.show(SketchPad(), 256, 256)


def ink_at(pad, x, y):
    return ink_of(pad.drawing(), x, y)


def ink_of(drawing, x, y):
    return drawing[round(y * (drawing.shape[0] - 1)), round(x * (drawing.shape[1] - 1))]


def picture(dark_on_light=True):
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("#f0ead0" if dark_on_light else "#101018"))
    painter = QPainter(image)
    painter.fillRect(25, 5, 10, 30, QColor("#202060" if dark_on_light else "#fff0c0"))
    painter.end()
    return image


# Strokes


def test_a_fast_stroke_leaves_no_gap(qtbot, pad):
    with qtbot.waitSignal(pad.drawn):
        stroke(qtbot, pad, (0.1, 0.2), (0.9, 0.7))
    drawing = pad.drawing()
    for share in np.linspace(0, 1, 200):
        assert ink_of(drawing, 0.1 + 0.8 * share, 0.2 + 0.5 * share) > 0.9


def test_a_stroke_of_few_points_is_smooth_and_whole(qtbot, pad):
    angles = np.linspace(0, 1.9 * np.pi, 9)
    stroke(qtbot, pad, *((0.5 + 0.35 * np.cos(a), 0.5 + 0.35 * np.sin(a)) for a in angles))
    drawing = pad.drawing()
    y, x = np.mgrid[: drawing.shape[0], : drawing.shape[1]] / (drawing.shape[0] - 1) - 0.5
    radii = np.hypot(x, y)[drawing > 0.5]
    # A polygon of nine corners would come as near as 0.32 less half the brush; the curve keeps farther out.
    assert radii.min() > 0.28
    on_ring = [
        max(ink_of(drawing, 0.5 + r * np.cos(a), 0.5 + r * np.sin(a)) for r in np.linspace(0.28, 0.38, 20))
        for a in np.linspace(0, 1.9 * np.pi, 300)
    ]
    assert min(on_ring) > 0.9


def test_the_ink_reaches_the_cursor_before_the_button_is_released(qtbot, pad):
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    for x in (80, 140, 200):
        qtbot.mouseMove(pad, QPoint(x, 20))
        assert ink_at(pad, x / 256, 20 / 256) > 0.9
    shown = pad.grab().toImage()
    assert shown.pixelColor(round(200 * shown.width() / 256), round(20 * shown.height() / 256)).lightness() < 60
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(200, 20))


def test_a_click_is_a_dot(qtbot, pad):
    stroke(qtbot, pad, (0.5, 0.5))
    assert ink_at(pad, 0.5, 0.5) > 0.9
    assert 0 < pad.drawing().mean() < 0.01


def test_a_drawing_does_not_change_when_the_pad_is_resized(qtbot, pad):
    stroke(qtbot, pad, (0.2, 0.2), (0.8, 0.8))
    before = pad.drawing()
    pad.resize(300, 180)
    np.testing.assert_array_equal(pad.drawing(), before)
    # The paper stays a square in the middle: its corner is now 60 pixels from the left.
    qtbot.mouseClick(pad, Qt.MouseButton.LeftButton, pos=QPoint(60 + 90, 20))
    assert ink_at(pad, 0.5, 20 / 180) > 0.9


def test_the_brush_is_as_wide_as_it_is_set(qtbot, pad):
    stroke(qtbot, pad, (0.2, 0.2), (0.8, 0.2))
    thin = pad.drawing()[:, 256].sum()
    pad.set_brush(48)
    stroke(qtbot, pad, (0.2, 0.7), (0.8, 0.7))
    assert (thin, pad.drawing()[:, 256].sum() - thin) == pytest.approx((24, 48), abs=1)


def test_erasing_the_last_ink_empties_the_pad(qtbot, pad):
    stroke(qtbot, pad, (0.3, 0.5), (0.7, 0.5))
    pad.set_erasing(True)
    with qtbot.waitSignal(pad.emptied):
        stroke(qtbot, pad, (0.2, 0.5), (0.8, 0.5))
    assert pad.is_empty()
    assert not pad.drawing().any()


def tablet(pad, kind, x, y, pressure, tip=QPointingDevice.PointerType.Pen):
    device = QPointingDevice(
        "pen", 1, QInputDevice.DeviceType.Stylus, tip, QInputDevice.Capability.Pressure, 1, 1, "",
        QPointingDeviceUniqueId(),
    )  # fmt: skip
    place = QPointF(x * pad.width(), y * pad.height())
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    released = kind == QEvent.Type.TabletRelease
    event = QTabletEvent(
        kind, device, place, QPointF(pad.mapToGlobal(place)), pressure, 0, 0, 0, 0, 0, Qt.KeyboardModifier.NoModifier,
        none if kind == QEvent.Type.TabletMove else left, none if released else left,
    )  # fmt: skip
    QApplication.sendEvent(pad, event)


def tablet_stroke(pad, y, pressure, tip=QPointingDevice.PointerType.Pen):
    tablet(pad, QEvent.Type.TabletPress, 0.2, y, pressure, tip)
    tablet(pad, QEvent.Type.TabletMove, 0.8, y, pressure, tip)
    tablet(pad, QEvent.Type.TabletRelease, 0.8, y, 0, tip)


def test_a_pen_draws_wider_when_pressed_harder_and_its_other_end_erases(pad):
    tablet_stroke(pad, 0.3, pressure=0.1)
    tablet_stroke(pad, 0.7, pressure=1.0)
    column = pad.drawing()[:, 256]
    light, hard = column[:256].sum(), column[256:].sum()
    assert 4 < light < 0.7 * hard
    tablet_stroke(pad, 0.7, pressure=1.0, tip=QPointingDevice.PointerType.Eraser)
    assert not pad.drawing()[256:, 256].any()
    assert ink_at(pad, 0.5, 0.3) > 0.9


# Steps


def test_keys_undo_and_redo_whole_strokes(qtbot, pad):
    stroke(qtbot, pad, (0.2, 0.2), (0.5, 0.3), (0.8, 0.2))
    one = pad.drawing()
    stroke(qtbot, pad, (0.2, 0.8), (0.8, 0.8))
    two = pad.drawing()
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(pad, Qt.Key.Key_Z, control)
    np.testing.assert_array_equal(pad.drawing(), one)
    with qtbot.waitSignal(pad.emptied):
        qtbot.keyClick(pad, Qt.Key.Key_Z, control)
    assert not pad.can_undo()
    qtbot.keyClick(pad, Qt.Key.Key_Z, control | shift)
    with qtbot.waitSignal(pad.drawn):
        qtbot.keyClick(pad, Qt.Key.Key_Z, control | shift)
    np.testing.assert_array_equal(pad.drawing(), two)
    assert not pad.can_redo()


def test_a_new_stroke_ends_what_can_be_redone(qtbot, pad):
    stroke(qtbot, pad, (0.2, 0.2), (0.8, 0.2))
    pad.undo()
    stroke(qtbot, pad, (0.2, 0.8), (0.8, 0.8))
    after = pad.drawing()
    pad.redo()
    np.testing.assert_array_equal(pad.drawing(), after)


def test_delete_clears_and_clearing_can_be_undone(qtbot, pad):
    stroke(qtbot, pad, (0.2, 0.2), (0.8, 0.2))
    before = pad.drawing()
    with qtbot.waitSignal(pad.emptied):
        qtbot.keyClick(pad, Qt.Key.Key_Delete)
    assert pad.is_empty()
    pad.undo()
    np.testing.assert_array_equal(pad.drawing(), before)


# Pictures


@pytest.mark.parametrize("dark_on_light", [True, False])
def test_a_pasted_picture_becomes_ink(qtbot, pad, dark_on_light):
    QGuiApplication.clipboard().setImage(picture(dark_on_light))
    with qtbot.waitSignal(pad.drawn):
        qtbot.keyClick(pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert ink_at(pad, 0.5, 0.5) > 0.9
    assert ink_at(pad, 0.2, 0.5) == 0
    pad.undo()
    assert pad.is_empty()


def test_pasting_no_picture_says_so(qtbot, pad):
    QGuiApplication.clipboard().setText("seven")
    with qtbot.waitSignal(pad.problem) as problem:
        qtbot.keyClick(pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "copy one first" in problem.args[0]
    assert pad.is_empty()


def test_pasting_where_nothing_was_ever_copied_says_so(qtbot, pad, monkeypatch):
    clipboard = SimpleNamespace(mimeData=lambda: None)  # as on Wayland, and on Windows while another program holds it
    monkeypatch.setattr(QGuiApplication, "clipboard", lambda: clipboard)
    with qtbot.waitSignal(pad.problem) as problem:
        qtbot.keyClick(pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "copy one first" in problem.args[0]


def test_a_dropped_file_becomes_ink(qtbot, pad, tmp_path):
    path = tmp_path / "seven.png"
    picture().save(str(path))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    with qtbot.waitSignal(pad.drawn):
        assert dropped(pad, data)
    assert ink_at(pad, 0.5, 0.5) > 0.9


def test_a_dropped_file_that_is_no_picture_is_named(qtbot, pad, tmp_path):
    path = tmp_path / "letter.png"
    path.write_text("Dear reader,")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    stroke(qtbot, pad, (0.2, 0.2), (0.8, 0.2))
    before = pad.drawing()
    with qtbot.waitSignal(pad.problem) as problem:
        dropped(pad, data)
    assert "letter.png" in problem.args[0]
    np.testing.assert_array_equal(pad.drawing(), before)


def test_dropped_text_is_not_taken(pad):
    data = QMimeData()
    data.setText("seven")
    assert not dropped(pad, data)


def test_the_words_on_the_pad_are_whole_in_large_text(qtbot, pad):
    font = pad.font()
    font.setPointSizeF(20)
    pad.setFont(font)
    pad.resize(120, 120)
    pad.set_hint("Draw here, or paste, drop or open a picture")
    shown = pad.grab().toImage()
    rows = (12, shown.height() - 13)  # where words that are too high are cut off
    assert len({shown.pixel(x, y) for x in range(12, shown.width() - 12) for y in rows}) == 1
