"""At a terminal one is asked for room, as long as no place takes a run."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from latentlab.core.runs.run import Run
from tests.cli.trainings import TINY

ROOT = Path(__file__).parents[2]


ASKED = """
import sys, tempfile
from pathlib import Path
from latentlab.__main__ import main
from latentlab.core.runs.run import Run
from latentlab.core.training.autosave import Autosave
from tests.faults import full_disk
tempfile.tempdir = sys.argv[1]
finish, save, room = Autosave.finish, Run.save, Path(sys.argv[2])
Autosave.take = lambda self, event: None  # on a thread of its own, where the disk would be full for both

def guarded(work):
    def guard(self, *arguments):
        if room.exists():
            return work(self, *arguments)
        with full_disk():
            return work(self, *arguments)
    return guard

Autosave.finish, Run.save = guarded(finish), guarded(save)
sys.exit(main(sys.argv[3:]))
"""


class Terminal:
    """A terminal, and a program that runs at it."""

    def __init__(self, code, *arguments):
        pty = pytest.importorskip("pty", reason="Windows has no terminals of that kind.")
        import fcntl
        import termios

        self._end, inner = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=os.environ | {"TERM": "dumb", "COLUMNS": "400"},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(inner)
        self.told = ""

    def until(self, words, count=1):
        while self.told.count(words) < count:
            ready, _, _ = select.select([self._end], [], [], 60)
            assert ready, self.told
            self.told += os.read(self._end, 4096).decode()

    def type(self, keys):
        os.write(self._end, keys)

    def close(self):
        if self._end >= 0:
            os.close(self._end)
            self._end = -1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        self.process.kill()
        self.process.wait()


def test_at_a_terminal_one_is_asked_until_a_place_takes_the_run(array, tmp_path):
    out, room, temporary = tmp_path / "out.safetensors", tmp_path / "room", tmp_path / "temporary"
    temporary.mkdir()
    arguments = ["train", "mlp-vae-2d", "--out", out, "--dataset", array, *TINY, "--epochs", "1"]
    question = "latentlab: No place takes the run: make room on the disk, then press Enter."
    with Terminal(ASKED, temporary, room, *arguments) as terminal:
        terminal.until(question)
        assert not list(temporary.rglob("*.safetensors"))
        terminal.type(b"\n")
        terminal.until(question, 2)
        room.touch()
        terminal.type(b"\n")
        terminal.until("Trained 1 epoch, saved as")
        assert terminal.process.wait(60) == 0
    assert Run.open(out).epochs == 1
    assert terminal.told.count("could not be saved") == 1


ENTER = """
import signal, sys, threading
from latentlab.cli import terminal
stop = threading.Event()
with terminal.interrupt_sets(stop):
    answer = terminal.wait_for_enter("Make room.")
    signal.raise_signal(signal.SIGINT)
    assert stop.is_set()
sys.exit(3 if answer else 4)
"""


@pytest.mark.parametrize(("answer", "status"), [("enter", 3), ("Ctrl-C", 4), ("end", 4), ("gone", 4), ("plea", 4)])
def test_nobody_is_held_at_a_question(answer, status):
    with Terminal(ENTER) as terminal:
        terminal.until("Make room.")
        match answer:
            case "gone":
                terminal.close()
            case "plea":
                terminal.process.terminate()
            case _:
                terminal.type({"enter": b"y\n", "Ctrl-C": b"\x03", "end": b"\x04"}[answer])
        # Whoever sits at a terminal that is gone may be told so by a signal before, or after.
        assert terminal.process.wait(60) in ({status, -signal.SIGHUP} if answer == "gone" else {status})


UNHEARD = """
import signal, sys, threading
from latentlab.cli import terminal
asked = threading.Event()
def interrupt():
    asked.wait()
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
threading.Thread(target=interrupt).start()
sys.setswitchinterval(1000)  # the other thread goes on when this one waits
terminal.say = lambda sentence: asked.set()
sys.exit(3 if terminal.wait_for_enter("Make room.") else 4)
"""


def test_a_signal_that_wakes_nobody_ends_a_question_too():
    """As one that comes in the moment before the answer is read, or to another thread."""
    with Terminal(UNHEARD) as terminal:
        assert terminal.process.wait(60) == 4
