"""What tests of the command line share: images, folders, and runs that it has trained."""

import numpy as np
import pytest

from latentlab.core.runs.run import Run
from tests.cli.trainings import at_event, each_event, train


@pytest.fixture(autouse=True)
def soon_prepared(measured_once):
    """Have no training measure the images that another one has."""


@pytest.fixture(scope="session")
def array(tmp_path_factory, tiny_images):
    """Give the name of an image set: the tiny images as a file."""
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    np.savez(path, images=tiny_images.train_images, labels=tiny_images.train_labels)
    return f"array:{path}"


@pytest.fixture
def runs(own_home):
    return own_home / "data" / "latentlab" / "runs"


@pytest.fixture
def whole(tmp_path, array, capsys):
    """Give a run of three epochs that was never stopped."""
    out = tmp_path / "whole.safetensors"
    assert train(out, array, "--epochs", "3") == 0
    capsys.readouterr()
    return Run.open(out)


@pytest.fixture
def broken(tmp_path, array, runs, capsys, monkeypatch):
    """Give the file of a training that broke off in its second epoch, as after a crash."""
    before = set(runs.glob("*.safetensors"))

    def crash(trainer):
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        each_event(patch)
        patch.setattr("latentlab.core.training.trainer._MESSAGE_SECONDS", 0)
        at_event(crash, patch, number=9)
        assert train(tmp_path / "lost.safetensors", array, "--epochs", "3") == 9
    capsys.readouterr()
    (path,) = set(runs.glob("*.safetensors")) - before
    assert not (tmp_path / "lost.safetensors").exists()
    run = Run.open(path)
    assert (run.training.state, run.epochs, run.training.steps_done) == ("training", 1, 2)
    return path
