"""Files that are written whole or not at all."""

import os
import stat

import pytest

from latentlab.core import writing
from latentlab.core.errors import LatentlabError
from latentlab.core.locks import folder_of
from latentlab.core.writing import prove, sweep, temporary_folder, temporary_name, whole_file
from tests.core.machines import another_machine, long_ago

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files.")


def save(path, content=b"new"):
    with whole_file(path, "The file", LatentlabError) as partial:
        partial.write_bytes(content)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_there_when_it_is_whole(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with whole_file(path, "The file", LatentlabError) as partial:
        partial.write_bytes(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def test_after_an_error_the_earlier_file_is_there(tmp_path):
    save(tmp_path / "file", b"old")

    def write_half():
        with whole_file(tmp_path / "file", "The file", LatentlabError) as partial:
            partial.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("length", [1, 255])
def test_a_name_may_be_as_long_as_the_system_takes_it(tmp_path, length):
    save(tmp_path / ("n" * length))
    assert names(tmp_path) == ["n" * length]


@POSIX
def test_permissions_are_kept_and_those_of_a_new_file_are_the_usual_ones(tmp_path):
    (tmp_path / "usual").touch()
    (tmp_path / "old").touch()
    (tmp_path / "old").chmod(0o640)
    save(tmp_path / "new")
    save(tmp_path / "old")
    mode = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert mode["new"] == mode["usual"]
    assert mode["old"] == 0o640


@POSIX
@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path, is_there):
    target, link = tmp_path / "in" / "target", tmp_path / "link"
    target.parent.mkdir()
    if is_there:
        target.write_bytes(b"old")
    link.symlink_to(target)
    save(link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def in_its_place(path, what):
    """Put something at a path that nobody should replace."""
    match what:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "circle":
            path.symlink_to(path)
        case "read-only":
            path.touch()
            path.chmod(0o444)


@POSIX
@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("folder", "it is a folder"),
        ("pipe", "it is no ordinary file"),
        ("circle", "symbolic links"),
        ("read-only", "it is marked read-only"),
    ],
)
@pytest.mark.parametrize("write", [save, lambda path: prove(path, "The file", LatentlabError)])
def test_what_nobody_should_replace_is_left(tmp_path, what, said, write):
    in_its_place(tmp_path / "file", what)
    before = os.lstat(tmp_path / "file")
    with pytest.raises(LatentlabError, match=rf"^The file could not be saved as .*: .*{said}; choose another place\.$"):
        write(tmp_path / "file")
    assert os.lstat(tmp_path / "file") == before
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("name", ["n" * 300, "nul\0", "not/there", "\ud800"])
@pytest.mark.parametrize("write", [save, lambda path: prove(path, "The file", LatentlabError)])
def test_a_name_that_nobody_can_write_to_is_told(tmp_path, name, write):
    with pytest.raises(LatentlabError, match="The file could not be saved as"):
        write(tmp_path / name)
    assert names(tmp_path) == []


def test_what_was_proved_leaves_nothing(tmp_path):
    save(tmp_path / "file", b"old")
    prove(tmp_path / "file", "The file", LatentlabError)
    prove(tmp_path / "another", "The file", LatentlabError)
    assert names(tmp_path) == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


# What is left behind


def stray(folder):
    """Leave behind what a writer does that was killed."""
    path = folder / temporary_name()
    path.write_bytes(b"half")
    return path


def test_what_dead_writers_left_is_swept_and_nothing_else(tmp_path):
    others = [".latentlab-1.part", ".run.safetensors.part", "run.part", ".latentlab.lock", ".latentlab-" + "f" * 16]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / f".latentlab-{7:016x}.part").mkdir()
    inner = stray(tmp_path).with_suffix(".files")
    inner.mkdir()
    (inner / "file").touch()
    with whole_file(tmp_path / "file", "The file", LatentlabError) as partial, temporary_folder(tmp_path) as folder:
        (folder / "in").touch()
        stray(tmp_path)
        sweep(tmp_path)
        assert partial.exists()
        assert (folder / "in").exists()
        partial.write_bytes(b"new")
    assert names(tmp_path) == sorted([*others, f".latentlab-{7:016x}.part", "file"])


def test_what_another_machine_writes_is_left_while_it_writes_and_goes_a_day_after_it_died(tmp_path):
    path = tmp_path / "file"
    with another_machine():
        writer, inner = whole_file(path, "The file", LatentlabError), temporary_folder(tmp_path)
        partial, folder = writer.__enter__(), inner.__enter__()
    partial.write_bytes(b"half")
    sweep(tmp_path)
    save(tmp_path / "other")  # who writes sweeps, too
    (folder / "in").touch()
    partial.write_bytes(b"whole")
    with another_machine():
        inner.__exit__(None, None, None)
        writer.__exit__(None, None, None)
    assert path.read_bytes() == b"whole"
    with another_machine():
        left = stray(tmp_path)
        sweep(tmp_path)
        assert not left.exists()  # that machine knows that nobody has it
        left, inner = stray(tmp_path), stray(tmp_path)
    folder_of(inner).mkdir()
    earlier = tmp_path / f".latentlab-{7:016x}.part"
    earlier.touch()  # of a version that did not tell whose it is
    long_ago(left, inner)
    sweep(tmp_path)
    assert names(tmp_path) == sorted(["file", "other", earlier.name, inner.name, folder_of(inner).name])
    long_ago(earlier, folder_of(inner))
    sweep(tmp_path)
    assert names(tmp_path) == ["file", "other"]


def test_whoever_writes_sweeps(tmp_path):
    stray(tmp_path)
    prove(tmp_path / "file", "The file", LatentlabError)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["none", "n" * 300, "nul\0", "file"])
def test_to_sweep_raises_nothing(tmp_path, name):
    (tmp_path / "file").touch()
    sweep(tmp_path / name)


def test_what_is_just_being_read_is_replaced_a_moment_later(tmp_path, monkeypatch):
    replace, refused = os.replace, []

    def refuse(*arguments):
        if len(refused) < 2:
            refused.append(arguments)
            raise PermissionError(13, "Somebody reads it")
        replace(*arguments)

    monkeypatch.setattr(writing, "_TRIES", 3)
    monkeypatch.setattr(os, "replace", refuse)
    save(tmp_path / "file")
    assert names(tmp_path) == ["file"]
