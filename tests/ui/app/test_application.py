"""Around the window: looks, uncaught errors, and machines without a screen."""

import gc
import os
import signal
import subprocess
import sys
import threading

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

from latentlab.core import log
from latentlab.core.errors import LatentlabError
from latentlab.ui.app import application
from latentlab.ui.app.crash_log import ErrorReporter
from latentlab.ui.app.display import display_problem
from latentlab.ui.app.garbage import GarbageCollector
from latentlab.ui.style import theme
from latentlab.ui.threads import background
from latentlab.ui.threads.background import Task
from latentlab.ui.threads.loading import Loading

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Qt on Linux aborts without a display")


@pytest.fixture
def reporter(qapp, tmp_path, monkeypatch):
    monkeypatch.setattr(log, "user_log_path", lambda *_, **__: tmp_path / "logs")
    reporter = ErrorReporter()
    before = sys.excepthook, threading.excepthook
    reporter.install()
    yield reporter
    sys.excepthook, threading.excepthook = before


@pytest.fixture
def dressed(qapp):
    """Give back the looks of the application that all tests share."""
    palette, background, foreground = qapp.palette(), pg.getConfigOption("background"), pg.getConfigOption("foreground")
    yield
    theme.set_theme("system")
    qapp.setPalette(palette)
    pg.setConfigOptions(background=background, foreground=foreground, antialias=False)


@pytest.mark.parametrize(("choice", "colours"), [("dark", theme.DARK), ("light", theme.LIGHT)])
def test_the_chosen_theme_dresses_everything(qapp, dressed, choice, colours):
    theme.set_theme(choice)
    assert theme.current() is colours
    assert pg.getConfigOption("background") == colours.background


def python(code, **environ):
    """Run code in a Python of its own; without a display unless one is given."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-c", code], env=inherited | environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_fresh_application():
    code = """
from latentlab.ui.app import application
app = application.create_application(["latentlab"], "dark", 14, "tlh")
from latentlab.ui.style import theme
assert theme.current() is theme.DARK
assert (app.font().pointSizeF(), theme.normal_text_size() >= 10) == (14, True)
assert not app.windowIcon().pixmap(32, 32).isNull()
assert (app.applicationName(), app.style().baseStyle().objectName()) == ("latentlab", "fusion")
from latentlab.ui.style import languages
assert languages.spoken() == "en" and "into 'tlh'" in languages.problem()
import sys
assert sys.getswitchinterval() < 0.001  # a thread that trains keeps no frame waiting
import latentlab.core.sketch.preparation
assert "scipy" not in sys.modules  # it would double what the window takes to import
"""
    done = python(code, QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0, done.stderr


def test_work_and_the_search_for_garbage_begin_when_the_window_is_painted_and_torch_is_loaded(qtbot):
    told = []

    class Window(QMainWindow):
        def paintEvent(self, event):
            told.append("painted")

    window = Window()
    qtbot.addWidget(window)
    work = Task(window)
    work.done.connect(told.append)
    gc.disable()
    background.hold_back()
    try:
        work.start(lambda cancelled, report: "worked")
        application._FirstPaint(window, Loading(window, lambda: application._settle(window)).begin)
        with qtbot.waitSignal(work.done):
            window.show()
        assert told[0] == "painted"
        assert told[-1] == "worked"
        assert window.findChild(GarbageCollector)
    finally:
        background.let_go()
        gc.unfreeze()
        work.shut_down()


def raise_in_slot(error):
    """Raise as a slot would: Python calls the hook."""
    try:
        raise error
    except type(error) as caught:
        sys.excepthook(type(caught), caught, caught.__traceback__)


def test_an_uncaught_error_is_told_and_logged(qtbot, reporter, capsys):
    with qtbot.waitSignal(reporter.reported) as reported:
        raise_in_slot(ValueError("seven is no even number"))
    assert "seven is no even number" in reported.args[0]
    assert str(log.log_file()) in reported.args[0]
    logged = log.log_file().read_text()
    assert "Traceback" in logged
    assert "raise_in_slot" in logged
    assert capsys.readouterr().err.count("\n") == 1


def test_the_same_error_is_told_once(reporter):
    told = []
    reporter.reported.connect(told.append)
    for _ in range(60):
        raise_in_slot(ValueError("again"))
    raise_in_slot(KeyError("another"))
    assert len(told) == 2


def test_an_error_that_a_person_can_mend_is_told_as_it_is(reporter):
    told = []
    reporter.reported.connect(told.append)
    raise_in_slot(LatentlabError("The disk is full; make room and save again."))
    assert told == ["The disk is full; make room and save again."]


def test_an_error_of_a_thread_arrives_in_the_gui_thread(qtbot, reporter):
    class Receiver(QObject):
        def take(self, sentence):
            self.sentence, self.thread_name = sentence, threading.current_thread().name

    receiver = Receiver()
    reporter.reported.connect(receiver.take)

    def fail():
        raise RuntimeError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    qtbot.waitUntil(lambda: hasattr(receiver, "sentence"))
    thread.join()
    assert "in a thread" in receiver.sentence
    assert receiver.thread_name == threading.main_thread().name


def test_a_log_that_cannot_be_written_silences_nothing(qapp, tmp_path, reporter):
    (tmp_path / "logs").touch()
    told = []
    reporter.reported.connect(told.append)
    raise_in_slot(ValueError("seven"))
    assert "could not be written" in told[0]


@pytest.fixture
def signals():
    """Give back the handlers of signals."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to oneself")
