"""A frozen copy of a model to explore: encode, decode, losses; safe beside a training model.

Numpy in, numpy out, always on the CPU and in inference mode: grad mode belongs to a thread, so whoever explores
cannot rely on what training has set.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from latentlab.core.arrays import Floats, Integers
from latentlab.core.models.autoencoders import Autoencoder
from latentlab.core.models.facts import ModelFacts
from latentlab.core.models.label_calibration import LabelCalibration
from latentlab.core.models.prior import Mixture, Prior
from latentlab.core.models.vae import VAE
from latentlab.core.progress import reached
from latentlab.core.recipe.recipe import Recipe

# Images and pixels at once: they bound the memory of an encoding, and are past the knee of speed.
_CHUNK = 1000
_CHUNK_PIXELS = 1_000_000


class Snapshot:
    """A model as it was at one moment.

    Parameters
    ----------
    run_id : str
        Id of the run it belongs to.
    recipe : Recipe
        What it was trained with.
    model : Autoencoder
        Copied; the original may go on training on any device.
    class_names : tuple of str
        Of the data; empty where there are none.

    Attributes
    ----------
    model : Autoencoder
        The copy, on the CPU; nobody writes to it.
    fitted_prior : Mixture or None
        What was fitted to the codes in the place of the model's own prior.
    calibration : LabelCalibration or None
        Of a CVAE's label probabilities, once it is known.
    """

    def __init__(self, run_id: str, recipe: Recipe, model: Autoencoder, class_names: tuple[str, ...]) -> None:
        self.run_id = run_id
        self.recipe = recipe
        self.class_names = class_names
        self.calibration: LabelCalibration | None = None
        self.model = _frozen(model)
        self.fitted_prior: Mixture | None = None
        self._fix_prior()

    def _fix_prior(self) -> None:
        """Compute the prior once: that of pseudo-inputs takes an encoding. What another model had is not this one's."""
        if isinstance(self.model, VAE):
            self.model.fixed_prior = None
            if self.model.has_pseudo_inputs:
                with torch.inference_mode(False), torch.no_grad():  # its densities may be climbed
                    self.model.fixed_prior = self.model.prior()

    @property
    def prior(self) -> Prior:
        """p(z), that of everything that is measured and drawn of the model."""
        return self.model.prior()

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Put other weights in the place of the copy's, as those of an earlier epoch, before it is handed on."""
        self.model.load_state_dict(weights)
        self._fix_prior()

    def fit(self, prior: Mixture) -> None:
        """Put a prior that was fitted to the codes in the place of the model's own."""
        assert isinstance(self.model, VAE)
        self.fitted_prior = self.model.fixed_prior = prior

    @property
    def latent(self) -> int:
        """Dimensions of the latent space, L."""
        return self.recipe.model.latent

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W): channels, and height and width in pixels."""
        return self.model.image_shape

    @property
    def uses_labels(self) -> bool:
        """Whether it encodes and decodes under a label (CVAE)."""
        return self.model.classes > 0

    @property
    def is_variational(self) -> bool:
        """Whether it has a posterior and a prior (VAE, CVAE), or points for codes (autoencoder)."""
        return self.model.is_variational

    @property
    def takes_any_size(self) -> bool:
        """Whether `restore` takes images of any height and width, not only of `image_shape`."""
        return self.model.takes_any_size

    @property
    def facts(self) -> ModelFacts:
        """What views need to know of it."""
        recipe = self.recipe
        is_denoising = recipe.corruption.is_on or recipe.data.is_paired
        return ModelFacts(self.latent, self.class_names, self.uses_labels, self.is_variational, is_denoising)

    @property
    def chunk(self) -> int:
        """How many of its images are encoded together."""
        return _chunk(self.image_shape)

    def under(self, label: int | None, count: int) -> Integers:
        """Give a label for so many codes or images, int64 (count,): the last one of a CVAE of fewer classes.

        A CVAE without a label decodes under none of them, -1: a row of zeros (see `networks.one_hot`).
        """
        return np.full(count, -1 if label is None else min(label, len(self.class_names) - 1), np.int64)

    def state(self) -> dict[str, Tensor]:
        """Give the weights by name; not to be written to."""
        return self.model.state_dict()

    def encode(self, images: npt.ArrayLike | Tensor, labels: npt.ArrayLike | None = None) -> tuple[Floats, Floats]:
        """Give the posterior's mean and logvar.

        Parameters
        ----------
        images : uint8 (N, C, H, W), or float32 (N, C, H, W) in [0, 1]
        labels : int64 (N,), optional
            Needed by a CVAE; -1 where there is none.

        Returns
        -------
        mean, logvar : float32 (N, L)
        """
        x, y = torch.as_tensor(images), self._labels(labels)
        means, logvars = [], []
        with torch.inference_mode():
            for part in chunks(x):
                mean, logvar = self.model.encode(as_input(x[part]), None if y is None else y[part])
                means.append(mean)
                logvars.append(logvar)
            if not means:
                return np.empty((0, self.latent), np.float32), np.empty((0, self.latent), np.float32)
            return torch.cat(means).numpy(), torch.cat(logvars).numpy()

    def posterior(self, images: npt.ArrayLike | Tensor, labels: npt.ArrayLike | None = None) -> tuple[Floats, Floats]:
        """Give the posterior's mean μ and standard deviation σ, float32 (N, L); an autoencoder's σ is 0.

        Kingma and Welling (2014), eq. 9: q(z|x) = N(μ, σ²I), of which the encoder gives μ and log σ². Parameters are
        those of `encode`.
        """
        means, logvars = self.encode(images, labels)
        return means, np.exp(0.5 * logvars)

    def decode(self, codes: npt.ArrayLike, labels: npt.ArrayLike | None = None) -> Floats:
        """Give the images of codes, float32 (N, C, H, W) in [0, 1].

        Parameters
        ----------
        codes : float32 (N, L)
        labels : int64 (N,), optional
            Needed by a CVAE.
        """
        z, y = torch.as_tensor(np.asarray(codes, np.float32)), self._labels(labels)
        with torch.inference_mode():
            images: Floats = self.model.pixels(self.model.decode(z, y)).numpy()
        return images

    def restore(self, images: npt.ArrayLike | Tensor, labels: npt.ArrayLike | None = None) -> Floats:
        """Encode images and decode the posterior's mean: the reconstruction, or what is left of a damaged image.

        Parameters
        ----------
        images : uint8 (N, C, H, W), or float32 (N, C, H, W) in [0, 1]
            Of `image_shape`, or of any height and width where `takes_any_size`.
        labels : int64 (N,), optional
            Needed by a CVAE.

        Returns
        -------
        float32 (N, C, H, W)
            In [0, 1].
        """
        x, y = torch.as_tensor(images), self._labels(labels)
        restored = [torch.empty(0, *x.shape[1:])]
        with torch.inference_mode():
            for part in chunks(x):
                output = self.model.reconstruct(as_input(x[part]), None if y is None else y[part])
                restored.append(self.model.pixels(output))
            return torch.cat(restored).numpy()

    def loss_terms(
        self, images: npt.ArrayLike | Tensor, labels: npt.ArrayLike | None = None, noise: npt.ArrayLike | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """Give reconstruction, KL and penalty of each image, float32 (N,), nats.

        Without `noise`, float32 (N, L), z is at the mean, and what a contraction costs is exact.
        """
        x, y = as_input(torch.as_tensor(images)), self._labels(labels)
        epsilon = None if noise is None else torch.as_tensor(np.asarray(noise, np.float32))
        with torch.inference_mode():
            terms = self.model.loss_terms(x, y, epsilon)
            return terms.reconstruction.numpy(), terms.kl.numpy(), terms.penalty.detach().numpy()

    def _labels(self, labels: npt.ArrayLike | Tensor | None) -> Tensor | None:
        if not self.uses_labels or labels is None:
            return None
        return labels if isinstance(labels, Tensor) else torch.as_tensor(np.asarray(labels, np.int64))


_M = TypeVar("_M", bound=nn.Module)


def _frozen(module: _M) -> _M:
    """Copy a module on the CPU, with weights that nobody trains.

    Whatever else it has is shared: `deepcopy` copies dozens of empty dictionaries of each layer, and that takes four
    times as long as the weights, with Python's lock held, at every map of a model that trains.
    """
    frozen = copy.copy(module)
    frozen.training = False
    frozen._parameters = {
        name: None if value is None else nn.Parameter(value.detach().to("cpu", copy=True), requires_grad=False)
        for name, value in module._parameters.items()
    }
    frozen._buffers = {
        name: None if value is None else value.detach().to("cpu", copy=True) for name, value in module._buffers.items()
    }
    frozen._modules = {name: None if inner is None else _frozen(inner) for name, inner in module._modules.items()}
    return frozen


def chunks(images: Tensor) -> Iterator[slice]:
    """Go through images (N, C, H, W) in parts that fit into memory, whatever their size, while somebody waits."""
    size = _chunk(images.shape[1:])
    for start in range(0, len(images), size):
        reached()
        yield slice(start, start + size)


def _chunk(shape: Sequence[int]) -> int:
    return max(1, min(_CHUNK, _CHUNK_PIXELS // max(1, math.prod(shape))))


def as_input(images: Tensor) -> Tensor:
    """Turn uint8, or float in [0, 1], into the model's float32 in [0, 1]."""
    return images.float().div_(255) if images.dtype == torch.uint8 else images.float()
