"""A sweep by Slurm from the command line: submitted, followed, left, gone on with, and told as any other."""

import json
import re
import signal
import subprocess
import sys

import pytest

from latentlab.__main__ import main
from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs.run import Run
from latentlab.core.training import sweep_slurm
from latentlab.core.training.sweep_folder import FOLDER, SweepFolder
from latentlab.core.training.sweep_plan import SweepPlan
from tests.cli.trainings import TINY, at_event, said
from tests.core.runs.fakes import fake_run
from tests.core.training import fake_slurm

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Slurm's scripts are those of a Unix shell")


@pytest.fixture
def command(array):
    """Give the command of a sweep that trains for a moment, but for what is varied."""
    fixed = [f"{key}={value};" for key, value in (each.split("=") for each in TINY[1:])]
    return ["sweep", "mlp-vae-2d", "--dataset", array, "--name", "mine", "--epochs", "1", "--set", *fixed]


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    with fake_slurm.installed(tmp_path, monkeypatch) as state:
        yield state


@pytest.fixture
def played(runs, tmp_path, monkeypatch):
    """Give a sweep whose runs are only played, with its command and what is known of Slurm."""
    runs.mkdir(parents=True)
    plan = SweepPlan.of(Recipe.load("digits-vae-2d"), ["beta=1,2,3"], name="mine")
    command = ["sweep", "digits-vae-2d", "--set", "beta=1,2,3", "--name", "mine", "--launcher", "slurm"]
    with fake_slurm.installed(tmp_path, monkeypatch, fake_slurm.played(plan, runs)) as state:
        yield plan, command, state


