"""Runs in an order, and those that one looks for."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentlab.core.runs.collection import ORDERS, is_falling, matching, ordered
from latentlab.core.runs.kept_run import KeptRun


def a_run(name="run", loss=1.0, **more):
    test = None if loss is None else {"loss": loss, "reconstruction": loss, "kl": 0.0, "penalty": 0.0}
    known = {"state": "finished", "recipe": "small", "dataset": "tiny", "epochs": 1, "of_epochs": 2}
    return KeptRun(Path(f"{name}.safetensors"), **known | {"test": test, "started": "", "saved": ""} | more)


@given(losses=st.lists(st.none() | st.floats(), max_size=12), is_reversed=st.booleans(), by=st.sampled_from(ORDERS))
def test_what_is_not_known_is_last_in_either_direction(losses, is_reversed, by):
    runs = [a_run(str(number), loss, seconds=loss, moment=loss or 0.0) for number, loss in enumerate(losses)]
    found = ordered(runs, by, is_reversed=is_reversed)
    assert sorted(run.path for run in found) == sorted(run.path for run in runs)
    if by == "loss":
        values = [run.test["loss"] if run.test and not math.isnan(run.test["loss"]) else None for run in found]
        known = [value for value in values if value is not None]
        assert values == known + [None] * (len(values) - len(known))
        assert known == sorted(known, reverse=is_falling("loss") != is_reversed)


@pytest.mark.parametrize(
    ("by", "first"), [("saved", "b"), ("name", "b"), ("loss", "b"), ("epochs", "a"), ("size", "a")]
)
def test_the_usual_direction(by, first):
    runs = [a_run("a", 2.0, epochs=9, size=9, title="zebra"), a_run("b", 1.0, moment=3.0, title="Ape")]
    assert ordered(runs, by)[0].path.stem == first
    assert ordered(ordered(runs, by), by, is_reversed=True)[0].path.stem != first or by == "saved"


def test_every_word_is_somewhere():
    runs = [a_run("one", title="My Best", dataset="mnist"), a_run("two", notes="best of\nall", dataset="digits")]
    assert matching(runs, " ") == runs
    assert [run.path.stem for run in matching(runs, "BEST mni")] == ["one"]
    assert [run.path.stem for run in matching(runs, "best")] == ["one", "two"]
    assert [run.path.stem for run in matching(runs, "two")] == ["two"]
    assert matching(runs, "best worst") == []
