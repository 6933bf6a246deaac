"""A prior that was fitted to codes, as tensors of a run's file; files of earlier versions have none."""

from __future__ import annotations

import torch
from torch import Tensor

from latentlab.core.models.prior import Mixture

_WEIGHTS, _MEANS = "prior.log_weights", "prior.means"
_NAMES = (_WEIGHTS, _MEANS, "prior.scales")
_MOST_COMPONENTS = 10_000


def stored_prior(prior: Mixture | None) -> dict[str, Tensor]:
    """Give the tensors of a prior, none where none was fitted."""
    if prior is None:
        return {}
    parts = prior.log_weights, prior.means, prior.scales
    return {name: tensor.contiguous() for name, tensor in zip(_NAMES, parts, strict=True)}


def read_prior(tensors: dict[str, Tensor]) -> Mixture | None:
    """Make a prior of the tensors of a file, if it has one.

    Raises
    ------
    ValueError
        When these are no mixture of Gaussians.
    """
    if _MEANS not in tensors:
        return None
    weights, means, scales = (tensors[name].float() for name in _NAMES)
    is_finite = all(bool(torch.isfinite(each).all()) for each in (weights, means, scales))
    if not is_finite or not (torch.diagonal(scales, 0, 1, 2) > 0).all() or not torch.equal(scales, scales.tril()):
        raise ValueError("a prior of no Gaussians")
    return Mixture(weights, means, scales)


def check_prior(shapes: dict[str, tuple[int, ...]], latent: int) -> set[str]:
    """See that the shapes of a file's prior fit together, and give the names of its tensors.

    Raises
    ------
    ValueError
    """
    names = shapes.keys() & set(_NAMES)
    if not names:
        return set()
    count = shapes[_WEIGHTS][0]
    expected = (count,), (count, latent), (count, latent, latent)
    if not 1 <= count <= _MOST_COMPONENTS or tuple(shapes[name] for name in _NAMES) != expected or not latent:
        raise ValueError("the prior does not fit the model")
    return set(names)
