"""Where a run came from, as its file says; a file of an earlier version tells what is certain."""

import json
import struct

from latentlab.core.runs.kept_run import read_kept
from latentlab.core.runs.origin import ancestors_of, at_a_glance, differences_of
from latentlab.core.runs.run_header import FORMAT
from latentlab.core.runs.workspace import runs
from tests.core.runs.fakes import fake_run


def link(first_epoch, epochs, **more):
    return {"recipe": {"name": "small"}, "first_epoch": first_epoch, "epochs": epochs, "steps_done": 0} | more


def history(*ids):
    return [{"run": run_id, "epoch": number} for number, run_id in enumerate(ids, 1)]


def test_it_is_told_by_the_chain_and_known_to_the_index(tmp_path):
    fake_run(tmp_path / "run.safetensors", run="C", came_from=[("A", 2), ("B", 5)], beta=4.0)
    fake_run(tmp_path / "new.safetensors", run="A")
    for _ in range(2):  # from its file, then from the index
        by_name = {run.name: run for run in runs(tmp_path)}
        assert by_name["run"].run == "C"
        assert by_name["run"].ancestors == [["B", 5], ["A", 2]]
        assert by_name["run"].origin == ("B", 5)
        assert by_name["run"].differs == [["loss.beta", "1", "4"]]
        assert (by_name["new"].run, by_name["new"].origin, by_name["new"].differs) == ("A", None, [])


def test_of_an_earlier_version_epochs_tell_who_trained_them():
    values = {"chain": [link(0, 2), link(2, 4)], "history": history("A", "A", "B", "B", "C")}
    assert ancestors_of(values) == [["B", 4], ["A", 2]]
    # One that was left before its first epoch was over has left no trace: whose epochs were before says nothing of it.
    values = {"chain": [link(0, 2), link(2, 2)], "history": history("A", "A", "C")}
    assert ancestors_of(values) == [["", 2], ["A", 2]]
    assert ancestors_of({"chain": [link(0, 2, run_id="Z")], "history": history("A", "A")}) == [["Z", 2]]
    assert ancestors_of({"history": history("A", "B"), "training": {"first_epoch": 1}}) == [["", 1]]
    assert ancestors_of({"history": history("A", "B")}) == []
    assert ancestors_of({"history": [], "training": {"first_epoch": 0}}) == []


def test_a_chain_that_is_damaged_is_no_run_that_is_listed(tmp_path):
    path = fake_run(tmp_path / "run.safetensors")
    for chain in ([1], [{}], "text", [link("x", 2)], {"a": 1}):
        head = {"format": FORMAT} | {
            key: json.dumps(value)
            for key, value in {
                "run": "x",
                "recipe": {"name": "small", "data": {"dataset": "tiny"}},
                "epochs": 1,
                "history": [],
                "chain": chain,
            }.items()
        }
        stored = json.dumps({"__metadata__": head}).encode()
        path.write_bytes(struct.pack("<Q", len(stored)) + stored)
        assert runs(tmp_path) == []


def test_differences_are_of_settings_in_a_few_words():
    before = {"name": "a", "title": "A", "data": {"exclude": list(range(100))}}
    since = {"name": "b", "loss": {"beta": 0.5}, "model": {"encoder": {"layers": [512, 256]}}}
    found = differences_of({"chain": [{"recipe": before}], "recipe": since})
    assert sorted(found) == [
        ["data.exclude", "100 items", "none"],
        ["loss.beta", "1", "0.5"],
        ["model.encoder.layers", "256", "512, 256"],
    ]
    assert differences_of({"chain": [{"recipe": {"no": "recipe"}}], "recipe": since}) == []
    assert differences_of({"recipe": since}) == []
    assert at_a_glance(None) == "none"
    assert at_a_glance(True) == "true"
    assert len(at_a_glance("x" * 200)) == 60


def test_a_run_that_is_read_has_no_lists_in_common_with_another(tmp_path):
    first, second = (read_kept(fake_run(tmp_path / f"{name}.safetensors")) for name in "ab")
    assert first.ancestors is not second.ancestors
