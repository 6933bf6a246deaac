"""A process that has imported everything, whose copies are the ranks of a torchrun; some are killed on the way.

This file, run as a program, is that process. `torchrun` itself would start each rank anew, which takes seconds.
"""

import json
import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

from tests.cli.nursery import begun

LIMIT = 60  # seconds, after which whatever still lives is killed, and the test fails


class RanksNursery:
    """Has ranks do something together.

    Parameters
    ----------
    home : Path
        For settings, data and caches, and what the ranks say.
    """

    def __init__(self, home):
        self._home = home
        # As the program has it, which loads torch later.
        self._process = begun(__file__, home, TORCH_CPP_LOG_LEVEL="ERROR")

    def __call__(self, count, *arguments, signalled=None, after="", restarts=0, most=0, name="job"):
        """Have so many ranks run a command, or write what `shared_trainings` come to, and wait until all have ended.

        Parameters
        ----------
        signalled : tuple of int, optional
            A rank, and the signal that it gets once the first says a word, `after`.
        restarts, most : int
            How often torchrun has started them again, and how often it would.
        name : str
            Of the job.

        Returns
        -------
        list of int
            The exit status of each rank, -N where signal N ended it.
        """
        work = {"arguments": [str(each) for each in arguments], "count": count, "signalled": signalled, "after": after}
        work |= {"restarts": restarts, "most": most, "name": name, "home": str(self._home)}
        self._process.stdin.write(json.dumps(work) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def told(self, rank):
        """Give what a rank said last time."""
        return (self._home / f"told{rank}").read_text()

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def be_rank(rank, port, work):
    """Be one of the ranks, in a copy."""
    told = os.open(f"{work['home']}/told{rank}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(told, 1)
    os.dup2(told, 2)
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(work["count"]),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": work["name"],
        "TORCHELASTIC_RESTART_COUNT": str(work["restarts"]),
        "TORCHELASTIC_MAX_RESTARTS": str(work["most"]),
    }
    try:
        from latentlab.__main__ import main
        from tests.cli import shared_trainings

        command, *rest = work["arguments"]
        status = shared_trainings.main(Path(*rest)) if command == "shared" else main(work["arguments"])
    except BaseException:
        traceback.print_exc()
        status = 99
    os._exit(status)


def ended(pids, statuses):
    """Wait a moment, and take note of the ranks that have ended."""
    time.sleep(0.01)
    for rank, pid in enumerate(pids):
        if rank not in statuses:
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                statuses[rank] = os.waitstatus_to_exitcode(status)


def serve():
    import torch._dynamo  # noqa: F401 - by torch's engine

    from latentlab.core.ranks import group, heartbeat  # noqa: F401
    from tests.cli.nursery import get_ready

    get_ready()
    heartbeat.LOST_SECONDS, heartbeat._BEAT_SECONDS = 3.0, 0.1
    for line in sys.stdin:
        work = json.loads(line)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        first = Path(work["home"]) / "told0"
        first.unlink(missing_ok=True)
        pids, statuses, begin = [], {}, time.monotonic()
        for rank in range(work["count"]):
            pids.append(os.fork())
            if pids[-1] == 0:
                be_rank(rank, port, work)
        waits_for = {*range(work["count"])}
        while not waits_for <= statuses.keys() and time.monotonic() - begin < LIMIT:
            ended(pids, statuses)
            if work["signalled"] and first.exists() and work["after"] in first.read_text():
                rank, number = work["signalled"]
                os.kill(pids[rank], number)
                work["signalled"] = None
                waits_for -= {rank} if number == signal.SIGSTOP else set()
        for rank, pid in enumerate(pids):
            if rank not in statuses:
                os.kill(pid, signal.SIGKILL)
                statuses[rank] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(json.dumps([statuses[rank] for rank in range(work["count"])]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
