"""What `latentlab train` writes beside the run: earlier epochs, and what TensorBoard reads."""

import sys

import numpy as np
import pytest

from latentlab.__main__ import main
from latentlab.core.runs.run import Run, RunError

TINY = ["--set", "encoder.layers=16", "decoder.layers=16", "batch_size=64"]


@pytest.fixture(scope="module")
def array(tmp_path_factory, tiny_images):
    """Give the name of an image set: the tiny images as a file."""
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    np.savez(path, images=tiny_images.train_images, labels=tiny_images.train_labels)
    return f"array:{path}"


def train(out, array, *more):
    return main(["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, *TINY, *more])


def test_checkpoints_are_runs_beside_the_run(tmp_path, array):
    out = tmp_path / "run.safetensors"
    assert train(out, array, "checkpoint_every=4", "--epochs", "10") == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "run-epoch04.safetensors",
        "run-epoch08.safetensors",
        "run.safetensors",
    ]
    early, last = Run.open(tmp_path / "run-epoch04.safetensors"), Run.open(out)
    assert early.epochs == 4
    assert early.history == last.history[:4]
    assert not np.allclose(early.codes, last.codes)


def test_a_checkpoint_of_a_run_that_goes_on_counts_from_its_beginning(tmp_path, array):
    first, out = tmp_path / "first.safetensors", tmp_path / "more" / "run.safetensors"
    assert train(first, array, "--epochs", "1") == 0
    assert train(out, array, "checkpoint_every=2", "--epochs", "2", "--resume", str(first)) == 0
    assert Run.open(out.with_name("run-epoch2.safetensors")).epochs == 2


def test_a_checkpoint_that_cannot_be_saved_is_told_and_no_reason_to_stop(tmp_path, array, capsys, monkeypatch):
    save = Run.save

    def refuse(self, path):
        if "epoch" in path.name:
            raise RunError("There is no room.")
        save(self, path)

    monkeypatch.setattr(Run, "save", refuse)
    out = tmp_path / "run.safetensors"
    assert train(out, array, "checkpoint_every=1", "--epochs", "2") == 0
    assert capsys.readouterr().err.count("There is no room.") == 2
    assert Run.open(out).epochs == 2


def test_tensorboard_reads_what_was_trained(tmp_path, array):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    out, logs = tmp_path / "run.safetensors", tmp_path / "some" / "logs"
    assert train(out, array, "--epochs", "2", "--tensorboard", str(logs)) == 0
    (own,) = logs.iterdir()
    found = EventAccumulator(str(own))
    found.Reload()
    run = Run.open(out)
    assert own.name.startswith("mlp-vae-2d-")
    assert own.name.endswith(run.snapshot.run_id[:4])
    assert [point.value for point in found.Scalars("loss/test")] == [
        pytest.approx(ended.test.loss) for ended in run.history
    ]
    assert [event.step for event in found.Images("manifold")] == [1, 2]
    assert np.loadtxt(own / "codes" / "tensors.tsv") == pytest.approx(run.codes, abs=1e-4)


def test_a_disk_that_is_full_is_told_once_and_no_reason_to_stop(tmp_path, array, capsys, monkeypatch):
    pytest.importorskip("tensorboard")

    def full(self, tag, pixels, step):
        from latentlab.core.output.event_files import TensorBoardError

        raise TensorBoardError("There is no room.")

    monkeypatch.setattr("latentlab.core.output.event_files.EventFiles.picture", full)
    out = tmp_path / "run.safetensors"
    assert train(out, array, "--epochs", "2", "--tensorboard", str(tmp_path / "logs")) == 0
    assert capsys.readouterr().err.count("There is no room.") == 1
    assert Run.open(out).epochs == 2


def test_a_folder_that_cannot_be_written_to_is_bad_input(tmp_path, array, capsys):
    pytest.importorskip("tensorboard")
    out, file = tmp_path / "run.safetensors", tmp_path / "file"
    file.touch()
    assert train(out, array, "--tensorboard", str(file)) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(file) in told
    assert not out.exists()


def test_without_tensorboard_the_option_says_how_to_install_it(tmp_path, array, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    out = tmp_path / "run.safetensors"
    assert train(out, array, "--tensorboard", str(tmp_path / "logs")) == 2
    assert "pip install tensorboard" in capsys.readouterr().err
    assert not out.exists()
    assert not (tmp_path / "logs").exists()
