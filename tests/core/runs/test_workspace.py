"""The folder of all runs: what lies in it, and where a run goes that it does not take."""

import dataclasses
import errno
import json
import os
import tempfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from latentlab.core.recipe.recipe import Recipe
from latentlab.core.runs import workspace
from latentlab.core.runs.run import Run, RunError, dated_name
from latentlab.core.runs.workspace import all_runs, keep, known_of, runs
from tests.core.runs.small import SMALL, interrupted, names, saved
from tests.faults import FAULTS, failing, small_disk

# What lies in it


def test_runs_are_listed_with_what_they_came_to_the_latest_first(states, tmp_path):
    for number, (state, run) in enumerate(states.items()):
        saved(run, tmp_path / f"{state}.safetensors", saved=f"2030-01-0{9 - number}T00:00:00+00:00")
    found = runs(tmp_path)
    assert [run.path.stem for run in found] == ["training", "finished", "stopped"]
    assert [run.state for run in found] == ["interrupted", "finished", "stopped"]
    assert [(run.epochs, run.of_epochs) for run in found] == [(1, 2), (2, 2), (0, 2)]
    assert {(run.recipe, run.dataset) for run in found} == {("small", "tiny")}
    assert found[1].test == dataclasses.asdict(states["finished"].history[-1].test)
    assert found[2].test is None
    assert all(run.started and run.saved for run in found)
    assert [run.path for run in interrupted(tmp_path)] == [tmp_path / "training.safetensors"]


def test_the_latest_is_so_whatever_the_zone(run, tmp_path):
    """As when summer time ends, or one travels."""
    saved(run, tmp_path / "first.safetensors", saved="2030-10-27T02:50:00+02:00")
    saved(run, tmp_path / "second.safetensors", saved="2030-10-27T02:10:00+01:00")
    assert [each.path.stem for each in runs(tmp_path)] == ["second", "first"]


def test_a_file_of_an_earlier_version_is_finished(run, tmp_path):
    dataclasses.replace(run, training=None).save(tmp_path / "run.safetensors")
    (found,) = runs(tmp_path)
    assert (found.state, found.epochs, found.of_epochs, found.saved) == ("finished", 2, 2, "")


def test_only_heads_are_read(states, tmp_path):
    path = saved(states["training"], tmp_path / "run.safetensors")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 10)  # nobody looks at the weights
    assert [each.state for each in runs(tmp_path)] == ["interrupted"]


def test_what_is_no_run_is_passed_over(run, tmp_path):
    run.save(tmp_path / "run.safetensors")
    run.save(tmp_path / ".hidden.safetensors")
    run.save(tmp_path / "run.txt")
    (tmp_path / "empty.safetensors").touch()
    (tmp_path / "folder.safetensors").mkdir()
    (tmp_path / "nowhere.safetensors").symlink_to("nothing")
    if os.name != "nt":
        os.mkfifo(tmp_path / "pipe.safetensors")
    assert [each.path.name for each in runs(tmp_path)] == ["run.safetensors"]


def test_no_folder_has_no_runs_and_one_that_is_none_is_told(tmp_path):
    assert runs(tmp_path / "none") == []
    assert runs(tmp_path / ("n" * 300)) == []
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot be looked into: choose another with --workspace\.$"):
        runs(tmp_path / "file")
    assert interrupted(tmp_path / "file") == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "test", "state"]), inner),
    max_leaves=6,
)
KEYS = ["recipe", "history", "epochs", "training"]


