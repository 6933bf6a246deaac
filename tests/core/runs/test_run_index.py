"""The index of a folder of runs: whatever happens to it, what is listed is what the runs say."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from latentlab.core.runs import run_index, workspace
from latentlab.core.runs.kept_run import read_kept
from latentlab.core.runs.run_notes import RunNotes, notes_file, say
from latentlab.core.runs.workspace import all_runs, runs
from tests.core.runs.fakes import fake_run
from tests.faults import full_disk, small_disk

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    """Give a folder of four files: three runs, and one that is none."""
    folder = tmp_path / "runs"
    folder.mkdir()
    for number in range(3):
        fake_run(folder / f"run{number}.safetensors", loss=100.0 + number, saved=f"2030-01-01T00:00:0{number}+00:00")
    (folder / "none.safetensors").write_bytes(b"none")
    return folder


@pytest.fixture
def read(monkeypatch):
    """Give the names of the files that are read."""
    names = []

    def noted(path):
        names.append(path.name)
        return read_kept(path)

    monkeypatch.setattr(workspace, "read_kept", noted)
    return names


def index(folder):
    return folder / run_index.NAME


def bare(found):
    return [(run.path.name, run.test["loss"], run.state, run.title, run.notes) for run in found]


def test_files_are_read_once_and_again_when_they_change(folder, read):
    first = runs(folder)
    assert sorted(read) == ["none.safetensors", *(f"run{n}.safetensors" for n in range(3))]
    read.clear()
    assert runs(folder) == first
    assert read == []
    fake_run(folder / "run1.safetensors", loss=7.0, saved="2030-01-01T00:00:01+00:00")
    fake_run(folder / "new.safetensors", saved="2031-01-01T00:00:01+00:00")
    (folder / "run2.safetensors").unlink()
    (folder / "none.safetensors").unlink()
    found = runs(folder)
    assert sorted(read) == ["new.safetensors", "run1.safetensors"]
    assert [(run.path.stem, run.test["loss"]) for run in found] == [("new", 100.0), ("run1", 7.0), ("run0", 100.0)]
    with closing(sqlite3.connect(index(folder))) as stored:
        names = {name for (name,) in stored.execute("SELECT name FROM runs")}
    assert names == {b"new.safetensors", b"run0.safetensors", b"run1.safetensors"}


def test_a_run_of_the_same_size_and_time_is_another_file(folder, read):
    path = folder / "run1.safetensors"
    runs(folder)
    before = path.stat()
    fake_run(path, loss=999.0, saved="2030-01-01T00:00:01+00:00")
    fake_run(path, loss=107.0, saved="2030-01-01T00:00:01+00:00")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    if os.name != "nt":
        assert {run.test["loss"] for run in runs(folder)} == {100.0, 102.0, 107.0}


def test_what_a_person_says_is_listed_and_survives_the_index(folder, read):
    runs(folder)
    read.clear()
    say(folder / "run1.safetensors", RunNotes("My best", "β = 4\nwith more data"))
    assert bare(runs(folder))[1] == ("run1.safetensors", 101.0, "finished", "My best", "β = 4\nwith more data")
    assert read == ["run1.safetensors"]
    index(folder).unlink()
    assert runs(folder)[1].name == "My best"
    say(folder / "run1.safetensors", RunNotes())
    assert runs(folder)[1].name == "run1"
    assert not notes_file(folder / "run1.safetensors").exists()


def test_where_nothing_has_changed_since_it_was_listed_not_even_the_index_is_read(folder, monkeypatch):
    (folder / "none.safetensors").unlink()
    path = fake_run(folder / "going.safetensors", state="training")
    presence = workspace.Presence(path)
    before = all_runs(folder).runs
    with monkeypatch.context() as patch:
        patch.setattr(run_index, "look_up", lambda *_: pytest.fail("it was read"))
        assert all_runs(folder, before).runs == before
        presence.end()
        ended = all_runs(folder, before).runs
        assert {run.state for run in ended} == {"finished", "interrupted"}
        presence = workspace.Presence(path)
        assert all_runs(folder, ended).runs == before
        presence.end()
    fake_run(folder / "run1.safetensors", loss=7.0, saved="2030-01-01T00:00:01+00:00")
    assert bare(all_runs(folder, before).runs) == bare(all_runs(folder).runs)
    (folder / "run1.safetensors").unlink()
    assert bare(all_runs(folder, before).runs) == bare(all_runs(folder).runs)


def test_an_empty_folder_gets_no_index(tmp_path):
    assert runs(tmp_path) == []
    assert not list(tmp_path.iterdir())


def test_a_training_that_ends_without_a_word_is_seen_though_its_file_is_not_read_again(folder, read):
    path = fake_run(folder / "going.safetensors", state="training")
    presence = workspace.Presence(path)
    assert {run.state for run in runs(folder)} == {"finished", "training"}
    presence.end()
    read.clear()
    assert {run.state for run in runs(folder)} == {"finished", "interrupted"}
    assert read == []


# Whatever happens to it


def damaged(content, places):
    changed = bytearray(content)
    for place, value in places:
        changed[place % len(changed)] = value
    return bytes(changed)


@given(
    places=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=12),
    length=st.none() | st.integers(0, 20_000),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_an_index_of_any_bytes_lists_what_the_runs_say(folder, places, length):
    true = bare(runs(folder))
    index(folder).write_bytes(damaged(index(folder).read_bytes(), places)[:length])
    assert bare(runs(folder)) == true
    assert bare(runs(folder)) == true


@given(said=st.binary(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_rows_that_somebody_else_wrote_are_not_believed(folder, said):
    true = bare(runs(folder))
    with closing(sqlite3.connect(index(folder))) as stored, stored:
        stored.execute("UPDATE runs SET said = ?", (said,))
        stored.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", (b"x", said, run_index.zlib.crc32(said)))
    assert bare(runs(folder)) == true


def test_a_row_in_which_a_bit_fell_over_is_read_again(folder, read):
    true = runs(folder)
    with closing(sqlite3.connect(index(folder))) as stored, stored:
        ((said,),) = stored.execute("SELECT said FROM runs WHERE name = ?", (b"run1.safetensors",)).fetchall()
        assert said.count(b"101.0") == 1
        stored.execute(
            "UPDATE runs SET said = ? WHERE name = ?", (said.replace(b"101.0", b"901.0"), b"run1.safetensors")
        )
    read.clear()
    assert runs(folder) == true
    assert read == ["run1.safetensors"]
    read.clear()
    assert runs(folder) == true
    assert read == []


@pytest.mark.parametrize("what", ["another version", "no table", "not a database", "a folder", "empty"])
def test_what_is_no_index_is_made_anew(folder, read, what):
    true = runs(folder)
    place = index(folder)
    if what in ("another version", "no table"):
        with closing(sqlite3.connect(place)) as stored, stored:
            stored.execute("PRAGMA user_version = 99" if what == "another version" else "DROP TABLE runs")
    else:
        place.unlink()
        if what == "a folder":
            place.mkdir()
        else:
            place.write_bytes(b"" if what == "empty" else b"no database " * 500)
    assert runs(folder) == true
    read.clear()
    found = all_runs(folder)
    assert found.runs == true
    if what == "a folder":  # nothing of a person's is removed
        assert found.problem.startswith(f"The index of {folder} cannot be kept (")
    else:
        assert (read, found.problem) == ([], "")


@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_that_takes_nothing_is_listed_and_it_is_told(folder, is_there):
    """Where nothing is written to as it is known already there is nothing to tell."""
    true = runs(folder)
    if is_there:
        fake_run(folder / "new.safetensors", saved="2029-01-01T00:00:00+00:00")
    else:
        index(folder).unlink()
    with full_disk():
        found = all_runs(folder)
    assert found.runs[:3] == true
    assert len(found.runs) == 3 + is_there
    assert found.problem.endswith("listing reads each run again.")
    assert all_runs(folder).problem == ""


def test_a_folder_that_is_read_only(folder, tmp_path):
    with small_disk(tmp_path / "runs"):
        for number in range(2):
            fake_run(folder / f"run{number}.safetensors")
        true = runs(folder)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        found = all_runs(folder)
        assert (found.runs, found.problem) == (true, "")  # all is known
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        index(folder).unlink()
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        found = all_runs(folder)
        assert found.runs == true
        assert "cannot be kept" in found.problem


def test_a_program_that_writes_for_long_is_not_waited_for(folder, monkeypatch):
    true = runs(folder)
    monkeypatch.setattr(run_index, "_PATIENCE", 0.0)
    fake_run(folder / "new.safetensors", saved="2029-01-01T00:00:00+00:00")
    with closing(sqlite3.connect(index(folder), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        found = all_runs(folder)
        assert found.runs[:3] == true
        assert "locked" in found.problem
    assert all_runs(folder).problem == ""


def test_several_threads_list_while_runs_come_and_go(folder):
    found, wrong = {}, []

    def look(number):
        for _ in range(8):
            listing = all_runs(folder)
            found[number] = listing.runs
            if listing.problem:
                wrong.append(listing.problem)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for number in range(10):
        fake_run(folder / f"more{number}.safetensors", loss=float(number))
        if number % 2:
            (folder / f"more{number - 1}.safetensors").unlink()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(runs(folder)) == 8
    index(folder).unlink()
    assert len(runs(folder)) == 8


LIST_FOR_EVER = """
import sys
from pathlib import Path
from latentlab.core.runs import run_index, workspace

folder = Path(sys.argv[1])
print("begins", flush=True)
while True:
    workspace.runs(folder)
    run_index._store(folder / run_index.NAME, [], [b"run1.safetensors"])
"""


def test_a_program_that_is_killed_as_it_writes_harms_nothing(folder):
    true = bare(runs(folder))
    for _ in range(2):
        command = [sys.executable, "-c", LIST_FOR_EVER, str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as other:
            assert other.stdout.readline()
            for _ in range(3):
                assert bare(runs(folder)) == true
            other.kill()
        assert bare(runs(folder)) == true
    assert all_runs(folder).problem == ""


@pytest.mark.parametrize("name", ["ünï", "a b'\"%;--", "\udce9", "字" * 60])
def test_runs_of_any_name(tmp_path, read, name):
    try:
        fake_run(tmp_path / f"{name}.safetensors")
    except OSError:
        pytest.skip("no such names here")
    true = runs(tmp_path)
    assert [run.path.stem for run in true] == [name]
    read.clear()
    assert runs(tmp_path) == true
    assert read == []
