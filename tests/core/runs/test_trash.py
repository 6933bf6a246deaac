"""Runs that are deleted, and come back."""

import errno
from pathlib import Path

import pytest

from latentlab.core.runs import trash
from latentlab.core.runs.run_header import RunError
from latentlab.core.runs.run_notes import MOST_TITLE, RunNotes, notes_file, notes_of, say
from latentlab.core.runs.trash import delete, deleted, empty, restore
from latentlab.core.runs.workspace import Presence, runs
from tests.core.runs.fakes import fake_run
from tests.core.runs.small import names
from tests.faults import failing


@pytest.fixture
def path(tmp_path):
    path = fake_run(tmp_path / "run.safetensors")
    say(path, RunNotes("Mine", "some words"))
    return path


def test_what_is_deleted_comes_back_as_it_was(path, tmp_path):
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    place = delete(path)
    assert runs(tmp_path) == []
    assert names(tmp_path) == ["trash"]
    (found,) = deleted(tmp_path)
    assert (found.path, found.size) == (place, len(before["run.safetensors"]))
    assert found.moment > 1.7e9
    assert restore(place) == path
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    assert deleted(tmp_path) == []


def test_one_name_may_be_deleted_twice_and_both_come_back(path, tmp_path):
    first = delete(path)
    second = delete(fake_run(path, loss=5.0))
    assert {each.path for each in deleted(tmp_path)} == {first, second}
    assert restore(second) == path
    assert restore(first) == tmp_path / "run-2.safetensors"
    assert notes_of(tmp_path / "run-2.safetensors").title == "Mine"
    assert notes_of(path).title == ""


def test_nothing_is_removed_but_by_emptying(path, tmp_path):
    delete(path)
    (tmp_path / "trash" / "other").mkdir()
    (tmp_path / "trash" / "other" / "file.txt").touch()
    fake_run(path)
    empty(tmp_path)
    assert deleted(tmp_path) == []
    assert path.exists()
    assert (tmp_path / "trash" / "other" / "file.txt").exists()
    (tmp_path / "trash" / "other" / "file.txt").unlink()
    delete(path)
    empty(tmp_path)
    assert names(tmp_path / "trash") == ["other"]


def contents(folder):
    return {str(each): each.is_dir() or each.read_bytes() for each in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("name", ["20260101-000000-aa", "20260101-000000-0123abcd"])
def test_no_link_in_the_trash_is_followed(path, tmp_path, name):
    """Neither a folder there that is one, nor a run in it, nor the trash itself."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "deep").mkdir(parents=True)
    fake_run(elsewhere / "theirs.safetensors")
    (elsewhere / "theirs.notes.json").write_text("{}")
    fake_run(elsewhere / "deep" / "other.safetensors")
    before = contents(elsewhere)
    delete(path)
    (tmp_path / "trash" / name).symlink_to(elsewhere)
    (tmp_path / "linked.safetensors").symlink_to(elsewhere / "theirs.safetensors")
    linked = delete(tmp_path / "linked.safetensors")
    assert [each.path for each in deleted(tmp_path) if each.path.is_symlink()] == [linked]
    assert len(deleted(tmp_path)) == 2
    empty(tmp_path)
    assert names(tmp_path / "trash") == [name]
    assert contents(elsewhere) == before
    (tmp_path / "trash" / name).unlink()
    (tmp_path / "trash").rmdir()
    (tmp_path / "trash").symlink_to(elsewhere)
    assert deleted(tmp_path) == []
    empty(tmp_path)
    with pytest.raises(RunError, match="is a link; remove that"):
        delete(fake_run(path))
    assert path.exists()
    assert contents(elsewhere) == before


def test_only_runs_are_removed(path, tmp_path):
    place = delete(path).parent
    others = [place / "weights.safetensors", place / "folder.safetensors" / "file", place / "file.txt"]
    others[1].parent.mkdir()
    content = b'{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'
    for other in others:
        other.write_bytes(len(content).to_bytes(8, "little") + content)
    empty(tmp_path)
    assert names(place) == ["file.txt", "folder.safetensors", "weights.safetensors"]


def test_what_trains_is_not_deleted(path, tmp_path):
    presence = Presence(path)
    with pytest.raises(RunError, match="is being trained"):
        delete(path)
    presence.end()
    assert path.exists()
    delete(path)


@pytest.mark.parametrize("which", ["run", "notes"])
def test_what_cannot_be_moved_stays_where_it_is(path, tmp_path, which):
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    suffix = "run.safetensors" if which == "run" else ".notes.json"
    is_it = failing(Path, "rename", errno.EACCES, lambda place, to: str(place).endswith(suffix))
    with is_it, pytest.raises(RunError, match="could not be moved to the trash: permission denied"):
        delete(path)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    place = delete(path)
    with failing(Path, "rename", errno.EACCES), pytest.raises(RunError, match="could not be moved back"):
        restore(place)
    assert restore(place) == path


def test_a_run_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(RunError, match="no such file"):
        delete(tmp_path / "none.safetensors")
    assert names(tmp_path) == []
    assert trash.deleted(tmp_path / "none") == []
    empty(tmp_path / "none")


# Notes


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"title": 3}', b"\xff", b'{"title": "a\\nb", "notes": "c\\u0000"}']
)
def test_notes_that_anyone_wrote_are_read_or_passed_over(path, content):
    notes_file(path).write_bytes(content)
    found = notes_of(path)
    assert found.title.isprintable()
    assert found.title == {b'{"title": 3}': "3"}.get(content, "a\\u000ab" if b"a\\nb" in content else "")


def test_what_was_said_before_is_told_so_that_it_can_be_said_again(path):
    before = say(path, RunNotes("Other", "x\ny"))
    assert before == RunNotes("Mine", "some words")
    assert say(path, before) == RunNotes("Other", "x\ny")
    with pytest.raises(RunError, match="shorten"):
        say(path, RunNotes("x" * (MOST_TITLE + 1)))
    assert notes_of(path) == before
