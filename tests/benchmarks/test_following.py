"""A window that follows a training of another process: how far it is behind, and by how much it slows that down.

Both are measured in one run. The training goes on, in a process with one thread less than there are cores, and by
turns is followed, left, and left beside a process that paints as much of the time as the window computes and reads
nothing: what that costs, any program would that is used beside a training. What the training does meanwhile is read
from the epochs that it tells. Where others use the cores, only what it does in a second of a processor tells what
following costs it.
"""

import os
import random
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, process_time, time

import pytest

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import asked, workspace
from latentlab.core.runs.run import Run
from latentlab.core.training import own_process

pytestmark = pytest.mark.timeout(600)
_ROUNDS, _SECONDS, _SETTLES = 10, 6.0, 1.0
_SHARE = 0.1  # of a core, that a window which follows computes
_PAINTS = f"""
import time, numpy
pixels = numpy.empty((800, 1280, 4), numpy.uint8)
while True:
    begin = time.process_time()
    while time.process_time() - begin < {_SHARE / 10}:
        pixels.fill(255)
    time.sleep({(1 - _SHARE) / 10})
"""
_LIMIT = 6_000  # images: a fraction of a second an epoch; of fewer the history is longer than any training's


@pytest.fixture
def far(images, cores, tmp_path):
    """Train in another process; gives the file of its run, and a function that counts its epochs."""
    import numpy as np

    folder, words = workspace.default_folder(), tmp_path / "words"
    folder.mkdir(parents=True)
    path, array = folder / "far.safetensors", tmp_path / "images.npz"
    part = images.limited(_LIMIT)
    np.savez(array, images=part.train_images, labels=part.train_labels)
    changes = {"data.dataset": f"array:{array}", "training.epochs": 100_000, "training.device": "cpu"}
    recipe = Recipe.load("mlp-vae-2d").with_changes(changes | {"training.threads": max(1, cores - 1)})
    asked.follow(path)
    places = ["--out", str(path), "--workspace", str(folder), "--json"]
    process = own_process.start(["train", "-", *places], words, recipe.to_toml())
    yield path, lambda: words.read_bytes().count(b'"event": "epoch"'), f"array:{array}", process.pid
    process.kill()
    process.wait()


def test_a_training_that_is_followed(far, row, qtbot, benchmark):
    from latentlab.ui.window.main_window import MainWindow

    path, epochs, array, trainer = far
    window = MainWindow()
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    session = window.session
    qtbot.waitUntil(path.exists, timeout=60_000)
    session.library.agree(array)
    behind, saved = [], [0.0]

    def note(_):
        run = session.run
        saved[0] = _moment(run) if run is not None and run.training else 0.0

    session.exploration.shown_changed.connect(note)

    def trains(how):
        """Give the epochs in a second, in a second of a processor, and the share of one that this process took."""
        if how == "followed":
            window.open_run(path)
            qtbot.waitUntil(lambda: session.following.followed is not None, timeout=60_000)
        else:
            session.following.leave()
        other = subprocess.Popen([sys.executable, "-c", _PAINTS]) if how == "beside" else None
        try:
            _rest(qtbot, _SETTLES)
            begin, before, computed, own = monotonic(), epochs(), _computed(trainer), process_time()
            while monotonic() - begin < _SECONDS:
                _rest(qtbot, 0.05)
                if how == "followed":
                    behind.append(time() - saved[0])
            done, seconds = epochs() - before, monotonic() - begin
            return done / seconds, done / max(1e-3, _computed(trainer) - computed), (process_time() - own) / seconds
        finally:
            if other is not None:
                other.kill()
                other.wait()

    def by_turns():
        ways = ["followed", "alone", "beside"]
        return [{how: trains(how) for how in random.sample(ways, len(ways))} for _ in range(_ROUNDS)]

    rounds = benchmark.pedantic(by_turns, rounds=1)
    session.shut_down()

    def ratio(how, to, at=0):
        return median(one[how][at] / one[to][at] for one in rounds)

    computes = median(one["followed"][2] - one["alone"][2] for one in rounds)
    late = quantiles(behind, n=100)[98]
    following = ratio("followed", "beside")
    told = f"{following:.3f} ({ratio('followed', 'beside', 1):.3f} in a second of a processor)"
    paints = f"beside one that paints {_SHARE:.0%} of the time"
    row("a training while a window follows it", paints, "0.98", told, following >= 0.98)
    told = f"{ratio('followed', 'alone'):.3f} ({ratio('followed', 'alone', 1):.3f})"
    row("the same", "alone", "", f"{told}; the window computes {computes:.1%} of a core")
    row(f"a training {paints}", "alone", "", f"{ratio('beside', 'alone'):.3f} ({ratio('beside', 'alone', 1):.3f})")
    told = f"median {median(behind):.2f} s, p99 {late:.2f} s, most {max(behind):.2f} s"
    row("what a window shows of it: how far behind", "", "2 s", told, late <= 2)
    assert following >= 0.98
    assert late <= 2


def _computed(pid):
    """Give the seconds that a process has computed; of the day, where the system does not say."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return monotonic()
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _moment(run: Run) -> float:
    from datetime import datetime

    return datetime.fromisoformat(run.training.saved).timestamp()


def _rest(qtbot, seconds):
    qtbot.wait(round(1000 * seconds))
