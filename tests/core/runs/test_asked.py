"""What is asked of a training by files beside its run: heard, forgotten when who asked has died, and taken back."""

import os
import sys

import pytest

from latentlab.core.runs import asked, workspace
from latentlab.core.runs.asked import Asked
from latentlab.core.runs.run import RunError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.safetensors"


def heard(what, moments):
    """Give at which moments it knows of a follower."""
    found = []
    for now in moments:
        what.look(now)
        found.append(what.is_followed)
    return found


def test_a_follower_is_heard_as_long_as_it_goes_on_asking(path):
    what = Asked(path)
    assert heard(what, [0.0]) == [False]
    for second in range(1, 30):
        asked.follow(path)
        os.utime(path.with_name(".run.safetensors.follow"), ns=(second, second))  # a clock that stands at 1970
        assert heard(what, [float(second)]) == [True]
    assert heard(what, [34.0, 38.6, 39.2, 60.0]) == [True, True, False, False]


def test_a_follower_that_leaves_is_gone_at_once(path):
    what = Asked(path)
    asked.follow(path)
    assert heard(what, [0.0]) == [True]
    asked.follow_no_more(path)
    assert heard(what, [1.0]) == [False]


def test_it_looks_twice_a_second_at_most(path):
    what = Asked(path)
    what.look(0.0)
    asked.follow(path)
    assert heard(what, [0.1, 0.4, 0.51]) == [False, False, True]


def test_the_time_where_the_file_lies_is_told(path):
    asked.follow(path)
    assert asked.follow(path) == pytest.approx(path.with_name(".run.safetensors.follow").stat().st_mtime)


def test_where_nobody_may_write_nothing_is_asked_and_nothing_raised(tmp_path):
    path = tmp_path / "file" / "run.safetensors"
    path.parent.write_text("no folder")
    assert asked.follow(path) is None
    asked.follow_no_more(path)
    what = Asked(path)
    assert heard(what, [0.0]) == [False]
    with pytest.raises(RunError, match="could not be asked to stop: not a directory"):
        asked.ask_to_stop(path)


def test_who_is_to_stop_hears_it_once_and_not_what_was_meant_for_another(path):
    asked.ask_to_stop(path)
    what = Asked(path)
    what.look(0.0)
    assert not what.is_to_stop
    asked.ask_to_stop(path)
    what.look(1.0)
    assert what.is_to_stop
    assert list(path.parent.iterdir()) == []


def test_nothing_is_left_when_it_ends(path):
    what = Asked(path)
    asked.follow(path)
    asked.ask_to_stop(path)
    what.end()
    assert list(path.parent.iterdir()) == []


def test_what_the_dead_have_left_is_swept_away(path):
    asked.follow(path)
    other = path.with_name("other.safetensors")
    asked.ask_to_stop(other)
    os.utime(path.with_name(".other.safetensors.stop"), (0, 0))
    workspace.sweep(path.parent)
    assert [found.name for found in path.parent.iterdir()] == [".run.safetensors.follow"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links as POSIX has them")
def test_what_is_put_in_the_place_of_a_mark_holds_nobody_up_and_is_left_as_it_is(path):
    target = path.with_name("target")
    target.touch()
    os.utime(target, (1, 1))
    makers = (os.mkfifo, lambda mark: mark.symlink_to(target), lambda mark: mark.hardlink_to(target))
    for make in makers:
        for ending in ("follow", "stop"):
            make(path.with_name(f".{path.name}.{ending}"))
        assert asked.follow(path) is None
        with pytest.raises(RunError, match=r"to stop: \.run\.safetensors\.stop is no ordinary file of its own"):
            asked.ask_to_stop(path)
        assert target.stat().st_mtime == 1
        for mark in path.parent.glob(".run*"):
            mark.unlink()


def test_a_folder_in_the_place_of_a_mark_is_nobodys_word_and_told(path):
    mark = path.with_name(f".{path.name}.stop")
    assert Asked(path).problem == ""
    mark.mkdir()
    what = Asked(path)
    what.look(0.0)
    assert not what.is_to_stop
    assert what.problem.startswith(f"{mark} cannot be removed, and is passed over")
    mark.rmdir()
    asked.ask_to_stop(path)
    what.look(1.0)
    assert what.is_to_stop


def test_a_mark_that_cannot_be_removed_counts_once_it_is_made_anew(path, monkeypatch):
    asked.ask_to_stop(path)
    mark = path.with_name(f".{path.name}.stop")
    os.utime(mark, (1, 1))
    monkeypatch.setattr(asked, "_remove", lambda mark: None)  # as in a folder of another person
    what = Asked(path)
    what.look(0.0)
    assert not what.is_to_stop
    assert "cannot be removed" in what.problem
    asked.ask_to_stop(path)
    what.look(1.0)
    assert what.is_to_stop
