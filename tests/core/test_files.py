"""Files that are written whole or not at all, and looking without being thrown out."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from latentlab.core import files
from latentlab.core.errors import LatentlabError
from latentlab.core.files import alone, prove, sweep, temporary_folder, whole_file

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


def stray(folder, number=0):
    """Leave behind what a writer does that was killed."""
    path = folder / f".latentlab-{number:016x}.part"
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
        stray(tmp_path, 1)
        sweep(tmp_path)
        assert partial.exists()
        assert (folder / "in").exists()
        partial.write_bytes(b"new")
    assert names(tmp_path) == sorted([*others, f".latentlab-{7:016x}.part", "file"])


@POSIX
def test_what_is_swept_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    """Another program sees a file between its making and its locking, and takes it for a dead one's."""
    lock, sweeping = files.lock, []

    def late(file):
        if not sweeping:
            (path,) = tmp_path.iterdir()
            sweeping.append(os.open(path, os.O_RDWR))
            assert lock(sweeping[0])
        elif len(sweeping) == 1 and not lock(file):
            path = next(tmp_path.iterdir())
            path.unlink()
            os.close(sweeping[0])
            sweeping.append(None)
        return lock(file)

    monkeypatch.setattr(files, "lock", late)
    save(tmp_path / "file")
    assert len(sweeping) == 2
    assert names(tmp_path) == ["file"]


def test_whoever_writes_sweeps(tmp_path):
    stray(tmp_path)
    prove(tmp_path / "file", "The file", LatentlabError)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["none", "n" * 300, "nul\0", "file"])
def test_to_sweep_raises_nothing(tmp_path, name):
    (tmp_path / "file").touch()
    sweep(tmp_path / name)


# Others


def test_changes_wait_for_each_other(tmp_path):
    number = tmp_path / "number"
    number.write_text("0")

    def count():
        for _ in range(20):
            with alone(tmp_path):
                read = int(number.read_text())
                save(number, str(read + 1).encode())

    counting = [threading.Thread(target=count) for _ in range(3)]
    for thread in counting:
        thread.start()
    for thread in counting:
        thread.join()
    assert number.read_text() == "60"


def test_who_waits_too_long_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_PATIENCE", 0.02)
    with alone(tmp_path), pytest.raises(OSError, match="another latentlab"), alone(tmp_path):
        pass


def test_what_is_just_being_read_is_replaced_a_moment_later(tmp_path, monkeypatch):
    replace, refused = os.replace, []

    def refuse(*arguments):
        if len(refused) < 2:
            refused.append(arguments)
            raise PermissionError(13, "Somebody reads it")
        replace(*arguments)

    monkeypatch.setattr(files, "_TRIES", 3)
    monkeypatch.setattr(os, "replace", refuse)
    save(tmp_path / "file")
    assert names(tmp_path) == ["file"]


# To look


@pytest.mark.parametrize("look", [files.exists, files.is_file, files.is_folder, files.at_home, files.absolute,
                                  files.resolved, lambda path: files.named(str(path))])  # fmt: skip
@pytest.mark.parametrize(
    "name", ["n" * 300, "nul\0", "~nobody-of-this-name/x", "~nul\0/x", "\ud800", "~\ud800", "circle/x"]
)
def test_to_look_raises_nothing(tmp_path, monkeypatch, look, name):
    monkeypatch.chdir(tmp_path)
    if os.name == "posix":
        (tmp_path / "circle").symlink_to("circle")
    assert look(Path(name)) in (False, Path(name), tmp_path / name)


@POSIX
def test_to_look_raises_nothing_where_one_works_in_no_folder(tmp_path):
    code = """
import os, sys
from pathlib import Path
from latentlab.core import files
os.chdir(sys.argv[1])
os.rmdir(sys.argv[1])
path = Path("x")
assert not (files.exists(path) or files.is_file(path) or files.is_folder(path))
assert files.absolute(path) == files.resolved(path) == path
"""
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, gone], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
