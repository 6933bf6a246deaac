"""The log: errors come into it whole, from several programs at once, and whatever is wrong with it raises nothing."""

import re
import subprocess
import sys

import pytest

from latentlab.core import log
from latentlab.core.errors import LatentlabError


@pytest.fixture(autouse=True)
def log_path(tmp_path, monkeypatch):
    monkeypatch.setattr(log, "user_log_path", lambda *_, **__: tmp_path / "logs")
    monkeypatch.setattr(log, "_last", log._Entry("", "", False))
    return tmp_path / "logs" / "latentlab.log"


def caught(error):
    try:
        raise error
    except type(error) as raised:
        return raised


def test_an_error_is_written_with_its_traceback_and_what_was_done(log_path):
    assert log.log_file() == log_path
    assert log.last_entry() == ""
    assert log.write(caught(ValueError("seven")))
    assert log.write(caught(KeyError("eight")), "While counting")
    written = log_path.read_text()
    assert "ValueError: seven" in written
    assert written.count("Traceback") == 2
    assert log.last_entry() in written
    assert re.fullmatch(
        r"[-\d]+ [:\d]+ latentlab \S+, process \d+, MainThread: While counting", log.last_entry().split("\n")[0]
    )
    assert "raise error" in log.last_entry()
    assert "seven" not in log.last_entry()


def test_what_it_says_of_an_error():
    assert log.told(LatentlabError("The disk is full: make room.")) == "The disk is full: make room."
    assert log.last_entry() == ""
    sentence = log.told(caught(ValueError("seven\nlines")))
    assert (
        sentence == f"Something went wrong inside latentlab (ValueError: seven); the details are in {log.log_file()}."
    )
    assert "seven\nlines" in log.last_entry()
    assert log.told(SystemExit(), "Training failed").startswith("Training failed (SystemExit); the details are in ")
    assert len(log.told(caught(ValueError("x" * 10_000)))) < 1000


def test_a_log_that_is_long_becomes_an_earlier_one_and_the_earliest_goes(log_path, monkeypatch):
    monkeypatch.setattr(log, "_BYTES", 1000)
    for number in range(50):
        log.write(ValueError(f"number {number}"))
    files = sorted(log_path.parent.iterdir())
    assert [file.name for file in files] == ["latentlab.log", "latentlab.log.1", "latentlab.log.2"]
    assert all(file.stat().st_size < 1200 for file in files)
    numbers = [int(n) for file in reversed(files) for n in re.findall(r"number (\d+)", file.read_text())]
    assert numbers == list(range(numbers[0], 50))
    assert "number 49" in log.last_entry()


def test_programs_that_write_at_once_leave_each_entry_whole(tmp_path, log_path):
    code = """
import sys
from pathlib import Path
from latentlab.core import log
log.user_log_path = lambda *_, **__: Path(sys.argv[1])
sys.stdin.read()  # until all are there
for number in range(50):
    assert log.write(ValueError(f"{sys.argv[2]}-{number} " + "x" * 500 + " end"))
"""
    programs = [
        subprocess.Popen([sys.executable, "-c", code, str(log_path.parent), name], stdin=subprocess.PIPE)
        for name in ("a", "b")
    ]
    for program in programs:
        program.stdin.close()
    assert [program.wait(60) for program in programs] == [0, 0]
    found = re.findall(r"^ValueError: (\w-\d+) x{500} end$", log_path.read_text(), re.MULTILINE)
    assert sorted(found) == sorted(f"{name}-{number}" for name in "ab" for number in range(50))


class Unsayable(Exception):
    def __str__(self):
        raise RuntimeError("not even this")


def test_nothing_is_raised_whatever_is_wrong(tmp_path, log_path):
    assert log.write(ValueError("\udce9 \x00 " + "y" * 1_000_000))
    assert log_path.stat().st_size < 110_000
    assert log.write(caught(Unsayable()))
    assert "Unsayable" in log.told(caught(Unsayable()))
    log_path.unlink()
    log_path.mkdir()
    assert not log.write(ValueError("seven"))
    assert "seven" in log.last_entry()
    assert log.told(ValueError("seven")).endswith("(ValueError: seven); the details could not be written.")


def test_an_error_that_comes_again_and_again_is_written_once(log_path):
    for _ in range(60):
        assert log.write(caught(ValueError("seven")))
    assert log_path.read_text().count("Traceback") == 1
    assert log.write(caught(ValueError("eight")))
    assert log.write(caught(ValueError("seven")))
    assert log_path.read_text().count("Traceback") == 3


def test_it_knows_of_which_error_a_sentence_is():
    first = log.told(caught(ValueError("seven")))
    assert log.is_last_told(f"The tab is empty. {first}")
    second = log.told(caught(ValueError("eight")))
    assert (log.is_last_told(first), log.is_last_told(second)) == (False, True)
    assert not log.is_last_told("The disk is full: make room.")
