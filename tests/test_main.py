"""The top of the program: whatever goes wrong below is one sentence and an entry of the log, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from latentlab.__main__ import main
from latentlab.cli import commands
from latentlab.core import log

ROOT = Path(__file__).parents[1]


def raising(error):
    def command(arguments):
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ValueError("seven"), 1, "Something went wrong inside latentlab (ValueError: seven);"),
        (MemoryError(), 1, "(there is not enough memory);"),
        (RecursionError("maximum recursion depth exceeded"), 1, "(RecursionError: maximum"),
        (OSError(36, "File name too long", "n" * 300), 2, "nnn cannot be used (file name too long);"),
        (PermissionError(13, "Permission denied", "a\nb"), 2, "a\\u000ab cannot be used (permission denied);"),
        (OSError(28, "No space left on device"), 1, "inside latentlab (no space left on device);"),
        (UnicodeEncodeError("utf-8", "\udce9", 0, 1, "surrogates"), 1, "UnicodeEncodeError"),
        (GeneratorExit(), 1, "GeneratorExit"),
    ],
)
def test_an_error_that_nobody_foresaw_is_a_sentence_and_an_entry_of_the_log(monkeypatch, capsys, error, status, said):
    monkeypatch.setitem(commands.COMMANDS, "recipes", raising(error))
    assert main(["recipes"]) == status
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("latentlab: ")
    assert told.err.count("\n") == 1
    assert said in told.err
    assert str(log.log_file()) in told.err
    assert "in raising" not in told.err
    assert "in command" in log.last_entry()


def test_what_a_thread_or_python_cannot_raise_is_no_traceback_either():
    code = """
import sys, threading
from latentlab.__main__ import main
from latentlab.cli import commands
from latentlab.core import log

class Going:
    def __del__(self):
        raise ValueError("while it goes")

def command(arguments):
    Going()
    assert "while it goes" in log.last_entry()
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    return 0

commands.COMMANDS["recipes"] = command
sys.argv[1:] = ["recipes"]
sys.exit(main())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("latentlab: Something went wrong inside latentlab (ZeroDivisionError: division")
