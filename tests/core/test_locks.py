"""Files that one program has while it lives."""

import os
import threading

import pytest

from latentlab.core import locks
from latentlab.core.errors import LatentlabError
from latentlab.core.locks import alone
from latentlab.core.writing import whole_file

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files.")


@POSIX
def test_what_is_swept_before_it_is_locked_is_made_again(tmp_path, monkeypatch):
    """Another program sees a file between its making and its locking, and takes it for a dead one's."""
    lock, sweeping = locks.lock, []

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

    monkeypatch.setattr(locks, "lock", late)
    with whole_file(tmp_path / "file", "The file", LatentlabError) as partial:
        partial.touch()
    assert len(sweeping) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_changes_wait_for_each_other(tmp_path):
    number = tmp_path / "number"
    number.write_text("0")

    def count():
        for _ in range(20):
            with alone(tmp_path):
                read = int(number.read_text())
                with whole_file(number, "The number", LatentlabError) as partial:
                    partial.write_text(str(read + 1))

    counting = [threading.Thread(target=count) for _ in range(3)]
    for thread in counting:
        thread.start()
    for thread in counting:
        thread.join()
    assert number.read_text() == "60"


def test_who_waits_too_long_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_PATIENCE", 0.02)
    with alone(tmp_path), pytest.raises(OSError, match="another latentlab"), alone(tmp_path):
        pass
