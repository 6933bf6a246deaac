"""How the terms of a loss are weighed: in what is told, and in what is minimised with the beta that is in force."""

from __future__ import annotations

import torch
from torch import Tensor


def weighing(in_force: float, beta: float, device: torch.device) -> Tensor:
    """Give the matrix (4, 5) that turns the means of `LossTerms` into what is told of a step.

    Parameters
    ----------
    in_force : float
        The beta that weighs the KL in what is minimised.
    beta : float
        The recipe's, which weighs it in the loss.

    Returns
    -------
    float32 (4, 5)
        To loss, reconstruction, KL, penalty, and what is minimised.
    """
    rows = [
        [1.0, 1.0, 0.0, 0.0, 1.0],
        [beta, 0.0, 1.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 1.0, 1.0],
        [0.0, 0.0, 0.0, 0.0, in_force],
    ]
    return torch.tensor(rows, device=device)


def share_to_come(epochs_done: float, warm_up: float) -> float:
    """Give the share of beta, in [0, 1], that is not in force yet after so many epochs of a training."""
    return max(0.0, 1 - epochs_done / warm_up) if warm_up else 0.0
