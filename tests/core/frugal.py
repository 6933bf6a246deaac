"""Watching what a part of a test takes: seconds of this process, and memory where the system tells it."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

MOST_SECONDS, MOST_MEGABYTES = 1.0, 300.0  # that refusing a file may take


@contextlib.contextmanager
def frugally() -> Iterator[None]:
    """See that what is done takes no more of either than refusing a file may."""
    before, begin = peak(reset=True), time.process_time()
    yield
    seconds, megabytes = time.process_time() - begin, peak() - before
    assert seconds < MOST_SECONDS, f"{seconds:.1f} s"
    assert megabytes < MOST_MEGABYTES, f"{megabytes:.0f} MB"


def peak(*, reset: bool = False) -> float:
    """Give the most memory that this process had, since it was reset, in MB; 0 where nobody knows."""
    with contextlib.suppress(OSError):
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1000
    return 0.0
