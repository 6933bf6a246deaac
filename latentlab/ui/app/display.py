"""Whether a window can be shown here: asked before any of Qt is loaded, because Qt would abort with a core dump.

Nothing here imports Qt: without libEGL even ``import PySide6.QtGui`` fails.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from latentlab.core.files import exists, is_folder

# The shared objects that Qt takes from the system, and the Debian/Ubuntu package of each.
_FOR_ALL = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
}
_FOR_PLATFORM = {
    "xcb": {
        "libX11-xcb.so.1": "libx11-xcb1",
        "libxcb.so.1": "libxcb1",
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-image.so.0": "libxcb-image0",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-randr.so.0": "libxcb-randr0",
        "libxcb-render.so.0": "libxcb-render0",
        "libxcb-render-util.so.0": "libxcb-render-util0",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxcb-shm.so.0": "libxcb-shm0",
        "libxcb-sync.so.1": "libxcb-sync1",
        "libxcb-util.so.1": "libxcb-util1",
        "libxcb-xfixes.so.0": "libxcb-xfixes0",
        "libxcb-xkb.so.1": "libxcb-xkb1",
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    },
    "wayland": {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
    },
}
_WITHOUT_QT = "`latentlab train`, `evaluate`, `recipes` and `data` work without a window"
_WITHOUT_SCREEN = "`latentlab train`, `evaluate`, `recipes`, `data` and `tour` work without one"


def display_problem(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> str | None:
    """Say why no window can be shown here.

    Parameters
    ----------
    platform : str
        As ``sys.platform``; only Linux can have a problem.
    environ : mapping
        Where DISPLAY, WAYLAND_DISPLAY and QT_QPA_PLATFORM are looked up.

    Returns
    -------
    str or None
        One sentence that names what is missing and what works without it; None when nothing is in the way.
    """
    if not platform.startswith("linux"):
        return None
    candidates = _qt_platforms(environ)
    if not candidates:
        return f"There is no screen here, neither DISPLAY nor WAYLAND_DISPLAY is set; {_WITHOUT_SCREEN}."
    problems = [_missing_libraries(name) or _unreachable(name, environ) for name in candidates]
    # Qt tries one platform after the other: a single one that works is enough.
    return problems[0] if all(problems) else None


def _qt_platforms(environ: Mapping[str, str]) -> list[str]:
    """Give the platform plugins that Qt will try, in its order."""
    chosen = [part.split(":")[0].split("-")[0] for part in environ.get("QT_QPA_PLATFORM", "").split(";")]
    if any(chosen):
        return [name for name in chosen if name]
    asked = {"wayland": "WAYLAND_DISPLAY", "xcb": "DISPLAY"}
    return [name for name, variable in asked.items() if environ.get(variable)]


def _missing_libraries(name: str) -> str | None:
    """Load the plugin as Qt would, and say in a sentence which libraries it lacks."""
    spec = importlib.util.find_spec("PySide6")
    folders = [] if spec is None else spec.submodule_search_locations or []
    plugins = [folder for root in folders if is_folder(folder := Path(root, "Qt", "plugins", "platforms"))]
    if not plugins:
        # A PySide6 of the Linux distribution: its packages bring the libraries along.
        return None
    plugin = plugins[0] / f"libq{name}.so"
    if not exists(plugin):
        return f"Qt has no platform '{name}', which QT_QPA_PLATFORM asks for; unset it, or choose xcb or wayland."
    error = _load_error(str(plugin))
    if error is None:
        return None
    wanted = _FOR_ALL | _FOR_PLATFORM.get(name, {})
    missing = {library: package for library, package in wanted.items() if _load_error(library)}
    if not missing:
        return f"Qt cannot be loaded ({error}); {_WITHOUT_QT}."
    libraries, packages = ", ".join(missing), " ".join(dict.fromkeys(missing.values()))
    return (
        f"Qt needs {libraries}, missing on this machine (on Debian or Ubuntu: "
        f"sudo apt-get install {packages}); {_WITHOUT_QT}."
    )


def _load_error(library: str) -> str | None:
    try:
        ctypes.CDLL(library)
    except OSError as error:
        return str(error)
    return None


def _unreachable(name: str, environ: Mapping[str, str]) -> str | None:
    """Say in a sentence that the display does not answer."""
    if name == "xcb":
        variable, answers = "DISPLAY", _x_answers
    elif name == "wayland":
        variable, answers = "WAYLAND_DISPLAY", _wayland_answers
    else:
        return None
    if answers(environ):
        return None
    value = environ.get(variable, "")
    return f"The screen that {variable}={value} names does not answer; {_WITHOUT_SCREEN}."


def _x_answers(environ: Mapping[str, str]) -> bool:
    # Asked through libxcb, as Qt does, so that a refused authorisation counts too.
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(environ.get("DISPLAY", "").encode(), None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    # An absolute WAYLAND_DISPLAY stands for itself: joining drops the folder.
    path = Path(environ.get("XDG_RUNTIME_DIR", "/"), environ.get("WAYLAND_DISPLAY", "") or "wayland-0")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True
