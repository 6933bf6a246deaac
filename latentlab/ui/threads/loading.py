"""Torch is loaded when the window has been painted, on a thread of its own; until then all other work is held back.

An import opens torch's libraries with Python's lock held, and they begin with some tenths of a second of their own, in
which no window could move. Opened by a foreign function they take them without the lock, and the import finds them
there.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from latentlab.ui.threads import background, torch_threads

# What the GUI thread calls without asking another one, too: it would wait for an import.
_MODULES = (
    "torch",
    "latentlab.core.map.live_map",
    "latentlab.core.map.explore",
    "latentlab.core.measures.health",
    "latentlab.core.data.image_findings",
    "latentlab.core.output.export",
)
_LIBRARIES = {"libtorch_global_deps": "RTLD_GLOBAL", "libtorch": "RTLD_LOCAL"}  # as torch itself opens them


class Loading(QObject):
    """Loads torch and what stands on it, and lets the work go that was held back.

    An error is one of its thread's, and whatever needs torch tells it again.

    Parameters
    ----------
    parent : QObject
    then : callable
        Called on the GUI thread when it is loaded, or cannot be.
    """

    _ended = Signal(bool)

    def __init__(self, parent: QObject, then: Callable[[], object]) -> None:
        super().__init__(parent)
        self._then = then
        self._ended.connect(self._let_go)

    def begin(self) -> None:
        """Load it."""
        threading.Thread(target=self._load, name="loading").start()

    def _load(self) -> None:
        is_loaded = False
        try:
            _open_libraries()
            for name in _MODULES:
                importlib.import_module(name)
            is_loaded = True
        finally:
            with suppress(RuntimeError):  # the window may be gone by now, and this with it
                self._ended.emit(is_loaded)

    @Slot(bool)
    def _let_go(self, is_loaded: bool) -> None:
        if is_loaded:
            torch_threads.compute_alone()
        background.let_go()
        self._then()


def _open_libraries() -> None:
    """Open torch's libraries without Python's lock; one that cannot be opened so is left to the import."""
    spec = None if "torch" in sys.modules or os.name != "posix" else importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)
    ending = ".dylib" if sys.platform == "darwin" else ".so"
    for name, flag in _LIBRARIES.items():
        library = Path(spec.origin).with_name("lib") / f"{name}{ending}"
        dlopen(os.fsencode(library), os.RTLD_LAZY | getattr(os, flag))
