"""Whatever is done, in whatever state: nothing is raised, Qt warns of nothing, nothing stalls, and nothing stays.

A failure tells its seed; ``LATENTLAB_MONKEY_SEED=… LATENTLAB_MONKEY_ACTIONS=…`` does the same again.
"""

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from latentlab.core.data import downloads, registry
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.training import own_process
from tests.ui.lab import Lab
from tests.ui.monkey import Monkey

TINY = {
    "data.dataset": "digits",
    "data.limit": 128,
    "training.batch_size": 64,
    "training.device": "cpu",
    "model.encoder.layers": (16,),
    "model.decoder.layers": (16,),
}


@pytest.fixture
def own_machine(monkeypatch):
    """Keep the monkey within this test: no network, no folders or programs of this machine, no end of the process."""
    begun = []

    def begin(arguments, words, recipe=""):
        words.touch()
        begun.append(subprocess.Popen([sys.executable, "-c", ""]))
        return begun[-1]

    def refuse(*arguments, **options):
        raise OSError("there is no network")

    monkeypatch.setattr(own_process, "start", begin)
    monkeypatch.setattr(downloads, "urlopen", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(QFileDialog, "open", lambda self: None)
    monkeypatch.setattr(QGuiApplication, "quit", lambda *_: None)
    monkeypatch.setattr(QApplication, "quit", lambda *_: None)
    QGuiApplication.setQuitOnLastWindowClosed(False)
    yield
    QGuiApplication.setQuitOnLastWindowClosed(True)
    for process in begun:
        process.wait()


@pytest.fixture
def files(tmp_path, run_file):
    """Give files of all kinds, whole ones and such that are prepared to break what opens them."""
    folder = tmp_path / "files"
    for name in ("pets/cats", "pets/dogs", "clean", "empty", "saved"):
        (folder / name).mkdir(parents=True)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (12, 8, 8), np.uint8)
    for number, pixels in enumerate(images):
        Image.fromarray(pixels).save(folder / "pets" / ("cats" if number % 2 else "dogs") / f"{number}.png")
        Image.fromarray(pixels).save(folder / "clean" / f"{number}.png")
    np.savez(folder / "whole.npz", images=images, labels=np.arange(12) % 3)
    np.save(folder / "whole.npy", images)
    np.save(folder / "pickled.npy", np.array([{}, []], object), allow_pickle=True)
    run = run_file().read_bytes()
    content = {
        "half.safetensors": run[: len(run) // 2],
        "huge.safetensors": b"\xff" * 8 + run[8:],
        "foreign.safetensors": run[:8] + run[8:200].replace(b"{", b"[") + run[200:],
        "half.npz": (folder / "whole.npz").read_bytes()[:300],
        "half.png": (folder / "clean" / "0.png").read_bytes()[:60],
        "postscript.png": b"%!PS-Adobe-3.0\n%%BoundingBox: 0 0 9 9\n{} loop\n",
        "nothing.png": b"",
        "table.csv": b"label,a,b,c,d\n1,0,0,9,9\n2,x,,,\n",
        "quote.csv": b'"' * 99,
        "idx-ubyte": b"\0\0\x08\3\xff\xff\xff\xff\0\0\0\1\0\0\0\1",
        "whole.toml": Recipe.load("digits-vae-2d").with_changes(TINY | {"training.epochs": 3}).to_toml().encode(),
        "deep.toml": b"a." * 5000 + b"b = 1",
        "wide.toml": b"[training]\nepochs = 18446744073709551616\n",
        "foreign.toml": b'[data]\ndataset = "folder:/nowhere/at/all"\n',
        "latin.toml": "name = 'ü'".encode("latin-1"),
        "a name\nof two <b>lines & more.png": (folder / "clean" / "1.png").read_bytes(),
        "x" * 250: b"x",
    }
    for name, data in content.items():
        (folder / name).write_bytes(data)
    (folder / "circle").symlink_to(folder / "circle")
    if hasattr(os, "mkfifo"):
        for ending in ("png", "safetensors", "toml", "npz"):
            os.mkfifo(folder / f"pipe.{ending}")
    return [*sorted(folder.iterdir()), folder / "pets" / "cats" / "1.png", folder / "missing.npz"]


def tiny(lab, random):
    """Put a recipe in force that trains in a moment, for a short or a very long time."""
    changes = {
        "training.epochs": random.choice([1, 2, 3, 5, 100_000]),
        "model.latent": random.choice([1, 2, 2, 2, 3, 8]),
        "model.kind": random.choice(["vae", "vae", "autoencoder", "cvae"]),
    }
    lab.session.recipes.edit(Recipe.load("digits-vae-2d").with_changes(TINY | changes))


@pytest.fixture
def monkey(qtbot, digits, own_machine, files, run_file, colour_run, monkeypatch):
    """Make monkeys."""
    monkeypatch.setitem(registry.DATASETS, "digits", replace(registry.DATASETS["digits"], read=lambda: digits))
    runs = [run_file(), run_file(model__latent=3), run_file(model__kind="cvae"), colour_run]

    def make(seed=None):
        seed = int(os.environ.get("LATENTLAB_MONKEY_SEED") or seed or time.time_ns() % 1_000_000)
        return Monkey(lambda: Lab(qtbot), seed, files, runs, tiny)

    return make


def actions(count):
    return int(os.environ.get("LATENTLAB_MONKEY_ACTIONS") or count)


@pytest.mark.timeout(400)  # 25 to 40 s of a processor, which others may want, and twice where something stalls
def test_nothing_that_is_done_at_random_breaks(monkey):
    it = monkey(5)
    it.act(actions(300))
    it.end()
    assert not it.faults, "\n\n".join(it.faults)
    if it.stalls:  # what stalls by itself does so again
        again = monkey(5)
        again.act(actions(300))
        again.end()
        assert not it.stalls.keys() & again.stalls.keys(), "\n".join([*it.stalls.values(), *again.stalls.values()])


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_nothing_that_is_done_at_random_breaks_for_long(monkey, request):
    it = monkey()
    if (teller := request.config.pluginmanager.get_plugin("terminalreporter")) is not None:
        teller.write_line(f"seed {it.seed}")  # at once: a process that is ended by its libraries tells nothing later
    it.act(actions(20_000))
    it.end()
    print(f"\nseed {it.seed}: {it.number} actions {dict(it.done)} in states {dict(it.states)}")  # noqa: T201
    print("longest:", *it.longest, sep="\n  ")  # noqa: T201
    print("windows, widgets, wrappers, objects:", *it.sizes, sep="\n  ")  # noqa: T201
    assert not it.faults, "\n\n".join(it.faults)
    assert not it.stalls, "\n".join(it.stalls.values())
    assert max(it.grown()) < 1.1
