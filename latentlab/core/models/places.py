"""The head of an encoder that tells the likeliest of many places, and where between those around it the code lies.

The mode of a posterior jumps where one region of the plane ends to explain images better and another begins. A linear
head has to pass through all that lies between, so that images of such a border are encoded where they belong nowhere.
The share of a place can jump, as that of a class can, and it is learned from the exact posterior.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from latentlab.core.models.latent_grid import coordinates, product, side_of

_WINDOW = 3  # places along each dimension that a code is a mean of
_LEAST_SIDE = 16
_CODES_A_PLACE = 3  # of the grid that modes are sought on, along each dimension
_LOGVAR = -3.0  # to begin with


class Places(nn.Module):
    """From features to the share of each place, and to the mean of those around the likeliest.

    Parameters
    ----------
    features : int
        How many.
    latent : int
        Dimensions of the latent space: 1 or 2.
    image_shape : tuple of int
        (C, H, W): the places are as dense as what can be sought for such images.

    Attributes
    ----------
    shares : nn.Linear
        From features to the logarithm of each place's share, up to a constant.
    logvars : Parameter, (places, latent)
        What each place adds to the logvar of the codes around it.
    coordinates : float32 (S,)
        Of the places, along each dimension.
    """

    coordinates: Tensor
    _offsets: Tensor
    _strides: Tensor

    def __init__(self, features: int, latent: int, image_shape: tuple[int, int, int]) -> None:
        super().__init__()
        with torch.device("cpu"):  # on "meta", where models are made to be compared, torch loads its compiler for these
            codes = coordinates(side_of(latent, image_shape))
            side = max(_LEAST_SIDE, len(codes) // _CODES_A_PLACE)
            at = torch.linspace(0, len(codes) - 1, side, dtype=torch.float64)
            before = at.long().clamp(max=len(codes) - 2)
            along = torch.lerp(codes[before], codes[before + 1], at - before).float()
            offsets = product(torch.arange(_WINDOW), latent)
            strides = torch.tensor([side**power for power in reversed(range(latent))])
        self.latent, self._side = latent, side
        self.shares = nn.Linear(features, side**latent)
        self.logvars = nn.Parameter(torch.full((side**latent, latent), _LOGVAR))
        # Of the recipe and the images, so not among what is learned
        for name, tensor in {"coordinates": along, "_offsets": offsets, "_strides": strides}.items():
            self.register_buffer(name, tensor, persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Give the mean of each posterior, float32 (B, L), for features (B, F)."""
        logits = self.logits(features)
        return self.read(logits, self.likeliest(logits))[0]

    def logits(self, features: Tensor) -> Tensor:
        """Give the logarithm of each place's share, up to a constant: float32 (B, places)."""
        logits: Tensor = self.shares(features)
        return logits.float()

    def likeliest(self, logits: Tensor) -> Tensor:
        """Give the window with the largest share, as the first place's indices: int64 (B, L)."""
        shares = logits.detach().softmax(1).view(-1, 1, *[self._side] * self.latent)
        pool = F.avg_pool1d if self.latent == 1 else F.avg_pool2d
        first = pool(shares, _WINDOW, 1).flatten(1).argmax(1)
        inner = self._side - _WINDOW + 1
        return first[:, None] if self.latent == 1 else torch.stack([first // inner, first % inner], 1)

    def around(self, codes: Tensor) -> Tensor:
        """Give the window that is nearest around each of some codes (B, L): int64 (B, L)."""
        nearest = (codes[:, :, None] - self.coordinates).abs().argmin(2)
        return (nearest - _WINDOW // 2).clamp(0, self._side - _WINDOW)

    def read(self, logits: Tensor, window: Tensor) -> tuple[Tensor, Tensor]:
        """Give the mean of the places of a window, by their shares, and of what these add to logvar: (B, L) each."""
        each = window[:, None] + self._offsets  # (B, 3 ** L, L)
        which = (each * self._strides).sum(2)
        shares = logits.gather(1, which).softmax(1)[:, :, None]
        return (shares * self.coordinates[each]).sum(1), (shares * self.logvars[which]).sum(1)

    def laid(self, codes: Tensor) -> Tensor:
        """Give how codes along a dimension (N,) are shared among the places, (N, S): between two, by the distance.

        So the mean of the places, by what they are given, is that of the codes, but for those beyond the last place.
        """
        places = self.coordinates.to(codes)
        after = torch.searchsorted(places, codes.contiguous()).clamp(1, self._side - 1)
        share = ((codes - places[after - 1]) / (places[after] - places[after - 1])).clamp(0, 1)
        rows, laid = torch.arange(len(codes), device=codes.device), codes.new_zeros(len(codes), self._side)
        laid[rows, after - 1], laid[rows, after] = 1 - share, share
        return laid
