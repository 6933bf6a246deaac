"""Several machines that see the same folder, of which none sees the locks of another, as on many networks."""

import os
import time
from contextlib import contextmanager

import pytest

from latentlab.core import locks


@contextmanager
def another_machine():
    """Do something on another machine: what it locks is free on this one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locks, "machine", lambda: "0123abcd")
        patch.setattr(locks, "_take_lock", lambda file: True)
        yield


def long_ago(*paths, days=1.1):
    """Have nothing changed for so long."""
    then = time.time() - 86_400 * days
    for path in paths:
        os.utime(path, (then, then))
