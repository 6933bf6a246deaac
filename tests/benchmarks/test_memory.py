"""What memory the window holds that has opened MNIST and trained an epoch, beside the imports and the images.

Each is measured in a process of its own: this file, run as a program. Where the system tells no process how much memory
it holds, as outside of Linux, there is nothing to measure. Without LATENTLAB_DATA the images are as many and as large
as MNIST's, in files like those.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")]
_DATA = os.environ.get("LATENTLAB_DATA")  # before a test's own home takes it away
_COUNTS, _SIDE, _LABEL_BYTES = {"train": 60_000, "t10k": 10_000}, 28, 8
_REACH = 300  # MB


def held():
    """Give how many MB of memory this process holds, and held at most."""
    status = Path("/proc/self/status").read_text()
    return [int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM")]


def imports():
    """Give what the imports alone hold."""
    import torch  # noqa: F401, I001  PySide6 reads the source of all that is imported after it, which costs as well
    import PySide6.QtWidgets  # noqa: F401
    import pyqtgraph  # noqa: F401

    return {"held": held()}


def trained():
    """Open the window and MNIST, train an epoch and give what is held then."""
    import torch  # noqa: F401  first, as above
    from PySide6.QtCore import QEventLoop, QTimer

    from latentlab.core.recipe.recipe import Recipe
    from latentlab.ui.app.application import create_application

    application = create_application(["latentlab"])
    from latentlab.ui.window.main_window import MainWindow

    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    session, loop, told = window.session, QEventLoop(), []
    session.training.ended.connect(told.append)
    session.training.ended.connect(lambda: QTimer.singleShot(1000, loop.quit))  # until the last map is painted
    session.training.failed.connect(told.append)
    session.training.failed.connect(loop.quit)
    session.library.loaded.connect(lambda data: data.name == "mnist" and session.train(False))
    session.recipes.edit(Recipe.load("mlp-vae-20d").with_changes({"epochs": 1, "device": "cpu"}))
    loop.exec()
    found = {"held": held(), "epochs": told[0].epochs, "points": len(session.exploration.shown.means)}
    session.shut_down()
    window.deleteLater()
    application.processEvents()
    return found


def write_images(data_dir):
    """Write files like MNIST's: noise, mostly black."""
    folder = data_dir / "MNIST" / "raw"
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for split, count in _COUNTS.items():
        images = random.integers(0, 256, (count, _SIDE, _SIDE), np.uint8)
        images[images < 200] = 0
        for kind, array in (("images-idx3", images), ("labels-idx1", (np.arange(count) % 10).astype(np.uint8))):
            sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
            (folder / f"{split}-{kind}-ubyte").write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def test_opened_and_trained(benchmark, row, request, tmp_path, qapp):
    if not _DATA:
        write_images(tmp_path)
    own = {"PYTHONPATH": str(request.config.rootpath), "LATENTLAB_DATA": _DATA or str(tmp_path)}
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"} | own

    def measure():
        said = {}
        for each in ("imports", "trained"):
            done = [sys.executable, __file__, each]
            said[each] = json.loads(subprocess.run(done, env=environment, stdout=subprocess.PIPE, check=True).stdout)
        return said

    said = benchmark.pedantic(measure, rounds=1)
    assert (said["trained"]["epochs"], said["trained"]["points"]) == (1, _COUNTS["t10k"])
    data = sum(_COUNTS.values()) * (_SIDE**2 + _LABEL_BYTES) / 1e6
    (before, _), (after, most) = said["imports"]["held"], said["trained"]["held"]
    more = after - before - data
    row(
        "memory after opening MNIST and training an epoch, window open",
        f"imports {before:.0f} MB + images {data:.0f} MB",
        f"{_REACH} MB more at most",
        f"{more:.0f} MB more ({after:.0f} MB, {most:.0f} MB at most)",
        more <= _REACH,
    )


if __name__ == "__main__":
    print(json.dumps({"imports": imports, "trained": trained}[sys.argv[1]]()))  # noqa: T201
