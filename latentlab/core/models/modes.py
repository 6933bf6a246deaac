"""Where the posteriors of images have their modes, and what a VAE learns from that."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

_PULL = 30.0  # nats for each unit that a mean lies away
_NEAR = 0.4  # units, beyond which it is another place
_ROUNDED = 1e-2  # units²: nearer than its root the pull fades


class Modes(NamedTuple):
    """Where the posterior p(z | x) of each image of a batch is highest, as far as that was looked for.

    Attributes
    ----------
    codes : float32 (B, L)
    log_joint : float32 (B,)
        log p(x, z) there, nats.
    """

    codes: Tensor
    log_joint: Tensor

    def teach(self, mean: Tensor, log_joint: Tensor) -> tuple[Tensor, Tensor]:
        """Give the means that are learned from in the place of an encoder's, and what pulls those to the modes.

        A mode counts where it is higher than what the encoder found: a grid on which modes are sought has gaps. It
        takes the place of a mean that lies away from it.

        Parameters
        ----------
        mean : float32 (B, L)
            Of the encoder.
        log_joint : float32 (B,)
            log p(x, z) there, nats.

        Returns
        -------
        mean : float32 (B, L)
            Without a gradient where it is the mode.
        pull : float32 (B,)
            Nats.
        """
        is_higher = self.log_joint > log_joint
        away = (mean - self.codes).square().sum(1)
        pull = torch.where(is_higher, _PULL * (away + _ROUNDED).sqrt(), 0.0)
        is_elsewhere = is_higher & (away.detach() > _NEAR**2)
        return torch.where(is_elsewhere[:, None], self.codes, mean), pull
