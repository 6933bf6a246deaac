"""Trainings, exports and downloads that are killed at any moment: files are whole, nothing lies about, nothing is lost.

The short versions are in the suite; of the long ones, `pytest -m soak`, the last line of output tells what they met.
"""

import hashlib
import json
import os
import random
import signal
from dataclasses import dataclass

import numpy as np
import pytest
from safetensors import safe_open

from latentlab.core import writing
from latentlab.core.data import leftovers, registry
from latentlab.core.runs import epochs_on_disk, run_index, workspace
from latentlab.core.runs.run import Run
from tests.cli.nursery import SET, Nursery, stored_set

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows copies no processes.")
TINY = ["--dataset", "digits", "--limit", "200", "--epochs", "4"]
TINY += ["--set", "encoder.layers=8", "decoder.layers=8", "batch_size=8"]
TIMES = ("started", "saved", "step_seconds", "test_seconds", "epoch_seconds")


def short_and_long(short, long):
    """Give how often something is killed: in the suite, and in the soak."""
    return pytest.mark.parametrize(
        "kills", [short, pytest.param(long, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
    )


@pytest.fixture(scope="module")
def nursery(tmp_path_factory):
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


def digest(path):
    """Give a hash of all that a run's file holds, but for its id and times."""
    found = hashlib.sha256()
    with safe_open(path, "np") as file:
        values = {key: json.loads(value) for key, value in file.metadata().items() if key not in ("format", "run")}
        values["training"] = {key: value for key, value in values["training"].items() if key not in TIMES}
        values["history"] = [
            {key: value for key, value in each.items() if key not in ("run", "seconds")} for each in values["history"]
        ]
        found.update(json.dumps(values, sort_keys=True).encode())
        for name in sorted(file.keys()):
            found.update(name.encode())
            found.update(np.ascontiguousarray(file.get_tensor(name)).tobytes())
    return found.hexdigest()


@dataclass
class Unstopped:
    """A training that nobody stopped: its file's hash, and how long it took from its first step on."""

    digest: str
    seconds: float
    path: object

    def moment(self, most):
        """Choose when such a training gets a signal: mostly while it trains and saves, sometimes before."""
        return {"after": random.uniform(0, most * self.seconds), "from_first_word": random.random() < 0.8}


@pytest.fixture(scope="module")
def unstopped(nursery, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unstopped")
    arguments = ["train", "mlp-vae-2d", "--out", folder / "run.safetensors", "--workspace", folder, *TINY]
    assert nursery(*arguments)["status"] == 0, nursery.told
    done = nursery(*arguments, from_first_word=True)  # the first copies pages that later ones have
    assert done["status"] == 0
    return Unstopped(digest(folder / "run.safetensors"), done["seconds"], folder / "run.safetensors")


class Place:
    """Where trainings are killed: a workspace, and where the runs go in the end."""

    def __init__(self, folder):
        self.folder, self.work, self.out = folder, folder / "work", folder / "run.safetensors"
        self.strays = 0

    def lying(self, folder=None):
        """Give what lies in a folder, but for epochs, and the index of the runs: the tests themselves list them."""
        found = (folder or self.folder).rglob("*")
        return [path for path in found if path.name != run_index.NAME and epochs_on_disk.FOLDER not in path.parts]

    def arguments(self):
        """Give what goes on with what broke off, or begins anew."""
        broken = [run for run in workspace.runs(self.work) if run.state in ("interrupted", "stopped")]
        command = ["resume", broken[0].path] if broken else ["train", "mlp-vae-2d", *TINY]
        return [*command, "--out", self.out, "--workspace", self.work]

    def start_again(self):
        """Do what the next start does, and see that all files are whole, and nothing else is there."""
        self.strays += sum(path.name.startswith(".") for path in self.lying())
        workspace.sweep(self.work)
        workspace.sweep(self.folder)
        for path in self.lying():
            assert path == self.work or path.suffix == ".safetensors", path
            if path != self.work:
                Run.open(path)
        assert len(self.lying(self.work)) <= 1
        return [run.state for run in workspace.runs(self.work)]

    def is_as(self, unstopped, *, is_out=True):
        """See that a training that has come to its end is as one that nobody stopped, and take it out of the way."""
        (kept,) = self.lying(self.work)
        assert digest(kept) == unstopped.digest
        assert not is_out or digest(self.out) == unstopped.digest
        kept.unlink()


@short_and_long(10, 600)
def test_a_training_that_is_killed_again_and_again_is_in_the_end_as_one_that_never_was(
    nursery, unstopped, tmp_path, kills
):
    place, killed, finished, states = Place(tmp_path), 0, 0, []
    while killed < kills:
        done = nursery(*place.arguments(), **unstopped.moment(1.2))
        assert done["status"] in (0, -signal.SIGKILL), nursery.told
        found = place.start_again()
        killed += done["status"] != 0
        states += found if done["status"] else []
        if found == [
            "finished"
        ]:  # killed before the end it has not come to where it should be, but is in the workspace
            place.is_as(unstopped, is_out=done["status"] == 0)
            finished += 1
    assert nursery(*place.arguments())["status"] == 0, nursery.told
    place.is_as(unstopped)
    assert place.strays
    assert "interrupted" in states
    interrupted = states.count("interrupted")
    print(f"{killed} kills: {interrupted} left a training to go on with, {place.strays} strays swept, "  # noqa: T201
          f"{finished + 1} came to their end")  # fmt: skip


@short_and_long(4, 150)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_training_that_is_asked_to_stop_saves_and_is_in_the_end_as_one_that_was_not(
    nursery, unstopped, tmp_path, kills, number
):
    place, statuses = Place(tmp_path), []
    while len(statuses) < kills:
        done = nursery(*place.arguments(), **unstopped.moment(1), number=number)
        statuses.append(done["status"])
        assert "Traceback" not in nursery.told
        # Before anything had begun; or, of Ctrl-C, while Python itself ends and all is saved.
        if done["status"] not in (0, -number):
            assert done["status"] in (130, 128 + number), nursery.told
            assert not [path for path in place.lying() if path.name.startswith(".")]
        if place.start_again() == ["finished"]:  # a signal that comes then finds all done but the way out
            place.is_as(unstopped, is_out=done["status"] == 0)
    if any(place.work.glob("*")):
        assert nursery(*place.arguments())["status"] == 0, nursery.told
        place.is_as(unstopped)
    print(f"{number.name}: statuses { ({each: statuses.count(each) for each in set(statuses)}) }")  # noqa: T201


EXPORTS = {"codes": "codes.csv", "manifold": "manifold.png"}


@short_and_long(3, 200)
def test_an_export_that_is_killed_leaves_the_earlier_file_or_the_later_one(nursery, unstopped, tmp_path, kills):
    whole, seconds = {}, {}
    for kind, name in EXPORTS.items():
        done = nursery("export", unstopped.path, kind, "--out", tmp_path / name)
        assert done["status"] == 0, nursery.told
        whole[kind], seconds[kind] = (tmp_path / name).read_bytes(), done["seconds"]
    for number in range(kills):
        kind = list(EXPORTS)[number % 2]
        path = tmp_path / EXPORTS[kind]
        before = b"" if number % 3 else b"earlier"
        path.write_bytes(before) if before else path.unlink(missing_ok=True)
        done = nursery("export", unstopped.path, kind, "--out", path, after=random.uniform(0.3, 1.1) * seconds[kind])
        assert done["status"] in (0, -signal.SIGKILL), nursery.told
        writing.sweep(tmp_path)
        assert {each.name for each in tmp_path.iterdir()} <= set(EXPORTS.values())
        found = path.read_bytes() if path.exists() else b""
        assert found in (before, whole[kind])


@short_and_long(3, 200)
def test_a_download_that_is_killed_leaves_a_set_or_none(nursery, tmp_path, kills, monkeypatch):
    monkeypatch.setattr(registry, "DATASETS", dict(registry.DATASETS))
    monkeypatch.setattr("latentlab.core.data.downloads.urlopen", None)
    known, data = stored_set(), tmp_path / "data"
    arguments = ["data", "--download", SET, "--data-dir", data]
    done = nursery(*arguments)
    assert done["status"] == 0, nursery.told
    whole = {path.name: path.read_bytes() for path in known.folder(data).iterdir()}
    for _ in range(kills):
        for path in known.folder(data).iterdir():
            path.unlink()
        status = nursery(*arguments, after=random.uniform(0, 1.1) * done["seconds"])["status"]
        assert status in (0, -signal.SIGKILL), nursery.told
        leftovers.sweep(data)
        found = {path.name: path.read_bytes() for path in known.folder(data).iterdir()}
        assert found.items() <= whole.items()
        assert known.status(data).is_here == (found == whole)
        assert [path for path in data.rglob("*") if path.name.startswith(".")] == []
    assert nursery(*arguments)["status"] == 0, nursery.told
    assert {path.name: path.read_bytes() for path in known.folder(data).iterdir()} == whole
