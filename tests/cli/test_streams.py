"""Standard output and error that are closed, full or gone: what was asked for is done, and nothing else is said."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from latentlab.__main__ import main
from latentlab.cli import terminal
from latentlab.cli.streams import Stream, guarded
from latentlab.core.runs.run import Run

ROOT = Path(__file__).parents[2]


class Breaking(io.StringIO):
    """A terminal that takes so many writes; then it is gone."""

    def __init__(self, writes):
        super().__init__()
        self.left = writes

    def write(self, text):
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, "Input/output error")
        return super().write(text)

    def isatty(self):
        return True


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


def unread():
    reading, writing = os.pipe()
    os.close(reading)
    return os.fdopen(writing, "w")


def full():
    if not Path("/dev/full").exists():
        pytest.skip("nothing is full here")
    return Path("/dev/full").open("w")


BROKEN = {"none": lambda: None, "closed": closed, "unread": unread, "full": full}
GONE = {f"gone after {n}": lambda n=n: Breaking(n) for n in (0, 1, 4)}


@pytest.fixture(params=BROKEN)
def broken(request):
    stream = (BROKEN | GONE)[request.param]()
    yield stream
    if stream is not None:
        stream.close()  # which writes what was kept back: that must not complain, either


def test_nothing_is_lost_of_what_is_written():
    inner = io.StringIO()
    stream = Stream(inner)
    assert (stream.write("β"), stream.isatty(), stream.error) == (1, False, None)
    stream.flush()
    assert stream.getvalue() == inner.getvalue() == "β"


@pytest.mark.parametrize("broken", BROKEN | GONE, indirect=True)
def test_a_broken_stream_is_silent_and_says_why(broken):
    stream = Stream(broken)
    for _ in range(5):
        assert stream.write("seven") == 5
        stream.flush()
    assert isinstance(stream.error, OSError | ValueError)
    assert not stream.isatty()


def test_streams_are_given_back():
    before = sys.stdout, sys.stderr
    with guarded() as (out, err):
        assert (sys.stdout, sys.stderr) == (out, err)
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize("broken", BROKEN | GONE, indirect=True)
def test_training_goes_on_when_nobody_hears_what_it_says(tmp_path, array, monkeypatch, capsys, broken):
    out = tmp_path / "run.safetensors"
    monkeypatch.setattr("sys.stderr", broken)
    assert main(["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--epochs", "2", "--json"]) == 0
    assert Run.open(out).epochs == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["event"] == "finished"


def test_training_goes_on_when_nobody_reads_its_output(tmp_path, array, monkeypatch, capsys, broken):
    out = tmp_path / "run.safetensors"
    monkeypatch.setattr("sys.stdout", broken)
    assert main(["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--epochs", "2", "--json"]) == 1
    assert Run.open(out).epochs == 2
    said = capsys.readouterr().err.splitlines()
    if "could not be written" in said[-1]:  # not of a pipe, whose reader had what it wanted
        said.pop()
    assert "saved as" in said[-1]


def test_a_bar_shows_a_name_as_it_is(monkeypatch):
    screen = Breaking(1000)
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with terminal.shown_share("Reading [/red] [scans]\x1b[2J") as show:
        show(0.5)
    assert "Reading [/red] [scans]\\u001b[2J" in screen.getvalue()


@pytest.mark.parametrize("arguments", [["recipes"], ["recipes", "--json"], ["data"], ["--help"], ["train", "--help"]])
def test_a_listing_that_nobody_reads_has_status_1_and_no_traceback(arguments, monkeypatch, capsys, broken):
    monkeypatch.setattr("sys.stdout", broken)
    assert main(arguments) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such numbers on Windows")
@pytest.mark.parametrize(("number", "status"), [(1, 1), (2, 0)])
def test_a_file_that_is_opened_never_takes_the_place_of_a_stream(number, status, tmp_path):
    # What libraries print would be written into it.
    code = (
        "import os, sys\n"
        "from latentlab.__main__ import main\n"
        "status = main(['recipes'])\n"
        "sys.exit(status if os.open(os.devnull, os.O_RDONLY) > 2 else 7)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, preexec_fn=lambda: os.close(number), timeout=60, check=False
    )
    assert done.returncode == status


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="nothing is full")
def test_python_does_not_complain_of_what_was_kept_back():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "latentlab", "recipes", "--json"]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == ("latentlab: The output could not be written: no space left on device; send it elsewhere.\n")