@given(key=st.sampled_from(KEYS), value=JSON, inner=st.sampled_from(["", "state", "last_epoch", "saved", "test"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_a_head_of_any_content_gives_a_line_or_a_sentence(states, tmp_path, key, value, inner):
    path = tmp_path / "run.safetensors"
    if not path.exists():
        states["training"].save(path)
    with safe_open(path, "pt") as file:
        values = file.metadata()
    if inner == "test":
        key, value = "history", [{"test": value}]
    elif inner:
        key, value = "training", json.loads(values["training"]) | {inner: value}
    changed = tmp_path / "changed" / "run.safetensors"
    changed.parent.mkdir(exist_ok=True)
    save_file({}, changed, values | {key: json.dumps(value)})
    listed = runs(changed.parent)
    if not listed:
        with pytest.raises(RunError, match="is damaged"):
            known_of(changed)
    for found in listed:
        assert found.state in ("finished", "stopped", "interrupted")
        assert found.recipe.isprintable()
        assert isinstance(found.epochs + found.of_epochs, int)
        assert found.test is None or {type(each) for each in found.test.values()} == {float}


def test_where_it_is(monkeypatch, own_home, tmp_path):
    assert workspace.default_folder() == own_home / "data" / "latentlab" / "runs"
    monkeypatch.setenv("LATENTLAB_WORKSPACE", str(tmp_path))
    assert workspace.default_folder() == tmp_path
    monkeypatch.setenv("LATENTLAB_WORKSPACE", "~/runs")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert workspace.default_folder() == tmp_path / "runs"


# Where a run goes


def test_a_run_is_kept_in_a_workspace_that_is_made(run, tmp_path, temporary):
    path = tmp_path / "new" / "runs" / "run.safetensors"
    assert keep(run, path) == (path, "")
    assert Run.open(path).history == run.history
    assert names(temporary) == []


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in ("write", "short write", "sync")])
def test_where_the_workspace_does_not_take_it_a_run_is_among_temporary_files(run, tmp_path, temporary, fault):
    """The faults are those of one folder; where nobody can write at all, see below."""
    folder = tmp_path / "runs"
    run.save(workspace_path := _made(folder) / "run.safetensors")
    before = workspace_path.read_bytes()

    def is_here(*arguments):
        return str(folder) in str(arguments[0]) and ".latentlab-" in str(arguments[0])

    faults = {
        "open": lambda: failing(os, "open", errno.EACCES, is_here),
        "rename": lambda: failing(os, "replace", errno.EACCES, is_here),
        "folder": lambda: FAULTS["folder"](folder),
    }
    with faults[fault]():
        kept, problem = keep(run, workspace_path)
    assert kept is not None
    assert kept.is_relative_to(temporary)
    assert problem.startswith(f"The run could not be saved as {workspace_path}: ")
    assert not problem.endswith(".")
    assert "choose another" not in problem
    assert Run.open(kept).history == run.history
    assert workspace_path.read_bytes() == before


def _made(folder):
    folder.mkdir()
    return folder


def test_a_full_workspace_is_really_full(run, tmp_path, temporary):
    folder = _made(tmp_path / "runs")
    with small_disk(folder, "64k"):
        kept, problem = keep(run, folder / "run.safetensors")
        assert "no space left" in problem
        assert names(folder) == []
    assert kept is not None
    assert kept.is_relative_to(temporary)


@pytest.mark.parametrize("fault", ["write", "short write", "sync"])
def test_where_no_place_takes_it_nothing_is_raised_and_earlier_files_stay(run, tmp_path, temporary, fault):
    path = tmp_path / "runs" / "run.safetensors"
    keep(run, path)
    before = path.read_bytes()
    with FAULTS[fault](path.parent):
        kept, problem = keep(run, path)
    assert kept is None
    assert str(path) in problem
    assert names(path.parent) == ["run.safetensors"]
    assert path.read_bytes() == before


def test_without_any_place_for_temporary_files_the_workspace_still_takes_it(run, tmp_path, monkeypatch):
    def none():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    path = tmp_path / "run.safetensors"
    assert keep(run, path) == (path, "")
    with FAULTS["sync"](tmp_path):
        kept, problem = keep(run, path)
    assert (kept, str(path) in problem) == (None, True)


def test_two_runs_of_one_name_do_not_take_each_others_place_among_temporary_files(states, tmp_path, temporary):
    (tmp_path / "file").touch()
    first, _ = keep(states["finished"], tmp_path / "file" / "run.safetensors")
    second, _ = keep(states["stopped"], tmp_path / "file" / "run.safetensors")
    assert first != second
    assert Run.open(first).epochs == 2
    assert Run.open(second).epochs == 0
    assert keep(states["training"], tmp_path / "file" / "other.safetensors")[0] == first  # a later one of the same run


def test_all_runs_are_those_of_a_folder_and_those_among_temporary_files(states, tmp_path, temporary):
    (tmp_path / "file").touch()
    spare, _ = keep(states["training"], tmp_path / "file" / "run.safetensors")
    path = saved(states["finished"], tmp_path / "run.safetensors", saved="2030-01-01T00:00:00+00:00")
    assert [run.path for run in all_runs(tmp_path).runs] == [path, spare]
    assert [run.path for run in all_runs(spare.parent).runs] == [spare]  # once
    assert [run.path for run in runs(tmp_path)] == [path]
    with pytest.raises(RunError):
        all_runs(tmp_path / "file")
    for folder in (tmp_path, tmp_path / "file", spare.parent):
        assert [run.path for run in interrupted(folder)] == [spare]


@pytest.mark.parametrize("name", ["../up", "a/b", "a\\b", "..", "x" * 100, "字" * 100, "a: b? c*", "\ud800", "nul\0"])
def test_a_recipe_and_an_id_of_any_name_can_be_kept(run, tmp_path, temporary, name):
    snapshot = run.snapshot
    recipe = Recipe.model_construct(**dict(SMALL) | {"name": name})
    path = tmp_path / "in" / f"{dated_name(recipe, name)}.safetensors"
    assert keep(run, path)[0] == path
    assert names(tmp_path / "in") == [path.name]
    assert not set(path.name) & set('\\/:*?"<>|')
    (tmp_path / "file").touch()
    strange = type(snapshot)(name, snapshot.recipe, snapshot.model, snapshot.class_names)
    kept, _ = keep(dataclasses.replace(run, snapshot=strange), tmp_path / "file" / "run.safetensors")
    assert kept.parent.parent == temporary
    assert not set(kept.name) & set('\\/:*?"<>|')
