"""The runs in the workspace, as they are listed, and which folder that is."""

import json
from pathlib import Path

import pytest

from latentlab.__main__ import main
from latentlab.core.locks import machine
from latentlab.core.runs import run_index
from latentlab.core.runs.run import Run
from latentlab.core.runs.run_notes import RunNotes, say
from latentlab.core.writing import temporary_name
from tests.cli.trainings import said, same, train
from tests.core.runs.fakes import fake_run


def test_runs_are_listed_for_people_and_programs(whole, broken, runs, array, capsys):
    assert main(["runs", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(each["state"] for each in told) == ["finished", "interrupted"]
    finished, off = sorted(told, key=lambda each: each["state"])
    assert off["path"] == str(broken)
    assert (finished["epochs"], finished["of_epochs"], off["of_epochs"]) == (3, 3, 3)
    assert finished["test"]["loss"] == pytest.approx(whole.history[-1].test.loss)
    assert {each["dataset"] for each in told} == {array}
    assert main(["runs"]) == 0
    told = capsys.readouterr()
    assert broken.stem in told.out
    assert "interrupted" in told.out
    assert str(runs) in told.err


def test_a_run_that_the_workspace_did_not_take_is_listed_with_where_it_is(whole, array, tmp_path, runs, capsys):
    runs.rename(tmp_path / "taken")
    runs.touch()
    assert train(tmp_path / "out.safetensors", array, "--epochs", "1") == 0
    runs.unlink()
    (tmp_path / "taken").rename(runs)
    capsys.readouterr()
    assert main(["runs", "--json"]) == 0
    spare, kept = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (spare["epochs"], kept["epochs"]) == (1, 3)
    assert Path(kept["path"]).parent == runs
    assert same(Run.open(Path(spare["path"])), Run.open(tmp_path / "out.safetensors"))
    assert main(["runs"]) == 0
    told = capsys.readouterr()
    assert all(Path(each["path"]).stem in told.out for each in (spare, kept))
    assert f"{spare['path']} is among temporary files" in told.err


def test_no_runs_is_a_sentence(own_home, tmp_path, capsys):
    assert main(["runs"]) == 0
    assert "There are no runs in" in said(capsys)[-1]
    assert main(["runs", "--json"]) == 0
    assert capsys.readouterr() == ("", "")
    (tmp_path / "file").touch()
    assert main(["runs", "--workspace", str(tmp_path / "file")]) == 2
    assert "--workspace" in said(capsys)[-1]


def listed(capsys, *more):
    assert main(["runs", "--json", *more]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_runs_are_searched_and_put_in_another_order(runs, capsys):
    runs.mkdir(parents=True)
    for number, loss in enumerate((3.0, 1.0, 2.0)):
        fake_run(runs / f"run{number}.safetensors", loss=loss, epochs=1, dataset="digits" if number else "mnist")
    say(runs / "run2.safetensors", RunNotes("Mine", "with β = 4"))
    assert [each["test"]["loss"] for each in listed(capsys, "--sort", "loss")] == [1.0, 2.0, 3.0]
    assert [each["test"]["loss"] for each in listed(capsys, "--sort", "loss", "--reverse")] == [3.0, 2.0, 1.0]
    (found,) = listed(capsys, "--search", "β DIG")
    assert (found["title"], found["notes"], found["seconds"], found["size"]) == (
        "Mine", "with β = 4", 12.0, (runs / "run2.safetensors").stat().st_size,
    )  # fmt: skip
    keys = {"path", "state", "recipe", "dataset", "epochs", "of_epochs", "test", "started", "saved"}
    assert keys <= set(found)
    assert main(["runs", "--search", "mine"]) == 0
    told = capsys.readouterr().out
    assert "Mine" in told
    assert "run1" not in told
    assert main(["runs", "--search", "nothing"]) == 0
    assert "None of the 3 runs" in said(capsys)[-1]
    assert main(["runs", "--sort", "colour"]) == 2
    assert said(capsys)[-1].startswith("latentlab: Argument --sort: invalid choice: 'colour'")


def test_that_listing_takes_longer_than_it_need_is_told_and_the_list_is_the_same(runs, capsys):
    runs.mkdir(parents=True)
    fake_run(runs / "run.safetensors")
    (runs / run_index.NAME).mkdir()
    assert main(["runs", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["path"] == str(runs / "run.safetensors")
    assert "The index of" in told.err


@pytest.mark.parametrize("how", ["option", "variable", "both"])
def test_the_workspace_is_where_one_says(how, array, tmp_path, runs, capsys, monkeypatch):
    folder, out = tmp_path / "work", tmp_path / "out.safetensors"
    if how != "option":
        monkeypatch.setenv("LATENTLAB_WORKSPACE", str(tmp_path / "other" if how == "both" else folder))
    option = [] if how == "variable" else ["--workspace", str(folder)]
    assert train(out, array, "--epochs", "1", *option) == 0
    (kept,) = folder.iterdir()
    assert same(Run.open(kept), Run.open(out))
    assert not runs.exists()
    assert not (tmp_path / "other").exists()
    capsys.readouterr()
    assert main(["runs", "--json", *option]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(kept)


def test_the_next_training_sweeps_what_a_killed_one_left(array, tmp_path, runs):
    runs.mkdir(parents=True)
    left = [runs / temporary_name(), runs / ".gone.safetensors.lock"]
    for path in left:
        path.write_text(machine())
    assert train(tmp_path / "out.safetensors", array, "--epochs", "1") == 0
    assert not any(path.exists() for path in left)
