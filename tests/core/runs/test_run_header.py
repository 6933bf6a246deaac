"""The head of a run's file, read without its weights."""

import json
import os
import struct

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from latentlab.core.events import EpochEnded, Losses, event_to_dict
from latentlab.core.runs.run_header import MOST_EPOCHS, RunError, is_run, read_header


def written(path, head, rest=b"", length=None):
    """Write a file that begins as a run's does: with a length, and a head of JSON."""
    head = head if isinstance(head, bytes) else json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(head) if length is None else length) + head + rest)
    return path


def metadata(**values):
    return {"__metadata__": {"format": "latentlab/1"} | {key: json.dumps(value) for key, value in values.items()}}


def tensor(*shape):
    return {"dtype": "F32", "shape": shape, "data_offsets": [0, 4]}


def refused(path):
    with pytest.raises(RunError) as caught:
        read_header(path)
    said = str(caught.value)
    assert str(path) in said
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_it_says_what_the_run_is_and_the_shapes_of_its_tensors(tmp_path):
    path = written(tmp_path / "run", metadata(epochs=3, run="abc") | {"codes": tensor(60, 2), "step": tensor()})
    header = read_header(path)
    assert header.values == {"epochs": 3, "run": "abc"}
    assert header.shapes == {"codes": (60, 2), "step": ()}


def test_nothing_but_the_head_is_read(tmp_path):
    """As of a file whose end is on its way: only whoever wants the weights misses them."""
    path = written(tmp_path / "run", metadata(epochs=3) | {"codes": tensor(10**9)})
    assert read_header(path).values == {"epochs": 3}


def test_the_losses_of_as_many_epochs_as_a_run_may_have_are_read(tmp_path):
    """As long as they get: what is written is not to be refused by whoever reads it."""
    losses = Losses(*[-123.45678901234567] * 5)
    longest = EpochEnded("0123456789ab", 99_999, losses, losses, False, (0.12345678901234567,) * 2, -losses.kl, losses)
    longest = event_to_dict(longest) | {"images": 10**9, "seconds": losses.kl}
    count = 2_000
    path = written(tmp_path / "run", metadata(history=[longest] * count))
    assert len(read_header(path).values["history"]) == count
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
    assert length / count * MOST_EPOCHS < 95_000_000


@pytest.mark.parametrize("length", [96_000_001, 2**40, 2**64 - 1])
def test_a_length_is_not_believed(tmp_path, length):
    assert "cut short" in refused(written(tmp_path / "run", metadata(), length=length))


@pytest.mark.parametrize(
    "head",
    [
        b"[" * 100_000,
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b'{"__metadata__": 5}',
        b'{"a": ' + b"9" * 5000 + b"}",
        metadata() | {"a": 5},
        metadata() | {"a": {}},
        metadata() | {"a": tensor("wide")},
        metadata() | {"a": {"shape": 5}},
        metadata() | {"a": {"shape": [1e999]}},
    ],
)
def test_what_is_no_head_is_refused(tmp_path, head):
    assert "is not a run, or is cut short" in refused(written(tmp_path / "run", head))


def test_a_part_that_is_no_json_is_refused(tmp_path):
    for part in ("{", "[" * 100_000, "9" * 5000):
        head = {"__metadata__": {"format": "latentlab/1", "epochs": part}}
        assert "is damaged" in refused(written(tmp_path / "run", head))


def test_another_format_is_named(tmp_path):
    assert "latentlab/1" in refused(written(tmp_path / "run", {"__metadata__": {"format": "latentlab/2"}}))
    assert "latentlab/1" in refused(written(tmp_path / "run", {"a": tensor(2)}))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes of that kind.")
def test_a_pipe_is_no_file_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "run")
    assert "There is no file" in refused(tmp_path / "run")
    assert "There is no file" in refused(tmp_path)


@given(content=st.binary(max_size=200) | st.binary(max_size=200).map(lambda each: struct.pack("<Q", len(each)) + each))
@example(b"")
@example(b"\x02\0\0\0\0\0\0\0{}")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "run"
    path.write_bytes(content)
    refused(path)


@pytest.mark.parametrize(
    ("head", "may_be"),
    [
        ({"__metadata__": {"format": "latentlab/1"}}, True),
        ({"__metadata__": {"format": "latentlab/99"}}, True),  # of a later version, which is told on opening it
        ({"__metadata__": {"format": "pt"}}, False),
        ({"__metadata__": 5}, True),
        ({"a": tensor(3)}, False),
        (b"cut", True),
    ],
)
def test_a_file_of_other_tensors_is_no_run_and_one_that_cannot_be_read_may_be(tmp_path, head, may_be):
    assert is_run(written(tmp_path / "file", head)) is may_be


def test_what_is_not_there_may_be_a_run(tmp_path):
    assert is_run(tmp_path / "gone")
