"""Signals that ask the program to stop: at any moment, more than once, and never with a traceback."""

import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from latentlab.__main__ import main
from latentlab.cli import terminal
from latentlab.core.runs.run import Run

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_whatever_asks_to_stop_does_as_ctrl_c(tmp_path, array, monkeypatch, name, status):
    if not hasattr(signal, name):
        pytest.skip(f"there is no {name} here")
    number, out = getattr(signal, name), tmp_path / "run.safetensors"
    before = signal.getsignal(number)
    monkeypatch.setattr("latentlab.cli.terminal.write_event", lambda event: signal.raise_signal(number))
    command = ["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--epochs", "99999", "--json"]
    assert main(command) == status
    assert Run.open(out).epochs == 0
    assert signal.getsignal(number) == before


def test_ctrl_c_while_the_run_is_saved_does_not_break_it(tmp_path, array, monkeypatch):
    out, save = tmp_path / "run.safetensors", Run.save

    def interrupted_save(run, path):
        signal.raise_signal(signal.SIGINT)
        save(run, path)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Run, "save", interrupted_save)
    monkeypatch.setattr("latentlab.cli.terminal.write_event", lambda event: signal.raise_signal(signal.SIGINT))
    command = ["train", "mlp-vae-2d", "--out", str(out), "--dataset", array, "--epochs", "99999", "--json"]
    assert main(command) == 130
    assert Run.open(out).epochs == 0


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP here")
def test_what_is_told_to_ignore_a_lost_terminal_ignores_it():
    event, before = threading.Event(), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminal.interrupt_sets(event):
            signal.raise_signal(signal.SIGHUP)
        assert not event.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


# As the program that pip installs, which tells when the first line of latentlab is reached: what Python does before
# cannot be helped.
PROGRAM = """
from latentlab.__main__ import main
import os, sys
os.write(1, b".")
sys.exit(main())
"""


def interrupted(arguments, seconds, gap):
    """Start the program, send it Ctrl-C after some seconds, and again after a gap; give how it ended."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as program:
        program.stdout.read(1)
        for wait in (seconds, gap):
            threading.Event().wait(wait)
            if program.poll() is None:
                program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=60)
    return program.returncode, said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to another program")
@pytest.mark.parametrize("times", [8, pytest.param(132, marks=[pytest.mark.soak, pytest.mark.timeout(900)])])
def test_ctrl_c_twice_in_the_first_second_is_no_traceback(tmp_path, array, times):
    moments = random.Random(times)

    def attempt(number):
        out = tmp_path / f"{number}.safetensors"
        arguments = ["train", "mlp-vae-2d", "--dataset", array, "--epochs", "99999", "--out", str(out)]
        seconds, gap = moments.uniform(0, 1), moments.choice([0, 0.001, 0.02, 0.2])
        status, said = interrupted(arguments, seconds, gap)
        # While Python itself ends, the second one ends it: to a shell that is 130, too.
        assert status in (130, -signal.SIGINT), (seconds, gap, said)
        assert not any(word in said for word in ("Traceback", "terminate", "Exception", "Interrupt:")), said
        if "saved as" in said:
            Run.open(out)
        else:
            assert not out.exists()

    with ThreadPoolExecutor(2) as two:
        list(two.map(attempt, range(times)))
