"""Looking back: from the first map to the last of a run of 80 epochs, as long frames as there are on the way.

The maps have 10,000 points. The first time each epoch is read from the disk and encoded off the GUI thread while others
are shown; the second time all of them are in memory. A frame is what the window does between two looks at its events.
"""

from dataclasses import replace
from time import perf_counter, sleep, thread_time

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QWidget

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import epochs_on_disk
from latentlab.core.training.trainer import Trainer

pytestmark = pytest.mark.timeout(900)
_EPOCHS, _POINTS = 80, 10_000
_PATIENCE = 300  # seconds
_FRAME = 0.033  # seconds


def run_of(images, folder):
    """Save a run whose epochs lie between its first weights and its last; their losses are of no importance here."""
    data = replace(images, name="digits")
    recipe = Recipe.load("mlp-vae-2d").with_changes({"data.dataset": "digits", "training.epochs": 1, "device": "cpu"})
    trainer = Trainer(recipe, data.limited(2000))
    first = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
    list(trainer.events())
    run, last = trainer.result(), trainer.model.state_dict()
    history = tuple(replace(run.history[0], epoch=number) for number in range(1, _EPOCHS + 1))
    replace(run, history=history, epochs=_EPOCHS).save(folder / "run.safetensors")
    place = epochs_on_disk.folder_of(folder, run.snapshot.run_id)
    for ended in history:
        done = (ended.epoch / _EPOCHS) ** 0.5
        between = {name: tensor + done * (last[name] - tensor) for name, tensor in first.items()}
        epochs_on_disk.write(place, run.snapshot.run_id, ended, between)
    return folder / "run.safetensors"


def until(condition):
    """Let the window do what it has to; give how long each frame took, and for how long its thread computed."""
    frames, end = [], perf_counter() + _PATIENCE
    while not condition():
        begin, computed = perf_counter(), thread_time()
        QApplication.processEvents()
        frames.append((perf_counter() - begin, thread_time() - computed))
        assert perf_counter() < end
        sleep(0.001)
    return np.array(frames)


@pytest.mark.parametrize("is_turned", [False, True], ids=["as they are", "turned, with trails"])
def test_from_the_first_map_to_the_last(row, open_window, images, tmp_path, benchmark, is_turned):
    path = run_of(images, tmp_path)
    window = open_window(Recipe.load("mlp-vae-2d").with_changes({"data.dataset": "digits"}))
    epochs, canvas = window.session.epochs, window.findChild(QWidget, "latentCanvas")
    window.open_run(path)
    until(lambda: len(epochs.epochs) == _EPOCHS and len(canvas.points()) == _POINTS)
    if is_turned:
        epochs.turn(True)
        epochs.trails.set_on(True)
        window.session.selection.select(np.arange(0, 1000, 50))
    until(lambda: not epochs._reading._reading.is_busy)
    epochs.look_at_present()  # what was read for the trails is forgotten

    def pan():
        canvas.view.pan(canvas.view.extent(), QPointF(3, -2))
        begin = perf_counter()
        canvas.viewport().repaint()
        return perf_counter() - begin

    plain = np.median([pan() for _ in range(30)])
    canvas.show_all()

    def play():
        shown = set()
        note = window.session.exploration.shown_changed.connect(lambda update: shown.add(update.epochs_done))
        epochs.play(True)
        frames = until(lambda: not epochs.is_playing)
        window.session.exploration.shown_changed.disconnect(note)
        assert len(shown) == _EPOCHS
        return frames

    def twice():
        return play(), play()

    for name, frames in zip(("read from the disk", "in memory"), benchmark.pedantic(twice, rounds=1), strict=True):
        longest, computed = frames.max(0)
        late = int((frames[:, 0] > _FRAME).sum())
        row(
            f"80 epochs of 10,000 points played, {'turned, trails' if is_turned else 'as they are'}, {name}",
            f"a frame of panning, {1000 * plain:.1f} ms",
            f"none above {1000 * _FRAME:.0f} ms",
            f"longest {1000 * longest:.1f} ms ({longest / plain:.1f} times), computing {1000 * computed:.1f} ms; "
            f"{late} of {len(frames)} above",
            longest < _FRAME,
        )
