"""Where the posterior of each image has its mode, while a model of one or two dimensions trains: sought on a grid.

An encoder takes some images for others, and at each code that is not theirs the decoder learns to mix them. What a
decoder could do, and what an encoder has to find, is told by the decoder itself, of all codes of so small a space: the
expectation is taken on a grid (Bishop, Svensén and Williams, 1998, section 2), what is found teaches the encoder, and
the decoder learns from it (Kim et al., 2018, algorithm 1, refine codes step by step from the encoder's). The decoder is
free then to lay images where an encoder hardly finds them: p(x) becomes larger, and the amortisation gap does, too.
"""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor

from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.losses import ErrorTable
from latentlab.core.models.modes import Modes
from latentlab.core.runs.training_state import MODES, TrainingState
from latentlab.core.training.kept_weights import copied, put_back

MOST_DIMENSIONS = 2

_SIDES = {1: 1024, 2: 96}  # codes along each dimension
_LEAST_SIDE = 16
_MOST_NUMBERS = 16_777_216  # that are kept: 64 MB
_SPREAD = 1.4  # the grid is as dense as a normal distribution with so large a deviation
_STEPS = 20  # of the decoder between two times that the grid is decoded
_AT_ONCE = 128  # codes decoded, or images looked for, together: as many as a batch has


class ModeSearch:
    """Finds modes by codes all over the latent space, which are decoded every twenty steps.

    Parameters
    ----------
    model : Autoencoder
        A VAE of at most `MOST_DIMENSIONS` dimensions that is told no labels, on its device; it goes on learning.
    """

    def __init__(self, model: Autoencoder) -> None:
        self._model = model
        most = int((_MOST_NUMBERS / math.prod(model.image_shape)) ** (1 / model.latent))
        side = max(_LEAST_SIDE, min(_SIDES[model.latent], most))
        places = _SPREAD * torch.special.ndtri((torch.arange(side, dtype=torch.float64) + 0.5) / side)
        codes = torch.cartesian_prod(*[places] * model.latent).reshape(-1, model.latent)
        self._codes = codes.float().to(next(model.parameters()).device)
        self._table: ErrorTable | None = None
        self._kept: list[Tensor] = []

    def look(self, step: int) -> None:
        """Decode the grid where that is due, before the step of an epoch that so many have gone before."""
        if self._table is None or (step % _STEPS == 0 and not self._is_as_before()):
            self._kept = copied(self._model)
            self._decode(self._model)

    def of(self, images: Tensor) -> Modes:
        """Find the modes of images, float32 (B, C, H, W) in [0, 1]."""
        assert self._table is not None
        with torch.no_grad():
            # Of each image there are as many numbers as codes: of a large batch, gigabytes.
            parts = [self._highest(part, self._table) for part in torch.split(self._model.target(images), _AT_ONCE)]
            highest, which = map(torch.cat, zip(*parts, strict=True))
            return Modes(self._codes[which], highest)

    def begin_anew(self) -> None:
        """Go on with other weights."""
        self._table, self._kept = None, []

    def state(self) -> dict[str, Tensor]:
        """Give copies of what another one needs to go on as this one would: see `TrainingState.tensors`."""
        return {f"{MODES}.{number}": each.cpu() for number, each in enumerate(self._kept)}

    def take(self, state: TrainingState) -> None:
        """Go on with what `state` gave."""
        self.begin_anew()
        if kept := state.parameters(MODES):
            before = copy.deepcopy(self._model)
            put_back(before, kept)
            self._kept = copied(before)
            self._decode(before)

    def _highest(self, target: Tensor, table: ErrorTable) -> tuple[Tensor, Tensor]:
        highest, which = (self._log_prior - table.of(target)).max(1)
        return highest, which

    def _is_as_before(self) -> bool:
        of_decoder = set(self._model.decoder.parameters())
        now = zip(self._model.parameters(), self._kept, strict=True)
        return all(torch.equal(parameter, kept) for parameter, kept in now if parameter in of_decoder)

    @torch.no_grad()
    def _decode(self, model: Autoencoder) -> None:
        tables = [model.error_table(model.decode(codes)) for codes in torch.split(self._codes, _AT_ONCE)]
        offset = torch.cat([table.offset for table in tables])
        self._table = ErrorTable(offset, torch.cat([table.weights for table in tables]), tables[0].has_square)
        self._log_prior = model.prior().log_density(self._codes)
