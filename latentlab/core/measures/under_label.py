"""A decoder under one label, as integrals and posteriors over the latent space take it: codes in, outputs out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from latentlab.core.models.losses import ErrorTable
from latentlab.core.models.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class UnderLabel:
    """A model under one label; None for one that knows none.

    Attributes
    ----------
    snapshot : Snapshot
    label : int or None
        -1 decodes a CVAE under no label: a row of zeros.
    """

    snapshot: Snapshot
    label: int | None

    @classmethod
    def of(cls, snapshot: Snapshot, label: int | None) -> UnderLabel:
        """Take a label where the model uses labels, as `Snapshot.under` does."""
        return cls(snapshot, int(snapshot.under(label, 1)[0]) if snapshot.uses_labels else None)

    def decode(self, codes: Tensor) -> Tensor:
        """Give the raw outputs, float32 (K, C, H, W), of codes (K, L)."""
        labels = None if self.label is None else torch.full((len(codes),), self.label)
        return self.snapshot.model.decode(codes, labels)

    def error(self, output: Tensor, images: Tensor) -> Tensor:
        """Give -log p(x | z) of images (K, C, H, W), each under its own output (K, C, H, W): float32 (K,), nats."""
        return self.snapshot.model.error(output, images)

    def error_of_each(self, output: Tensor, images: Tensor) -> Tensor:
        """Give -log p(x | z) of images (B, C, H, W) under outputs (K, C, H, W): float32 (B, K), nats."""
        return self.snapshot.model.error_of_each(output, images)

    def error_table(self, output: Tensor) -> ErrorTable:
        """Give what `error_of_each` of any `target` is made of."""
        return self.snapshot.model.error_table(output)

    def target(self, images: Tensor) -> Tensor:
        """Give images in the range of the outputs."""
        return self.snapshot.model.target(images)