def test_ctrl_c_closes_the_window(qtbot, signals):
    idle = QEventLoop()

    class Window(QMainWindow):
        def closeEvent(self, event):
            idle.quit()

    window = Window()
    qtbot.addWidget(window)
    came = application.close_on_signals(window)
    with qtbot.waitExposed(window):
        window.show()
    # Nothing of ours runs in this loop, as in an idle window: the signal must be seen all the same.
    patience = QTimer(singleShot=True, interval=10_000)
    patience.timeout.connect(idle.quit)
    patience.start()
    sender = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    sender.start()
    idle.exec()
    sender.join()
    assert patience.isActive()  # it was the window that ended the loop
    patience.stop()
    assert not window.isVisible()
    assert came == [signal.SIGINT]
    window.findChild(QTimer).stop()


@pytest.mark.parametrize("names", [["SIGTERM"], ["SIGHUP"], ["SIGINT", "SIGINT"]])
def test_where_nobody_may_answer_the_window_closes_without_asking(lab, signals, names):
    if not hasattr(signal, names[0]):
        pytest.skip(f"there is no {names[0]} here")
    lab.begin()
    application.close_on_signals(lab.window)
    for name in names:
        signal.raise_signal(getattr(signal, name))
        QApplication.processEvents()
    lab.until(lambda: not lab.window.isVisible())
    assert lab.session.state == "idle"
    for timer in lab.window.findChildren(QTimer, options=Qt.FindChildOption.FindDirectChildrenOnly):
        timer.stop()


def test_windows_and_macs_always_have_a_screen():
    assert display_problem("win32", {}) is None
    assert display_problem("darwin", {}) is None


@linux
def test_no_screen():
    problem = display_problem("linux", {})
    assert "DISPLAY" in problem
    for command in ("train", "evaluate", "recipes", "data", "tour"):
        assert command in problem
    assert problem.count(".") == 1


@linux
@pytest.mark.parametrize("platform", ["offscreen", "minimal", "offscreen:size=800x600", "nothing;offscreen"])
def test_platforms_that_need_no_screen(platform):
    assert display_problem("linux", {"QT_QPA_PLATFORM": platform}) is None


@linux
def test_a_platform_that_qt_does_not_have():
    assert "'nothing'" in display_problem("linux", {"QT_QPA_PLATFORM": "nothing", "DISPLAY": ":0"})


@linux
def test_a_screen_that_does_not_answer():
    problem = display_problem("linux", {"DISPLAY": ":4217"})
    assert "DISPLAY=:4217" in problem
    assert "latentlab train" in problem


@linux
def test_the_screen_of_this_test_is_found(qapp):
    if QApplication.platformName() != "xcb":
        pytest.skip("these tests run without an X server")
    assert display_problem("linux", {"DISPLAY": os.environ["DISPLAY"]}) is None


@linux
@pytest.mark.parametrize(("library", "package"), [("libxcb-cursor.so.0", "libxcb-cursor0"), ("libEGL.so.1", "libegl1")])
def test_a_missing_library_is_named_before_qt_is_loaded(tmp_path, library, package):
    # A file that is no library, found first, hides the real one.
    (tmp_path / library).touch()
    code = """
import sys
from latentlab.ui.app.display import display_problem
print(display_problem())
assert not any(name.split(".")[0] == "PySide6" for name in sys.modules)
"""
    done = python(code, LD_LIBRARY_PATH=str(tmp_path), DISPLAY=os.environ.get("DISPLAY", ":0"))
    assert done.returncode == 0, done.stderr
    assert library in done.stdout
    assert f"apt-get install {package})" in done.stdout
    assert len(done.stdout.splitlines()) == 1


@linux
@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ":4217"}])
def test_the_program_ends_with_a_sentence_where_there_is_no_screen(environ):
    done = python("import sys; from latentlab.__main__ import main; sys.exit(main([]))", **environ)
    assert done.returncode in (1, 2)
    assert len(done.stderr.splitlines()) == 1
    assert "DISPLAY" in done.stderr
