"""A sweep by the command line, with processes that really train: told, stopped, killed, and gone on with."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from latentlab.__main__ import main
from latentlab.core.runs.run import Run
from latentlab.core.training import own_process
from latentlab.core.training.sweep_folder import FOLDER, SweepFolder
from tests.cli.trainings import TINY, said, same

ROOT = Path(__file__).parents[2]


@pytest.fixture
def command(array, runs):
    """Give the command of a sweep, but for what is varied."""
    fixed = [f"{key}={value};" for key, value in (each.split("=") for each in TINY[1:])]
    return ["sweep", "mlp-vae-2d", "--dataset", array, "--name", "mine", "--set", *fixed]


def told(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_sweep_is_trained_one_run_fails_and_all_is_told(command, runs, tmp_path, array, capsys):
    images = "images=0,1,2,3,4,5,6,7,8,9,10,11;99999"
    assert main([*command, images, "--seeds", "1", "--epochs", "1", "--limit", "64", "--json"]) == 1
    *lines, last = told(capsys)
    good, bad = sorted(lines, key=lambda line: line["number"])
    assert (good["state"], bad["state"], bad["path"]) == ("finished", "failed", None)
    assert "99999" in bad["problem"]
    assert (last["event"], last["finished"], last["runs"]) == ("finished", 1, 2)
    assert last["failed"] == [{"number": 2, "problem": bad["problem"]}]
    assert [row["runs"] for row in last["table"]] == [1, 0]
    run = Run.open(good["path"])
    assert Path(good["path"]).parent == runs
    assert (run.group["name"], run.group["number"], run.group["of"]) == ("mine", 1, 2)
    assert run.group["settings"] == {"data.images": "0,1,2,3,4,5,6,7,8,9,10,11"}
    assert good["test"]["reconstruction"] + good["test"]["kl"] == last["table"][0]["negative_elbo"]["mean"]
    assert main(["runs", "--search", "mine", "--json"]) == 0
    assert [each["group"] for each in told(capsys)] == [run.group]


def test_what_is_wrong_is_told_before_anything_is_trained(command, runs, capsys):
    for more, word in (
        (["beta=1,-1"], "not allowed"),
        (["bta=1,2"], "no setting"),
        (["beta=1,2", "--epochs", "3", "--set", "epochs=1,2"], "set twice"),
        (["latent=2"], "single run"),
        (["beta=1,2", "--jobs", "0"], "whole number from 1 on"),
        (["beta=1,2", "--resume", "mine"], "leave out"),
        (["dataset=digits;array:/nowhere.npz", "--dataset", "digits"], "set twice"),
        (["beta=1,2", "--workspace", "/dev/null/w"], "cannot be made|could not be kept"),
    ):
        assert main([*command, *more]) == 2
        (sentence,) = said(capsys)
        assert re.search(word, sentence)
    for arguments, word in (
        (["sweep"], "needs a recipe"),
        (["sweep", "--resume", "nothing"], "no sweep 'nothing'"),
        (["sweep", "--resume", ""], f"no sweep '' in {runs}: "),
        (["sweep", "--resume", "../.."], f"no sweep '../..' in {runs}: "),
        (["sweep", "digits-vae-2d", "--set", "dataset=digits;array:/nowhere.npz"], "does not exist"),
        (["sweep", "digits-vae-2d", "--set", "dataset=digits,mnist", "--data-dir", "/nowhere"], "download mnist"),
    ):
        assert main(arguments) == 2
        (sentence,) = said(capsys)
        assert word in sentence
    assert not list(runs.glob("*.safetensors"))
    assert not (runs / FOLDER).exists()


def children(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


def is_of(pid, number):
    """Whether a process trains a run of this number."""
    return f"/mine-{number}-".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()


def until(condition):
    end = time.monotonic() + 90
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes as Linux tells them")
def test_a_sweep_that_is_killed_and_stopped_goes_on_and_trains_nothing_twice(command, runs, array, capsys):
    everything = [*command, "beta=1,4", "--epochs", "120", "--limit", "150"]
    words = [SweepFolder(runs, "mine").words(number) for number in (1, 2)]

    def begin():
        # Two of them: none of the runs must wait for the other.
        arguments = [sys.executable, "-m", "latentlab", *everything, "--jobs", "2"]
        return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    with begin() as killed:
        held = {}

        def are_held():
            """Hold both in the middle of their training."""
            for number, word in enumerate(words, 1):
                if number not in held and word.exists() and '"epoch": 1,' in word.read_text():
                    (held[number],) = (pid for pid in children(killed.pid) if is_of(pid, number))
                    os.kill(held[number], signal.SIGSTOP)
            return len(held) == 2

        until(are_held)
        ids = {re.search(r'"run": "(\w+)"', word.read_text())[1] for word in words}
        killed.kill()
    os.kill(held[1], signal.SIGKILL)
    until(lambda: own_process.lives(words[0]) + own_process.lives(words[1]) == 1)
    # Two at once are refused.
    with SweepFolder(runs, "mine").held():
        assert main(everything) == 2
    assert "is going on already" in said(capsys)[-1]
    with begin() as stopped:
        until(lambda: children(stopped.pid))
        stopped.send_signal(signal.SIGTERM)
    assert stopped.returncode == 143
    os.kill(held[2], signal.SIGCONT)
    assert main(["sweep", "--resume", "mine", "--json"]) == 0
    *lines, last = told(capsys)
    assert [line["state"] for line in lines] == ["finished"] * 2
    assert (last["finished"], last["stopped"]) == (2, False)
    found = [Run.open(path) for path in sorted(runs.glob("*.safetensors"))]
    assert len(found) == 2
    # The orphan went on; the killed one had nothing on the disk yet, or went on under its own name.
    assert len(ids & {run.snapshot.run_id for run in found}) >= 1
    out = runs.parent / "alone.safetensors"  # what was killed is what it is without a sweep
    alone = ["--epochs", "120", "--limit", "150", "--set", "beta=1", "threads=1"]
    assert main(["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, *TINY, *alone]) == 0
    assert same(Run.open(out), found[0])
    capsys.readouterr()
    assert main(everything) == 0  # there is nothing left to do
    assert "2 of 2 runs are finished" in said(capsys)[-1]
