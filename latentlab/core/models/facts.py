"""What one needs to know of a model to offer what fits it, without the model itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a view needs to know of a model to offer what fits it."""

    latent: int
    class_names: tuple[str, ...]
    uses_labels: bool
    is_variational: bool
    is_denoising: bool = False
