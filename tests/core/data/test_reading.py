"""Many files are read at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from latentlab.core.data import reading
from latentlab.core.data.reading import Reading


def test_an_end_of_reading_waits_for_no_more_than_the_files_in_hand(monkeypatch) -> None:
    begun, released = threading.Event(), threading.Event()
    shutdown = ThreadPoolExecutor.shutdown
    monkeypatch.setattr(
        ThreadPoolExecutor, "shutdown", lambda pool, **options: (released.set(), shutdown(pool, **options))
    )
    done = []

    def work(number: int) -> None:
        if number == 0:
            begun.wait()
            raise KeyboardInterrupt
        begun.set()
        released.wait()
        done.append(number)

    with pytest.raises(KeyboardInterrupt):
        next(Reading().each("reading", work, range(1000)))
    assert 32 in done
    assert len(done) <= reading.threads()
