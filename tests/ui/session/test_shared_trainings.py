"""Runs that several processes have trained together, as torchrun starts them: opened, looked at, and gone on with."""

import os
import signal

import numpy as np
import pytest

from latentlab.core.runs.run import Run
from tests.cli.ranks_nursery import RanksNursery

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows copies no processes."),
    pytest.mark.timeout(180),
]
TRAIN = ["train", "digits-vae-2d", "--limit", "256", "--device", "cpu"]
TRAIN += ["--set", "encoder.layers=16", "decoder.layers=16", "batch_size=64"]
EPOCHS = 40


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Give the files of two runs that two processes have trained: to its end, and stopped on the way."""
    folder = tmp_path_factory.mktemp("shared")
    ranks, files = RanksNursery(folder), [folder / f"{name}.safetensors" for name in ("finished", "stopped")]
    try:
        for file, epochs, signalled in zip(files, (3, EPOCHS), (None, (1, signal.SIGTERM)), strict=True):
            command = [*TRAIN, "--epochs", epochs, "--workspace", folder / "runs", "--out", file]
            statuses = ranks(2, *command, signalled=signalled, after="epoch   2")
            assert statuses == ([130, 128 + signal.SIGTERM] if signalled else [0, 0]), ranks.told(0)
    finally:
        ranks.close()
    return files


def is_shown(lab, run):
    """See that the window has the map, and the curves, that a run has in its file."""
    assert np.allclose(lab.canvas.points(), run.codes, atol=1e-4)
    assert np.array_equal(lab.canvas.labels(), run.labels)
    epochs = range(1, run.epochs + 1)
    lab.until(lambda: lab.epochs_drawn() == run.epochs)
    series = lab.child("lossPlot").series()
    for name in ("loss", "reconstruction", "kl"):
        x, y = series[f"test/{name}"]
        assert np.array_equal(x, epochs)
        assert np.allclose(y, [getattr(ended.test, name) for ended in run.history])


def test_one_that_is_finished_is_shown_and_trained_further(lab, shared):
    run = Run.open(shared[0])
    assert (run.training.state, run.training.ranks, run.epochs) == ("finished", 2, 3)
    lab.open(shared[0])
    is_shown(lab, run)
    assert not lab.action("finishTraining").isEnabled()
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.press("trainFurtherButton")
    further = lab.session.run
    assert (further.training.state, further.training.ranks, further.epochs) == ("finished", 1, 6)
    assert further.history[:3] == run.history
    assert further.history[-1].train.loss < run.history[-1].train.loss
    assert lab.epochs_drawn() == 6


def test_one_that_was_stopped_is_shown_and_finished_as_one_process_would_have_trained_it(lab, run_file, shared):
    run = Run.open(shared[1])
    assert (run.training.state, run.training.ranks) == ("stopped", 2)
    assert 2 <= run.epochs < EPOCHS
    lab.open(shared[1])
    is_shown(lab, run)
    with lab.qtbot.waitSignal(lab.session.training.ended):
        lab.action("finishTraining").trigger()
    finished, alone = lab.session.run, Run.open(run_file(training__epochs=EPOCHS))
    assert finished.snapshot.run_id == run.snapshot.run_id
    assert (finished.training.state, finished.training.ranks) == ("finished", 1)
    assert lab.epochs_drawn() == finished.epochs == EPOCHS
    assert finished.history[: run.epochs] == run.history
    ours, theirs = ([ended.test.loss for ended in each.history] for each in (finished, alone))
    assert np.allclose(ours, theirs, rtol=1e-3)
