"""What is done to runs, and taken back: backwards, across starts, for a week."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentlab.core.map import run_steps
from latentlab.core.map.run_steps import NAME, RunSteps
from latentlab.core.runs import trash
from latentlab.core.runs.run_header import RunError
from latentlab.core.runs.run_notes import NOTES_SUFFIX, RunNotes, notes_of
from latentlab.core.runs.workspace import runs
from tests.core.runs.fakes import fake_run


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        fake_run(tmp_path / f"run{number}.safetensors", loss=float(number))
    return tmp_path


def state(folder):
    return {run.path.name: (run.title, run.notes, run.test["loss"]) for run in runs(folder)}


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["rename", "note", "delete", "restore"]), st.integers(0, 2), st.text("ab\n", max_size=3)),
    max_size=8,
)


@given(actions=ACTIONS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_all_that_is_done_is_taken_back_backwards_by_another_start(folder, actions):
    for each in (*folder.glob(f"*{NOTES_SUFFIX}"), folder / NAME):
        each.unlink(missing_ok=True)
    states = [state(folder)]
    for what, number, text in actions:
        path = folder / f"run{number}.safetensors"
        in_trash = [each.path for each in trash.deleted(folder) if each.path.name == path.name]
        if what == "restore":
            done = RunSteps(folder).restore(in_trash)
        elif not path.exists():
            continue
        elif what == "delete":
            done = RunSteps(folder).delete([path])
        elif what == "rename":
            done = RunSteps(folder).rename(path, text.replace("\n", ""))
        else:
            done = RunSteps(folder).note(path, text)
        assert done.problem == ""
        if done.paths:
            states.append(state(folder))
    for expected in reversed(states[:-1]):
        RunSteps(folder).undo()
        assert state(folder) == expected
    assert RunSteps(folder).undo().what == "nothing"
    assert state(folder) == states[0]
    assert trash.deleted(folder) == []


def test_what_was_brought_back_is_taken_back_twice(folder):
    """First to where it lay in the trash, then from there."""
    steps, path = RunSteps(folder), folder / "run0.safetensors"
    steps.rename(path, "Mine")
    before = state(folder)
    (place,) = steps.delete([path]).paths
    assert steps.restore([place]).paths == [path]
    assert steps.undo().paths == [place]
    assert steps.undo().paths == [path]
    assert state(folder) == before
    steps.undo()
    assert state(folder)["run0.safetensors"][0] == ""


def test_it_is_taken_back_for_a_week(folder, monkeypatch):
    path, now = folder / "run0.safetensors", run_steps.time.time()
    RunSteps(folder).rename(path, "Mine")
    monkeypatch.setattr(run_steps.time, "time", lambda: now + run_steps._WEEK + 60)
    assert RunSteps(folder).undo().what == "nothing"
    assert notes_of(path) == RunNotes("Mine")


def test_what_was_emptied_is_no_step_any_more_and_what_was_said_still_is(folder):
    steps, path = RunSteps(folder), folder / "run0.safetensors"
    steps.rename(path, "Mine")
    steps.delete([folder / "run1.safetensors"])
    steps.empty([folder])
    assert steps.undo().what == "undone"
    assert notes_of(path) == RunNotes()
    assert steps.undo().what == "nothing"


def test_what_cannot_be_taken_back_is_told_and_does_not_stand_in_the_way(folder):
    steps, path = RunSteps(folder), folder / "run0.safetensors"
    steps.rename(folder / "run1.safetensors", "First")
    steps.rename(path, "Mine")
    path.unlink()
    with pytest.raises(RunError, match="There is no file"):
        steps.undo()
    assert steps.undo().paths == [folder / "run1.safetensors"]
    assert state(folder)["run1.safetensors"][0] == ""
    gone = steps.delete([folder / "run1.safetensors"]).paths[0]
    gone.unlink()
    assert "could not be moved back" in steps.undo().problem


def test_steps_that_cannot_be_kept_are_done_and_told(folder):
    (folder / NAME).mkdir()
    done = RunSteps(folder).rename(folder / "run0.safetensors", "Mine")
    assert done.problem.startswith("What can be undone")
    assert notes_of(folder / "run0.safetensors").title == "Mine"


@pytest.mark.parametrize(
    "stored", [b"{", b"[]", b'[{"what": "removed", "paths": [], "before": [], "moment": 0}]', b"\xff" * 9]
)
def test_steps_that_are_damaged_are_put_aside(folder, stored):
    (folder / NAME).write_bytes(stored)
    path = folder / "run0.safetensors"
    for number, title in enumerate(("One", "Two")):
        done = RunSteps(folder).rename(path, title)
        assert ("damaged" in done.problem) == (number == 0 and stored != b"[]")
    RunSteps(folder).undo()
    assert notes_of(path).title == "One"


def test_names_of_any_kind_come_back(folder):
    path = folder / "b\udce9ta é.safetensors"
    try:
        fake_run(path)
    except OSError:
        pytest.skip("no such names here")
    RunSteps(folder).delete([path])
    RunSteps(folder).undo()
    assert path.exists()
