"""pyqtgraph, imported in half the time.

It copies everything that Qt has into modules of its own. PySide6 makes a class when somebody first takes it, so that
all classes and enums are made, of which a window needs a tenth: a fifth of a second. Here its modules look a name up
when it is taken. And it looks for CUDA, for a widget that nobody uses here; where torch has brought that along, another
tenth.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType


@contextmanager
def _without_names(module: ModuleType) -> Iterator[None]:
    """Have a module say that it has nothing in it."""
    said = module.__dict__.get("__dir__")
    module.__dir__ = list  # PEP 562
    try:
        yield
    finally:
        if said is None:
            del module.__dir__
        else:
            module.__dir__ = said


def _import() -> None:
    core, gui, widgets = (import_module(f"PySide6.{name}") for name in ("QtCore", "QtGui", "QtWidgets"))
    for module in (core, gui, widgets):
        name = module.__name__.replace("PySide6", "pyqtgraph.Qt")
        sys.modules[name] = lazy = ModuleType(name, f"What {module.__name__} has, when it is taken.")
        lazy.__getattr__ = partial(getattr, module)
    has_cuda = "cuda" in sys.modules
    if not has_cuda:
        sys.modules["cuda"] = None  # as if it were not installed
    try:
        with _without_names(core), _without_names(gui), _without_names(widgets):
            import_module("pyqtgraph")
    finally:
        if not has_cuda:
            del sys.modules["cuda"]


if "pyqtgraph" not in sys.modules:
    _import()
