"""What the tests of looks look at: a window on its way through start page, models, views and dialogs."""

from collections.abc import Iterator

import numpy as np
from PIL import Image
from PySide6.QtCore import QTimer, QVariantAnimation
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

_SOON = 2000  # milliseconds: a timer of more than these changes nothing that one waits for


def scenes(lab, runs, pictures) -> Iterator[str]:
    """Bring a window into states that hold everything it can show; give the name of each.

    Parameters
    ----------
    lab : Lab
    runs : sequence of Path
        Of a VAE, of a CVAE and of a model of images in colour.
    pictures : Path
        A folder of pictures.
    """
    lab.until_loaded()
    yield "start"
    lab.open(runs[0])
    lab.press("mapShowAllButton")
    rest(lab)
    lab.pick(40, 30)
    lab.session.selection.select(np.array([7, 3, 5, 11]))
    lab.stroke([(0.3, 0.3), (0.7, 0.7)])
    lab.action("landscape").trigger()
    lab.action("images").trigger()
    yield "VAE"
    lab.action("images").trigger()
    lab.open(runs[1])
    rest(lab)
    lab.pick(-40, 30)
    lab.window.open_run("nowhere.safetensors")  # which is told in a message
    yield "CVAE"
    lab.open(runs[2])
    yield "colour"
    lab.session.opened_images.open(f"folder:{pictures}")
    lab.until(lab.child("imagesUseButton").isEnabled)
    lab.child("imagesUseButton").setFocus()
    lab.child("pageWindow").show()
    lab.child("messageBar").report_asked.emit()
    yield "dialogs"
    for dialog in windows():
        if dialog is not lab.window:
            dialog.close()


def own_pictures(folder):
    """Write a few pictures in colour, of two classes; give their folder."""
    random = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(random.integers(0, 256, (16, 24, 3), np.uint8)).save(folder / name / f"{number}.png")
    return folder


def rest(lab):
    """Wait until nothing moves, nothing is computed, nothing is about to begin, and everything lies where it will."""
    before: list = []

    def rests():
        nonlocal before
        lab.until_idle()
        QApplication.processEvents()
        # What is measured is laid out, and then what lies in it: panel by panel, outwards and in again.
        places = [part.geometry() for window in windows() for part in window.findChildren(QWidget)]
        is_moved, before = places != before, places
        timers = [timer for timer in lab.window.findChildren(QTimer) if timer.isActive() and timer.isSingleShot()]
        moves = [move.state() for move in lab.window.findChildren(QVariantAnimation)]
        soon = any(timer.remainingTime() < _SOON for timer in timers)
        return not is_moved and not soon and QVariantAnimation.State.Running not in moves

    lab.until(rests)


def open_views(lab) -> Iterator[str]:
    """Show one view after the other; give the name of each."""
    tabs = lab.child("viewTabs")
    tabs.setCurrentIndex(tabs.count() - 1)  # the last tab is named after what was seen there last
    for index in range(tabs.count()):
        tabs.setCurrentIndex(index)
        yield tabs.tabText(index)
    tabs.setCurrentIndex(0)


def open_pages(lab) -> Iterator[str]:
    """Show one page of the drawer after the other; give the name of each."""
    titles, was_open = lab.child("drawerTabs"), lab.action("showDrawer").isChecked()
    lab.action("showDrawer").setChecked(True)
    for index in range(titles.count()):
        titles.setCurrentIndex(index)
        yield titles.tabText(index)
    lab.action("showDrawer").setChecked(was_open)


def open_turns(lab) -> Iterator[str]:
    """Show what takes turns beside the map, one after the other, where it does; give the name of each."""
    turns = lab.child("sideTabs")
    for index in range(turns.count() if turns.isVisible() else 0):
        turns.setCurrentIndex(index)
        yield turns.tabText(index)


def windows() -> list[QWidget]:
    """Give what is open, the front last."""
    return [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]


def pixels(widget: QWidget):
    """Give what a widget shows: uint8 (H, W, 3), blue first."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width(), :3].copy()


def has_colour(widget: QWidget, colour: str) -> bool:
    """Tell whether a widget shows a colour somewhere, pure."""
    return bool((pixels(widget) == QColor(colour).getRgb()[2::-1]).all(2).any())


def parts_at(window: QWidget, places) -> list[str]:
    """Name the innermost widgets at places, rows of y and x, with how many places each has; the most first."""
    counted: dict[str, int] = {}
    for y, x in places:
        widget = window.childAt(int(x), int(y)) or window
        if isinstance(widget.parent(), QAbstractScrollArea):
            widget = widget.parent()
        while not widget.objectName() and widget.parentWidget() and type(widget).__name__ in ("QWidget", "QLabel"):
            widget = widget.parentWidget()
        name = f"{type(widget).__name__} {widget.objectName()}"
        counted[name] = counted.get(name, 0) + 1
    return [f"{name}: {n}" for name, n in sorted(counted.items(), key=lambda item: -item[1])]
