"""What all tests share: a machine of their own to run on, tiny images, and a watch for what Qt tests leave behind."""

import contextlib
import gc
import itertools
import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import hypothesis
import pytest

from tests.measuring import measuring_once

# Before torch is imported: the suite shares its machine, and one thread gives the same sums on every machine.
os.environ["OMP_NUM_THREADS"] = "1"

# Shells have what they start in the background, and nohup what it starts, ignore signals, and so all their children.
with contextlib.suppress(ValueError):  # on another thread nothing can be done
    for name, default in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) == signal.SIG_IGN:
            signal.signal(getattr(signal, name), default)

hypothesis.settings.register_profile("latentlab", deadline=None, max_examples=50, print_blob=True)
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("latentlab"), derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "latentlab")

_homes = itertools.count()


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage among the millions of objects that reading the tests makes; what stays is never garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Have every other worker read the files backwards: of two that meet, each finds half of the asserts rewritten."""
    report = yield
    if isinstance(collector, pytest.Directory) and _worker(collector.config) % 2:
        report.result.reverse()
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Put the files back into one order, for all workers must have the same."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """End the processes that a test began which failed before it could: a sweep would train on, beside all others."""
    report = yield
    if report.failed and call.when == "call" and "own_home" in item.funcargs:
        _end_what_works_in(item.funcargs["own_home"])
    return report


def _end_what_works_in(folder):
    """End the processes whose command names a place in a folder, where the system tells their commands."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in command.read_bytes() and command.parent.name != str(os.getpid()):
                os.kill(int(command.parent.name), signal.SIGKILL)


def _worker(config):
    """Give the number of a worker of pytest-xdist; 0 where there are none."""
    return int(getattr(config, "workerinput", {"workerid": "gw0"})["workerid"].removeprefix("gw"))


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Keep the settings, data and caches of whoever runs the tests out of them, and untouched."""
    home = tmp_path_factory.mktemp(f"home{next(_homes)}", numbered=False)  # pytest would look through all of them
    for variable in ("LATENTLAB_DATA", "LATENTLAB_WORKSPACE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LATENTLAB_SETTINGS", str(home / "settings.ini"))
    monkeypatch.setenv("LATENTLAB_CACHE", str(home / "cache"))
    (home / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home / "temporary"))
    for kind in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
    return home


@pytest.fixture
def temporary(own_home):
    """Give the folder of temporary files."""
    return own_home / "temporary"


@pytest.fixture(scope="session")
def tiny_images():
    """Give an ImageSet of 28×28 images: 180 to train and 60 to test, in three classes that a model tells apart."""
    import numpy as np
    import torch

    from latentlab.core.data.image_set import ImageSet

    random = np.random.default_rng(0)
    y, x = np.mgrid[:28, :28]
    images, labels = [], []
    for number in range(240):
        label = number % 3
        cx, cy = random.uniform(12, 16, 2)
        distance = [np.abs(x - cx), np.abs(y - cy), np.abs(np.hypot(x - cx, y - cy) - random.uniform(6, 8))][label]
        within = np.hypot(x - cx, y - cy) < 10
        images.append((np.clip(2.5 - distance, 0, 1) * within * 255).astype(np.uint8))
        labels.append(label)
    images, labels = torch.from_numpy(np.stack(images)[:, None]), torch.tensor(labels)
    return ImageSet(
        name="tiny",
        title="Tiny shapes",
        train_images=images[:180],
        train_labels=labels[:180],
        test_images=images[180:],
        test_labels=labels[180:],
        class_names=("upright", "level", "ring"),
    )


@pytest.fixture
def nameless_images(tiny_images):
    """Give the tiny images without classes."""
    import dataclasses

    import torch

    return dataclasses.replace(
        tiny_images,
        train_labels=torch.full_like(tiny_images.train_labels, -1),
        test_labels=torch.full_like(tiny_images.test_labels, -1),
        class_names=(),
    )


@pytest.fixture(scope="session")
def tiny_model(tiny_images):
    """Give a model trained on the tiny images, and its map, by what differs from a small VAE; each is made once."""
    from latentlab.core.map.live_map import map_of
    from latentlab.core.map.map_images import MapSource, choose
    from latentlab.core.recipe.recipe import Recipe
    from latentlab.core.training.trainer import Trainer

    base = {
        "data": {"dataset": "tiny"},
        "model": {"encoder": {"layers": [16]}, "decoder": {"layers": [16]}},
        "training": {"batch_size": 30, "epochs": 2, "learning_rate": 0.01, "device": "cpu"},
    }
    made = {}

    def give(**changes):
        key = repr(sorted(changes.items()))
        if key not in made:
            dotted = {name.replace("__", "."): value for name, value in changes.items()}
            trainer = Trainer(Recipe.from_dict(base).with_changes(dotted), tiny_images, run_id=f"run{len(made)}")
            with measuring_once():
                list(trainer.events())
                made[key] = map_of(trainer.result(), choose(tiny_images, MapSource()))
        return made[key]

    return give


@pytest.fixture
def measured_once():
    """Have no training of a test measure the images that another one has."""
    with measuring_once():
        yield


@pytest.fixture(autouse=True)
def nothing_left_behind(request):
    """Fail a test that leaves a thread running or, where it uses Qt, a top-level widget or an active timer."""
    uses_qt = not {"qtbot", "qapp"}.isdisjoint(request.fixturenames)
    if uses_qt:
        request.getfixturevalue("qapp")
        # What is there, the modules above all, is some hundred thousand objects: no search need look at them again.
        gc.collect()
        gc.freeze()
    before = {key for key, _ in _remains(uses_qt)}

    def left():
        return [said for key, said in _remains(uses_qt) if key not in before]

    yield
    deadline = time.monotonic() + 2
    if uses_qt and left():
        _delete_what_waits()
    while said := left():
        if time.monotonic() > deadline:
            pytest.fail("The test left behind:\n  " + "\n  ".join(said), pytrace=False)
        _let_go(uses_qt)


def _let_go(uses_qt):
    """Give what is on its way out the time to go: cycles of Python objects, deferred deletes, ending threads."""
    gc.collect()
    if uses_qt:
        _delete_what_waits()
    time.sleep(0.01)


def _delete_what_waits():
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()


def _remains(uses_qt):
    """Give a key and a description of each thing that a test may have started and not ended."""
    found = [
        (thread.ident, f"thread {thread.name!r}, which runs {getattr(thread, '_target', None)}")
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread)  # Python's shadow of a QThread; it never goes
    ]
    return found + _qt_remains() if uses_qt else found


def _qt_remains():
    from PySide6.QtCore import QThread, QThreadPool, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import Shiboken

    found = [
        (("widget", *Shiboken.getCppPointer(widget)), f"top-level widget {_described(widget)}")
        for widget in QApplication.topLevelWidgets()
        if widget.parent() is None
    ]
    for item in Shiboken.getAllValidWrappers():
        if isinstance(item, QTimer) and item.isActive():
            found.append((("timer", *Shiboken.getCppPointer(item)), f"active timer {_described(item)}"))
        elif isinstance(item, QThread) and item.isRunning() and item is not QThread.currentThread():
            found.append((("thread", *Shiboken.getCppPointer(item)), f"running QThread {_described(item)}"))
    busy = QThreadPool.globalInstance().activeThreadCount()
    return found + ([(("pool", busy), f"{busy} tasks in the thread pool")] if busy else [])


def _described(item):
    owners = [f"{type(item).__name__} {item.objectName()!r}"]
    while (item := item.parent()) is not None:
        owners.append(f"{type(item).__name__} {item.objectName()!r}")
    return " in ".join(owners)
