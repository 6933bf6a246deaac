"""How many operations a model takes: what encoding and decoding cost, the same on a busy machine as on an idle one."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from latentlab.core.models.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Operations:
    """Floating-point operations of one image: additions and multiplications of its layers, two for each weight used.

    Attributes
    ----------
    encode, decode : int
        Of encoding one image, and of decoding one code.
    labels : int
        Labels under which a code can be decoded; 0 where a model knows none.
    penalty : int
        Of the exact penalty of one image: with a contraction it is encoded, and gone back through, for each dimension.
    """

    encode: int
    decode: int
    labels: int = 0
    penalty: int = 0


def count(snapshot: Snapshot) -> Operations:
    """Count the operations of a model, on an image and a code that it goes through once."""
    # Of its own: the layers of a snapshot may be computing on another thread. Torch's counter of operations would
    # load its compiler, for which the first map of a program would wait a tenth of a second.
    counted = copy.copy(snapshot)
    counted.model = copy.deepcopy(snapshot.model)
    total = 0

    def add(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        weight = layer.weight
        assert isinstance(weight, Tensor)
        # A transposed convolution spreads each input over its kernel, other layers gather for each output.
        places = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output
        total += 2 * places.numel() * weight[0].numel()

    for layer in counted.model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            layer.register_forward_hook(add)
    labels = np.zeros(1, np.int64)
    with torch.inference_mode():
        counted.encode(np.zeros((1, *snapshot.image_shape), np.float32), labels)
        encode, total = total, 0
        counted.decode(np.zeros((1, snapshot.latent), np.float32), labels)
    penalty = 3 * snapshot.latent * encode if snapshot.recipe.loss.contraction else 0
    return Operations(encode, total, len(snapshot.class_names) if snapshot.uses_labels else 0, penalty)
