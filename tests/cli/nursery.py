"""A process that has imported everything, and does what it is told in copies of itself, which are killed on the way.

This file, run as a program, is that process: a program that starts anew takes seconds, one that is copied none.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
SET = "parcel"  # what is downloaded from nowhere


def begun(program, home, **more):
    """Begin a program of this folder that does what it is told, with all its places in one folder, by one thread."""
    own = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE")}
    own |= {"LATENTLAB_CACHE": str(home / "cache"), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, program],
        env=os.environ | own | more,
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class Nursery:
    """Has copies of a process do something each, and kills them.

    Parameters
    ----------
    home : Path
        For settings, data and caches.
    """

    def __init__(self, home):
        self._process = begun(__file__, home)
        self._told = home / "told"

    def __call__(self, *arguments, after=None, number=signal.SIGKILL, from_first_word=False):
        """Have a copy do something, which gets a signal after some seconds, counted from when it first says something.

        Returns
        -------
        dict
            Its ``status``, -N where signal N ended it, and the ``seconds`` that it went on, counted in the same way.
        """
        work = {"arguments": [str(each) for each in arguments], "told": str(self._told), "after": after}
        work["from_first_word"] = from_first_word
        self._told.unlink(missing_ok=True)
        self._process.stdin.write(json.dumps(work | {"number": int(number)}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    @property
    def told(self):
        """What the last copy said."""
        return self._told.read_text()

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def get_ready():
    """Import what will be needed, and compute nothing: threads are not copied."""
    import rich.progress  # noqa: F401
    import safetensors.torch  # noqa: F401

    from latentlab.cli import commands, training_outputs  # noqa: F401
    from latentlab.core.data import leftovers, registry  # noqa: F401
    from latentlab.core.output import event_files, export, tensorboard  # noqa: F401
    from latentlab.core.runs import evaluation  # noqa: F401
    from latentlab.core.sketch import preparation
    from latentlab.core.training import autosave, trainer

    preparation.get_ready()
    digits = registry.load("digits", registry.default_data_dir())
    measured = preparation.measure(digits.train_images[:100].numpy())  # takes longer than training on them
    preparation.measure = lambda images: measured
    registry.DATASETS["digits"] = replace(registry.DATASETS["digits"], read=lambda: digits)
    autosave.SECONDS, autosave._SHARE = 0.0, 1e9  # saves whenever it can
    trainer._MESSAGE_SECONDS = 0.0


def stored_set():
    """Give a set that is fetched in small parts, and unpacked into files of a few hundred kB."""
    import io

    import numpy as np

    from latentlab.core.data import downloads, registry
    from latentlab.core.data.sets.downloaded import Source
    from latentlab.core.data.sets.stored_set import StoredSet

    packed = bytes(300_000)

    class Answer(io.BytesIO):
        length = None

        def read(self, most=-1):
            return super().read(min(most, 10_000) if most > 0 else most)

    def extract(arrived):
        for _ in range(3):
            yield "images"
        labels = np.arange(400) % 3
        return (images := np.full((400, 1, 28, 28), 7, np.uint8)), labels, images[:50], labels[:50]

    source = Source(hashlib.md5(packed, usedforsecurity=False).hexdigest(), ("http://nowhere/packed",))
    registry.DATASETS[SET] = StoredSet(
        SET, "Parcel", 400, 50, len(packed), ("a", "b", "c"), fetched=(source,), extract=extract
    )
    downloads.urlopen = lambda *_, **__: Answer(packed)
    return registry.DATASETS[SET]


def do(work):
    """Do something, in a copy."""
    told = os.open(work["told"], os.O_WRONLY | os.O_CREAT, 0o600)
    os.dup2(told, 1)
    os.dup2(told, 2)
    try:
        from latentlab.__main__ import main

        if work["arguments"][0] == "data":
            stored_set()
        status = main(work["arguments"])
    except KeyboardInterrupt:  # before the program has begun
        status = 130
    except BaseException as error:
        os.write(2, f"Traceback: {error!r}".encode())
        status = 99
    os._exit(status)


def wait_for_word(told, pid):
    """Wait until a copy says something, or ends."""
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        with suppress(FileNotFoundError):
            if Path(told).stat().st_size:
                return
        time.sleep(0.0005)


def serve():
    get_ready()
    for line in sys.stdin:
        work = json.loads(line)
        pid = os.fork()
        if pid == 0:
            do(work)
        if work["from_first_word"]:
            wait_for_word(work["told"], pid)
        begin = time.perf_counter()
        if work["after"] is not None:
            time.sleep(work["after"])
            os.kill(pid, work["number"])  # nobody else has its number as long as it was not waited for
        _, status = os.waitpid(pid, 0)
        found = {"status": os.waitstatus_to_exitcode(status), "seconds": time.perf_counter() - begin}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
