"""A monkey at the window: what it does is drawn from one seed, and whatever goes wrong is told with it.

It uses what a person has: a mouse and keys, which reach Qt as those of a window system do, entries of menus, and files
that are dropped or chosen, many of them hostile. Dialogs that would browse this machine are answered for it by paths of
its own folder.
"""

import gc
import re
import sys
import threading
import time
import traceback
from collections import Counter
from contextlib import contextmanager
from random import Random
from statistics import median

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QTimer, QtMsgType, QUrl, qInstallMessageHandler
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication, QImage, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QWidget,
)
from shiboken6 import Shiboken

STALL = 75  # times the GUI thread's own time for a small form that one event may take: 0.2 s where a form takes 2.7 ms
WIDGETS = 2_000  # that may be alive at once; a window that shows everything has a thousand

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
MODIFIERS = [PLAIN] * 6 + [SHIFT, CTRL, ALT, CTRL | SHIFT]
KEYS = (
    "Left Right Up Down Home End PageUp PageDown Return Enter Escape Space Tab Backtab Backspace Delete Insert Menu "
    "Plus Minus F5 F6 F7 F10 F11 0 4 A D I K L R S V W X Z"
)
NUMBERS = ("3", "0", "-1", "1e-3", "0.5", "64, 16", "1e300", "nan", "9" * 40)
TEXTS = (*NUMBERS, "", " ", "ü\u202eñ", "\0", "<b>&x", "x" * 500)
KNOWN = (  # buttons that lead from one state into another
    "train trainFurther pause stop discard finishInterrupted lookAtInterrupted giveUpInterrupted imagesUse "
    "imagesCancel mapShowAll mapLayers selectionPillShow selectionPillBlend home allSettings"
)


def entries(bar):
    """Give what can be chosen in the menus of a bar, and in those within them."""
    for action in bar.actions():
        if action.menu() is not None:
            yield from entries(action.menu())
        elif action.isEnabled() and action.isVisible() and not action.isSeparator():
            yield action


@contextmanager
def watched(told):
    """Have a function told whatever Python raises where nobody catches it, and what Qt warns of."""

    def take(kind, error, trace):
        told("".join(traceback.format_exception(kind, error, trace)))

    def take_message(kind, context, text):
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
            told(f"Qt: {text}")

    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = take
    threading.excepthook = lambda found: take(found.exc_type, found.exc_value, found.exc_traceback)
    sys.unraisablehook = lambda found: take(found.exc_type, found.exc_value, found.exc_traceback)
    handler = qInstallMessageHandler(take_message)
    try:
        yield
    finally:
        qInstallMessageHandler(handler)
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


