"""Copies of a model's weights while it is trained, on the device that it is on."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def copied(model: nn.Module) -> list[Tensor]:
    """Copy the weights of a model."""
    return [parameter.detach().clone() for parameter in model.parameters()]


def put_back(model: nn.Module, weights: list[Tensor]) -> None:
    """Give a model the weights that were copied from it."""
    with torch.no_grad():
        for parameter, kept in zip(model.parameters(), weights, strict=True):
            parameter.copy_(kept)


def are_finite(model: nn.Module) -> bool:
    """Whether all weights of a model are finite numbers; waits for its device."""
    with torch.no_grad():
        return bool(torch.stack([parameter.sum() for parameter in model.parameters()]).isfinite().all())
