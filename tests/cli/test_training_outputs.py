"""What `latentlab train` writes: earlier epochs and what TensorBoard reads beside the run, which is never lost."""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentlab.__main__ import main
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run, RunError
from latentlab.core.training.autosave import Autosave
from tests.cli.trainings import train


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


def at_the_end(happens, monkeypatch):
    """Have something happen when a training has ended, just before it is saved."""
    finish = Autosave.finish
    monkeypatch.setattr(Autosave, "finish", lambda self, run: (happens(), finish(self, run))[1])


def workspace_of(home):
    return set((home / "data" / "latentlab" / "runs").iterdir())


def lost_folder(folder):
    """Give what takes a folder away while a training goes on."""
    return lambda: folder.rename(folder.with_name("elsewhere"))


def taken_place(folder):
    """Give what makes a folder in the place of a run while a training goes on."""
    return lambda: (folder / "run.safetensors").mkdir()


@pytest.mark.parametrize("happens", [lost_folder, taken_place])
def test_a_run_that_cannot_be_saved_is_kept_elsewhere_and_where_is_said(
    happens, tmp_path, array, capsys, monkeypatch, own_home
):
    first, out = tmp_path / "first.safetensors", tmp_path / "out" / "run.safetensors"
    assert train(first, array, "--epochs", "1") == 0
    capsys.readouterr()
    earlier = workspace_of(own_home)
    at_the_end(happens(out.parent), monkeypatch)
    assert train(out, array, "--epochs", "1", "--resume", str(first)) == 1
    *_, told, trained = capsys.readouterr().err.splitlines()
    (kept,) = workspace_of(own_home) - earlier
    assert told.startswith(f"latentlab: The run could not be saved as {out}: ")
    assert told.endswith(f"; it is kept as {kept}.")
    assert trained == f"Trained 2 epochs, saved as {kept}."
    assert Run.open(kept).epochs == 2
    assert Run.open(kept).training.state == "finished"


def test_a_run_that_not_even_the_folder_of_kept_runs_takes_is_among_temporary_files(
    tmp_path, array, capsys, monkeypatch, own_home
):
    out = tmp_path / "out" / "run.safetensors"
    (own_home / "data" / "latentlab").mkdir(parents=True)
    (own_home / "data" / "latentlab" / "runs").write_text("no folder")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    at_the_end(lost_folder(out.parent), monkeypatch)
    assert train(out, array, "--epochs", "1") == 1
    (folder,) = (tmp_path / "temporary").iterdir()
    (kept,) = folder.iterdir()
    told = capsys.readouterr().err
    assert told.count(f"it is kept as {kept}.") == 2  # not in the workspace, and not as --out says
    assert told.endswith(f"Trained 1 epoch, saved as {kept}.\n")
    assert Run.open(kept).epochs == 1


# Names that are no UTF-8, as on an old disk


@pytest.fixture
def nameless_folder(tmp_path):
    """Give a folder of pictures whose name, and those of its classes, are no UTF-8; one has a line break, too."""
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        for number, name in enumerate((b"k\xe4tzchen", b"hund\n\xfc", "日本".encode())):
            of_class = folder / os.fsdecode(name)
            of_class.mkdir(parents=True)
            for place in range(6):
                Image.new("L", (28, 28), 40 * number + place).save(of_class / f"{place}.png")
    except OSError:
        pytest.skip("This system has no such names.")
    return folder


def test_names_that_are_no_utf8_end_neither_a_training_nor_a_table_nor_tensorboard(nameless_folder, tmp_path, capsys):
    pytest.importorskip("tensorboard")
    name = f"folder:{nameless_folder}"
    out, logs, table = tmp_path / "run.safetensors", tmp_path / "logs", tmp_path / "codes.csv"
    assert train(out, name, "--epochs", "1", "--tensorboard", str(logs), "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out.splitlines()[-1])["event"] == "finished"
    assert "caf\\xe9" in told.err
    run = Run.open(out)
    assert set(run.snapshot.class_names) == {"k\\xe4tzchen", "hund\\u000a\\xfc", "日本"}
    assert run.recipe.data.dataset == f"folder:{tmp_path}/caf\\xe9"
    assert Recipe.from_toml(run.recipe.to_toml()) == run.recipe
    (own,) = logs.iterdir()
    words = set((own / "codes" / "metadata.tsv").read_text(encoding="utf-8").splitlines())
    assert words == set(run.snapshot.class_names)
    # What the run has written down is found again.
    assert main(["evaluate", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 3
    assert main(["export", str(out), "codes", "--out", str(table)]) == 0
    assert "k\\xe4tzchen" in table.read_text(encoding="utf-8")
    again = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9.safetensors"))
    assert train(again, name, "--epochs", "1", "--resume", str(out)) == 0
    assert Run.open(again).epochs == 2
    assert main(["evaluate", str(again), "--dataset", "folder:nowhere\udce9"]) == 2
    assert "nowhere\\xe9" in capsys.readouterr().err


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