class Monkey:
    """Acts in windows, which it closes and opens again.

    Parameters
    ----------
    make_lab : callable
        Gives a window, as at the start of the program.
    seed : int
        Of all that is chosen.
    files : list of Path
        What it opens, drops and saves to.
    runs : list of Path
        Runs that can be opened.
    tiny : callable
        Puts a recipe into a window that trains in a moment.

    Attributes
    ----------
    faults : list of str
        What went wrong, each kind once, with the action before it.
    stalls : dict
        What took the GUI thread long, by kind of action: it is for who asks to do the same again, as a core that others
        take for a moment makes a stall of anything.
    done, states, told : Counter
        Actions by kind, actions by the state they were done in, faults by kind.
    """

    def __init__(self, make_lab, seed, files, runs, tiny):
        self._make_lab, self._random, self._files, self._runs, self._tiny = make_lab, Random(seed), files, runs, tiny
        self.seed, self.number, self._action = seed, 0, "the start"
        self.faults, self.stalls, self.done, self.states, self.told = [], {}, Counter(), Counter(), Counter()
        self.longest, self.sizes = [], []
        self._is_within = False
        self._before = len(QApplication.allWidgets())
        self._keys = [getattr(Qt.Key, f"Key_{name}") for name in KEYS.split()]
        self._known = {f"{name}Button" for name in KNOWN.split()}
        self.lab = make_lab()
        self._watchdog = QTimer(interval=50)
        self._watchdog.timeout.connect(self._get_out)
        self._kinds = {
            self.click: 16,
            self.drag: 6,
            self.click_map: 14,
            self.drag_map: 8,
            self.wheel: 5,
            self.key: 12,
            self.menu: 12,
            self.combo: 4,
            self.slide: 4,
            self.tab: 4,
            self.type: 6,
            self.drop: 5,
            self.sketch: 4,
            self.resize: 2,
            self.press_known: 10,
            self.train: 5,
            self.open: 3,
            self.close: 1,
            self.rest: 4,
        }

    # What it does

    def act(self, count):
        """Do so many things."""
        with watched(self._tell):
            self._watchdog.start()
            for _ in range(count):
                self._act()
            self._watchdog.stop()

    def _act(self):
        self.number += 1
        if not self.lab.window.isVisible():
            self._start_again()
        if self.number % 20 == 0 and (alive := len(QApplication.allWidgets())) > self._before + WIDGETS:
            self._tell(f"{alive} widgets", "many widgets")
        for state in self._states():
            self.states[state] += 1
        do = self._choose_kind()
        self.done[do.__name__] += 1
        self._action = do.__name__
        self._is_within = True
        self._since, self._took = time.thread_time(), 0.0
        try:
            do()
            QApplication.processEvents()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        except Exception as error:
            self._tell("".join(traceback.format_exception(error)))
        self._lap()
        self._is_within = False
        self.longest = sorted([*self.longest, (self._took, self.number, self._action)], reverse=True)[:20]
        if self._took > STALL * _pace() and self._took > STALL * median(_pace() for _ in range(20)):
            kind = re.sub(r" \(.*", "", self._action)  # without the place
            where = f"action {self.number} of seed {self.seed}, {self._action}"
            self.stalls.setdefault(kind, f"{where}: stall of {self._took:.2f} s")

    def _lap(self):
        """Take the time since an event before: a drag is many."""
        now = time.thread_time()
        self._took, self._since = max(self._took, now - self._since), now

    def _choose_kind(self):
        dialogs = self._dialogs()
        if dialogs:
            return self.answer_file
        modal = QApplication.activeModalWidget()
        if modal is not None and self._random.random() < 0.5:
            return self.answer
        kinds = dict(self._kinds)
        if modal is not None:  # what lies below it is not reached
            kinds = {kind: kinds[kind] for kind in (self.click, self.drag, self.wheel, self.key, self.combo, self.type)}
        return self._random.choices(list(kinds), list(kinds.values()))[0]

    def _states(self):
        lab, session = self.lab, self.lab.session
        yield session.state
        if session.run is not None and session.state == "idle":
            yield "run open"
        if lab.child("startTrainingButton").isVisible():
            yield "start page"
        if lab.child("interruptedOffer").isVisible():
            yield "interrupted offered"
        if lab.child("imagesCard").isVisible():
            yield "image card open"
        if session.comparison.second is not None:
            yield "comparing"
        if QApplication.activeModalWidget() is not None:
            yield "a question open"
        if lab.child("pageWindow").isVisible():
            yield "page window open"

    def _tell(self, text, kind=None):
        kind = kind or text
        self.told[kind] += 1
        if self.told[kind] == 1:
            self.faults.append(f"action {self.number} of seed {self.seed}, {self._action}: {text}")

    def _get_out(self):
        """Answer what waits for an answer within an action, such as a menu that Qt executes."""
        if not self._is_within:
            return
        popup, modal = QApplication.activePopupWidget(), QApplication.activeModalWidget()
        if popup is not None:
            popup.close()  # one that is only hidden may never be deleted
        elif isinstance(modal, QDialog):
            modal.reject()

    # Where

    def _top(self):
        """Give what takes events now: a menu before a dialog before a window."""
        top = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if top is not None:
            return top
        tops = [each for each in (self.lab.window, self.lab.child("pageWindow")) if each.isVisible()]
        return self._random.choice([self.lab.window, self.lab.window, *tops])

    def _some(self, kind=QWidget, is_good=lambda widget: True):
        top = self._top()
        found = [each for each in top.findChildren(kind) if each.isVisibleTo(top) and each.isEnabled()]
        found = [each for each in found if each.window() is top and not each.visibleRegion().isEmpty()]
        found = [each for each in found if is_good(each)]
        one = self._random.choice(found) if found else None
        return one if one is None or Shiboken.isValid(one) else None

    def _place(self, widget):
        area = widget.visibleRegion().boundingRect()
        return area.topLeft() + QPoint(self._random.randint(0, area.width()), self._random.randint(0, area.height()))

    def _mouse(self, widget, places, button=LEFT, modifiers=PLAIN, double=False):
        """Press at the first place, move along the others and release, as the window system tells it."""
        window = widget.window().windowHandle()
        if window is None:
            return
        self._action += f" {type(widget).__name__} {widget.objectName()!r} {places[0].toTuple()} {button.name}"
        places = [widget.mapTo(widget.window(), place) for place in places]
        events = [
            lambda: QTest.mouseMove(window, _within(window, places[0])),
            lambda: QTest.mousePress(window, button, modifiers, _within(window, places[0])),
            *(lambda place=place: QTest.mouseMove(window, _within(window, place)) for place in places[1:]),
            lambda: QTest.mouseRelease(window, button, modifiers, _within(window, places[-1])),
        ]
        if double:
            events.append(lambda: QTest.mouseDClick(window, button, modifiers, _within(window, places[-1])))
        self._send(window, events)

    def _send(self, window, events):
        """Send events one by one, as long as there is the window: QTest would crash, and Python hears of no end."""
        address = Shiboken.getCppPointer(window)
        for event in events:
            if address in map(Shiboken.getCppPointer, QGuiApplication.topLevelWindows()):
                event()
                self._lap()

    # The kinds of actions

    def click(self):
        if widget := self._some():
            button = self._random.choice([LEFT, LEFT, LEFT, LEFT, RIGHT, MIDDLE])
            modifiers = self._random.choice(MODIFIERS)
            self._mouse(widget, [self._place(widget)], button, modifiers, self._random.random() < 0.1)

    def drag(self):
        if widget := self._some():
            self._mouse(widget, [self._place(widget) for _ in range(self._random.randint(2, 6))])

    def click_map(self):
        view = self.lab.canvas.viewport()
        if view.isVisible() and self._top() is self.lab.window:
            button = self._random.choice([LEFT, LEFT, LEFT, RIGHT, MIDDLE])
            modifiers = self._random.choice(MODIFIERS)
            self._mouse(view, [self._place(view)], button, modifiers, self._random.random() < 0.2)

    def drag_map(self):
        view = self.lab.canvas.viewport()
        if view.isVisible() and self._top() is self.lab.window:
            places = [self._place(view) for _ in range(self._random.randint(2, 12))]
            self._mouse(view, places, self._random.choice([LEFT, LEFT, MIDDLE, RIGHT]), self._random.choice(MODIFIERS))

    def wheel(self):
        view = self.lab.canvas.viewport()
        widget = view if view.isVisible() and self._random.random() < 0.5 else self._some()
        if widget is not None:
            self._action += f" {type(widget).__name__} {widget.objectName()!r}"
            self.lab.qtbot.wheel(widget, self._random.choice([-3, -1, 1, 3]), self._place(widget))

    def key(self):
        if self._random.random() < 0.3 and self._top() is self.lab.window:
            self.lab.canvas.setFocus()
        for _ in range(self._random.randint(1, 4)):
            key, modifiers = self._random.choice(self._keys), self._random.choice(MODIFIERS)
            self._action += f" {modifiers.name}+{key.name}"
            self._press_key(self._top(), key, modifiers)

    def _press_key(self, top, key, modifiers=PLAIN):
        window = top.windowHandle()
        if top is not self.lab.window:  # with a modifier QTest sends several events, of which the first may close it
            modifiers = PLAIN
        if window is not None and window.isVisible():
            self._send(
                window,
                [lambda: QTest.keyPress(window, key, modifiers), lambda: QTest.keyRelease(window, key, modifiers)],
            )

    def menu(self):
        action = self._random.choice(list(entries(self.lab.window.menuBar())))
        self._action += f" {action.objectName() or action.text()}"
        action.trigger()

    def combo(self):
        if box := self._some(QComboBox):
            self._action += f" {box.objectName()}"
            box.setFocus()
            key = self._random.choice([Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_F4])
            self._press_key(box.window(), key)

    def slide(self):
        if slider := self._some(QAbstractSlider):
            self._mouse(slider, [self._place(slider) for _ in range(self._random.randint(1, 5))])

    def tab(self):
        if bar := self._some(QTabBar):
            place = bar.tabRect(self._random.randrange(max(1, bar.count()))).center()
            self._action += f" {place.toTuple()}"
            if bar.visibleRegion().contains(place):
                self._mouse(bar, [place])
            else:
                bar.setCurrentIndex(self._random.randrange(max(1, bar.count())))

    def type(self):
        field = self._some(is_good=lambda widget: isinstance(widget, QLineEdit | QAbstractSpinBox))
        if field is not None:
            text = self._random.choice(TEXTS)
            self._action += f" {field.objectName() or field.parent().objectName()} {text[:20]!r}"
            field.setFocus()
            field.selectAll()
            for character in text:
                if Shiboken.isValid(field):  # QTest knows no other than ASCII characters
                    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                        QApplication.sendEvent(field, QKeyEvent(kind, Qt.Key.Key_unknown, PLAIN, character))
                self._lap()
            if Shiboken.isValid(field):
                QTest.keyClick(field, self._random.choice([Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_Escape]))

    def drop(self):
        widget = self.lab.child("sketchPad") if self._random.random() < 0.2 else self._some()
        if widget is None:
            return
        data, draw = QMimeData(), self._random.random()
        if draw < 0.8:
            count = self._random.choice([1, 1, 1, 1, 2, 5])
            paths = [self._random.choice(self._files + self._runs) for _ in range(count)]
            self._action += f" {[path.name[-40:] for path in paths]}"
            data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
            data.setText("\n".join(map(str, paths)))
        elif draw < 0.9:
            data.setImageData(QImage(30, 20, QImage.Format.Format_RGB32))
        else:
            data.setUrls([QUrl("http://127.0.0.1:9/x.npz"), QUrl()])
        self._action += f" on {type(widget).__name__} {widget.objectName()!r}"
        copy = Qt.DropAction.CopyAction
        entered = QDragEnterEvent(QPoint(5, 5), copy, data, LEFT, PLAIN)
        QApplication.sendEvent(widget, entered)
        if self._random.random() < 0.9:
            QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), copy, data, LEFT, PLAIN))
        else:
            QApplication.sendEvent(widget, QDragLeaveEvent())

    def sketch(self):
        pad = self.lab.child("sketchPad")
        if pad.isVisible() and self._top() is self.lab.window and not pad.visibleRegion().isEmpty():
            places = [self._place(pad) for _ in range(self._random.randint(1, 12))]
            self._mouse(pad, places, self._random.choice([LEFT, LEFT, LEFT, RIGHT]))

    def resize(self):
        top = self._top()
        if not isinstance(top, QMenu):
            size = self._random.randint(300, 1800), self._random.randint(200, 1000)
            self._action += f" {size}"
            top.resize(*size)

    def press_known(self):
        """Press what leads from one state into another."""
        buttons = [each for each in self.lab.window.findChildren(QAbstractButton) if each.objectName() in self._known]
        buttons = [each for each in buttons if each.isVisible() and each.isEnabled()]
        top = QApplication.activeModalWidget()
        buttons = [each for each in buttons if top is None or each.window() is top]
        buttons = [each for each in buttons if each.visibleRegion().contains(each.rect().center())]
        if buttons:
            button = self._random.choice(buttons)
            self._mouse(button, [button.rect().center()])

    def train(self):
        if self.lab.session.state == "idle" and self.lab.session.library.data is not None:
            if self._random.random() < 0.8:
                self._tiny(self.lab, self._random)
            self.lab.action("train").trigger()
        elif self.lab.session.library.data is None:
            self._tiny(self.lab, self._random)

    def open(self):
        path = self._random.choice(self._runs)
        name = self._random.choice(["openRun", "openRun", "openSecondRun"])
        self._action += f" {name} {path.name}"
        if self.lab.action(name).isEnabled():
            self.lab.action(name).trigger()
            self._answer_file(path)

    def close(self):
        self.lab.window.close()

    def rest(self):
        for _ in range(self._random.randint(1, 8)):
            QTest.qWait(10)
            self._lap()

    def _dialogs(self):
        dialogs = self.lab.window.findChildren(QFileDialog)
        return [each for each in dialogs if not each.property("answered")]

    def answer_file(self):
        """Answer a question for a file, or give it up."""
        self._answer_file(self._random.choice(self._files + self._runs) if self._random.random() < 0.8 else None)

    def _answer_file(self, path):
        for dialog in self._dialogs()[-1:]:
            self._action += f" {dialog.objectName()} {path and path.name[-40:]}"
            dialog.setProperty("answered", True)
            if path is None:
                dialog.reject()
            else:
                if dialog.acceptMode() == QFileDialog.AcceptMode.AcceptSave:
                    path = self._saved(path, dialog)
                dialog.fileSelected.emit(str(path))
                dialog.done(QDialog.DialogCode.Accepted)

    def _saved(self, path, dialog):
        """Give where something is saved: beside what is opened, so that that stays as it is; or nowhere."""
        folder = path.parent / self._random.choice(["saved", "saved", "saved", "nowhere", "", "x" * 300])
        return folder / f"{self._random.randrange(5)}.{dialog.defaultSuffix() or 'png'}"

    def answer(self):
        """Answer a question by one of its buttons, or its keys."""
        modal = QApplication.activeModalWidget()
        buttons = [each for each in modal.findChildren(QAbstractButton) if each.isVisible() and each.isEnabled()]
        self._action += f" {modal.objectName()}"
        if buttons and self._random.random() < 0.8:
            button = self._random.choice(buttons)
            self._mouse(button, [button.rect().center()])
        else:
            self._press_key(modal, self._random.choice([Qt.Key.Key_Return, Qt.Key.Key_Escape]))

    # From one window to the next

    def grown(self):
        """Give how many times as many wrappers of Qt, and objects of Python, a window left at the end as half way."""
        later = [size for size in self.sizes if size[0] > self.number / 2]
        return [last / first for first, last in zip(later[0][2:], later[-1][2:], strict=True)]

    def end(self):
        """Close the window for good."""
        with watched(self._tell):
            self._action = "the end"
            if self.lab.window.isVisible():
                self.lab.window.close_without_asking()
            self._let_go()

    def _start_again(self):
        self._let_go()
        self.lab = self._make_lab()
        self._lap()

    def _let_go(self):
        lab, self.lab = self.lab, None
        lab.end()
        del lab
        for _ in range(3):
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QApplication.processEvents()
            gc.collect()
        tops = [each for each in QApplication.topLevelWidgets() if each.parent() is None]
        if tops:
            self._tell(f"left top-level widgets: {tops}", "left top-level widgets")
        if (left := len(QApplication.allWidgets()) - self._before) > 0:
            self._tell(f"{left} widgets are left of a window", "left widgets")
        counts = len(QApplication.allWidgets()), len(Shiboken.getAllValidWrappers()), len(gc.get_objects())
        self.sizes.append((self.number, *counts))


def _pace():
    """Give the seconds of this thread that a small form, made and painted, takes now: what events do, it does."""
    begin = time.thread_time()
    form = QWidget()
    grid = QGridLayout(form)
    for number in range(24):
        grid.addWidget(QLabel(f"{number} words that wrap"), number // 4, number % 4)
    grid.addWidget(QLineEdit("a line"))
    form.grab()
    Shiboken.delete(form)
    return time.thread_time() - begin


def _within(window, place):
    """Give the place nearest to one that lies within a window, which its grip may just have made smaller."""
    return QPoint(max(0, min(place.x(), window.width() - 1)), max(0, min(place.y(), window.height() - 1)))
