"""Looking without being thrown out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from latentlab.core import files

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files.")


@pytest.mark.parametrize("look", [files.exists, files.is_file, files.is_folder, files.inside, files.at_home,
                                  files.absolute, files.resolved, lambda path: files.named(str(path))])  # fmt: skip
@pytest.mark.parametrize(
    "name", ["n" * 300, "nul\0", "~nobody-of-this-name/x", "~nul\0/x", "\ud800", "~\ud800", "circle/x"]
)
def test_to_look_raises_nothing(tmp_path, monkeypatch, look, name):
    monkeypatch.chdir(tmp_path)
    if os.name == "posix":
        (tmp_path / "circle").symlink_to("circle")
    assert look(Path(name)) in (False, [], Path(name), tmp_path / name)


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


@POSIX
def test_only_an_ordinary_file_is_opened_and_nothing_is_waited_for(tmp_path):
    plain, pipe, link, folder = (tmp_path / name for name in ("plain", "pipe", "link", "folder"))
    plain.write_bytes(b"text")
    os.mkfifo(pipe)
    link.symlink_to(plain)
    folder.mkdir()
    file = files.open_ordinary(plain, os.O_RDONLY)
    assert os.read(file, 9) == b"text"
    os.close(file)
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_APPEND, os.O_RDWR | os.O_CREAT):
        for each in (pipe, link, folder, Path("/dev/null")):
            with pytest.raises(files.NotOrdinaryError, match="no ordinary file"):
                files.open_ordinary(each, flags)
    with pytest.raises(FileNotFoundError):
        files.open_ordinary(tmp_path / "none", os.O_RDONLY)
    os.close(files.open_ordinary(tmp_path / "made", os.O_WRONLY | os.O_CREAT))
    assert (tmp_path / "made").read_bytes() == b""


@POSIX
@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_what_comes_just_before_it_is_opened_is_not_waited_for_either(tmp_path, monkeypatch, kind):
    plain, place = tmp_path / "plain", tmp_path / "place"
    plain.touch()
    os.mkfifo(place) if kind == "pipe" else place.symlink_to(plain)
    monkeypatch.setattr(files.os, "lstat", lambda path: plain.stat())
    with pytest.raises(files.NotOrdinaryError):
        files.open_ordinary(place, os.O_WRONLY)
