"""Where the posterior of each image has its mode, while a model of one or two dimensions trains: sought on a grid.

An encoder takes some images for others, and at each code that is not theirs the decoder learns to mix them. What a
decoder could do, and what an encoder has to find, is told by the decoder itself, of all codes of so small a space: the
expectation is taken on a grid (Bishop, Svensén and Williams, 1998, section 2), what is found teaches the encoder, and
the decoder learns from it (Kim et al., 2018, algorithm 1, refine codes step by step from the encoder's). The decoder is
free then to lay images where an encoder hardly finds them: p(x) becomes larger, and the amortisation gap does, too.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.latent_grid import coordinates, product, side_of
from latentlab.core.models.losses import ErrorTable
from latentlab.core.models.modes import Modes
from latentlab.core.models.places import Places
from latentlab.core.models.vae import VAE
from latentlab.core.runs.training_state import MODES, TrainingState
from latentlab.core.training.kept_weights import copied, put_back

_STEPS = 20  # of the decoder between two times that the grid is decoded
_AT_ONCE = 128  # codes decoded, or images looked for, together: as many as a batch has


class ModeSearch:
    """Finds modes by codes all over the latent space, which are decoded every twenty steps.

    Parameters
    ----------
    model : Autoencoder
        A VAE of one or two dimensions that is told no labels, on its device; it goes on learning.
    """

    def __init__(self, model: Autoencoder) -> None:
        self._model = model
        along, device = coordinates(side_of(model.latent, model.image_shape)), next(model.parameters()).device
        self._codes = product(along, model.latent).float().to(device)
        self._places = model.mean_head if isinstance(model.mean_head, Places) else None
        if self._places is not None:
            self._laid = self._places.laid(along.to(device)).float()
            each = product(torch.gradient(along)[0].log(), model.latent).sum(1)
            self._log_area = each.float().to(device)  # that each code stands for
        self._table: ErrorTable | None = None
        self._kept: list[Tensor] = []

    def look(self, step: int) -> None:
        """Decode the grid where that is due, before the step of an epoch that so many have gone before."""
        if self._table is None or (step % _STEPS == 0 and not self._is_as_before()):
            self._kept = copied(self._model)
            self._decode(self._model)

    def of(self, images: Tensor, labels: Tensor | None = None) -> Modes:
        """Find the modes of images, float32 (B, C, H, W) in [0, 1].

        Where labels guide (`loss.labels`) they are those of p(z | x, y), which tells a label (int64 (B,), -1 for none)
        as often as that weight says.
        """
        assert self._table is not None
        with torch.no_grad():
            target = self._model.target(images)
            # Of each image there are as many numbers as codes: of a large batch, gigabytes.
            # A process that takes part in a small batch may have no image of it.
            parts = [slice(first, first + _AT_ONCE) for first in range(0, max(1, len(target)), _AT_ONCE)]
            found = [self._highest(target[part], None if labels is None else labels[part]) for part in parts]
            highest, which, shares = map(torch.cat, zip(*found, strict=True))
            return Modes(self._codes[which], highest, shares if self._places is not None else None)

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

    def _highest(self, target: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        assert self._table is not None
        log_joint = self._log_prior - self._table.of(target)
        if labels is not None and self._guidance is not None:
            log_joint -= self._guidance[labels]
        return *log_joint.max(1), self._shares(log_joint)

    def _shares(self, log_joint: Tensor) -> Tensor:
        """Give what a posterior, of which the logarithm is known at all codes (B, codes), has of each place."""
        if self._places is None:
            return log_joint.new_empty(len(log_joint), 0)
        side, shares = len(self._laid), (log_joint + self._log_area).softmax(1)
        for _ in range(self._model.latent):  # of the first dimension that is left, which becomes the last
            each = shares.view(len(shares), side, shares.shape[1] // side)
            shares = (each.transpose(1, 2) @ self._laid).flatten(1)
        return shares

    def _is_as_before(self) -> bool:
        now = zip(self._model.named_parameters(), self._kept, strict=True)
        return all(
            torch.equal(each, kept) for (name, each), kept in now if name.startswith(("decoder.", "label_head."))
        )

    @torch.no_grad()
    def _decode(self, model: Autoencoder) -> None:
        tables = [model.error_table(model.decode(codes)) for codes in torch.split(self._codes, _AT_ONCE)]
        offset = torch.cat([table.offset for table in tables])
        self._table = ErrorTable(offset, torch.cat([table.weights for table in tables]), tables[0].has_square)
        self._log_prior = model.prior().log_density(self._codes)
        guidance = model.guidance_of_classes(self._codes) if isinstance(model, VAE) else None
        # The last row is that of images without a label, -1
        self._guidance = None if guidance is None else torch.cat([guidance.T, torch.zeros_like(guidance.T[:1])])