def told(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_tasks_train_one_fails_and_the_same_command_tries_that_one_again(command, runs, slurm, capsys):
    images = "images=0,1,2,3,4,5,6,7,8,9,10,11;99999"
    everything = [*command, images, "--limit", "64", "--launcher", "slurm", "--slurm=-p gpu -c 1", "--json"]
    assert main(everything) == 1
    standing, *lines, last = told(capsys)
    assert (standing["missing"], standing["submitted"], standing["job"]) == ([1, 2], [1, 2], "100")
    good, bad = sorted(lines, key=lambda line: line["number"])
    assert (good["state"], good["earlier"], bad["state"], bad["path"]) == ("finished", False, "failed", None)
    assert "99999" in bad["problem"]
    assert (last["finished"], last["failed"]) == (1, [{"number": 2, "problem": bad["problem"]}])
    assert good["test"]["reconstruction"] + good["test"]["kl"] == last["table"][0]["negative_elbo"]["mean"]
    run = Run.open(good["path"])
    assert (run.group["name"], run.group["number"], run.recipe.training.threads) == ("mine", 1, 1)
    fake_run(runs / SweepFolder(runs, "mine").plan().members[1].file_name, group=run.group | {"number": 2})
    assert main(["sweep", "--launcher", "slurm", "--json"]) == 0  # of the folder's only one
    standing, *lines, last = told(capsys)
    assert (standing["finished"], standing["submitted"], standing["script"]) == ([1, 2], [], None)
    assert ([line["earlier"] for line in lines], last["finished"]) == ([True, True], 2)
    (options,) = fake_slurm.submitted(slurm)
    assert (options["--array"], options["-p"], options["-c"]) == ("1-2", "gpu", "1")


def test_ctrl_c_leaves_the_jobs_and_says_so_and_they_are_found_again(played, runs, monkeypatch, capsys):
    plan, command, slurm = played
    waits = runs / plan.members[0].file_name
    waits.with_suffix(".todo").write_text("wait")
    follow = sweep_slurm.SlurmArray.follow

    def interrupted(array, standing, stop):
        for event in follow(array, standing, stop):
            yield event
            if event.epochs:
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(sweep_slurm.SlurmArray, "follow", interrupted)
        assert main([*command, "--jobs", "1"]) == 130
    assert said(capsys)[-1] == (
        "0 of 3 runs are finished. Slurm's jobs go on: latentlab sweep --resume mine, or the same command again, "
        "tells how far they are, and scancel 100 ends them."
    )
    assert main([*command[:-2], "--launcher", "local"]) == 2
    assert said(capsys)[-1] == (
        "latentlab: Slurm trains this sweep, job 100: scancel 100 first, or use --launcher slurm."
    )
    waits.with_suffix(".todo").unlink()
    assert main(["sweep", "--resume", "mine"]) == 0  # by Slurm, as it was given to it
    lines = said(capsys)
    assert sum(map(int, re.findall(r"\b(\d+) (?:running|waiting|finished)", lines[1]))) == 3
    assert "submitted" not in lines[1]
    assert "3 of 3 runs are finished" in lines[-1]
    (one,) = fake_slurm.submitted(slurm)
    assert one["--array"] == "1-3%1"


def test_where_there_is_no_slurm_it_is_said_how_the_array_is_submitted(command, runs, tmp_path, monkeypatch, capsys):
    fake_slurm.have_none(tmp_path, monkeypatch)
    assert main([*command, "beta=1,2", "--launcher", "slurm", "--slurm=--time=1:00:00"]) == 0
    script = runs / FOLDER / "mine" / "array.sbatch"
    *_, last = said(capsys)
    assert f"sbatch {script} submits it where there is one" in last
    assert "#SBATCH --time=1:00:00\n" in script.read_text()
    assert subprocess.run(["bash", "-n", str(script)], check=True, capture_output=True).stderr == b""
    assert main(["sweep", "--resume", "mine", "--task", "1", "--json"]) == 0  # what a task does
    assert told(capsys)[-1]["event"] == "finished"
    assert main(["sweep", "--resume", "mine", "--task", "1"]) == 0
    assert "beta=1 is finished" in said(capsys)[-1]
    assert main(["sweep", "--resume", "mine", "--task", "3"]) == 2
    assert "has the runs 1 to 2, and no run 3" in said(capsys)[-1]


def test_a_task_ends_when_the_sweep_is_asked_to_stop(command, runs, tmp_path, monkeypatch, capsys):
    fake_slurm.have_none(tmp_path, monkeypatch)
    monkeypatch.setattr("latentlab.cli.sweep_task._LOOK_SECONDS", 0.01)
    assert main([*command, "beta=1,2", "--epochs", "100000", "--launcher", "slurm"]) == 0
    place = SweepFolder(runs, "mine")
    at_event(lambda trainer: place.ask_to_stop(), monkeypatch)
    assert main(["sweep", "--resume", "mine", "--task", "2"]) == 143
    assert main(["sweep", "--resume", "mine", "--task", "1"]) > 128
    assert "asked to stop" in said(capsys)[-1]
    (path,) = runs.glob("*.safetensors")
    assert Run.open(path).training.state == "stopped"


def test_what_is_wrong_is_one_sentence(command, played, runs, tmp_path, capsys):
    plan, by_slurm, slurm = played
    for arguments, word in (
        ([*command, "beta=1,2", "--slurm=-p gpu"], "add --launcher slurm"),
        ([*command, "beta=1,2", "--launcher", "ssh"], "choose from"),
        ([*command, "beta=1,2", "--launcher", "slurm", "--slurm=gpu"], "not 'gpu'"),
        (["sweep", "--task", "1"], "name it with --resume"),
        (["sweep", "--launcher", "slurm"], "Slurm trains no sweep in"),
        ([*by_slurm, "--slurm=-p none", "--name", "other", "--seeds", "2"], "does not take the job array .* failed"),
    ):
        assert main(arguments) == 2
        assert re.search(word, said(capsys)[-1])
    (slurm / "busy").touch()
    assert main(by_slurm) == 2
    assert "Slurm does not say which runs it trains" in said(capsys)[-1]
    (slurm / "busy").unlink()
    assert main(["sweep", "--launcher", "slurm"]) == 2
    assert said(capsys)[-1].endswith("name one with --resume: mine, other.")
    for member in plan.members:
        fake_run(runs / member.file_name, group=member.group)
    assert main(by_slurm) == 0
    assert main(["sweep", "--launcher", "slurm"]) == 2  # the other one alone is left
    assert "does not take the job array" in said(capsys)[-1]
