"""How the terms of a loss are weighed: in what is told, and in what is minimised while beta warms up."""

from __future__ import annotations

import torch
from torch import Tensor


def weighing(beta: float, device: torch.device) -> Tensor:
    """Give the matrix (3, 4) that turns the means of the terms into the loss, and themselves after it."""
    return torch.tensor([[1.0, 1.0, 0.0, 0.0], [beta, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]], device=device)


def share_to_come(epochs_done: float, warm_up: float) -> float:
    """Give the share of beta, in [0, 1], that is not in force yet after so many epochs of a training."""
    return max(0.0, 1 - epochs_done / warm_up) if warm_up else 0.0
