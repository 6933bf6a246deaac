"""Trainings that torchrun shares among processes: the same losses however many they are, and an end to each fault."""

import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from latentlab.core.runs.run import Run
from tests.cli import shared_trainings
from tests.cli.nursery import ROOT
from tests.cli.ranks_nursery import RanksNursery

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows copies no processes."),
    pytest.mark.timeout(100),
]
TINY = ["mlp-vae-2d", "--dataset", "digits", "--limit", "200", "--device", "cpu"]
TINY += ["--set", "encoder.layers=8", "decoder.layers=8", "batch_size=30"]
GONE = "processes that compute together is gone"


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    nursery = RanksNursery(tmp_path_factory.mktemp("ranks"))
    yield nursery
    nursery.close()


@pytest.fixture
def place(tmp_path):
    return ["--workspace", tmp_path / "work", "--out", tmp_path / "run.safetensors"]


@pytest.fixture(scope="module")
def unshared(ranks, tmp_path_factory):
    """Give a run of three epochs that one process alone has trained."""
    folder = tmp_path_factory.mktemp("unshared")
    out = folder / "run.safetensors"
    assert ranks(1, "train", *TINY, "--epochs", 3, "--workspace", folder, "--out", out) == [0], ranks.told(0)
    return Run.open(out)


def numbers(run):
    """Give all that is told of a run's epochs."""
    return np.array(
        [
            [*(getattr(each, name) for name in ("loss", "reconstruction", "kl")), ended.objective]
            for ended in run.history
            for each in (ended.train, ended.test)
        ]
    )


def is_silent(ranks, *others):
    return all(ranks.told(each) == "" for each in others)


def kept(folder):
    (path,) = folder.glob("*.safetensors")
    return Run.open(path)


@pytest.mark.parametrize("count", [2, pytest.param(3, marks=pytest.mark.soak), pytest.param(4, marks=pytest.mark.soak)])
def test_several_processes_learn_what_one_learns_and_one_goes_on_with_it(ranks, tmp_path, count):
    """Of every kind, with a last batch that has fewer images than there are processes, so that some have none.

    By micro-batches to the last bit.
    """
    assert ranks(count, "shared", tmp_path) == [0] * count, ranks.told(0) + ranks.told(1)
    found = json.loads((tmp_path / "found.json").read_text())
    alone = {kind: shared_trainings.trained(kind)[0] for kind in shared_trainings.KINDS}
    for kind, expected in alone.items():
        for name in ("losses", "weights", "images"):
            np.testing.assert_allclose(
                found[kind][name], expected[name], rtol=1e-4, atol=1e-6, err_msg=f"{kind}: {name}"
            )
    for kind in shared_trainings.EXACT:
        assert found[kind] == alone[kind], kind
    for kind in (shared_trainings.STOPPED, *shared_trainings.EXACT):
        stopped = Run.open(tmp_path / f"stopped {kind}.safetensors")
        assert (stopped.training.state, stopped.training.ranks) == ("stopped", count)
        assert 0 < stopped.training.steps_done + 3 * stopped.epochs < 6
        gone_on, run = shared_trainings.trained(kind, run=stopped)
        np.testing.assert_allclose(gone_on["losses"], alone[kind]["losses"], rtol=1e-5)
        assert run.training.ranks == 1
        assert gone_on == alone[kind] or kind not in shared_trainings.EXACT


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_one_that_is_asked_to_stop_ends_all_and_fewer_go_on(ranks, unshared, place, number):
    statuses = ranks(3, "train", *TINY, "--epochs", 300, *place, signalled=(1, number), after="epoch   1")
    assert statuses == [130, 128 + number, 130], ranks.told(0)
    assert ranks.told(0).count("Interrupted after") == 1
    assert is_silent(ranks, 1, 2)
    run = Run.open(place[3])
    assert run.training.state == "stopped"
    assert kept(place[1]).epochs == run.epochs
    np.testing.assert_allclose(numbers(run)[:2], numbers(unshared)[:2], rtol=1e-5)


def test_what_is_stopped_on_three_is_finished_on_two(ranks, unshared, place, tmp_path):
    three = ["train", *TINY, "--epochs", 3, *place]
    assert ranks(3, *three, signalled=(2, signal.SIGTERM), after="epoch   1")[0] in (0, 130)
    run = Run.open(place[3])
    if run.training.state == "stopped":  # else it was quicker than the signal
        assert ranks(2, "resume", place[3], "--workspace", place[1], "--json") == [0, 0], ranks.told(0)
        assert is_silent(ranks, 1)
        run = Run.open(place[3])
    assert run.training.state == "finished"
    np.testing.assert_allclose(numbers(run), numbers(unshared), rtol=1e-5)


