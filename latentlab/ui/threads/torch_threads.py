"""How many threads torch computes with, which each thread of a program is told for itself.

The GUI thread computes alone: a decode of two milliseconds that waits for a second thread, on a core where a training
has just been given its turn, takes many times as long. All others leave a core to it.
"""

from __future__ import annotations

from functools import cache


def threads_beside_the_window() -> int:
    """Give how many threads torch may use so that the window keeps a core to itself."""
    return max(1, _cores() - 1)


def compute_alone() -> None:
    """Use no other threads on this one, the GUI's."""
    _set(1)


def leave_a_core(threads: int | None = None) -> None:
    """Use so many threads on this one; None for as many as the window can spare."""
    _set(threads or threads_beside_the_window())


def _set(threads: int) -> None:
    import torch  # the window is painted before it is loaded

    _cores()
    torch.set_num_threads(threads)


@cache
def _cores() -> int:
    """Ask before anybody has set it: the cores, or what OMP_NUM_THREADS says."""
    import torch

    return torch.get_num_threads()
