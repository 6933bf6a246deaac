"""Where the posteriors of images have their modes, and what a VAE learns from that."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from latentlab.core.models.places import Places

_PULL = 30.0  # nats for each unit that a mean lies away
_NEAR = 0.4  # units, beyond which it is another place
_ROUNDED = 1e-2  # units²: nearer than its root the pull fades
_TOLD = 3.0  # times the cross-entropy of places


class Modes(NamedTuple):
    """Where the posterior p(z | x) of each image of a batch is highest, as far as that was looked for.

    Where labels guide (`loss.labels`), it is p(z | x, y), which tells the label as often as that weight says.

    Attributes
    ----------
    codes : float32 (B, L)
    log_joint : float32 (B,)
        log p(x, z) there, nats; less the guidance, where labels guide.
    shares : float32 (B, places) or None
        What the posterior has of each place, for an encoder that tells places.
    """

    codes: Tensor
    log_joint: Tensor
    shares: Tensor | None = None

    def teach(self, mean: Tensor, log_joint: Tensor) -> tuple[Tensor, Tensor]:
        """Give the means that are learned from in the place of an encoder's, and what pulls those to the modes.

        A mode counts where it is higher than what the encoder found: a grid on which modes are sought has gaps. It
        takes the place of a mean that lies away from it.

        Parameters
        ----------
        mean : float32 (B, L)
            Of the encoder.
        log_joint : float32 (B,)
            There, nats.

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
        return torch.where(self._are_elsewhere(mean, log_joint)[:, None], self.codes, mean), pull

    def teach_places(
        self, places: Places, logits: Tensor, mean: Tensor, log_joint: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Give what is learned from in the place of what an encoder that tells places has found, and from its shares.

        These learn the exact posterior's: the wake phase of Bornschein and Bengio (2015), eq. 5, in which the sum over
        samples is one over the grid. Where the mode lies elsewhere, the places around it are read.

        Parameters
        ----------
        places : Places
        logits : float32 (B, places)
            What it has told.
        mean, log_joint
            As of `teach`.

        Returns
        -------
        mean, logvar : float32 (B, L)
            Of the window that is read, as of `Places.read`.
        cross_entropy : float32 (B,)
            Of the shares, nats, times its weight.
        """
        assert self.shares is not None
        elsewhere = self._are_elsewhere(mean, log_joint)[:, None]
        window = torch.where(elsewhere, places.around(self.codes), places.likeliest(logits))
        cross_entropy = -(self.shares * torch.log_softmax(logits, 1)).sum(1)
        return *places.read(logits, window), _TOLD * cross_entropy

    def _are_elsewhere(self, mean: Tensor, log_joint: Tensor) -> Tensor:
        return (self.log_joint > log_joint) & ((mean.detach() - self.codes).square().sum(1) > _NEAR**2)