def test_one_that_is_killed_ends_the_others_and_they_go_on_when_started_again(ranks, unshared, place):
    arguments = ["train", *TINY, "--epochs", 3, *place]
    statuses = ranks(2, *arguments, signalled=(1, signal.SIGKILL), after="epoch   1", most=1)
    assert statuses == [1, -signal.SIGKILL], ranks.told(0)
    said = ranks.told(0).splitlines()[-1]
    (path,) = place[1].glob("*.safetensors")
    assert GONE in said
    assert f"latentlab resume {path}" in said
    assert "Traceback" not in ranks.told(0)
    before = Run.open(path)
    assert before.training.state == "training"
    assert ranks(2, *arguments, restarts=1, most=1) == [0, 0], ranks.told(0)
    assert f"Started again: {path} goes on" in ranks.told(0)
    run = Run.open(place[3])
    assert run.snapshot.run_id == before.snapshot.run_id
    np.testing.assert_allclose(numbers(run), numbers(unshared), rtol=1e-5)
    assert not [*place[1].glob(".torchrun*")]


@pytest.mark.parametrize("which", [0, 1])
def test_one_that_stands_still_is_not_waited_for(ranks, place, which):
    """Even if it is the first one, by whom they tell each other."""
    statuses = ranks(2, "train", *TINY, "--epochs", 300, *place, signalled=(which, signal.SIGSTOP), after="epoch   1")
    assert sorted(statuses) == [-signal.SIGKILL, 1]  # what still stood, by this test in the end
    assert GONE in ranks.told(1 - which)


def test_what_has_ended_by_a_signal_is_not_begun_anew(ranks, place):
    arguments = ["train", *TINY, "--epochs", 300, *place]
    ranks(2, *arguments, signalled=(1, signal.SIGTERM), after="epoch   1", most=1, name="signalled")
    run = Run.open(place[3])
    assert ranks(2, *arguments, restarts=1, most=1, name="signalled") == [130, 130], ranks.told(0)
    assert Run.open(place[3]).epochs == run.epochs
    assert not [*place[1].glob(".torchrun*")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", *TINY, "batch_size=2"], "A batch of 2 images cannot be shared among 3 processes"),
        (
            ["train", *TINY, "micro_batch=15"],
            "A batch of 30 images in micro-batches of 15 cannot be shared among 3 proc",
        ),
        (["train", *TINY, "--limit", "1"], "A batch of 1 image cannot be shared among 3 processes"),
        (["train", *TINY[:-4], "--device", "mps"], "Apple's GPU|no 'mps' device"),
        (["train", "-"], "cannot read one standard input"),
        (["train", "no-such-recipe"], "no-such-recipe"),
        (["train"], "required"),
        (["runs"], "start 'runs' without it"),
    ],
    ids=[
        "small batches",
        "large micro-batches",
        "one image",
        "Apple's GPU",
        "standard input",
        "no recipe",
        "no arguments",
        "another command",
    ],
)
def test_what_cannot_be_shared_is_refused_once(ranks, place, arguments, sentence):
    statuses = ranks(3, *arguments, *(place[:2] if len(arguments) > 1 else []))
    assert statuses == [2, 2, 2], ranks.told(0)
    (said,) = ranks.told(0).splitlines()
    assert said.startswith("latentlab: ")
    assert re.search(sentence, said)
    assert is_silent(ranks, 1, 2)


def test_an_evaluation_is_shared(ranks, unshared, array, tmp_path):
    unshared.save(path := tmp_path / "run.safetensors")
    told = []
    for count in (1, 3):
        assert ranks(count, "evaluate", path, "--dataset", array, "--likelihood", "--json") == [0] * count, ranks.told(
            0
        )
        told.append(json.loads(ranks.told(0).splitlines()[-1]))
        del told[-1]["likelihood"]["seconds"]
    assert is_silent(ranks, 1, 2)
    alone, shared = (each["test"] | each["likelihood"] for each in told)
    assert alone.keys() == shared.keys()
    for name, value in alone.items():
        assert value is None or shared[name] == pytest.approx(value, rel=1e-4), name


@pytest.mark.timeout(100)
def test_torchrun_itself(unshared, place, tmp_path):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "latentlab"]
    done = subprocess.run(
        [*command, "train", *TINY, "--epochs", "3", *map(str, place), "--json"],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    words = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["event"] for each in words] == ["started", "epoch", "epoch", "epoch", "finished"]
    assert "Warning" not in done.stderr
    np.testing.assert_allclose(numbers(Run.open(place[3])), numbers(unshared), rtol=1e-5)
