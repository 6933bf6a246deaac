"""An autoencoder over any networks, and what all models have in common.

One contract: `encode` gives mean and logvar, `decode` the output before its non-linearity, `pixels` images
in [0, 1]. Images go in as float32 (B, C, H, W) in [0, 1]; the model scales them to its own range.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from latentlab.core.models import losses, networks
from latentlab.core.models.modes import Modes
from latentlab.core.models.places import Places
from latentlab.core.models.prior import STANDARD_NORMAL, Prior
from latentlab.core.recipe.recipe import Recipe

_EDGE = 1e-3  # as near to pure black and white as a pixel begins
_CODE_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "linear": nn.Identity,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


class LossTerms(NamedTuple):
    """Terms of each image's loss, float32 (B,), nats: beta weighs the KL later, the penalty has its weights already.

    In the place of `kl` training minimises `penalised_kl`, of which some nats may be free, and beside them all
    `guidance`, which is no part of the loss: see `VAE.guidance`.
    """

    reconstruction: Tensor
    kl: Tensor
    penalty: Tensor
    penalised_kl: Tensor
    guidance: Tensor


class Autoencoder(nn.Module):
    """Autoencoder (Hinton and Salakhutdinov, 2006), with a penalty on the code where the recipe has one.

    Its posterior is a point: mean is the code, logvar minus infinity.

    Parameters
    ----------
    recipe : Recipe
        Its ``model`` and ``loss`` sections.
    image_shape : tuple of int
        (C, H, W): channels, and height and width in pixels.
    classes : int
        Number of classes of the data, where labels are told to encoder and decoder; else 0.

    Attributes
    ----------
    takes_any_size : bool
        Whether the code is made of planes, so that images of every height and width can be restored. `encode` then
        gives the mean of each plane, and `decode` fills planes with such means.

    Raises
    ------
    LatentlabError
        When the networks do not fit the images or each other.
    """

    is_variational = False

    def __init__(self, recipe: Recipe, image_shape: tuple[int, int, int], classes: int = 0) -> None:
        super().__init__()
        settings = recipe.model
        self.image_shape = image_shape
        self.latent = settings.latent
        self.classes = classes
        self.takes_any_size = settings.code == "planes"
        self._output = settings.output
        self._sparsity, self._contraction = recipe.loss.sparsity, recipe.loss.contraction
        is_bernoulli = recipe.loss.reconstruction == "bernoulli"
        self._reconstruction = losses.bernoulli if is_bernoulli else losses.squared_error
        self._error_table = losses.bernoulli_table if is_bernoulli else losses.squared_error_table
        self._applies_output = not is_bernoulli  # the Bernoulli loss takes logits

        self.encoder, features = networks.encoder(
            settings.encoder, image_shape[0] + (1 if classes else 0), image_shape[1:]
        )
        self._feature_count = math.prod(features)
        if settings.code == "linear":
            self.mean_head: nn.Module = nn.Linear(self._feature_count, settings.latent)
        elif settings.code == "places":
            self.mean_head = Places(self._feature_count, settings.latent, image_shape)
        else:
            count = features[0] if self.takes_any_size else self._feature_count
            if settings.latent != count:
                raise networks.NetworkError(
                    f"The encoder's features are the code and there are {count} of them, but model.latent is "
                    f"{settings.latent}: set it to {count}."
                )
            self.mean_head = nn.Identity()
        self.code_activation = _CODE_ACTIVATIONS[settings.code_activation]()
        # Where the features are the code, a decoder that begins with planes begins with these.
        goes_on = settings.code in ("features", "planes") and settings.decoder.kind != "mlp" and len(features) == 3
        self._planes_shape = features if goes_on else ()
        self.decoder = networks.decoder(settings.decoder, settings.latent, classes, image_shape, self._planes_shape)
        if classes:
            _, height, width = image_shape
            self.label_plane = nn.Sequential(nn.Linear(classes, height * width), nn.Unflatten(1, (1, height, width)))

    def begin_at(self, image: Tensor) -> None:
        """Have the decoder start from an image (C, H, W) in [0, 1], such as the mean of the data.

        Its last bias is what it puts out before it has learned what to add. Without it the first epochs go into
        learning where there is no ink.
        """
        target = self.target(image)
        if self._output == "sigmoid":
            target = torch.logit(target, _EDGE)
        elif self._output == "tanh":
            target = torch.atanh(target.clamp(_EDGE - 1, 1 - _EDGE))
        bias = [parameter for name, parameter in self.decoder.named_parameters() if name.endswith("bias")][-1]
        with torch.no_grad():
            # A convolution has one bias for all pixels of a channel.
            bias.copy_(target.flatten() if len(bias) == target.numel() else target.mean((1, 2)))

    def begin_prior(self, images: Tensor) -> None:
        """Have a prior that is learned start from images (K, C, H, W) in [0, 1]; others are as they are."""

    def prior(self) -> Prior:
        """Give p(z); an autoencoder has none, and samples are drawn from the standard normal all the same."""
        return STANDARD_NORMAL

    def encode(self, images: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Give mean and logvar of the posterior q(z | x), each float32 (B, L)."""
        mean = self._code(images, labels)
        if self.takes_any_size:
            mean = mean.mean((2, 3))
        return mean, torch.full_like(mean, -torch.inf)

    def decode(self, codes: Tensor, labels: Tensor | None = None) -> Tensor:
        """Give the decoder's raw output, float32 (B, C, H, W), for codes (B, L)."""
        if self.takes_any_size:
            codes = codes[:, :, None, None].expand(-1, *self._planes_shape)
        return self._decode(codes, labels, self.image_shape[1:])

    def reconstruct(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Give the decoder's raw output for the posterior's mean, float32 (B, C, H, W) like the images."""
        if self.takes_any_size:
            height, width = images.shape[2:]
            return self._decode(self._code(images, labels), labels, (height, width))
        return self.decode(self.encode(images, labels)[0], labels)

    def pixels(self, output: Tensor) -> Tensor:
        """Turn the decoder's raw output into images in [0, 1]."""
        if self._output == "sigmoid":
            return torch.sigmoid(output)
        return (torch.tanh(output) + 1) / 2 if self._output == "tanh" else output.clamp(0, 1)

    def loss_terms(
        self,
        images: Tensor,
        labels: Tensor | None,
        noise: Tensor | None,
        seen: Tensor | None = None,
        average: Callable[[Tensor], Tensor] | None = None,
        modes: Modes | None = None,
    ) -> LossTerms:
        """Give the terms of the loss of each image.

        Parameters
        ----------
        images : float32 (B, C, H, W)
            In [0, 1]; what the decoder is asked for.
        labels : int64 (B,) or None
            Used by a CVAE.
        noise : float32 (B, L) or None
            Standard normal; of a VAE's posterior, or for the estimate of a contraction. Without it z is at the mean,
            and a contraction is exact, at the cost of a backward pass for each dimension, and has no gradient.
        seen : float32 (B, C, H, W), optional
            What the encoder sees in place of the images: a denoising autoencoder (Vincent et al., 2008).
        average : callable, optional
            See `losses.penalised_kl`.
        modes : Modes, optional
            Of the images, for a VAE to learn from.
        """
        seen = images if seen is None else seen
        code = self._code(seen, labels)
        height, width = images.shape[2:]
        error = self.error(self._decode(code, labels, (height, width)), images)
        none = torch.zeros_like(error)
        return LossTerms(error, none, self._penalty(code, seen, labels, noise), none, none)

    def importance_weighted(
        self, images: Tensor, labels: Tensor | None, noise: Tensor, seen: Tensor, beta: float
    ) -> tuple[LossTerms, Tensor]:
        """Refuse: only a VAE has samples to weigh."""
        raise ValueError("an autoencoder draws no samples of its code")

    def penalty(self, images: Tensor, labels: Tensor | None) -> Tensor:
        """Give the penalty of each image exactly, float32 (B,), nats; for looking, not for learning."""
        return self._penalty(self._code(images, labels), images, labels, None)

    def _penalty(self, code: Tensor, seen: Tensor, labels: Tensor | None, noise: Tensor | None) -> Tensor:
        penalty = code.new_zeros(len(code))
        if self._sparsity:
            penalty = penalty + self._sparsity * losses.sparsity(code)
        if self._contraction:
            if noise is None:
                jacobian = losses.contraction_of_each(
                    lambda x, rows: self._code(x, None if labels is None else labels[rows]), seen, self.latent
                )
            else:
                jacobian = losses.contraction(lambda x: self._code(x, labels), seen, noise)
            penalty = penalty + self._contraction * jacobian
        return penalty

    def error_of_each(self, output: Tensor, images: Tensor) -> Tensor:
        """Give the reconstruction term of each image (B, C, H, W) for each raw output (K, C, H, W): float32 (B, K)."""
        return self.error_table(output).of(self.target(images))

    def error_table(self, output: Tensor) -> losses.ErrorTable:
        """Give what the reconstruction term of any `target` is made of, for raw outputs (K, C, H, W)."""
        return self._error_table(self._activated(output))

    def target(self, images: Tensor) -> Tensor:
        """Give what is asked of the decoder: images in [0, 1], in the range of its output."""
        return images * 2 - 1 if self._output == "tanh" else images

    def error(self, output: Tensor, images: Tensor) -> Tensor:
        """Give the reconstruction term of each image for the decoder's raw output."""
        return self._reconstruction(self._activated(output), self.target(images))

    def _activated(self, output: Tensor) -> Tensor:
        """Give what the reconstruction term takes."""
        if not self._applies_output or self._output == "linear":
            return output
        return torch.sigmoid(output) if self._output == "sigmoid" else torch.tanh(output)

    def _features(self, images: Tensor, labels: Tensor | None) -> Tensor:
        x = self.target(images)
        if self.classes:
            x = torch.cat([x, self.label_plane(self._one_hot(labels))], dim=1)
        features: Tensor = self.encoder(x)
        return features if self.takes_any_size else features.flatten(1)

    def _code(self, images: Tensor, labels: Tensor | None) -> Tensor:
        code: Tensor = self.code_activation(self.mean_head(self._features(images, labels)))
        return code.float()

    def _decode(self, codes: Tensor, labels: Tensor | None, size: tuple[int, int]) -> Tensor:
        if self.classes:
            codes = torch.cat([codes, self._one_hot(labels)], dim=1)
        if self._planes_shape and not self.takes_any_size:
            codes = codes.reshape(-1, *self._planes_shape)
        output: Tensor = self.decoder(codes).float()
        return output[:, :, : size[0], : size[1]]

    def _one_hot(self, labels: Tensor | None) -> Tensor:
        if labels is None:
            raise ValueError("a model of labelled images needs labels")
        return networks.one_hot(labels, self.classes)
