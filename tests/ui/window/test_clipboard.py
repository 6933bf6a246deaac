"""Images go to the clipboard, and come from it onto the sketch pad."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QLabel

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_the_decoded_image_is_copied_and_pasted_to_the_pad(opened):
    assert not opened.action("copyImage").isEnabled()
    opened.pick()
    assert opened.action("copyImage").isEnabled()
    opened.canvas.setFocus()
    opened.qtbot.keyClick(opened.canvas, Qt.Key.Key_C, CONTROL)
    copied = QGuiApplication.clipboard().image()
    pixels = opened.decoded()
    brightest = divmod(int(pixels.argmax()), pixels.shape[1])
    scale = copied.width() / pixels.shape[1]
    seen = copied.pixelColor(*(int((place + 0.5) * scale) for place in reversed(brightest)))
    assert abs(seen.lightnessF() - pixels.max()) < 0.02
    with opened.qtbot.waitSignal(opened.session.exploration.sketched):
        opened.qtbot.keyClick(opened.canvas, Qt.Key.Key_V, CONTROL)
    assert not opened.child("sketchPad").is_empty()


def test_what_is_no_picture_is_told_and_a_field_keeps_its_own_keys(opened):
    QGuiApplication.clipboard().setText("no picture")
    opened.action("pasteToPad").trigger()
    assert opened.child("sketchPad").is_empty()
    opened.action("palette").trigger()
    field = opened.child("paletteField")
    opened.qtbot.keyClick(field, Qt.Key.Key_V, CONTROL)
    assert field.text() == "no picture"
    opened.action("palette").trigger()
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    picture.setPixelColor(4, 4, QColor("black"))
    QGuiApplication.clipboard().setImage(picture)
    opened.action("pasteToPad").trigger()
    opened.until(lambda: not opened.child("sketchPad").is_empty())


def test_marked_text_is_copied_by_the_same_key(opened):
    opened.pick()
    opened.window.show_problem("A sentence to be copied.")
    label = opened.child("messageText", QLabel)
    label.setFocus()
    for marked, expected in ((10, "A sentence"), (0, "")):
        label.setSelection(0, marked)
        QGuiApplication.clipboard().clear()
        opened.qtbot.keyClick(label, Qt.Key.Key_C, CONTROL)
        assert QGuiApplication.clipboard().text() == expected
        assert QGuiApplication.clipboard().image().isNull() == bool(marked)
