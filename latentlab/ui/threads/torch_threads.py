"""How many threads torch computes with, which each thread of a program is told for itself.

The GUI thread computes alone: a decode of two milliseconds that waits for a second thread, on a core where a training
has just been given its turn, takes many times as long. All others leave a core to it.
"""

from __future__ import annotations

import torch

_CORES = torch.get_num_threads()  # before anybody has set it: the cores, or what OMP_NUM_THREADS says


def threads_beside_the_window() -> int:
    """Give how many threads torch may use so that the window keeps a core to itself."""
    return max(1, _CORES - 1)


def compute_alone() -> None:
    """Use no other threads on this one, the GUI's."""
    torch.set_num_threads(1)


def leave_a_core(threads: int | None = None) -> None:
    """Use so many threads on this one; None for as many as the window can spare."""
    torch.set_num_threads(threads or threads_beside_the_window())
