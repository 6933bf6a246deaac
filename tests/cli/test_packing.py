"""The command that packs an image set, and what trains and tells of one that is packed."""

import json
import threading

import numpy as np

from latentlab.__main__ import main
from latentlab.core.data.shards import packing
from tests.cli.trainings import train


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def refused(arguments, capsys):
    """Give the sentence that refuses a command."""
    capsys.readouterr()
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    (sentence,) = told.err.splitlines()
    return sentence


def test_a_set_is_packed_told_and_checked(array, tmp_path, capsys):
    folder = tmp_path / "packed"
    command = ["pack", array, "--out", str(folder), "--json"]
    assert main(command) == 0
    (told,) = lines(capsys)
    seconds = told.pop("seconds")
    assert seconds > 0
    name = f"shards:{folder}"
    assert told == {
        "event": "finished",
        "dataset": name,
        "training": 150,
        "test": 30,
        "shards": 2,
        "written": 2,
        "bytes": 180 * (28 * 28 + 8),
    }
    assert main([*command, "--jobs", "2"]) == 0
    assert lines(capsys)[0]["written"] == 0
    assert main(["pack", "--check", str(folder), "--json"]) == 0
    assert lines(capsys) == [{"event": "finished", "title": "tiny", "shards": 2, "bytes": told["bytes"]}]
    for each in (array, name):
        assert main(["data", each, "--json"]) == 0
    of_source, of_packed = lines(capsys)
    assert of_packed == of_source | {"name": name}


def test_a_packed_set_is_trained_evaluated_and_exported_as_its_source(array, tmp_path, capsys):
    assert main(["pack", array, "--out", str(tmp_path / "packed")]) == 0
    found = []
    for number, name in enumerate((array, f"shards:{tmp_path / 'packed'}")):
        run, codes = tmp_path / f"{number}.safetensors", tmp_path / f"{number}.npz"
        assert train(run, name, "--epochs", "2", "--json") == 0
        assert main(["evaluate", str(run), "--json"]) == 0
        assert main(["export", str(run), "codes", "--out", str(codes)]) == 0
        told = lines(capsys)
        ended = [{key: line.get(key) for key in ("train", "test")} for line in told if line["event"] == "epoch"]
        (evaluated,) = [line for line in told if "dataset" in line]
        with np.load(codes) as file:
            found.append((ended, evaluated["test"], {key: file[key].tolist() for key in file.files}))
    assert found[0] == found[1]
    # The one's run is measured on the other without a word: their fingerprints are equal.
    assert main(["evaluate", str(tmp_path / "0.safetensors"), "--dataset", f"shards:{tmp_path / 'packed'}"]) == 0


def test_a_set_is_packed_in_another_size(array, tmp_path, capsys):
    command = ["pack", array, "--out", str(tmp_path / "packed"), "--size", "14", "--fit", "stretch"]
    assert main(command) == 0
    assert main(["data", f"shards:{tmp_path / 'packed'}", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["shape"] == [1, 14, 14]
    assert "14×14" in " ".join(told["notes"])


def test_what_cannot_be_packed_is_told(array, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    out = ["--out", str(tmp_path / "packed")]
    assert "as in 'latentlab pack mnist --out" in refused(["pack", array], capsys)
    assert "as in 'latentlab pack mnist --out" in refused(["pack", *out], capsys)
    assert "leave out SET and --out" in refused(["pack", array, "--check", str(tmp_path)], capsys)
    assert "file is a file: name a folder for --out" in refused(
        ["pack", array, "--out", str(tmp_path / "file")], capsys
    )
    assert "has no index.json" in refused(["pack", "--check", str(tmp_path)], capsys)
    assert "has no index.json" in refused(["data", f"shards:{tmp_path}"], capsys)
    assert "has no index.json" in refused(["train", "digits-vae-2d", "--dataset", f"shards:{tmp_path}"], capsys)
    assert "from 1 on" in refused(["pack", array, *out, "--jobs", "0"], capsys)
    assert not (tmp_path / "packed").exists()


def test_an_interrupted_packing_is_told_and_goes_on(array, tmp_path, capsys, monkeypatch):
    command = ["pack", array, "--out", str(tmp_path / "packed")]

    def cancel(data, folder, jobs, report, cancelled: threading.Event):
        cancelled.set()
        return inner(data, folder, jobs, report, cancelled)

    inner = packing.pack
    with monkeypatch.context() as patch:
        patch.setattr(packing, "pack", cancel)
        assert main(command) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert "is not packed to the end" in refused(["data", f"shards:{tmp_path / 'packed'}"], capsys)
    assert main(command) == 0
    assert main(["pack", "--check", str(tmp_path / "packed")]) == 0
