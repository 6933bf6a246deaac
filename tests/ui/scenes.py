"""What the tests of looks look at: a window on its way through start page, models, views and dialogs."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QPoint, Qt, QTimer, QTimerEvent, QVariantAnimation
from PySide6.QtGui import QColor, QContextMenuEvent, QImage
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QMenu,
    QScrollBar,
    QStackedWidget,
    QTabBar,
    QToolTip,
    QWidget,
)
from shiboken6 import Shiboken

_OF_QT = "QTipLabel qtooltip_label", "QWhatsThat "
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
    run, path = lab.session.run, lab.session.run_path
    lab.session.comparison.keep(run, path.stem)
    yield "VAE"
    lab.action("images").trigger()
    lab.open(runs[1])
    rest(lab)
    lab.pick(-40, 30)
    lab.window.open_run("nowhere.safetensors")  # which is told in a message
    lab.open_setup()
    lab.action("showDrawer").trigger()
    lab.child("drawerTabs").setCurrentIndex(0)
    lab.action("axes").trigger()
    yield "CVAE"
    lab.action("axes").trigger()
    lab.open(runs[2])
    lab.pick()
    lab.session.selection.select(np.array([7, 3]))
    lab.action("walkBetween").trigger()
    lab.child("damageButton").click()
    yield "colour"
    lab.session.opened_images.open(f"folder:{pictures}")
    lab.until(lab.child("imagesUseButton").isEnabled)
    lab.child("imagesUseButton").setFocus()
    lab.session.folder.mkdir(parents=True, exist_ok=True)
    kept = Path(shutil.copy(runs[0], lab.session.folder / "kept.safetensors"))
    lab.action("allRuns").trigger()
    lab.until(lambda: lab.child("runTable").rows.row_of(kept) >= 0)
    lab.child("runTable").choose([kept])
    lab.session.many_runs.compare(runs[:2])
    lab.until(lambda: lab.session.many_runs.compared is not None)
    lab.child("comparePages").setCurrentIndex(2)
    lab.until(lambda: lab.session.many_runs.maps.shown.paths)
    lab.child("pageWindow").show()
    lab.child("messageBar").report_asked.emit()
    yield "dialogs"
    close_dialogs(lab)


def further_scenes(lab) -> Iterator[str]:
    """Go on, behind the last of the `scenes`, to what opens for a moment; give the name of each."""
    lab.child("allSettingsButton").click()
    lab.session.library.doubted.emit("folder:/own/pictures")
    for name in ("preferences", "keys", "about", "nameSelection", "sweep", "tour"):
        lab.action(name).trigger()
    yield "questions"
    close_dialogs(lab)
    lab.child("dropHint").show_hint("What will be done", is_problem=False)
    lab.action("palette").trigger()
    yield "palette"
    lab.action("palette").trigger()
    lab.child("dropHint").hide()
    lab.child("tour").end()
    lab.open_setup()
    yield "revealed"
    lab.action("home").trigger()
    yield "revealed at home"


def reveal(lab):
    """Show in the window whatever is hidden there: what runs, what went wrong, what is offered now and then.

    What is not told anything says some words.
    """
    for part in lab.window.findChildren(QWidget):
        around = part.parentWidget()
        is_offered = part.isHidden() and around.isVisible() and around is not lab.window and not part.isWindow()
        is_of_qt = part.objectName().startswith("qt_") or isinstance(part, QScrollBar)
        if is_offered and not is_of_qt and not isinstance(around, QStackedWidget | QTabBar):
            part.show()
        if isinstance(part, QLabel) and part.isVisible() and not part.text() and part.pixmap().isNull():
            part.setText("Words")


def fill_menus(lab):
    """Put into the menus what a person makes: bookmarks and selections that have names."""
    for name in ("One", "Two"):
        lab.session.map.named_selections.add(name)
    lab.session.map.named_selections.delete("Two")
    lab.action("bookmark").trigger()
    lab.child("bookmarkDialog").accept()


def pop_up(lab) -> list[QWidget]:
    """Open all that pops up, one over the other; give it in this order.

    These are the menus, one of their entries chosen, of the menu bar, of buttons and of what is clicked by the right
    button; the lists of boxes; the layers of the map; a tip; and what is said of the map's keys.
    """
    place, opened = lab.window.mapToGlobal(QPoint(100, 100)), []
    for menu in lab.window.findChildren(QMenu):
        if not menu.isEmpty() and not menu.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose):  # it is on its way
            menu.popup(place)
            menu.setActiveAction(next((each for each in menu.actions() if each.isEnabled() and not each.menu()), None))
            opened.append(menu)
    for name in ("decodedImage", "keysSearch", "reportText"):
        if (widget := lab.window.findChild(QWidget, name)) is not None:
            QApplication.sendEvent(widget, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(5, 5), place))
            opened.append(QApplication.activePopupWidget())
    lab.press("mapLayersButton")
    opened.append(lab.child("mapLayersPanel"))
    for box in lab.window.findChildren(QComboBox):
        if box.count():
            box.showPopup()
            opened.append(box.view().window())
    lab.action("mouseAndKeys").trigger()
    QToolTip.showText(place, "What is under the mouse", lab.window)
    opened += sorted((each for each in windows() if name_of(each) in _OF_QT), key=name_of)
    for widget in opened:
        assert widget.isVisible(), name_of(widget)
    return opened


def name_of(widget: QWidget) -> str:
    """Give what a widget is called, or what the one is called that it belongs to."""
    kind = widget.metaObject().className()
    while not widget.objectName() and widget.parentWidget():
        widget = widget.parentWidget()
    return f"{kind} {widget.objectName()}"


def close_dialogs(lab):
    """Close whatever is open but the window."""
    close(window for window in windows() if window is not lab.window)


def close(opened):
    """Close what is open, the last first."""
    for widget in reversed(list(opened)):
        if Shiboken.isValid(widget):
            widget.close()


def own_pictures(folder):
    """Write a few pictures in colour, of two classes; give their folder."""
    random = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(random.integers(0, 256, (16, 24, 3), np.uint8)).save(folder / name / f"{number}.png")
    return folder


def rest(lab):
    """Wait until nothing moves, nothing is computed, nothing is about to begin, and everything lies where it will.

    What is about to begin in a moment begins at once.
    """

    before: list = []

    def rests():
        nonlocal before
        lab.until_idle()
        QApplication.processEvents()
        timers = [timer for timer in lab.window.findChildren(QTimer) if timer.isActive() and timer.isSingleShot()]
        soon = [timer for timer in timers if timer.remainingTime() < _SOON]
        for timer in sorted(soon, key=QTimer.remainingTime):
            if timer.isActive():  # one before it may have stopped it
                QApplication.sendEvent(timer, QTimerEvent(timer.timerId()))
        moves = [move.state() for move in lab.window.findChildren(QVariantAnimation)]
        # What is measured is laid out, and then what lies in it: panel by panel, outwards and in again.
        places = [part.geometry() for window in windows() for part in window.findChildren(QWidget)]
        is_moved, before = places != before, places
        return not is_moved and not soon and QVariantAnimation.State.Running not in moves

    lab.qtbot.waitUntil(rests, pause=10)


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
    return rows[:, : image.width()].copy()[..., :3]  # whole pixels are copied five times as fast


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
